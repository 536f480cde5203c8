#pragma once

#include "fetched_ahead.hpp"
#include "fragment_exchange.hpp"

namespace mrnn::gpu {

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
  /// See fragment_block_begin.hpp. @param weights  filled here
  __device__ FragmentBlock(const Way& way, const FragmentTable& table, const FragmentShape& shape,
                           Fragments<Tiles>& weights);

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

#include "fragment_block_begin.hpp"
