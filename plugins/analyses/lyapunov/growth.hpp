#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/analysis.hpp"
#include "trajectory.hpp"

namespace lyapunov {

/// What is asked for.
struct GrowthRequest {
  mrnn::Selection units;
  mrnn::Index count = 1;    ///< exponents
  mrnn::Index every = 1;    ///< steps between two orthonormalisations
  mrnn::Index discard = 0;  ///< first steps that do not count
};

/// How fast the sides of a small box of states grow, in one trial.
struct Growth {
  mrnn::Index trial = 0;
  Eigen::VectorXd exponents;  ///< per s [count]; -inf where a direction is lost in one step
  Eigen::MatrixXd running;    ///< the same from the discarded steps up to each sampled time [count x samples]
  bool coarse = false;        ///< the box became too flat between two orthonormalisations
};

/// The growth in each trial, and the times in ms since the end of the discarded steps at which it was sampled.
struct GrowthOfTrials {
  std::vector<Growth> trials;
  std::vector<double> times;
};

/// Lyapunov exponents by QR (Benettin et al. 1980): Q R = J_t Q for orthonormal columns Q, the exponents are the means
/// of ln R_ii per unit of time. Products with J_t go over the block list, for as many trials at once as fit in a
/// bounded amount of memory. Tells the context how many steps of trials are done, from `done` on.
GrowthOfTrials grow(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation,
                    const TrajectoryChoice& choice, const GrowthRequest& request, long& done);

}  // namespace lyapunov
