#pragma once

#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "report/report.hpp"
#include "run/experiment_state.hpp"
#include "run/simulation_findings.hpp"

namespace mrnn {

/// What became of one analysis.
struct AnalysisOutcome {
  AnalysisResults results;
  std::string failure;  ///< why it failed; empty: it did not
};

/// What came of an experiment, in the order of its simulations and analyses.
struct ReportedWork {
  const std::vector<Simulation>& simulations;
  const std::vector<SimulationFindings>& findings;
  const std::vector<AnalysisOutcome>& outcomes;
};

/// Everything the report says about a run, from what was asked for and what came of it.
ReportContent report_content(const ExperimentState& state, const Parameters& parameters, const ReportedWork& work);

/// Lists the arrays of /training.
void add_training_arrays(const TrainingHistory& history, ReportContent& content);

}  // namespace mrnn
