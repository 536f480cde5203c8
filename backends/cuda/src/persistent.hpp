#pragma once

#include <array>

#include "steps.hpp"

namespace mrnn::gpu {

/// Units that a block of the persistent kernels keeps the weights of.
constexpr int persistent_rows = 64;
/// Quads of columns whose weights the threads of a warp can keep in registers.
constexpr int most_quads = 17;
/// Rows of a state that fit into shared memory twice, with the lanes of a cluster beside each other.
constexpr int most_persistent_rows = 2048;
constexpr int largest_persistent_cluster = 16;

/// StepPlan::Design::persistent: all steps in one kernel. A cluster of blocks runs a few lanes; each block keeps the
/// weights of its units in registers, and hands their activity to the others through distributed shared memory.
void run_persistent(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last);
void run_persistent_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                         int last);

/// What a plan needs to know of a device.
struct DeviceLimits {
  int processors = 132;
  /// Clusters of k + 1 blocks of the persistent kernels that run at the same time; 0 where there are none.
  std::array<int, largest_persistent_cluster> clusters = {};
};
/// Of the device in use; asked once.
DeviceLimits device_limits();

}  // namespace mrnn::gpu
