#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/simulation.hpp"

namespace mrnn {

/// Activity of chosen units around the moment of alignment, trials of all simulations one after the other:
/// [units x trials] per step of `window`; NaN where a trial has no such step recorded, or has ended (see trial_end()).
MRNN_EXPORT Sequence aligned_activity(const std::vector<const Simulation*>& simulations, Quantity what,
                                      const Selection& units, const Alignment& alignment, const Window& window);

/// The epochs named under `key`; by default those that some trial of every simulation has, in the task's order.
/// @throws ConfigError for one that a simulation does not have, and where there is none.
MRNN_EXPORT std::vector<std::string> read_epochs(const ConfigNode& config, std::string_view key,
                                                 const std::vector<const Simulation*>& simulations);

/// Activity within an epoch: step k is the k-th of the epoch in each trial; NaN after its end there or that of the
/// trial, where it was not recorded, and in trials that lack it. @throws RunError where no trial of a simulation has
/// it.
MRNN_EXPORT Sequence epoch_activity(const std::vector<const Simulation*>& simulations, Quantity what,
                                    const Selection& units, const std::string& epoch);

/// Means over the trials of each condition that have a value at that time: [units x conditions] per step; NaN where
/// none has.
MRNN_EXPORT Sequence condition_means(const Sequence& aligned, const Conditions& conditions);

/// Leaves of each trial what it has beyond the mean of its condition at that time. NaN in trials of no condition, and
/// where a trial is the only one of its condition: what it has beyond the mean would be 0, whatever it did.
MRNN_EXPORT void subtract_condition_means(Sequence& aligned, const Conditions& conditions);

/// Activity as a table of samples, one per trial and step.
struct Samples {
  Eigen::MatrixXd values;          ///< [samples x units], finite
  std::vector<Index> trial, step;  ///< of each sample; steps count from the window's first
};

/// Every trial and `every`-th step at which all units have a value, trial by trial.
/// @param trials  which, in this order; empty: all
MRNN_EXPORT Samples to_samples(const Sequence& aligned, const std::vector<Index>& trials = {}, Index every = 1);

/// Names in the summary the activities that are constant (those of silent regions, most often), and so have no part in
/// an analysis. @param all  how many activities there are in all  @param lacks  `principal components`
/// @throws RunError where all of them are constant.
MRNN_EXPORT void say_constant(const std::vector<std::string>& constant, std::size_t all, std::string_view lacks,
                              AnalysisResults& results);

/// So many of 0..count-1, ascending; all where there are no more. One is drawn from each of `chosen` stretches of equal
/// length, always the same: a fixed stride would see some trials (or steps) only wherever it shares a factor with how
/// many there are.
MRNN_EXPORT std::vector<Index> spread_samples(Index count, Index chosen);

/// Mean and covariance over samples, one per trial and step at which all units have a value, without a table of them.
struct Covariance {
  Eigen::VectorXd mean;    ///< [units]
  Eigen::MatrixXd matrix;  ///< [units x units], symmetric; sums are divided by samples - 1, 0 of less than two
  Index samples = 0;
};

/// @param trials, every  as of to_samples()
MRNN_EXPORT Covariance covariance(const Sequence& aligned, const std::vector<Index>& trials = {}, Index every = 1);

}  // namespace mrnn
