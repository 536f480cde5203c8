#pragma once

#include "kept_weights.hpp"
#include "persistent_exchange.hpp"

namespace mrnn::gpu {

/// How a persistent kernel is shared out over its blocks.
struct PersistentShape {
  int cluster = 1, groups = 1;
  int count = 0;  ///< steps
};

/// All steps of a way through the trajectory, forward or back. `Way` says what a step does to a unit of a lane:
/// - start(row, lane): what is multiplied first;
/// - own(unit, lane): what a thread has to know of its unit;
/// - Cursor: where a step of a group reads and writes, moved on group by group;
/// - fetch(own, cursor): what is loaded for it, two groups ahead of the sum that it waits for;
/// - finish(own, cursor, ...): ends it, given the sum, what was fetched, multiplied and kept; returns what is sent on.
/// Threads without a result of their own do the work of others, and store nothing.
template <class Way, int Sharers, int Quads, int Lanes, bool Alone>
__global__ void __launch_bounds__(block_threads, 1) persistent_steps(const Way way, const PersistentShape shape) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  constexpr int warp_rows = kept_rows * (warp_threads / Sharers);
  const int cluster = Alone ? 1 : shape.cluster, block = static_cast<int>(blockIdx.x) % cluster;
  const int padded = way.model().units.padded, units = way.model().units.count, size = Lanes * padded;
  const int warp = block * block_warps + static_cast<int>(threadIdx.x) / warp_threads;
  const int first_lane = static_cast<int>(blockIdx.x) / cluster * shape.groups * Lanes;
  // Lanes are padded to whole groups.
  const int left = (way.model().batch.lanes - first_lane) / Lanes, groups = left < shape.groups ? left : shape.groups;
  const Result<Sharers, Lanes> result;
  const int unit = warp * warp_rows + result.row, place = result.lane * padded + unit;
  const bool within = warp * warp_rows < padded;  // the same for whole warps
  const bool is_unit = unit < units;
  float* vectors = shared_memory<float>();
  float* kept = vectors + 2 * shape.groups * size + threadIdx.x;

  KeptWeights<Sharers, Quads> weights;
  weights.load(way.map(), way.weights(), way.table(), warp, warp * warp_rows + result.thread / Sharers * kept_rows,
               padded / tile_rows);
  for (int k = threadIdx.x; k < groups * size; k += block_threads) {
    vectors[k] = way.start(k % padded, first_lane + k / padded);
  }
  const typename Way::Own own = way.own(is_unit ? unit : units - 1, first_lane + result.lane, is_unit && result.first);
  typename Way::Cursor reading = way.cursor(own, Lanes, groups), ending = reading;
  for (int group = 0; group < groups; ++group) kept[group * block_threads] = way.kept_at_start(own, group, Lanes);
  typename Way::Fetched now = way.fetch(own, reading), next = {};  // for this group, and for the one after it
  int to_read = groups * shape.count - 1, reading_group = 0;
  const auto read_on = [&] {
    if (to_read == 0) return;
    --to_read;
    reading_group = reading_group + 1 == groups ? 0 : reading_group + 1;
    reading.move(reading_group == 0);
    next = way.fetch(own, reading);
  };
  read_on();
  Exchange<Sharers, Lanes, Alone> exchange;
  exchange.begin(vectors, vectors + 2 * shape.groups * size + shape.groups * block_threads, cluster, 2 * shape.groups,
                 size * static_cast<int>(sizeof(float)));
  const int other = shape.groups * size;  // from a buffer to that of the next step
  for (int n = 0; n < shape.count; ++n) {
    const bool odd = n % 2 != 0, goes_on = n + 1 < shape.count;
    const float* here = vectors + (odd ? other : 0);
    float* following = vectors + (odd ? 0 : other) + place;
    const int barrier = odd ? shape.groups : 0, next_barrier = odd ? 0 : shape.groups, parity = (n - 1) / 2 % 2;
    for (int group = 0; group < groups; ++group) {
      if (n > 0) exchange.wait(barrier + group, parity);
      if (goes_on) exchange.expect(next_barrier + group);
      const typename Way::Fetched fetched = now;
      now = next;
      read_on();
      if (within) {
        float carried = kept[group * block_threads];
        float sums[kept_rows * Lanes] = {};
        weights.template multiply<Lanes>(here, padded, sums);
        const float sum = add_shares<Sharers / 2, kept_rows * Lanes>(sums);
        const float value = way.finish(own, ending, sum, fetched, here + place, carried);
        if (goes_on) exchange.send(following, is_unit ? value : 0.0F, next_barrier + group);
        way.store(own, ending, !goes_on, value, carried);
        kept[group * block_threads] = carried;
      }
      ending.move(group + 1 == groups);
      here += size;
      following += size;
    }
  }
  exchange.end();
#endif
}

/// Calls `with` with the smallest number of quads that kernels are compiled for and that is enough.
template <class With>
void with_quads(int quads, With&& with) {
  if (quads <= 1) {
    with(std::integral_constant<int, 1>());
  } else if (quads <= 2) {
    with(std::integral_constant<int, 2>());
  } else if (quads <= 3) {
    with(std::integral_constant<int, 3>());
  } else if (quads <= 4) {
    with(std::integral_constant<int, 4>());
  } else {
    with(std::integral_constant<int, most_quads>());
  }
}

/// Calls `with` with threads that share columns, lanes of a group, and whether a cluster is one block.
template <class With>
void with_shares(const StepPlan& plan, With&& with) {
  using std::integral_constant;
  constexpr integral_constant<int, fewest_sharers> few{};
  constexpr integral_constant<int, most_sharers> many{};
  constexpr integral_constant<int, 1> one{};
  constexpr integral_constant<int, 2> two{};
  constexpr integral_constant<int, 4> four{};
  if (plan.sharers == fewest_sharers) {
    if (plan.cluster == 1) {
      if (plan.lanes == 1) return with(few, one, std::true_type());
      return with(few, two, std::true_type());
    }
    if (plan.lanes == 1) return with(few, one, std::false_type());
    return with(few, two, std::false_type());
  }
  if (plan.lanes == 1) return with(many, one, std::false_type());
  if (plan.lanes == 2) return with(many, two, std::false_type());
  with(many, four, std::false_type());
}

/// Runs so many steps of a way.
template <class Way>
void run_persistent_way(const Stream& stream, const Way& way, const StepPlan& plan, int quads, int count) {
  const int lanes = plan.lanes * plan.groups;  // of a cluster
  const auto blocks = static_cast<unsigned>((way.model().batch.lanes + lanes - 1) / lanes * plan.cluster);
  const std::size_t shared = persistent_bytes(way.model().units.padded, plan.lanes, plan.groups);
  with_quads(quads, [&](auto kept) {
    with_shares(plan, [&](auto sharers, auto group_lanes, auto alone) {
      constexpr int Quads = decltype(kept)::value, Sharers = decltype(sharers)::value;
      constexpr int Lanes = decltype(group_lanes)::value;
      constexpr bool Alone = decltype(alone)::value;
      launch_clusters(stream, persistent_steps<Way, Sharers, Quads, Lanes, Alone>, blocks, plan.cluster, shared, way,
                      PersistentShape{plan.cluster, plan.groups, count});
    });
  });
}

}  // namespace mrnn::gpu
