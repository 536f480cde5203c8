#pragma once

#include <Eigen/Core>
#include <limits>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "mrnn/analysis.hpp"
#include "mrnn/components.hpp"
#include "plan.hpp"

namespace linear_approximation {

/// Measures of the error, from its sums. Relative: to the root of the trial's variance over time.
struct Measures {
  Eigen::MatrixXd absolute, relative;  ///< [trials x steps]
  std::vector<Eigen::MatrixXd> parts;  ///< relative, of each region [trials x steps]
  Eigen::VectorXd r2;                  ///< [trials]
  Eigen::MatrixXd part_r2;             ///< [regions x trials]
  Eigen::VectorXd horizon;             ///< ms from the start until the threshold is passed; NaN: never [trials]
};
Measures measure(const ErrorSums& errors, double threshold, double dt);

/// The plane of the two leading principal components of the full network's stored states; fewer than two where there
/// is less variance.
struct Plane {
  Eigen::VectorXd mean;  ///< [n]
  mrnn::Components components;
};
Plane make_plane(const mrnn::Sequence& full);

/// What arrays, words and figures are made from.
struct Report {
  const mrnn::Simulation& simulation;
  const Plan& plan;
  const Comparison& comparison;
  const Measures& measures;
  const Plane& plane;
  double threshold = 0.1;
  double dt = 1.0;  ///< ms
  const mrnn::Network& network;
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
void add_summary(const Report& report, mrnn::AnalysisResults& results);
mrnn::Figure draw(const Report& report);

/// The `share`-th of these numbers by rank, NaN left out; NaN where there is none.
double quantile(std::vector<double> values, double share);

}  // namespace linear_approximation
