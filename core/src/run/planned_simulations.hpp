#pragma once

#include "run/experiment_state.hpp"

namespace mrnn {

/// Makes the trials of every simulation without running them, and notes their shape in its plan: so it shows before
/// anything runs where a manipulation does not fit them, where the task has not so many, and where an analysis names
/// conditions, epochs or steps that they do not have. Of simulations whose trials would take much memory only the first
/// are made; what these lack the others may have, so that it becomes a warning of the state.
/// @throws ConfigError, FileError, RunError.
void check_simulations(ExperimentState& state);

}  // namespace mrnn
