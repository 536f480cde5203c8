#pragma once

#include <string>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/progress.hpp"
#include "mrnn/simulation.hpp"
#include "mrnn/task.hpp"
#include "report/report.hpp"

namespace mrnn {

/// What is looked at in every simulation.
struct SimulationFindings {
  Scores scores;  ///< of its trials by its task; empty where that has no measure, or where outputs were not recorded at
                  ///< every step
  std::string performance;               ///< `share of correct choices 84.7 %`; empty without scores that count
  std::vector<RegionActivity> activity;  ///< empty where h was not recorded
  std::string silence;                   ///< which regions are silent, in words; empty: none
};

/// A task that fails to score is a warning: the simulation is as good without.
SimulationFindings findings_of(const Network& network, const Simulation& simulation, Progress& progress);

}  // namespace mrnn
