#pragma once

#include <functional>

#include "run/experiment_state.hpp"

namespace mrnn {

/// The task that makes the trials of a simulation.
const Task& task_of(const ExperimentState& state, const SimulationPlan& plan);

/// The trials of a simulation, drawn from the task and with its manipulations applied.
/// @throws ConfigError where the task's channels do not fit the network.
Trials make_trials(const ExperimentState& state, const SimulationPlan& plan);

/// Runs the trials of a simulation in batches that fit a fixed amount of memory, and keeps what its record names.
/// @param session  with the parameters written
/// @param batch    told after each batch how many trials are done
void run_trials(const Backend& backend, Session& session, Simulation& simulation,
                const std::function<void(Index)>& batch);

/// Runs one simulation in batches that fit a fixed amount of memory.
Simulation simulate(const ExperimentState& state, const SimulationPlan& plan, const Parameters& parameters,
                    Progress& progress);

}  // namespace mrnn
