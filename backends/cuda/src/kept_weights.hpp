#pragma once

#include "persistent.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {

/// The weights that a thread keeps: kept_rows neighbouring rows of its quads of columns.
template <int Sharers, int Quads>
struct KeptWeights {
  float weight[Quads][4][kept_rows];
  int column[Quads];

  /// @param warp  of the cluster    @param first_row  of this thread    @param tiles  tiles of rows that there are
  __device__ void load(const TileMap& map, const float* image, const QuadTable& table, int warp, int first_row,
                       int tiles) {
    const int tile = first_row / tile_rows;
#pragma unroll
    for (int q = 0; q < Quads; ++q) {
      const int place = (warp * table.quads + q) * Sharers + static_cast<int>(threadIdx.x) % Sharers;
      const int first = q < table.quads ? table.column[place] : -1;
      column[q] = first < 0 ? 0 : first;
      const int chunk = first < 0 || tile >= tiles ? -1 : map.chunk[tile * map.column_chunks + first / chunk_columns];
      const float* own = image + Size{chunk < 0 ? 0 : chunk} * chunk_size + first_row % tile_rows;
#pragma unroll
      for (int k = 0; k < 4; ++k) {
#pragma unroll
        for (int r = 0; r < kept_rows; ++r) {
          weight[q][k][r] = chunk < 0 ? 0.0F : own[(first + k) % chunk_columns * tile_rows + r];
        }
      }
    }
  }

  /// Adds the products with vectors [lanes x stride].
  template <int Lanes>
  __device__ void multiply(const float* vectors, int stride, float (&sums)[kept_rows * Lanes]) const {
#pragma unroll
    for (int q = 0; q < Quads; ++q) {
#pragma unroll
      for (int lane = 0; lane < Lanes; ++lane) {
        const Four<float> four = *reinterpret_cast<const Four<float>*>(vectors + lane * stride + column[q]);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
#pragma unroll
          for (int r = 0; r < kept_rows; ++r) sums[r * Lanes + lane] += weight[q][k][r] * four.value[k];
        }
      }
    }
  }
};

/// Adds up the sums of the threads that share columns, Mask of which are left to be halved: as long as there are
/// several sums, each thread goes on with half of them.
template <int Mask, int Count>
__device__ inline float add_shares(float* sums) {
  if constexpr (Mask == 0) {
    static_assert(Count == 1);
    return sums[0];
  } else if constexpr (Count == 1) {
    sums[0] += __shfl_xor_sync(0xFFFFFFFFU, sums[0], Mask);
    return add_shares<Mask / 2, 1>(sums);
  } else {
    const bool high = (threadIdx.x & Mask) != 0;
#pragma unroll
    for (int k = 0; k < Count / 2; ++k) {
      const float given = high ? sums[k] : sums[k + Count / 2], kept = high ? sums[k + Count / 2] : sums[k];
      sums[k] = kept + __shfl_xor_sync(0xFFFFFFFFU, given, Mask);
    }
    return add_shares<Mask / 2, Count / 2>(sums);
  }
}

}  // namespace mrnn::gpu
