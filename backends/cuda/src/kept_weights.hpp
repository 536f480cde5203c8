#pragma once

#include <type_traits>

#include "persistent.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {

/// Adds up the sums of the threads that share columns, in rounds: as long as there are several sums, each thread goes
/// on with half of them. Sum k of a thread is that of row k ^ row(), and of lane k ^ lane() in later rounds: so what it
/// goes on with are always its first ones, and nothing has to be chosen.
template <int Sharers>
struct ShareSums {
  static constexpr int rounds = Sharers == 32 ? 5 : 4;

  /// Of the thread, in the end.
  __device__ static int row() { return static_cast<int>(threadIdx.x) % Sharers / (Sharers / kept_rows); }
  /// Likewise, where there are two.
  __device__ static int lane() { return static_cast<int>(threadIdx.x) % (Sharers / kept_rows) / (Sharers / 16); }

  /// @tparam Count  of sums
  template <int Round, int Count>
  __device__ static void add(float (&sums)[Count]) {
    constexpr int mask = Sharers / 2 >> Round, left = Count >> Round;
    if constexpr (left <= 1) {
      sums[0] += __shfl_xor_sync(0xFFFFFFFFU, sums[0], mask);
    } else {
#pragma unroll
      for (int k = 0; k < left / 2; ++k) sums[k] += __shfl_xor_sync(0xFFFFFFFFU, sums[k + left / 2], mask);
    }
  }
  /// Rounds from First on.
  template <int First, int Count>
  __device__ static void add_from(float (&sums)[Count]) {
    if constexpr (First < rounds) {
      add<First>(sums);
      add_from<First + 1>(sums);
    }
  }
};

/// The weights that a thread keeps: kept_rows neighbouring rows of its quads of columns. Each thread has the rows in an
/// order of its own, see ShareSums.
template <int Sharers, int Quads>
struct KeptWeights {
  float weight[Quads][4][kept_rows];
  int column[Quads];

  /// @param warp  of the cluster    @param first_row  of this thread    @param tiles  tiles of rows that there are
  __device__ void load(const TileMap& map, const float* image, const QuadTable& table, int warp, int first_row,
                       int tiles) {
    const int tile = first_row / tile_rows, order = ShareSums<Sharers>::row();
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
          weight[q][k][r] = chunk < 0 ? 0.0F : own[(first + k) % chunk_columns * tile_rows + (r ^ order)];
        }
      }
    }
  }

  /// Adds the products with vectors, `stride` from lane to lane, to the sums; before each quad calls `before` with it.
  template <int Lanes, int Quad = 0, class Before>
  __device__ void multiply(const float* vectors, int stride, float (&sums)[kept_rows * Lanes],
                           const Before& before) const {
    if constexpr (Quad < Quads) {
      before(std::integral_constant<int, Quad>());
#pragma unroll
      for (int lane = 0; lane < Lanes; ++lane) {
        const Four<float> four = *reinterpret_cast<const Four<float>*>(vectors + lane * stride + column[Quad]);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
#pragma unroll
          for (int r = 0; r < kept_rows; ++r) sums[r * Lanes + lane] += weight[Quad][k][r] * four.value[k];
        }
      }
      multiply<Lanes, Quad + 1>(vectors, stride, sums, before);
    }
  }
};

}  // namespace mrnn::gpu
