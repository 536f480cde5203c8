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

/// |X|^2 less what noise adds to it on average: not above 0 where there is no signal; NaN where the noise is unknown.
double signal_variance(const Outcome& outcome);
/// Shares of |X_phi|^2 - noise in the signal variance; NaN where that is unknown or not above 0.
Eigen::VectorXd signal_shares(const Outcome& outcome);

void add_arrays(const Outcome& outcome, const mrnn::Selection& units, mrnn::AnalysisResults& results);
void add_summary(const Outcome& outcome, mrnn::AnalysisResults& results);

}  // namespace dpca
