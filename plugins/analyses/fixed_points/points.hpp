#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "stability.hpp"

namespace fixed_points {

enum class Kind : std::uint8_t {
  fixed,  ///< q at most the tolerance
  ghost,  ///< a local minimum of q
  slow,   ///< neither, but q at most the slow tolerance
};

/// Where a search came to, and what it may be compared by: points of different networks are never the same.
struct Arrival {
  Index seed = 0;   ///< whose moment it is
  Index round = 0;  ///< 0: searched from the seed; r: from between points of round r - 1 and earlier
  Kind kind = Kind::fixed;
  double q = 0.0;
  Index network = 0;     ///< number of its circumstances
  Eigen::VectorXd x;     ///< state of the chosen units [n]
  Eigen::VectorXd held;  ///< input u [I], then what comes from outside [n]
};

/// Where activity goes from a saddle along one of its unstable modes.
struct Departure {
  Index mode = 0;
  double side = 1.0;     ///< +1 along the real part of the right eigenvector, -1 against it
  Eigen::MatrixXd path;  ///< [n x states]
  Index to = -1;         ///< number of the point where it comes to rest; -1: none
};

/// A fixed or slow point, found from one seed or more.
struct Point {
  Arrival at;
  Index round = 0;                           ///< first in which it was found
  Index found = 0;                           ///< seeds that ended here
  bool outlier = false;                      ///< further from the seeds than is to be believed
  Eigen::VectorXd pre_activation, activity;  ///< of the chosen units [n]
  Eigen::VectorXd others;                    ///< states of the units that are held [N - n]
  Eigen::VectorXd input, input_gain;         ///< u [I], and what it does to the slowest mode
  Stability stability;
  std::vector<Departure> departures;  ///< empty: not followed
};

/// Points that lie apart by more than `distance` in [x, held]; of those nearer, the one with the smallest q, fixed
/// points before ghosts before slow points. Sorted by kind, then in the order of their seeds.
/// @param point_of  for each arrival, the number of its point
/// Compares only with points whose projection on a fixed direction is as near: never all pairs in memory.
std::vector<Point> unique(std::vector<Arrival> arrivals, double distance, std::vector<Index>& point_of);

/// Are there so few that it makes sense to look between them? More are a continuum, or beyond counting.
inline bool countable(const std::vector<Point>& points) noexcept {
  return points.size() <= 100;
}

/// A state halfway between two fixed points of the same network, under the moment of a seed.
struct Midpoint {
  Index seed = 0;
  Eigen::VectorXd x;
};

/// Between every two fixed points with the same inputs of which one was found in `round`, and the other no later; the
/// nearest `most` of them.
std::vector<Midpoint> midpoints(const std::vector<Point>& points, Index round, double distance, Index most);

/// Flags points whose distance from the centroid of the seeds [n x K] is above ten times the mean of the seeds'.
void flag_outliers(const Eigen::MatrixXd& seeds, std::vector<Point>& points);

/// Mean distance of the seeds from their centroid.
double mean_distance(const Eigen::MatrixXd& seeds);

}  // namespace fixed_points
