#pragma once

#include <type_traits>

#include "cluster_launch.hpp"
#include "fragment_block.hpp"

namespace mrnn::gpu {

/// All steps of a way through the trajectory, forward or back, on tensor cores.
template <class Way, int Tiles, int Results, bool Alone>
__global__ void __launch_bounds__(block_threads, 1)
    fragment_steps(const __grid_constant__ Way way, const FragmentTable table, const FragmentShape shape) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  Fragments<Tiles> weights;
  FragmentBlock<Way, Tiles, Results, Alone> block(way, table, shape, weights);
  block.run();
#endif
}

/// Calls `with` with the smallest number of tiles that kernels are compiled for and that is enough.
template <class With>
void with_tiles(int tiles, With&& with) {
  if (tiles <= kept_fragments[0]) {
    with(std::integral_constant<int, kept_fragments[0]>());
  } else if (tiles <= kept_fragments[1]) {
    with(std::integral_constant<int, kept_fragments[1]>());
  } else {
    with(std::integral_constant<int, kept_fragments[2]>());
  }
}

/// Runs so many steps of a way.
template <class Way>
void run_fragment_way(const Stream& stream, const Way& way, const FragmentTable& table, const StepPlan& plan,
                      int count) {
  const int lanes = plan.lanes * plan.groups;  // of a cluster
  const auto blocks = static_cast<unsigned>((way.model().batch.lanes + lanes - 1) / lanes * plan.cluster);
  const int rows = (way.model().units.count + fragment_rows - 1) / fragment_rows * fragment_rows;
  const FragmentShape shape = {plan.cluster, plan.lanes, plan.groups, count, (plan.cluster + 3) / 4};
  with_tiles(table.tiles, [&](auto tiles) {
    const auto launch = [&](auto results, auto alone) {
      constexpr int of_thread = decltype(results)::value;
      launch_clusters(stream, fragment_steps<Way, decltype(tiles)::value, of_thread, decltype(alone)::value>, blocks,
                      plan.cluster, fragment_bytes(rows, plan.groups, of_thread, Way::fetched), way, table, shape);
    };
    constexpr std::integral_constant<int, 2> two{};
    constexpr std::integral_constant<int, 4> four{};
    if (plan.cluster == 1) {
      if (table.results <= 2) return launch(two, std::true_type());
      return launch(four, std::true_type());
    }
    if (table.results <= 2) return launch(two, std::false_type());
    launch(four, std::false_type());
  });
}

}  // namespace mrnn::gpu
