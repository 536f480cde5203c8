#pragma once

#include <Eigen/Core>
#include <string>

#include "mrnn/export.hpp"
#include "mrnn/selection.hpp"

namespace mrnn {

/// Channels on a ring: channel k of n prefers the direction 2 pi k / n. Directions here are in radians.
MRNN_EXPORT double preferred_direction(Index channel, Index channels) noexcept;

/// The same direction in [0, 2 pi).
MRNN_EXPORT double wrap_direction(double direction) noexcept;

/// The angle between two directions, 0 to pi.
MRNN_EXPORT double angle_between(double one, double other) noexcept;

/// Population vector of a ring: the direction of the sum of the preferred directions, each as long as the activity of
/// its channel; in [0, 2 pi).
MRNN_EXPORT double population_direction(const Eigen::Ref<const Eigen::VectorXd>& activity) noexcept;

MRNN_EXPORT double degrees(double direction) noexcept;
/// `22.5 deg`
MRNN_EXPORT std::string degrees_text(double direction);

}  // namespace mrnn
