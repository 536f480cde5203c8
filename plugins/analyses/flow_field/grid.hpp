#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "mrnn/analysis.hpp"

namespace flow_field {

/// Points of the plane at which the flow is asked for: x[column], y[row].
struct Grid {
  Eigen::VectorXd x, y;
};

/// The keys num_points, bounds, margin, follow_trajectory.
class GridChoice {
 public:
  explicit GridChoice(const mrnn::ConfigNode& config);

  mrnn::Index points() const noexcept { return points_; }
  bool follows() const noexcept { return follow_; }
  /// @param trajectory  of the trial, in the plane [2 x time]
  /// @param current     where the trajectory is at this step
  Grid make(const Eigen::MatrixXd& trajectory, const Eigen::Vector2d& current) const;

 private:
  mrnn::Index points_ = 21;
  std::vector<double> bounds_;  ///< x_low, x_high, y_low, y_high, or empty
  double margin_ = 0.2;
  bool follow_ = false;
};

/// The keys start, stop, time_skip: the steps at which the field is drawn.
class StepChoice {
 public:
  StepChoice(const mrnn::ConfigNode& config, double dt);

  /// Those of the trial's steps whose state before them is known. @throws ConfigError where there is none.
  std::vector<mrnn::Index> choose(const mrnn::Simulation& simulation, mrnn::Index trial) const;

 private:
  mrnn::ConfigNode config_;                       ///< for the position in messages
  mrnn::Index first_ = 0, last_ = -1, skip_ = 0;  ///< last: -1 to the end; skip: 0 about six steps
};

}  // namespace flow_field
