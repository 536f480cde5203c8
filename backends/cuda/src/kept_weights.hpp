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

  /// Adds the products of quad Quad with vectors [lanes x stride].
  template <int Quad, int Lanes>
  __device__ void multiply(const float* vectors, int stride, float (&sums)[kept_rows * Lanes]) const {
#pragma unroll
    for (int lane = 0; lane < Lanes; ++lane) {
      const Four<float> four = *reinterpret_cast<const Four<float>*>(vectors + lane * stride + column[Quad]);
#pragma unroll
      for (int k = 0; k < 4; ++k) {
#pragma unroll
        for (int r = 0; r < kept_rows; ++r) sums[r * Lanes + lane] += weight[Quad][k][r] * four.value[k];
      }
    }
  }
};

/// Adds up the sums of the threads that share columns, in rounds: as long as there are several sums, each thread goes
/// on with half of them.
template <int Sharers, int Lanes>
struct ShareSums {
  static constexpr int rounds = Sharers == 32 ? 5 : 4;
  int thread = 0;

  template <int Round>
  __device__ void add(float (&sums)[kept_rows * Lanes]) const {
    constexpr int mask = Sharers / 2 >> Round, left = kept_rows * Lanes >> Round;
    if constexpr (left <= 1) {
      sums[0] += __shfl_xor_sync(0xFFFFFFFFU, sums[0], mask);
    } else {
      const bool high = (thread & mask) != 0;
#pragma unroll
      for (int k = 0; k < left / 2; ++k) {
        const float given = high ? sums[k] : sums[k + left / 2], kept = high ? sums[k + left / 2] : sums[k];
        sums[k] = kept + __shfl_xor_sync(0xFFFFFFFFU, given, mask);
      }
    }
  }
  /// Rounds from First on.
  template <int First>
  __device__ void add_from(float (&sums)[kept_rows * Lanes]) const {
    if constexpr (First < rounds) {
      add<First>(sums);
      add_from<First + 1>(sums);
    }
  }
};

}  // namespace mrnn::gpu
