#pragma once

#include <array>

#include "steps.hpp"

namespace mrnn::gpu {

/// Rows whose weights a thread of the persistent kernels keeps: of 4 columns each, as many times as it has quads.
constexpr int kept_rows = 8, most_quads = 5;
/// Threads that share the columns of a row: 16 or 32.
constexpr int fewest_sharers = 16, most_sharers = warp_threads;
/// Units of a block.
constexpr int persistent_rows(int sharers) {
  return block_warps * kept_rows * (warp_threads / sharers);
}
/// Lanes of a group: more would take the registers that weights are kept in.
constexpr int most_group_lanes = 2;
constexpr int largest_persistent_cluster = 16;

/// Turns whose numbers from memory there is room for, and how many numbers of each a thread needs at most.
constexpr int fetched_turns = 4, most_fetched = 3;

/// Shared memory that blocks ask for: what was fetched, the states of all lanes twice, what each thread keeps from step
/// to step for each group, and two barriers of each group.
constexpr std::size_t persistent_bytes(int padded_units, int lanes, int groups) {
  return block_threads * fetched_turns * most_fetched * sizeof(float) +
         (std::size_t{2} * static_cast<std::size_t>(padded_units) * static_cast<std::size_t>(lanes) + block_threads) *
             static_cast<std::size_t>(groups) * sizeof(float) +
         16 * static_cast<std::size_t>(groups);
}
constexpr std::size_t most_persistent_bytes = 208 * 1024;

/// StepPlan::Design::persistent: all steps in one kernel. A cluster of blocks runs a few lanes; each block keeps the
/// weights of its units in registers, and hands their activity to the others through distributed shared memory.
void run_persistent(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last);
void run_persistent_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                         int last);

/// How a persistent kernel is shared out over its blocks.
struct PersistentShape {
  int cluster = 1, groups = 1;
  int count = 0;           ///< steps
  int sent = 0;            ///< how often a thread sends, each time to another block
  bool sends_own = false;  ///< its own result alone: there are as many threads with the same result as blocks
};

/// What a plan needs to know of a device.
struct DeviceLimits {
  int processors = 132;
  std::size_t shared_bytes = 0;  ///< shared memory that a block may ask for
  /// Clusters of k + 1 blocks of the persistent kernels that run at the same time; 0 where there are none.
  std::array<int, largest_persistent_cluster> clusters = {};
};
/// Of the device in use; asked once.
DeviceLimits device_limits();

}  // namespace mrnn::gpu
