#pragma once

#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "report/report.hpp"
#include "run/experiment_state.hpp"

namespace mrnn {

/// What became of one analysis.
struct AnalysisOutcome {
  AnalysisResults results;
  std::string failure;  ///< why it failed; empty: it did not
};

/// Everything the report says about a run, from what was asked for and what came of it.
/// @param outcomes  one per analysis of the experiment, in order
ReportContent report_content(const ExperimentState& state, const Parameters& parameters,
                             const std::vector<Simulation>& simulations, const std::vector<AnalysisOutcome>& outcomes);

/// Lists the arrays of /training.
void add_training_arrays(const TrainingHistory& history, ReportContent& content);

}  // namespace mrnn
