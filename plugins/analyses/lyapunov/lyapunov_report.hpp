#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "growth.hpp"
#include "mrnn/analysis.hpp"

namespace lyapunov {

/// Sums of exponents [count], per s. NaN where more exponents than were computed would be needed.
struct Totals {
  double dimension = 0.0;  ///< Kaplan & Yorke (1979)
  double entropy = 0.0;    ///< sum of the positive exponents, nats per s
};
/// @param all  are these all exponents that there are?
Totals totals(const Eigen::VectorXd& exponents, bool all);

/// What was found for one simulation.
struct SimulationExponents {
  std::string name;
  GrowthOfTrials growth;
};

/// What arrays, words and figures are made from.
struct Report {
  const std::vector<SimulationExponents>& simulations;
  mrnn::Index count = 0;
  bool all = false;  ///< are these all exponents that there are?
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
/// A line of words per simulation.
void add_summary(const Report& report, mrnn::AnalysisResults& results);
/// The spectrum, and how the estimates settle.
mrnn::Figure draw(const Report& report);

}  // namespace lyapunov
