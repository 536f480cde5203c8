#pragma once

#include <array>

#include "mrnn/selection.hpp"
#include "persistent.hpp"

namespace mrnn::gpu {

/// What a plan needs to know of a device.
struct DeviceLimits {
  int processors = 132;
  /// Clusters of k + 1 blocks of the persistent kernels that run at the same time; 0 where there are none.
  std::array<int, largest_persistent_cluster> clusters = {};
};
/// Of the device in use; asked once.
DeviceLimits device_limits();

}  // namespace mrnn::gpu

namespace mrnn::cuda {

/// A batch on a network, as far as it matters for how its steps are made.
struct StepProblem {
  Index units = 0;
  Index state_rows = 0, adjoint_rows = 0;  ///< padded
  Index trials = 0;
  double density = 1.0;  ///< share of the chunks of weights that exist
  bool single = true;    ///< precision
  bool scaled = false;   ///< some trials see scaled weights
  int blocks = 1;        ///< of a cluster that shares the units
  int quads = 1;         ///< of columns that a warp of it keeps, forward or backward
};

/// How the products of the steps are made. A matter of the problem and the device alone: nothing is tried out.
gpu::StepPlan choose_plan(const StepProblem& problem, const gpu::DeviceLimits& limits);

}  // namespace mrnn::cuda
