#pragma once

#include "resident_exchange.hpp"
#include "resident_plan.hpp"

namespace mrnn::gpu {

/// How a kernel is shared out over its blocks.
struct ResidentShape {
  int blocks = 1, groups = 1;  ///< that share the units; of lanes that each team has
  int count = 0;               ///< steps
  int lane_tiles = 1;          ///< of the vectors, those of lanes that do not exist among them
  Size buffer = 0;             ///< of the vectors: from those of a step to those of the next
  FragmentOfUnits* vectors = nullptr;
  unsigned* arrived = nullptr;  ///< blocks that have ended their steps, of each group
};

/// What a block goes through that keeps the weights of its units in shared memory. `Way` is that of PersistentBlock.
///
/// Each warp multiplies some of the tiles of columns with all lanes of a group, and loads what other blocks have made
/// of those some tiles ahead. The groups of a team take turns: what the next one needs is asked for before a step is
/// ended.
///
/// @tparam RowTiles, LaneTiles  fragments of the block's units, and of the lanes of a group
template <class Way, int RowTiles, int LaneTiles>
class ResidentBlock {
  static constexpr int rows = RowTiles * fragment_rows, lanes = LaneTiles * fragment_lanes;
  static constexpr int results = resident_results(rows, lanes), stride = resident_stride(rows);
  static constexpr int lanes_at_once = block_threads / rows;
  static constexpr int ahead = LaneTiles == 4 ? 2 : 4;  // as many as there are registers for

 public:
  /// See resident_block_begin.hpp.
  __device__ ResidentBlock(const Way& way, const TensorTiles& tiles, const ResidentShape& shape);

  __device__ void run() {
    const int groups = in_register(shape_.groups), count = in_register(shape_.count);
    ask(0, 0);
    for (int n = 0; n < count; ++n) {
      for (int group = 0; group < groups; ++group) {
        const bool to_step = group + 1 == groups, is_last = n + 1 == count;
        const int next_group = to_step ? 0 : group + 1, next = to_step ? n + 1 : n;
        multiply();
        float fetched[results][Way::fetched] = {};
        fetch(group, fetched);
        if (groups > 1 && next < count) ask(next, next_group);
        end(fetched, n, group, is_last);
        ending_.move(to_step);
        if (next < count) prefetch(next_group);
        // With a group alone it is what this step has made.
        if (groups == 1 && next < count) ask(next, next_group);
      }
    }
  }

 private:
  using Own = typename Way::Own;
  using Cursor = typename Way::Cursor;
  using Part = Four<std::uint32_t>;  ///< of the weights of a tile: high or low of a thread in 16 rows
  using Loaded = FragmentOfUnits[LaneTiles];
  static constexpr int parts_of_tile = RowTiles * 2 * warp_threads;

  __device__ void load_weights(const TensorTiles& tiles, int block, int start, int count);

  /// Whether there is a lane for result k of this thread in a group.
  __device__ bool exists(int group, int k) const { return group * lanes + k * lanes_at_once < lanes_left_; }
  __device__ Cursor of_result(int k) const { return k == 0 ? ending_ : ending_.beside(0, k * lanes_at_once); }

  /// Waits for the units of a group before step n, and asks for those of the first tiles. Two buffers are enough: what
  /// all have read at step n is overwritten at step n + 1, which nobody begins before all have ended step n. And a team
  /// may wait for its next group before it has handed on this one's: all of that one was handed on a turn ago.
  __device__ void ask(int n, int group) {
    wait_for_blocks(arrived_ + group, static_cast<unsigned>(n * shape_.blocks));
    read_ = vectors_ + (n & 1) * shape_.buffer + group * LaneTiles * warp_threads;
#pragma unroll
    for (int k = 0; k < ahead; ++k) load(k, loaded_[k]);
  }

  __device__ void load(int number, Loaded& to) const {
    if (number >= tiles_) return;
    const FragmentOfUnits* from = read_ + offset_[warp_ + number * block_warps];
#pragma unroll
    for (int j = 0; j < LaneTiles; ++j) to[j] = units_of_others(from + j * warp_threads);
  }

  /// What is added to the products of this step, and what else its end needs.
  __device__ void fetch(int group, float (&fetched)[results][Way::fetched]) const {
#pragma unroll
    for (int k = 0; k < results; ++k) {
      if (!exists(group, k)) continue;
#pragma unroll
      for (int j = 0; j < Way::fetched; ++j) fetched[k][j] = *way_.source(own_, of_result(k), j);
    }
  }

  /// The same for the next turn, from far memory to near: a turn is long enough for that.
  __device__ void prefetch(int group) const {
#pragma unroll
    for (int k = 0; k < results; ++k) {
      if (!exists(group, k)) continue;
#pragma unroll
      for (int j = 0; j < Way::fetched; ++j) bring_near(way_.source(own_, of_result(k), j));
    }
  }

  // See resident_block_products.hpp.
  /// The sums of the warp.
  __device__ void multiply();
  /// Adds hi hi', hi lo' and lo hi'. Sums that follow each other are not the same: each takes its time.
  __device__ void multiply_tiles(const Loaded& units, int tile);
  /// The block's sums become the next states, which it hands the others; the trajectory gets them later.
  __device__ void end(const float (&fetched)[results][Way::fetched], int n, int group, bool is_last) {
    hand_sums();
    meet_team(team_);
    float values[results] = {}, kept[results] = {};
#pragma unroll
    for (int k = 0; k < results; ++k) {
      if (!exists(group, k)) continue;
      const Cursor at = of_result(k);
      kept[k] = kept_[(group * results + k) * block_threads];
      values[k] = way_.finish(own_, at, sum(k), fetched[k], way_.before(at), kept[k]);
    }
    if (!is_last) {
      FragmentOfUnits* four = written_ + ((n + 1) & 1) * shape_.buffer + group * LaneTiles * warp_threads;
#pragma unroll
      for (int k = 0; k < results; ++k) {
        if (writes_) put_units(four + k * lanes_at_once / fragment_lanes * warp_threads, values[k]);
      }
    }
    meet_team(team_);
    if (thread_ == 0) count_block(arrived_ + group);
#pragma unroll
    for (int k = 0; k < results; ++k) {
      const Cursor at = of_result(k);
      const bool fails = way_.store(Way::storing(own_, exists(group, k)), at, is_last, values[k], kept[k]);
      if (exists(group, k)) kept_[(group * results + k) * block_threads] = kept[k];
      if (__builtin_expect(fails, 0)) way_.report(own_, at);
    }
  }

  /// Into shared memory [warps x lanes x stride].
  __device__ void hand_sums() const;
  /// Of all warps, of this thread's unit in the lane of result k.
  __device__ float sum(int k) const;

  const Way& way_;
  const ResidentShape& shape_;
  int team_, thread_, warp_;  ///< thread and warp of the team
  int tiles_;                 ///< of the warp
  const Part* weights_;       ///< shared: of this thread in the first tile
  int* offset_;               ///< shared: where the units are that a tile is multiplied with
  float *sums_of_warps_, *kept_;
  unsigned* arrived_;                                 ///< of the block's groups
  const FragmentOfUnits *vectors_, *read_ = nullptr;  ///< of this thread: in the block's first lanes; in this turn
  FragmentOfUnits* written_;                          ///< where its first result goes
  bool writes_;
  int first_lane_, lanes_left_;  ///< of its first result; from there on, 0 where it has no unit
  Own own_;
  Cursor ending_;
  Loaded loaded_[ahead];
  float sums_[RowTiles][LaneTiles][4];
};

}  // namespace mrnn::gpu

#include "resident_block_begin.hpp"
#include "resident_block_products.hpp"
