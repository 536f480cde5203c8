#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <vector>

#include "step_map.hpp"

namespace fixed_points {

/// How the search from one seed ended.
enum class Ending : std::uint8_t {
  fixed,       ///< q fell to the tolerance
  minimum,     ///< in a local minimum of q above it: J - I is singular there, the ghost of fixed points
  stuck,       ///< where no step, however short, lowers q: at a kink of the activation
  unfinished,  ///< all iterations used
  lost,        ///< the state or q is not finite
};

/// When a search ends.
struct SearchOptions {
  double tolerance = 1e-20;     ///< on q = 1/2 |x - F(x)|^2
  double slow_tolerance = 0.0;  ///< the first state with such a q is kept too; 0: none
  Index iterations = 200;
};

/// Where the searches from K seeds came to. The seeds stay as they are.
struct Search {
  Eigen::MatrixXd x;           ///< [n x K]
  Eigen::VectorXd q;           ///< at x [K]
  std::vector<Ending> ending;  ///< [K]
  std::vector<Index> iterations;
  Eigen::MatrixXd slow_x;  ///< the first states with q at most the slow tolerance [n x K]
  Eigen::VectorXd slow_q;  ///< there; NaN where there was none [K]
};

/// Told how many seeds have been brought to an end since the last call; may throw Interrupted.
using Tell = std::function<void(long)>;

/// Minimises q from every seed by Levenberg's and Marquardt's method: quick as Newton's near a fixed point, stable or
/// not, and where J - I is singular or Newton's step does not lower q, closer to the gradient. The damping
/// mu = nu 2q vanishes with q, which keeps convergence quadratic even towards a line of fixed points (Yamashita &
/// Fukushima 2001). Many seeds go on together, and each ends on its own.
Search newton(const StepMap& map, const Eigen::MatrixXd& seeds, const SearchOptions& options, const Tell& tell);

/// Minimises q by Adam (Kingma & Ba 2015), all seeds together, each with a rate that falls where q no longer does.
/// Ends at q <= `tolerance`, or when the iterations are used.
Search descend(const StepMap& map, const Eigen::MatrixXd& seeds, const SearchOptions& options, const Tell& tell);

/// Newton steps with LU factors of J - I, for the last digits: as long as they lower q and are shorter than `reach`.
/// Where J - I is singular or nearly so, steps of least damping.
void polish(const StepMap& map, const std::vector<Index>& which, double reach, Eigen::MatrixXd& x, Eigen::VectorXd& q);

}  // namespace fixed_points
