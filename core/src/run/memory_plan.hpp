#pragma once

#include "mrnn/memory_plan.hpp"
#include "run/experiment_state.hpp"

namespace mrnn {

MemoryPlan plan_memory(const ExperimentState& state);

/// The training part alone, with the state before every k-th step kept.
MemoryNeed training_memory(const ExperimentState& state, Index backward_every);

}  // namespace mrnn
