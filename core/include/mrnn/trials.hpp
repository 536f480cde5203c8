#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mrnn/intervention.hpp"
#include "mrnn/sequence.hpp"

namespace mrnn {

/// A named stretch of each trial, such as `stimulus`: steps [first[b], last[b]) of trial b.
struct Epoch {
  std::string name;
  std::vector<Index> first, last;
};

/// Values of the metadata `condition`, in words or as numbers.
struct ConditionValues {
  std::set<std::string> texts;
  std::set<double> numbers;
};

/// What one run of a network is given: a batch of B trials of T steps. Plain values.
struct Trials {
  Index count = 0;                 ///< B
  Index steps = 0;                 ///< T
  Sequence inputs;                 ///< u [I x B] per step
  Sequence stimulus;               ///< s [N x B] per step, or empty
  Sequence targets;                ///< [K x B] per step, or empty
  Sequence mask;                   ///< [K x B] per step, or empty (all ones)
  Eigen::MatrixXd initial_state;   ///< [N x B], or empty: the network's
  std::vector<std::uint64_t> ids;  ///< who each trial is to the noise; the same id gets the same noise
  std::vector<Intervention> interventions;

  std::map<std::string, std::vector<double>> numbers;     ///< per-trial metadata, for instance coherence; trial_steps
                                                          ///< says how long each trial is, see trial_end()
  std::map<std::string, std::vector<std::string>> texts;  ///< per-trial metadata in words, for instance condition
  std::vector<Epoch> epochs;
  ConditionValues known_conditions;  ///< that trials of this kind may have, also where none of these has; may be empty
};

/// `count` trials of `steps` steps with zero inputs and ids 0, 1, ... @throws ShapeError where a number is negative.
MRNN_EXPORT Trials blank_trials(Index inputs, Index count, Index steps);

/// Name of the metadata that says how many steps of its own each trial has.
inline constexpr const char* trial_steps = "trial_steps";

/// The step at which a trial itself ends. What follows, up to the longest trial of the batch, only fills up the batch:
/// the inputs are at rest, nothing is asked of the network, and analyses take it as not recorded. The end of the run
/// where the metadata do not say.
MRNN_EXPORT Index trial_end(const Trials& trials, Index trial);

/// What reaches the units [N] of one trial at one step without weights: s_t and the drives among the interventions.
MRNN_EXPORT Eigen::VectorXd stimulus_at(const Trials& trials, Index units, Index trial, Index step);

/// Trials that see the same weights at every step, by the interventions that scale them; in the order of the first
/// trials.
MRNN_EXPORT std::vector<std::vector<Index>> groups_by_weights(const Trials& trials);

/// The trials [first, first + count) of a batch, interventions included. @throws ShapeError where they are not there.
MRNN_EXPORT Trials slice(const Trials& trials, Index first, Index count);

}  // namespace mrnn
