#pragma once

#include "fragment_block.hpp"

namespace mrnn::gpu {

/// What a block does before its first step: it shares out its memory, takes its weights and lanes, and finds out what
/// each thread has to know of its results.
template <class Way, int Tiles, int Results, bool Alone>
__device__ FragmentBlock<Way, Tiles, Results, Alone>::FragmentBlock(const Way& way, const FragmentTable& table,
                                                                    const FragmentShape& shape,
                                                                    Fragments<Tiles>& weights)
    : way_(way),
      shape_(shape),
      weights_(weights),
      count_(in_register(shape.count)),
      groups_(in_register(shape.groups)),
      fetched_(shared_memory<float>()) {
  const int cluster = Alone ? 1 : shape.cluster, block = static_cast<int>(blockIdx.x) % cluster;
  const int warp_of_block = static_cast<int>(threadIdx.x) / warp_threads, warp = block * block_warps + warp_of_block;
  const FragmentTable::Warp own = table.warp[warp];
  const int rows = (way.model().units.count + fragment_rows - 1) / fragment_rows * fragment_rows;
  const int units = way.model().units.count, lanes = way.model().batch.lanes;
  // The last cluster repeats lanes of the one before, and does not store them.
  const int first_own = static_cast<int>(blockIdx.x) / cluster * shape.groups * shape.lanes;
  const int latest = lanes - shape.groups * shape.lanes, first_lane = first_own < latest ? first_own : latest;
  const FragmentPlace place;
  buffer_size_ = in_register(shape.groups * rows * fragment_lanes * static_cast<int>(sizeof(float)));
  group_size_ = in_register(rows * fragment_lanes * static_cast<int>(sizeof(float)));
  parts_ = in_register(own.parts);
  const int first_result = in_register(own.first_result);
  const int results = in_register(own.results);
  next_row_ = in_register(results > 2 ? 8 : 0);
  const int part = in_register(own.part);
  meeting_ = in_register(1 + warp_of_block - part);
  float* free = shared_memory<float>() + block_threads * fetched_turns * numbers;
  buffers_ = reinterpret_cast<unsigned char*>(free);
  free += 2 * buffer_size_ / static_cast<int>(sizeof(float));
  kept_ = free + threadIdx.x;
  free += groups_ * Results * block_threads;
  handed_ = free + (warp_of_block - part) * 4 * warp_threads + place.thread;
  to_hand_ = handed_ + part * 4 * warp_threads;
  free += 2 * 4 * block_threads;

  for (int k = threadIdx.x; k < groups_ * shape.lanes * rows; k += block_threads) {
    const int row = k % rows, lane = k / rows, group = lane / shape.lanes;
    put_unit(buffers_ + group * group_size_ + fragment_place(row, lane % shape.lanes), row,
             way.start(row, first_lane + lane));
  }
  int working = 0;
  for (int k = 0; k < block_warps; ++k) working += table.warp[block * block_warps + k].parts > 0 ? warp_threads : 0;
  const int row = own.row + place.group + 8 * (first_result / 2), lane = 2 * place.quad + first_result % 2;
  if (parts_ > 0) {
    weights.load(way.map(), way.weights(), table, warp, own.row);
    const bool has = lane < shape.lanes, has_next = lane + 1 < shape.lanes && results > 1;
    // Threads without a lane of their own repeat the last, and store nothing.
    const int own_lane = first_lane + (has ? lane : shape.lanes - 1);
#pragma unroll
    for (int k = 0; k < rows_of_thread; ++k) own_[k] = way_.own(row + k * next_row_, own_lane, true);
#pragma unroll
    for (int k = 0; k < Results; ++k) {
      sends_[k] = (k % 2 == 0 ? has : has_next) && k < results;
      handed_result_[k] = (first_result + (k < results ? k : 0)) * warp_threads;
      is_unit_[k] = row + k / 2 * next_row_ < units;
      stores_[k] = sends_[k] && is_unit_[k];
    }
    reading_ = way_.cursor(own_[0], shape.lanes, groups_);
    if (!has_next) reading_.is_last_lane();
    ending_ = reading_;
    repeated_ = first_own - first_lane - (has ? lane : shape.lanes - 1);
    lanes_ = in_register(shape.lanes);
    for (int group = 0; group < groups_; ++group) {
#pragma unroll
      for (int k = 0; k < Results; ++k) {
        Own one = own_[k / 2];
        one.unit = row + k / 2 * next_row_;
        one.lane = own_lane + (k % 2 != 0 && has_next ? 1 : 0);
        kept_[(group * Results + k) * block_threads] = way_.kept_at_start(one, group, shape.lanes);
      }
    }
    to_read_ = groups_ * count_;
    read_on();
    read_on();
  }
  exchange_.begin(buffers_, free, cluster, 2 * groups_, rows * shape.lanes * static_cast<int>(sizeof(float)), working,
                  row, lane);
}

}  // namespace mrnn::gpu
