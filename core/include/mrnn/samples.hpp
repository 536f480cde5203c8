#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/simulation.hpp"

namespace mrnn {

/// Activity of chosen units around the moment of alignment, trials of all simulations one after the other:
/// [units x trials] per step of `window`; NaN where a trial has no such step recorded.
MRNN_EXPORT Sequence aligned_activity(const std::vector<const Simulation*>& simulations, Quantity what,
                                      const Selection& units, const Alignment& alignment, const Window& window);

/// Means over the trials of each condition that have a value at that time: [units x conditions] per step; NaN where
/// none has.
MRNN_EXPORT Sequence condition_means(const Sequence& aligned, const Conditions& conditions);

/// Activity as a table of samples, one per trial and step.
struct Samples {
  Eigen::MatrixXd values;          ///< [samples x units], finite
  std::vector<Index> trial, step;  ///< of each sample; steps count from the window's first
};

/// Every trial and `every`-th step at which all units have a value, trial by trial.
/// @param trials  which, in this order; empty: all
MRNN_EXPORT Samples to_samples(const Sequence& aligned, const std::vector<Index>& trials = {}, Index every = 1);

}  // namespace mrnn
