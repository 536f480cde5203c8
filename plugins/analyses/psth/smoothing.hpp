#pragma once

#include <Eigen/Core>

#include "mrnn/config.hpp"

namespace psth {

/// Smooths time courses: the table smoothing = { kernel, width }. Nothing where it is absent. Centred, so
/// that it does not shift peaks, but lets activity seem to begin before its cause.
class Smoothing {
 public:
  Smoothing(const mrnn::ConfigNode& config, double dt);

  /// At the ends the kernel is cut and its weights made to sum to 1 again.
  Eigen::VectorXd apply(const Eigen::VectorXd& course) const;
  /// Of an offset from -reach to +reach; one entry of 1 where nothing is smoothed.
  const Eigen::VectorXd& weights() const noexcept { return weights_; }

 private:
  Eigen::VectorXd weights_ = Eigen::VectorXd::Ones(1);
};

}  // namespace psth
