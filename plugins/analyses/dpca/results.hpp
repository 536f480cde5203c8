#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "decomposition.hpp"
#include "grid.hpp"
#include "mrnn/analysis.hpp"
#include "regularisation.hpp"
#include "significance.hpp"

namespace dpca {

/// All that was found for one population.
struct Outcome {
  std::string population;
  Grid grid;
  std::vector<Marginalisation> marginalisations;
  Eigen::VectorXd mean;  ///< of each unit, over conditions and time
  Decomposition found;
  Explained explained;
  double total = 0.0;     ///< |X|^2
  Eigen::VectorXd noise;  ///< of |X_phi|^2, by noise alone; NaN: unknown
  double lambda = 0.0;
  std::optional<LambdaSearch> search;
  std::optional<Significance> significance;
  MatrixXd projections;  ///< [components x columns], time fastest
};

/// Shares of the signal variance |X_phi|^2 - noise in its total; NaN where the noise is unknown.
Eigen::VectorXd signal_shares(const Outcome& outcome);
double signal_variance(const Outcome& outcome);

void add_arrays(const Outcome& outcome, const mrnn::Selection& units, mrnn::AnalysisResults& results);
void add_summary(const Outcome& outcome, mrnn::AnalysisResults& results);

}  // namespace dpca
