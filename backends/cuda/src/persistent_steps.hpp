#pragma once

#include "cluster_launch.hpp"
#include "persistent_block.hpp"

namespace mrnn::gpu {

/// All steps of a way through the trajectory, forward or back.
template <class Way, int Sharers, int Quads, int Lanes, bool Alone, bool InTurns>
__global__ void __launch_bounds__(block_threads, 1)
    persistent_steps(const __grid_constant__ Way way, const PersistentShape shape) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  KeptWeights<Sharers, Quads> weights;
  PersistentBlock<Way, Sharers, Quads, Lanes, Alone> block(way, shape, weights);
  if constexpr (InTurns) {
    block.run_in_turns();
  } else {
    block.run();
  }
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

/// Calls `with` with threads that share columns, lanes of a group, whether a cluster is one block, and whether groups
/// take turns.
template <class With>
void with_shares(const StepPlan& plan, With&& with) {
  constexpr std::integral_constant<int, fewest_sharers> few{};
  constexpr std::integral_constant<int, most_sharers> many{};
  constexpr std::true_type yes{};
  constexpr std::false_type no{};
  const auto with_lanes = [&](auto sharers, auto alone, auto turns) {
    if (plan.lanes == 1) {
      with(sharers, std::integral_constant<int, 1>(), alone, turns);
    } else {
      with(sharers, std::integral_constant<int, most_group_lanes>(), alone, turns);
    }
  };
  if (plan.cluster == 1) return with_lanes(few, yes, no);
  const bool turns = plan.groups > 1;
  if (plan.sharers == fewest_sharers) {
    if (turns) return with_lanes(few, no, yes);
    return with_lanes(few, no, no);
  }
  if (turns) return with_lanes(many, no, yes);
  with_lanes(many, no, no);
}

/// Runs so many steps of a way.
template <class Way>
void run_persistent_way(const Stream& stream, const Way& way, const StepPlan& plan, int quads, int count) {
  const int lanes = plan.lanes * plan.groups;  // of a cluster
  const auto blocks = static_cast<unsigned>((way.model().batch.lanes + lanes - 1) / lanes * plan.cluster);
  const std::size_t shared = persistent_bytes(way.model().units.padded, plan.lanes, plan.groups);
  with_quads(quads, [&](auto kept) {
    with_shares(plan, [&](auto sharers, auto group_lanes, auto alone, auto turns) {
      constexpr int share = decltype(sharers)::value, group = decltype(group_lanes)::value;
      constexpr int copies = Result<share, group>::copies, senders = 4 * copies;
      const PersistentShape shape = {plan.cluster, plan.groups, count, (plan.cluster + senders - 1) / senders,
                                     plan.cluster == copies};
      launch_clusters(
          stream,
          persistent_steps<Way, share, decltype(kept)::value, group, decltype(alone)::value, decltype(turns)::value>,
          blocks, plan.cluster, shared, way, shape);
    });
  });
}

}  // namespace mrnn::gpu
