#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/components.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/sequence.hpp"

namespace pca {

/// Principal components of one population, and its activity along them.
struct Projection {
  std::string name;
  Eigen::VectorXd scale, mean;  ///< [units]: coordinates are A^T (activity / scale - mean)
  mrnn::Components axes;        ///< A, those that were asked for
  Eigen::VectorXd shares;       ///< of the variance, along every direction in which there is some
  mrnn::Sequence trials;        ///< [components x trials] per step; NaN where there is no value
  mrnn::Sequence conditions;    ///< [components x conditions] per step

  /// How many leading components hold this share of the variance.
  mrnn::Index dimensions(double share) const;
};

/// Trajectories by condition in the plane of the first two components (over time where there is one only).
mrnn::Figure draw_trajectories(const std::vector<Projection>& projections, const mrnn::Conditions& conditions,
                               const Eigen::VectorXd& time);
/// Share of the variance along each component, and of the first so many.
mrnn::Figure draw_variance(const std::vector<Projection>& projections);

}  // namespace pca
