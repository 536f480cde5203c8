#pragma once

#include <Eigen/Core>
#include <string>

#include "mrnn/export.hpp"

namespace mrnn {

/// Principal components of activity.
struct Components {
  Eigen::MatrixXd directions;  ///< [units x components], orthonormal; the largest entry of each is positive
  Eigen::VectorXd shares;      ///< of the total variance, falling
};

/// The leading `count` components of `centred` [units x samples], whose rows have mean 0; fewer where the
/// activity varies along fewer directions.
MRNN_EXPORT Components principal_components(const Eigen::Ref<const Eigen::MatrixXd>& centred, Eigen::Index count);

/// The same from the covariance of the units, or any multiple of it [units x units].
MRNN_EXPORT Components components_of_covariance(const Eigen::Ref<const Eigen::MatrixXd>& covariance,
                                                Eigen::Index count);

/// (sum l)^2 / sum l^2 over the eigenvalues l of the covariance of `centred` [units x samples]: 1 where all
/// variance lies along one direction, the number of units where it is the same along all; 0 without variance.
MRNN_EXPORT double participation_ratio(const Eigen::Ref<const Eigen::MatrixXd>& centred);

/// `PC 1 (34 %)`, for axes of figures; `index` from 0.
MRNN_EXPORT std::string component_label(const Components& components, Eigen::Index index);

}  // namespace mrnn
