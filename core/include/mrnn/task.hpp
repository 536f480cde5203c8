#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/network.hpp"
#include "mrnn/random.hpp"
#include "mrnn/registry.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// Which trials a task is asked for. Trial number k of (seed, stream) is always the same trial, but for tasks that say
/// that all trials of a request share something (their timing): there it depends on `first` too.
struct TrialRequest {
  enum class Mode : std::uint8_t {
    random,        ///< conditions drawn at random, as in training
    psychometric,  ///< conditions in turn, trial k has condition k modulo their number; no catch trials
  };
  /// So many at once at most, far enough from overflow for all that is computed from it.
  static constexpr Index most_trials = 10'000'000;

  std::uint64_t seed = 0;
  Stream stream = Stream::simulation_trials;
  std::uint64_t first = 0;  ///< number of the first trial
  Index count = 1;
  Mode mode = Mode::random;
};

/// How well each trial was done. NaN: that trial does not count.
struct Scores {
  Eigen::VectorXd score;   ///< [B] in [0, 1]: 1 correct, 0 wrong; or in between, as the task says
  Eigen::VectorXd choice;  ///< [B] 1 where the choice was the one that Psychometric counts, else 0; or empty
};

/// What a psychometric curve shows: the share of a choice as a function of something in the trials' metadata.
struct Psychometric {
  std::string variable;  ///< key in Trials::numbers: x axis, for instance `signed_coherence`
  std::string x_label;   ///< `motion coherence (%), positive: right`
  std::string y_label;   ///< `share of choices to the right`
  std::string group;     ///< key of a text or number: one curve for each of its values; empty: one curve
  Index conditions = 1;  ///< trials of one round through all conditions
};

/// Makes trials: what the network is given, and what is wanted of it. All trials of one request have the same number
/// of steps: shorter ones are continued with their inputs at rest and a mask of zero, and the metadata `trial_steps`
/// say where each ends (see trial_end()).
class MRNN_EXPORT Task {
 public:
  virtual ~Task();

  /// `count` trials with ids first, first + 1, ..., or numbers of their own that differ; inputs [network inputs x
  /// count] per step; targets and masks, where there are any, [network outputs x count]. All finite, targets also where
  /// their mask is 0.
  /// @throws FileError, ConfigError, RunError; what else it throws ends the run as a RunError that names the task.
  virtual Trials make(const TrialRequest& request) const = 0;

  /// How many trials make one natural set (every condition once, the whole file): the number of
  /// trials of a simulation that does not say.
  virtual Index default_trials() const { return 1; }

  /// How many trials of a stream there are: one request can ask for no more of them. A task that makes up its trials
  /// never runs out.
  virtual Index available_trials(Stream /*stream*/) const { return std::numeric_limits<Index>::max(); }
  /// Whether the trials of the validation are others than those that training learns from.
  virtual bool holds_out_trials() const { return true; }

  /// The task's own measure of performance, from the outputs y [K x B] per step: one score for each of the B trials.
  /// Empty vectors: it has none. Called through scores_of().
  virtual Scores score(const Trials& /*trials*/, const Sequence& /*outputs*/) const { return {}; }
  /// What the mean of the scores is, in words: `share of correct choices`.
  virtual std::string performance_label() const { return "performance"; }
  /// Set where the task has a psychometric mode.
  virtual std::optional<Psychometric> psychometric() const { return std::nullopt; }
};

/// Task::score(), checked: either vector is empty or has one value per trial, in [0, 1] or NaN. @throws RunError where
/// the task hands back others or fails.
MRNN_EXPORT Scores scores_of(const Task& task, const Trials& trials, const Sequence& outputs);

/// The mean of the scores that count; NaN where none does.
MRNN_EXPORT double performance(const Scores& scores);

/// Factories read their keys from the [task] table; the runner calls finish() on it afterwards.
using TaskRegistry = Registry<Task, const ConfigNode&, const Network&>;

}  // namespace mrnn
