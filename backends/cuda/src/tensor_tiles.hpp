#pragma once

#include "fragments.hpp"
#include "tensor_plan.hpp"

namespace mrnn::gpu {

/// Of a block; warps that share its columns, and its rows.
constexpr int tensor_fragments = tensor_rows / fragment_rows;
constexpr int tensor_parts = 4, tensor_halves = block_warps / tensor_parts;
/// From lane to lane in the sums of a block: where neighbours of a result are written, and read, no two numbers share a
/// bank.
constexpr int tensor_stride = tensor_rows + 4;
constexpr std::size_t tensor_shared(int lane_tiles) {
  return sizeof(float) * tensor_parts * static_cast<std::size_t>(lane_tiles * fragment_lanes * tensor_stride);
}

/// Weights of 16 rows and 16 columns as a thread multiplies them.
struct alignas(16) FragmentOfWeights {
  std::uint32_t high[4], low[4];
};

/// Where the four units of a lane are that `unit` is one of, in vectors of so many tiles of lanes.
__device__ inline FragmentOfUnits* vector_place(FragmentOfUnits* vectors, int lane_tiles, int unit, int lane) {
  return vectors + (Size{unit / fragment_rows} * lane_tiles + lane / fragment_lanes) * warp_threads +
         lane % fragment_lanes * 4 + unit % fragment_rows / 4;
}

/// What a block of tensor_rows rows multiplies, for so many tiles of lanes: each warp half of the rows, with some of
/// the tiles of columns. Nothing is shared but the sums: each thread loads what it multiplies, some tiles ahead.
template <int LaneTiles>
class TensorProduct {
 public:
  __device__ TensorProduct(const TensorTiles& tiles, const FragmentOfUnits* vectors, int first_lane_tile,
                           int lane_tiles)
      : half_(static_cast<int>(threadIdx.x) / warp_threads % tensor_halves),
        part_(static_cast<int>(threadIdx.x) / warp_threads / tensor_halves) {
    const FragmentPlace place;
    const auto* weights = static_cast<const FragmentOfWeights*>(tiles.image) + place.thread;
    const int end = tiles.start[blockIdx.x + 1];
    int vector[LaneTiles];
#pragma unroll
    for (int k = 0; k < LaneTiles; ++k) {
      // Beyond the last one the results are not looked at.
      const int tile = first_lane_tile + k < lane_tiles ? first_lane_tile + k : lane_tiles - 1;
      vector[k] = tile * warp_threads + place.thread;
    }
    // Each thread knows the column of another of the next tiles: one that is asked for takes as long as what it is for.
    const int start = tiles.start[blockIdx.x] + part_, count = end > start ? (end - start - 1) / tensor_parts + 1 : 0;
    // The first are asked for before it is known how many there are.
    const auto columns_from = [&](int number) {
      const int own = part_ + (number + place.thread) * tensor_parts;
      return tiles.column[static_cast<int>(blockIdx.x) * tiles.most + (own < tiles.most ? own : tiles.most - 1)];
    };
    int columns = tiles.most > 0 ? columns_from(0) : 0;
    const auto load = [&](int number, Loaded& to) {
      if (number >= count) return;
      if (number > 0 && number % warp_threads == 0) columns = columns_from(number);
      const int tile = start + number * tensor_parts;
#pragma unroll
      for (int k = 0; k < of_warp; ++k) {
        to.weights[k] = weights[(Size{tile} * tensor_fragments + half_ * of_warp + k) * warp_threads];
      }
      const int column = __shfl_sync(0xFFFFFFFFU, columns, number % warp_threads);
      const FragmentOfUnits* units = vectors + Size{column / fragment_rows} * lane_tiles * warp_threads;
#pragma unroll
      for (int k = 0; k < LaneTiles; ++k) to.units[k] = units[vector[k]];
    };
    Loaded loaded[ahead];
#pragma unroll
    for (int k = 0; k < ahead; ++k) load(k, loaded[k]);
    for (int number = 0; number < count; number += ahead) {
#pragma unroll
      for (int k = 0; k < ahead; ++k) {
        if (number + k >= count) break;
        multiply(loaded[k]);
        load(number + k + ahead, loaded[k]);
      }
    }
  }

  /// Leaves the sums in shared memory [tensor_parts x lanes x tensor_stride]; the block waits.
  __device__ void store(float* shared) const {
    const FragmentPlace place;
#pragma unroll
    for (int k = 0; k < of_warp; ++k) {
#pragma unroll
      for (int j = 0; j < LaneTiles; ++j) {
#pragma unroll
        for (int r = 0; r < 4; ++r) {
          const int row = (half_ * of_warp + k) * fragment_rows + place.group + r / 2 * 8;
          const int lane = j * fragment_lanes + 2 * place.quad + r % 2;
          shared[(part_ * LaneTiles * fragment_lanes + lane) * tensor_stride + row] =
              sums_[k][j][r] + crossed_[k][j][r];
        }
      }
    }
    __syncthreads();
  }

  /// Sum of all parts, of a row and a lane of the block.
  __device__ static float sum(const float* shared, int row, int lane) {
    float parts[tensor_parts];
#pragma unroll
    for (int k = 0; k < tensor_parts; ++k) {
      parts[k] = shared[(k * LaneTiles * fragment_lanes + lane) * tensor_stride + row];
    }
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
  }

 private:
  /// Tiles that are loaded before they are multiplied.
  static constexpr int of_warp = tensor_fragments / tensor_halves, ahead = 3;
  struct Loaded {
    FragmentOfWeights weights[of_warp];
    FragmentOfUnits units[LaneTiles];
  };

  __device__ void multiply(const Loaded& loaded) {
#pragma unroll
    for (int k = 0; k < of_warp; ++k) {
#pragma unroll
      for (int j = 0; j < LaneTiles; ++j) {
        multiply_tile(sums_[k][j], loaded.weights[k].high, loaded.units[j].high);
        multiply_tile(crossed_[k][j], loaded.weights[k].high, loaded.units[j].low);
        multiply_tile(crossed_[k][j], loaded.weights[k].low, loaded.units[j].high);
      }
    }
  }

  int half_, part_;
  float sums_[of_warp][LaneTiles][4] = {}, crossed_[of_warp][LaneTiles][4] = {};
};

}  // namespace mrnn::gpu
