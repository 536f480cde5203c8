#pragma once

#include <Eigen/Core>
#include <vector>

#include "dynamics.hpp"

namespace dsa {

/// Numbers of delays and ranks that are tried, and the trials they are judged by.
struct Sweep {
  std::vector<Index> delays, ranks;
  Index interval = 1;
  double held_out = 0.2;  ///< share of trials, evenly spaced, that the fit does not see
};

/// How well x_(t+s) of the trials held out is predicted, for the same times with every choice: [delays x ranks]; NaN
/// where the activity has no such rank.
struct Scores {
  Eigen::MatrixXd aic;   ///< per predicted number: ln(mean squared error) + 2 (rank^2 + 1) / count
  Eigen::MatrixXd mase;  ///< mean |error| over the mean |x_(t+s) - x_t|: below 1 it is better than no change
};

/// @throws RunError where there are too few trials, or all are too short.
Scores judge(const Courses& courses, const mrnn::Sequence& inputs, const Sweep& sweep, const FitChoice& choice);

}  // namespace dsa
