#pragma once

#include <string>

#include "mrnn/progress.hpp"
#include "mrnn/simulation.hpp"
#include "mrnn/task.hpp"

namespace mrnn {

/// The scores of a simulation's trials by the task that made them; empty where it has no measure, or where outputs were
/// not recorded at every step. A task that fails is a warning: the simulation is as good without.
Scores simulation_scores(const Task& task, const Simulation& simulation, Index outputs, Progress& progress);

/// `share of correct choices 84.7 %`; empty without scores that count.
std::string performance_words(const Task& task, const Scores& scores);

}  // namespace mrnn
