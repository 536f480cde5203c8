#pragma once

#include "fetched_ahead.hpp"
#include "kept_weights.hpp"
#include "persistent_exchange.hpp"

namespace mrnn::gpu {

/// What a block of a persistent kernel goes through. `Way` says what a step does to a unit of a lane:
/// - start(row, lane): what is multiplied first;
/// - own(unit, lane): what a thread has to know of its unit;
/// - Cursor: where a step of a group reads and writes, moved on group by group;
/// - fetched, source(own, cursor, k): how many numbers, and which, are loaded for it ahead of the sum it waits for;
/// - finish(own, cursor, ...): ends it, given the sum, what was fetched, multiplied and kept; returns what is sent on.
/// Threads without a result of their own do the work of others, and store nothing.
///
/// A step is a chain of instructions that wait for one another, with two warps on a scheduler to hide that. So it has
/// few branches, and nothing that it needs is fetched from the parameters.
template <class Way, int Sharers, int Quads, int Lanes, bool Alone>
class PersistentBlock {
  using Sums = float[kept_rows * Lanes];
  using Shares = ShareSums<Sharers>;
  using Fetched = float[Way::fetched];
  static constexpr int warp_rows = kept_rows * (warp_threads / Sharers);

 public:
  /// @param weights  filled here
  __device__ PersistentBlock(const Way& way, const PersistentShape& shape, KeptWeights<Sharers, Quads>& weights)
      : way_(way),
        shape_(shape),
        weights_(weights),
        padded_(in_register(way.model().units.padded)),
        count_(in_register(shape.count)),
        buffer_size_(in_register(shape.groups * Lanes * way.model().units.padded)),
        slots_(in_register(shape.groups)),
        fetched_(shared_memory<float>()) {
    const int cluster = Alone ? 1 : shape.cluster, block = static_cast<int>(blockIdx.x) % cluster;
    const int warp = block * block_warps + static_cast<int>(threadIdx.x) / warp_threads;
    const int first_lane = static_cast<int>(blockIdx.x) / cluster * shape.groups * Lanes;
    // Lanes are padded to whole groups.
    const int left = (way.model().batch.lanes - first_lane) / Lanes, units = way.model().units.count;
    groups_ = in_register(left < shape.groups ? left : shape.groups);
    const Result<Sharers, Lanes> result;
    const int unit = warp * warp_rows + result.row;
    place_ = result.lane * padded_ + unit;
    const bool last_first = Lanes == 2 && Shares::lane() != 0;
    first_multiplied_ = in_register(last_first ? padded_ : 0);
    to_next_lane_ = in_register(last_first ? -padded_ : padded_);
    within_ = warp * warp_rows < padded_;
    is_unit_ = unit < units;
    vectors_ = shared_memory<float>() + block_threads * fetched_turns * Way::fetched;
    kept_ = vectors_ + 2 * buffer_size_ + threadIdx.x;

    weights.load(way.map(), way.weights(), way.table(), warp, warp * warp_rows + result.thread / Sharers * kept_rows,
                 padded_ / tile_rows);
    for (int k = threadIdx.x; k < groups_ * Lanes * padded_; k += block_threads) {
      vectors_[k] = way.start(k % padded_, first_lane + k / padded_);
    }
    own_ = way.own(is_unit_ ? unit : units - 1, first_lane + result.lane, is_unit_ && result.first);
    reading_ = ending_ = way.cursor(own_, Lanes, groups_);
    for (int group = 0; group < groups_; ++group) {
      kept_[group * block_threads] = way.kept_at_start(own_, group, Lanes);
    }
    to_read_ = groups_ * count_;
    read_on();
    read_on();
    const int warps = (padded_ + warp_rows - 1) / warp_rows;  // that have rows
    exchange_.begin(vectors_, vectors_ + 2 * buffer_size_ + slots_ * block_threads, shape, 2 * slots_,
                    Lanes * padded_ * static_cast<int>(sizeof(float)), warps * warp_threads, place_);
  }

  /// All steps of one group. What the last one sends must have come before the block ends.
  __device__ void run() {
    if (within_) {
      float kept = kept_[0];
      for (int n = 0; n < count_; n += 2) {
        const int parity = (n - 1) >> 1 & 1;
        step<0>(parity, n + 1 == count_, kept);
        if (n + 1 < count_) step<1>(1 - parity, n + 2 == count_, kept);
      }
      exchange_.wait(count_ & 1, (count_ - 1) >> 1 & 1);
    } else {
      exchange_.idle(count_ + 1);
    }
    exchange_.end();
  }

  /// All steps of several groups by turns. While the products of a group are made, the step of the group before is
  /// ended, and what is sent is on its way until the group has its turn again. One group alone would wait for ever, for
  /// what is sent in its next turn: plans leave none alone.
  __device__ void run_in_turns() {
    if (within_) {
      Turn ended;
      Sums waiting = {};
      for (int n = 0; n < count_; ++n) {
        const int odd = n & 1, parity = (n - 1) >> 1 & 1;
        Turn turn = {odd != 0 ? buffer_size_ : 0, odd != 0 ? 0 : buffer_size_, odd != 0 ? 0 : slots_, 0,
                     n + 1 == count_};
        for (int group = 0; group < groups_; ++group) {
          exchange_.wait(group + (odd != 0 ? slots_ : 0), parity);
          exchange_.expect(turn.next_buffer);
          Fetched fetched = {};
          float kept = 0.0F;
          if (ended.kept >= 0) {
            read_on();
            fetched_.get(fetched);
            kept = kept_[ended.kept];
          }
          Sums sums = {};
          weights_.template multiply<Lanes>(vectors_ + turn.here + first_multiplied_, to_next_lane_, sums,
                                            [&](auto quad) {
                                              // With each quad a round of adding up the sums of the turn before.
                                              constexpr int round = decltype(quad)::value;
                                              if constexpr (round < Shares::rounds)
                                                Shares::template add<round>(waiting);
                                            });
          Shares::template add_from<(Quads < Shares::rounds ? Quads : Shares::rounds)>(waiting);
          if (ended.kept >= 0) end_turn(waiting[0], fetched, kept, ended);
#pragma unroll
          for (int k = 0; k < kept_rows * Lanes; ++k) waiting[k] = sums[k];
          ended = turn;
          turn.here += Lanes * padded_;
          turn.next += Lanes * padded_;
          turn.kept += block_threads;
          ++turn.next_buffer;
        }
      }
      Shares::template add_from<0>(waiting);
      Fetched fetched;
      read_on();
      fetched_.get(fetched);
      end_turn(waiting[0], fetched, kept_[ended.kept], ended);
      for (int group = 0; group < groups_; ++group) {
        exchange_.wait(group + ((count_ & 1) != 0 ? slots_ : 0), (count_ - 1) >> 1 & 1);
      }
    } else {
      exchange_.idle((count_ + 1) * groups_);
    }
    exchange_.end();
  }

 private:
  /// A turn of a group. Places are in numbers from the first buffer.
  struct Turn {
    int here = 0, next = 0;  ///< what is multiplied, and what is made of it
    int next_buffer = 0;
    int kept = -1;  ///< where it keeps what it keeps, in numbers from the first group's
    bool is_last = false;
  };

  /// Asks for what the turn after the next needs.
  __device__ void read_on() {
    fetched_.ask([&](int k) { return way_.source(own_, reading_, k); });
    // The last is fetched again and again: nobody looks at it, and a branch takes longer.
    --to_read_;
    reading_group_ = reading_group_ + 1 == groups_ ? 0 : reading_group_ + 1;
    if (to_read_ > 0) reading_.move(reading_group_ == 0);
  }

  template <int Odd>
  __device__ void step(int parity, bool is_last, float& kept) {
    exchange_.wait(Odd, parity);
    exchange_.expect(1 - Odd);
    read_on();
    const int here = Odd * buffer_size_, next = (1 - Odd) * buffer_size_;
    Sums sums = {};
    weights_.template multiply<Lanes>(vectors_ + here + first_multiplied_, to_next_lane_, sums, [](auto) {});
    Fetched fetched;
    fetched_.get(fetched);
    Shares::template add_from<0>(sums);
    end(sums[0], fetched, here, next, 1 - Odd, is_last, kept);
    ending_.move(true);
  }

  __device__ void end(float sum, const Fetched& fetched, int here, int next, int buffer, bool is_last, float& kept) {
    const float value = way_.finish(own_, ending_, sum, fetched, vectors_ + here + place_, kept);
    // After the last step nobody looks at it, and a branch takes longer.
    exchange_.send(next, is_unit_ ? value : 0.0F, buffer, shape_);
    if (__builtin_expect(way_.store(own_, ending_, is_last, value, kept), 0)) way_.report(own_, ending_);
  }
  __device__ void end_turn(float sum, const Fetched& fetched, float kept, const Turn& turn) {
    end(sum, fetched, turn.here, turn.next, turn.next_buffer, turn.is_last, kept);
    kept_[turn.kept] = kept;
    ending_group_ = ending_group_ + 1 == groups_ ? 0 : ending_group_ + 1;
    ending_.move(ending_group_ == 0);
  }

  const Way& way_;
  const PersistentShape& shape_;
  const KeptWeights<Sharers, Quads>& weights_;
  int padded_, count_;       ///< units, steps
  int buffer_size_, slots_;  ///< from a buffer to that of the next step; groups there is room for
  int groups_;               ///< of this block
  int place_;                ///< of the result in a buffer
  int first_multiplied_;     ///< place of the first lane that is multiplied in a group
  int to_next_lane_;         ///< from there
  bool within_;              ///< the warp has rows; the same for whole warps
  bool is_unit_;             ///< the result is of a unit that exists
  float *vectors_, *kept_;   ///< shared: buffers of this step and the next, and what this thread keeps of each group
  typename Way::Own own_;
  typename Way::Cursor reading_, ending_;
  FetchedAhead<Way::fetched, 2> fetched_;
  int to_read_, reading_group_ = 0, ending_group_ = 0;
  Exchange<Sharers, Lanes, Alone> exchange_;
};

}  // namespace mrnn::gpu
