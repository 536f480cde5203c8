// The latency of barriers through global memory.

#include <cooperative_groups.h>

#include "group_barrier.cuh"
#include "sections.hpp"

namespace exchange {

namespace {

__global__ void __launch_bounds__(block_threads, 1) grid_sync(Rounds rounds) {
  const auto grid = cooperative_groups::this_grid();
  run_rounds(rounds, [&](int) { grid.sync(); });
}

enum class Flags { counter, array };

template <Flags kind>
__global__ void __launch_bounds__(block_threads, 1) group_sync(Rounds rounds, unsigned* flags, int group) {
  run_rounds(rounds, [&](int round) {
    if constexpr (kind == Flags::counter) counter_barrier(flags, group, round);
    if constexpr (kind == Flags::array) flag_array_barrier(flags, group, round);
  });
}

Launch one_per_processor(const Device& device, int blocks) {
  Launch launch;
  launch.blocks = blocks;
  launch.threads = block_threads;
  launch.shared_bytes = device.at_most(persistent_bytes);
  launch.cooperative = true;
  return launch;
}

void measure_grid_sync(const Device& device, Report& report, int blocks) {
  const std::string setting = std::to_string(blocks) + " blocks";
  if (blocks > device.processors) return report.skipped("grid.sync", setting, "the device has fewer multiprocessors");
  const Launch launch = one_per_processor(device, blocks);
  prepare(reinterpret_cast<const void*>(grid_sync), launch);
  RoundsRunner runner(device, blocks);
  runner.report(report, "grid.sync", setting,
                [&](const Rounds& rounds) { launch_kernel(device, grid_sync, launch, rounds); });
}

template <Flags kind>
void measure_group_sync(const Device& device, Report& report, int group) {
  const std::string what = kind == Flags::counter ? "flag barrier, one counter" : "flag barrier, a flag per block";
  const int groups = device.processors / group;
  const std::string setting = std::to_string(groups) + " groups of " + std::to_string(group) + " blocks";
  if (groups == 0) return report.skipped(what, setting, "the device has fewer multiprocessors");
  const Launch launch = one_per_processor(device, groups * group);
  prepare(reinterpret_cast<const void*>(group_sync<kind>), launch);
  RoundsRunner runner(device, launch.blocks);
  Buffer<unsigned> flags(static_cast<std::size_t>(groups * flag_stride));
  runner.report(report, what, setting, [&](const Rounds& rounds) {
    flags.clear(device.stream);
    launch_kernel(device, group_sync<kind>, launch, rounds, flags.data(), group);
  });
}

}  // namespace

void measure_grid_barriers(const Device& device, Report& report) {
  for (const int blocks : {32, 64, 128}) measure_grid_sync(device, report, blocks);
  if (device.processors != 128) measure_grid_sync(device, report, device.processors);
  for (const int group : group_sizes) measure_group_sync<Flags::counter>(device, report, group);
  for (const int group : group_sizes) measure_group_sync<Flags::array>(device, report, group);
}

}  // namespace exchange
