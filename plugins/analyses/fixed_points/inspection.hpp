#pragma once

#include <Eigen/Core>
#include <vector>

#include "finder.hpp"
#include "recurrence.hpp"

namespace fixed_points {

/// What is to be known of the points: their last digits, activity and spectra, and where activity goes from saddles.
void inspect(const Terrain& terrain, const Options& options, std::vector<Point>& points, Pace& pace);

/// Where activity goes in the end.
struct Fates {
  std::vector<Followed> followed;
  std::vector<Eigen::MatrixXd> orbits;  ///< of the different cycles [n x steps]
  std::vector<double> periods;          ///< of the orbits, in steps
};

/// Follows activity from some seeds, for want of a stable fixed point.
Fates follow_on(const Terrain& terrain, const Options& options, Pace& pace);

}  // namespace fixed_points
