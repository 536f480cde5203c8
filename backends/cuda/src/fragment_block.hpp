#pragma once

#include "fetched_ahead.hpp"
#include "fragment_exchange.hpp"

namespace mrnn::gpu {

/// How a kernel on tensor cores is shared out over its blocks.
struct FragmentShape {
  int cluster = 1, lanes = 1, groups = 1;  ///< blocks of a cluster; lanes of a group; groups of a cluster
  int count = 0;                           ///< steps
  int sent = 0;                            ///< how often a thread sends a result, each time to another block
};

/// What a block goes through whose warps multiply on tensor cores. `Way` is that of PersistentBlock.
///
/// Where several warps have the same rows, each has a sum over some of the columns: they hand these to each other in
/// shared memory, and each ends the step of some of the results.
///
/// @tparam Results  of a thread at most
template <class Way, int Tiles, int Results, bool Alone>
class FragmentBlock {
  static constexpr int numbers = Way::fetched * Results, rows_of_thread = Results > 2 ? 2 : 1;
  using Fetched = float[numbers];

 public:
  /// @param weights  filled here
  __device__ FragmentBlock(const Way& way, const FragmentTable& table, const FragmentShape& shape,
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

  /// All steps of all groups, which take turns: while one waits for what other blocks send, others are multiplied.
  __device__ void run() {
    if (parts_ > 0) {
      int turn = 0;
      for (int n = 0; n < count_; ++n) {
        const int odd = n & 1, parity = (n - 1) >> 1 & 1;
        for (int group = 0; group < groups_; ++group, turn ^= 1) {
          exchange_.wait(group + (odd != 0 ? groups_ : 0), parity);
          exchange_.expect(group + (odd != 0 ? 0 : groups_));
          float sums[4];
          weights_.multiply(
              reinterpret_cast<const FragmentOfUnits*>(buffers_ + (odd != 0 ? buffer_size_ : 0) + group * group_size_),
              sums);
          Fetched fetched;
          fetched_.get(fetched);
          float own_sums[Results];
          add_up(sums, turn, own_sums);
          end(own_sums, fetched, (odd != 0 ? 0 : buffer_size_) + group * group_size_, group + (odd != 0 ? 0 : groups_),
              group, n + 1 == count_);
          read_on();
        }
      }
      // What is sent last must have come before the block ends.
      for (int group = 0; group < groups_; ++group) {
        exchange_.wait(group + ((count_ & 1) != 0 ? groups_ : 0), (count_ - 1) >> 1 & 1);
      }
    } else {
      exchange_.idle(count_ * groups_, groups_);
    }
    exchange_.end();
  }

 private:
  using Own = typename Way::Own;
  using Cursor = typename Way::Cursor;

  /// Results that the warp has not are those of the first row, or the first lane.
  __device__ Cursor of_result(const Cursor& cursor, int k) const {
    return k == 0 ? cursor : cursor.beside(k / 2 * next_row_, k % 2);
  }

  /// Asks for what the turn after the next needs.
  __device__ void read_on() {
    fetched_.ask([&](int k) { return way_.source(own_[0], of_result(reading_, k / Way::fetched), k % Way::fetched); });
    --to_read_;
    reading_group_ = reading_group_ + 1 == groups_ ? 0 : reading_group_ + 1;
    if (to_read_ > 0) reading_.move(reading_group_ == 0);
  }

  /// The sums of this thread's own results over all warps that have the same rows, in their order.
  /// @param turn  0 or 1: sums of a turn are read while others already hand on those of the next
  __device__ void add_up(const float (&sums)[4], int turn, float (&own_sums)[Results]) const {
#ifdef MRNN_EMULATED
    constexpr bool always = true;
#else
    constexpr bool always = false;
#endif
    if (Results == 4 && parts_ == 1) {
      if (always) exchange_.meet(0, 0);
#pragma unroll
      for (int k = 0; k < Results; ++k) own_sums[k] = sums[k];
      return;
    }
    float* to = to_hand_ + turn * 4 * block_threads;
#pragma unroll
    for (int r = 0; r < 4; ++r) to[r * warp_threads] = sums[r];
    exchange_.meet(meeting_, parts_ * warp_threads);
    const float* from = handed_ + turn * 4 * block_threads;
#pragma unroll
    for (int k = 0; k < Results; ++k) {
      float handed[most_row_warps];
#pragma unroll
      for (int part = 0; part < most_row_warps; ++part) {
        handed[part] = part < parts_ ? from[part * 4 * warp_threads + handed_result_[k]] : 0.0F;
      }
      own_sums[k] = (handed[0] + handed[1]) + (handed[2] + handed[3]);
    }
  }

  __device__ void end(const float (&sums)[Results], const Fetched& fetched, int next, int next_buffer, int group,
                      bool is_last) {
    float values[Results] = {}, kept[Results] = {};
#pragma unroll
    for (int k = 0; k < Results; ++k) {
      float ahead[Way::fetched];
#pragma unroll
      for (int j = 0; j < Way::fetched; ++j) ahead[j] = fetched[k * Way::fetched + j];
      kept[k] = kept_[(group * Results + k) * block_threads];
      const Cursor at = of_result(ending_, k);
      values[k] = way_.finish(own_[k / 2], at, sums[k], ahead, way_.before(at), kept[k]);
    }
#pragma unroll
    for (int k = 0; k < Results; ++k) {
      exchange_.send(next, k, is_unit_[k] ? values[k] : 0.0F, next_buffer, sends_[k], shape_.sent);
    }
    unsigned failing = 0;
    const bool own_lane = group * lanes_ >= repeated_, own_next = group * lanes_ + 1 >= repeated_;
#pragma unroll
    for (int k = 0; k < Results; ++k) {
      const bool stores = stores_[k] && (k % 2 == 0 ? own_lane : own_next);
      const bool fails =
          way_.store(Way::storing(own_[k / 2], stores), of_result(ending_, k), is_last, values[k], kept[k]);
      failing |= fails ? 1U << k : 0U;
      kept_[(group * Results + k) * block_threads] = kept[k];
    }
    if (__builtin_expect(failing != 0, 0)) {
#pragma unroll
      for (int k = 0; k < Results; ++k) {
        if ((failing >> k & 1U) != 0) way_.report(own_[k / 2], of_result(ending_, k));
      }
    }
    ending_.move(group + 1 == groups_);
  }

  const Way& way_;
  const FragmentShape& shape_;
  const Fragments<Tiles>& weights_;
  int count_, groups_, lanes_ = 0;    ///< steps; groups of the cluster; lanes of each
  int buffer_size_, group_size_;      ///< in bytes
  int parts_;                         ///< warps with the same rows
  int next_row_;                      ///< from this thread's first row to its second
  int handed_result_[Results];        ///< where the sums of a result are in what a warp hands the others
  int meeting_;                       ///< barrier of the warps with the same rows
  int repeated_ = 0;                  ///< lanes, from the first of this thread, that another cluster has
  unsigned char* buffers_;            ///< shared: of this step and the next
  float *kept_, *handed_, *to_hand_;  ///< shared: what this thread keeps; sums of warps with the same rows
  bool sends_[Results], is_unit_[Results], stores_[Results];
  Own own_[rows_of_thread];
  Cursor reading_, ending_;
  FetchedAhead<numbers, 1> fetched_;
  int to_read_ = 0, reading_group_ = 0;
  FragmentExchange<Alone> exchange_;
};

}  // namespace mrnn::gpu
