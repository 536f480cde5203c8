#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/conditions.hpp"
#include "mrnn/network.hpp"
#include "mrnn/simulation.hpp"

namespace mrnn::fit {

/// How well some channels follow their targets, in each group of trials. With weights w (the mask), targets t, outputs
/// y and sums over the trials and steps of a group: R^2 = 1 - sum w (t - y)^2 / sum w (t - mean t)^2.
struct Scores {
  std::string output;
  std::vector<Index> channels;  ///< of all outputs of the network
  Eigen::MatrixXd r2;           ///< [groups x channels]; NaN where a target does not vary, but for rounding
  Eigen::MatrixXd correlation;  ///< [groups x channels], Pearson's; NaN where either does not vary
  Eigen::VectorXd total;        ///< [groups] R^2 of all channels together: both sums also over channels
};

/// What is compared, once taken out of a simulation: [channels x trials] per recorded step.
struct Compared {
  Sequence outputs, targets, weights;
};

/// @throws RunError where the simulation has no targets.
Compared compared(const Simulation& simulation, const Network& network);

/// The scores of each output, by the groups of trials.
std::vector<Scores> scores(const Compared& compared, const Network& network, const Conditions& groups);

}  // namespace mrnn::fit
