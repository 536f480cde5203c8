#pragma once

#include <vector>

#include "decomposition.hpp"

namespace currents {

/// All that was found.
struct Found {
  const Scope& scope;
  const Request& request;
  const std::vector<TargetCurrents>& targets;
  double dt = 1.0;  ///< ms
};

/// `power`, or `condition_power`, of each source as a share of its sum over all sources [targets x sources].
Eigen::MatrixXd shares(const Found& found, double Current::*power);

void add_arrays(const Found& found, mrnn::AnalysisResults& results);
void add_summary(const Found& found, mrnn::AnalysisResults& results);

}  // namespace currents
