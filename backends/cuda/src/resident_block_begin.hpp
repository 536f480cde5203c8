#pragma once

#include "resident_block.hpp"

namespace mrnn::gpu {

/// What a block does before its first step: it shares out its memory, takes its weights, and finds out what each thread
/// has to know of its results.
template <class Way, int RowTiles, int LaneTiles>
__device__ ResidentBlock<Way, RowTiles, LaneTiles>::ResidentBlock(const Way& way, const TensorTiles& tiles,
                                                                  const ResidentShape& shape)
    : way_(way), shape_(shape) {
  const int block = static_cast<int>(blockIdx.x) % shape.blocks,
            lane_block = static_cast<int>(blockIdx.x) / shape.blocks;
  const int start = tiles.start[block], count = tiles.start[block + 1] - start;
  const int thread = static_cast<int>(threadIdx.x) % block_threads;
  team_ = in_register(static_cast<int>(threadIdx.x) / block_threads);
  thread_ = thread;
  const int first_group = (lane_block * resident_teams + team_) * shape.groups;
  warp_ = in_register(thread / warp_threads);
  tiles_ = in_register(count > warp_ ? (count - warp_ - 1) / block_warps + 1 : 0);
  weights_ = shared_memory<Part>() + thread % warp_threads;
  offset_ = reinterpret_cast<int*>(shared_memory<Part>() + Size{tiles.most} * parts_of_tile);
  const int sums = block_warps * lanes * stride, kept = shape.groups * results * block_threads;
  sums_of_warps_ = reinterpret_cast<float*>(offset_ + (tiles.most + 3) / 4 * 4) + team_ * (sums + kept);
  kept_ = sums_of_warps_ + sums + thread;
  arrived_ = shape.arrived + first_group;
  vectors_ = shape.vectors + Size{first_group * LaneTiles} * warp_threads + thread % warp_threads;
  load_weights(tiles, block, start, count);

  const int row = thread % rows, lane = thread / rows, unit = block * rows + row;
  first_lane_ = first_group * lanes + lane;
  const bool has = unit < way.model().units.count && lane < lanes;
  lanes_left_ = has ? way.model().batch.lanes - first_lane_ : 0;
  own_ = way.own(unit, first_lane_, true);
  ending_ = way.cursor(own_, lanes, shape.groups);
  written_ = vector_place(shape.vectors, shape.lane_tiles, unit, first_lane_);
  writes_ = lane < lanes;
  for (int group = 0; group < shape.groups; ++group) {
#pragma unroll
    for (int k = 0; k < results; ++k) {
      Own one = own_;
      one.lane += k * lanes_at_once;
      if (exists(group, k)) kept_[(group * results + k) * block_threads] = way.kept_at_start(one, group, lanes);
    }
  }
  __syncthreads();
}

template <class Way, int RowTiles, int LaneTiles>
__device__ void ResidentBlock<Way, RowTiles, LaneTiles>::load_weights(const TensorTiles& tiles, int block, int start,
                                                                      int count) {
  const auto* image = static_cast<const Part*>(tiles.image) + Size{start} * parts_of_tile;
  for (int k = threadIdx.x; k < count * parts_of_tile; k += resident_teams * block_threads) {
    // FragmentOfWeights: a thread's high, then its low. Here all threads' high come first.
    const int part = k % 2, thread = k / 2 % warp_threads, fragment = k / (2 * warp_threads);
    shared_memory<Part>()[(fragment * 2 + part) * warp_threads + thread] = image[k];
  }
  for (int k = threadIdx.x; k < count; k += resident_teams * block_threads) {
    offset_[k] = tiles.column[block * tiles.most + k] / fragment_rows * shape_.lane_tiles * warp_threads;
  }
}

}  // namespace mrnn::gpu
