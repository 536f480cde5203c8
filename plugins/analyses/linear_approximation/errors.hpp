#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/sequence.hpp"

namespace linear_approximation {

/// A region, and where its linear units stand among all linear units.
struct Part {
  std::string name;
  std::vector<mrnn::Index> places;
};
std::vector<Part> parts_of(const mrnn::Network& network, const mrnn::Selection& units);

/// Sums over the units of each region while two trajectories of many trials go on, step by step.
class ErrorSums {
 public:
  ErrorSums(std::vector<Part> parts, mrnn::Index units, mrnn::Index trials, mrnn::Index steps);

  /// States of the linear units after a step, [n x size] of the trials [first, first + size). Steps of a trial come in
  /// order.
  void add(mrnn::Index step, mrnn::Index first, const Eigen::MatrixXd& full, const Eigen::MatrixXd& linear);

  const std::vector<Part>& parts() const noexcept { return parts_; }
  /// |linear - full|^2, of a trial at a step, over all linear units or those of one region; inf where the linear
  /// trajectory is no longer finite.
  double squared(mrnn::Index trial, mrnn::Index step) const { return squares_.at(step).col(trial).sum(); }
  double squared(mrnn::Index part, mrnn::Index trial, mrnn::Index step) const { return squares_(part, trial, step); }
  /// Mean over steps of |full - its mean over steps|^2.
  double variance(mrnn::Index trial) const;
  double variance(mrnn::Index part, mrnn::Index trial) const;

  mrnn::Index trials() const noexcept { return squares_.trials; }
  mrnn::Index steps() const noexcept { return squares_.steps; }

 private:
  std::vector<Part> parts_;
  mrnn::Sequence squares_;  ///< [regions x trials] per step
  Eigen::MatrixXd mean_;    ///< of the full trajectory so far [n x trials]
  Eigen::MatrixXd spread_;  ///< sums of squares about it [regions x trials]
};

}  // namespace linear_approximation
