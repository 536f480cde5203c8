#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "search.hpp"

namespace fixed_points {

/// Where activity goes that is left to itself.
enum class Fate : std::uint8_t { rest, cycle, growth, other };

/// One state followed until it rests or comes back to where it was.
struct Followed {
  Index seed = 0;
  Fate fate = Fate::other;
  double period = 0.0;  ///< of a cycle, in steps; not a whole number where the cycle falls between the steps
  Index grown = -1;     ///< with growth, the first step after which the state is beyond bounds
  Eigen::VectorXd x;    ///< a state on the cycle, or at rest [n]
};

/// A state grows without bound whose largest entry comes to so many times that of the first state (or of 1, where that
/// is larger), or is no longer finite.
inline constexpr double unbounded = 1e6;

/// Follows states [n x k] without noise for `steps`: half of them to settle, half to be watched for a recurrence,
/// |x(t + P) - x(t)| small. Where the map comes back to the same state exactly, P is that number of steps. Otherwise it
/// is the mean time between upward crossings of the plane through x(t) across the flow there, interpolated
/// between steps; the crossings must lie near x(t) and be evenly spaced.
std::vector<Followed> follow(const StepMap& map, Eigen::MatrixXd x, const std::vector<Index>& which, Index steps,
                             const Tell& tell);

/// The states of one turn of a cycle, the first one again at the end. [n x steps + 1]
Eigen::MatrixXd orbit(const StepMap& map, const Followed& followed, Index moment);

/// States [n x k] after `steps` without noise, or fewer where all are at rest before. Those that grow without bound
/// stay as they were.
Eigen::MatrixXd run_on(const StepMap& map, const Eigen::MatrixXd& from, Index steps, const Tell& tell);

/// Follows states [n x k] without noise until all are at rest, or for `steps`: their paths, thinned to some hundred
/// states each, the first and the last among them.
std::vector<Eigen::MatrixXd> paths(const StepMap& map, Eigen::MatrixXd x, const std::vector<Index>& which, Index steps,
                                   const Tell& tell);

}  // namespace fixed_points
