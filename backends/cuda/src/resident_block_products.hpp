#pragma once

#include "resident_block.hpp"

/// How the warps of a team multiply, and add up what each has made of some of the columns.
namespace mrnn::gpu {

template <class Way, int RowTiles, int LaneTiles>
__device__ void ResidentBlock<Way, RowTiles, LaneTiles>::multiply() {
#pragma unroll
  for (int k = 0; k < RowTiles; ++k) {
#pragma unroll
    for (int j = 0; j < LaneTiles; ++j) {
#pragma unroll
      for (int r = 0; r < 4; ++r) sums_[k][j][r] = 0.0F;
    }
  }
  for (int number = 0; number < tiles_; number += ahead) {
#pragma unroll
    for (int k = 0; k < ahead; ++k) {
      if (number + k >= tiles_) break;
      multiply_tiles(loaded_[k], warp_ + (number + k) * block_warps);
      load(number + k + ahead, loaded_[k]);
    }
  }
}

template <class Way, int RowTiles, int LaneTiles>
__device__ void ResidentBlock<Way, RowTiles, LaneTiles>::multiply_tiles(const Loaded& units, int tile) {
  Part high[RowTiles], low[RowTiles];
#pragma unroll
  for (int k = 0; k < RowTiles; ++k) {
    high[k] = weights_[tile * parts_of_tile + 2 * k * warp_threads];
    low[k] = weights_[tile * parts_of_tile + (2 * k + 1) * warp_threads];
  }
  const auto each = [&](const Part(&weights)[RowTiles], bool of_high) {
#pragma unroll
    for (int k = 0; k < RowTiles; ++k) {
#pragma unroll
      for (int j = 0; j < LaneTiles; ++j) {
        multiply_tile(sums_[k][j], weights[k].value, of_high ? units[j].high : units[j].low);
      }
    }
  };
  each(high, true);
  each(high, false);
  each(low, true);
}

template <class Way, int RowTiles, int LaneTiles>
__device__ void ResidentBlock<Way, RowTiles, LaneTiles>::hand_sums() const {
  const FragmentPlace place;
#pragma unroll
  for (int k = 0; k < RowTiles; ++k) {
#pragma unroll
    for (int j = 0; j < LaneTiles; ++j) {
#pragma unroll
      for (int r = 0; r < 4; ++r) {
        const int row = k * fragment_rows + place.group + r / 2 * 8, lane = j * fragment_lanes + 2 * place.quad + r % 2;
        sums_of_warps_[(warp_ * lanes + lane) * stride + row] = sums_[k][j][r];
      }
    }
  }
}

template <class Way, int RowTiles, int LaneTiles>
__device__ float ResidentBlock<Way, RowTiles, LaneTiles>::sum(int k) const {
  const int row = thread_ % rows, lane = thread_ / rows + k * lanes_at_once;
  float parts[block_warps];
#pragma unroll
  for (int warp = 0; warp < block_warps; ++warp) parts[warp] = sums_of_warps_[(warp * lanes + lane) * stride + row];
  return ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]));
}

}  // namespace mrnn::gpu
