#pragma once

#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "results.hpp"

namespace dpca {

struct TimeAxis {
  Eigen::VectorXd time;  ///< ms
  std::string label;
  bool mark_zero = false;
};

/// Components as courses over time, a row for each marginalisation; their variances; and, where they were tested, the
/// accuracies. @param suffix  of the figures' names and titles, empty where there is one population
void draw(const Outcome& outcome, const TimeAxis& axis, const std::string& suffix, mrnn::AnalysisResults& results);

}  // namespace dpca
