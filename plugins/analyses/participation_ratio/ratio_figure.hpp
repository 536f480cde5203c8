#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace participation_ratio {

/// The estimates of one population.
struct Estimates {
  std::string name;
  Eigen::VectorXd ratio, sem;  ///< per group
  Eigen::MatrixXd leading;     ///< [groups x shares of the variance]

  /// Does the activity vary in some group?
  bool any() const { return !ratio.array().isNaN().all(); }
};

/// Points with bars of one SEM: groups side by side, populations in colour; a single group: populations side by side.
mrnn::Figure draw_groups(const mrnn::Network& network, const std::vector<Estimates>& estimates,
                         const std::vector<std::string>& groups);

/// What the figure over time shows.
struct TimeCourses {
  const std::vector<Estimates>& estimates;  ///< groups: simulations times steps
  const std::vector<std::string>& simulations;
  const Eigen::VectorXd& time;  ///< ms
  std::string time_label;
};
/// A panel per simulation, populations in colour, bands of one SEM.
mrnn::Figure draw_times(const mrnn::Network& network, const TimeCourses& courses);

}  // namespace participation_ratio
