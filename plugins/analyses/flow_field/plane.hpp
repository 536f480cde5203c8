#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace flow_field {

/// A plane in the space of the selected units: states m + A g, g = A^T (state - m).
struct Plane {
  Eigen::VectorXd mean;                ///< m [n]
  Eigen::MatrixXd axes;                ///< A [n x 2], orthonormal columns
  Eigen::VectorXd explained_variance;  ///< shares of the leading components, largest first; empty: axes were given
};

/// Which plane: the keys components, or axis_x and axis_y.
class PlaneChoice {
 public:
  /// @param units  number of selected units
  PlaneChoice(const mrnn::ConfigNode& config, mrnn::Index units);

  /// @param centred  activity of the selected units [n x samples], less its mean
  Plane make(const Eigen::Ref<const Eigen::MatrixXd>& centred, const Eigen::VectorXd& mean) const;
  /// Number of the principal component along an axis (0, 1), counted from 1.
  mrnn::Index component(int axis) const { return components_[static_cast<std::size_t>(axis)]; }
  /// `PC 1`, or `axis x`.
  std::string label(int axis) const;

 private:
  Eigen::VectorXd read_axis(const char* key, mrnn::Index units) const;

  mrnn::ConfigNode config_;  ///< for the position in messages
  std::vector<mrnn::Index> components_{1, 2};
  Eigen::MatrixXd given_;  ///< [n x 2], or empty
};

}  // namespace flow_field
