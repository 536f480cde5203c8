#include "step_plan.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace mrnn::cuda {
namespace {

using gpu::Size;

Size tiles(Size size, Size tile) {
  return (size + tile - 1) / tile;
}

/// Lanes of a cluster: as few as let all clusters run at the same time.
int persistent_lanes(Size trials, int clusters) {
  for (const int lanes : {1, 2, 3, 4, 5}) {
    if (tiles(trials, lanes) <= clusters) return lanes;
  }
  return 8;
}

/// Whether all steps can be made in one kernel.
bool fits_persistent(const StepProblem& problem, const gpu::DeviceLimits& limits) {
  return problem.single && !problem.scaled && problem.blocks <= gpu::largest_persistent_cluster &&
         limits.clusters[static_cast<std::size_t>(problem.blocks - 1)] > 0 && problem.pairs <= gpu::most_pairs &&
         std::max(problem.state_rows, problem.adjoint_rows) <= gpu::most_persistent_rows;
}

/// A design named in the environment, for tests and measurements.
std::string design_wanted() {
  const char* name = std::getenv("MRNN_CUDA_DESIGN");
  return name == nullptr ? "" : name;
}

}  // namespace

gpu::StepPlan choose_plan(const StepProblem& problem, const gpu::DeviceLimits& limits) {
  gpu::StepPlan plan;
  // Trials that see other weights than others are told apart tile by tile.
  if (problem.scaled) return plan;
  const std::string wanted = design_wanted();
  if (fits_persistent(problem, limits) && wanted != "tiles" && wanted != "dense") {
    plan.design = gpu::StepPlan::Design::persistent;
    plan.cluster = problem.blocks;
    plan.lanes = persistent_lanes(problem.trials, limits.clusters[static_cast<std::size_t>(problem.blocks - 1)]);
    return plan;
  }
  const Size rows = tiles(problem.units, gpu::tile_rows);
  // Wide tiles read the weights a quarter as often, once there are enough of them for all processors.
  const bool fills = rows * tiles(problem.trials, gpu::wide_tile) >= limits.processors / 2;
  if (problem.single && problem.trials > gpu::wide_tile / 2 && fills) plan.lanes = gpu::wide_tile;
  // A library's product over all weights is faster where there is much to do and little is absent.
  constexpr double dense_enough = 0.6, much_work = 2.5e8;
  const double work = static_cast<double>(problem.units) * static_cast<double>(problem.state_rows) *
                      static_cast<double>(problem.trials);
  if (wanted == "dense" || (wanted != "tiles" && problem.density >= dense_enough && work >= much_work))
    plan.design = gpu::StepPlan::Design::dense;
  return plan;
}

}  // namespace mrnn::cuda
