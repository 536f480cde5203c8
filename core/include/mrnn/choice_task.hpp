#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/channels.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/task.hpp"
#include "mrnn/trial_writer.hpp"

namespace mrnn {

/// An epoch of a ChoiceTask. Its name is also its key in the task's table.
struct TimedEpoch {
  std::string name;
  Duration usual;  ///< where the key is absent
};

/// What one task of this family has of its own.
struct ChoiceLayout {
  std::vector<TimedEpoch> epochs;    ///< in order; the last is the decision
  std::vector<ChannelGroup> inputs;  ///< groups of input channels
  std::string alternatives;          ///< meaning of the two output channels: `left, right`
  /// Metadata that write() adds, besides the text `condition`.
  std::vector<std::string> numbers, texts;
  Index counted = 0;               ///< the alternative that Psychometric counts
  double catch_trials = 1.0;       ///< default of `catch_probability`: catch_trials / (conditions + 1), 0.5 at most
  double catch_duration = 2000.0;  ///< ms, default
};

/// One trial of a ChoiceTask to be written, no catch trial.
struct ChoiceTrial {
  Index trial = 0;      ///< in the writer
  Index condition = 0;  ///< in 0 .. conditions(mode) - 1
  TrialRequest::Mode mode = TrialRequest::Mode::random;
};

/// A task whose trials end with a choice between two, trained as by Song, Yang & Wang (2016, pycog). Output `choice`
/// (2): the target is `low`, but `high` on the channel of the correct alternative in the last epoch. The mask is 1 in
/// the first and the last epoch, 0 between. The choice is the larger output at the last step of the trial.
///
/// Catch trials (`catch_probability`) have no input, the target `low` and a mask of 1 for `catch_duration`; they have
/// no score. They are the epoch `catch`, and the others have no length in them.
///
/// Metadata: the number `correct` (alternative 0 or 1), and what write() adds. In catch trials all numbers are NaN and
/// all texts `catch`.
class MRNN_EXPORT ChoiceTask : public Task {
 public:
  ~ChoiceTask() override;

  Trials make(const TrialRequest& request) const final;
  Index default_trials() const final;
  Scores score(const Trials& trials, const Sequence& outputs) const final;
  std::string performance_label() const final;

 protected:
  /// Reads the keys of the epochs, `low`, `high`, `catch_probability`, `catch_duration`, `inputs` and `outputs`.
  /// @param network  must outlive the task
  ChoiceTask(const ConfigNode& config, const Network& network, ChoiceLayout layout);

  virtual Index conditions(TrialRequest::Mode mode) const = 0;
  /// Writes the inputs and metadata of a trial; returns the correct alternative, 0 or 1.
  virtual Index write(TrialWriter& writer, const ChoiceTrial& trial) const = 0;

  /// One value for each channel of a group of inputs.
  void present(TrialWriter& writer, Index trial, std::string_view group, StepRange steps,
               std::span<const double> values) const;

  /// A list of numbers of 0 or more, one at least.
  static std::vector<double> read_magnitudes(const ConfigNode& config, std::string_view key,
                                             std::vector<double> fallback);
  /// The magnitudes with both signs: number 2 k is -magnitudes[k], number 2 k + 1 is +magnitudes[k].
  static double signed_value(const std::vector<double>& magnitudes, Index number);
  /// `3.2`, for the names of conditions.
  static std::string words(double number);

 private:
  double catch_probability(TrialRequest::Mode mode) const;
  void write_catch(TrialWriter& writer, Index trial) const;
  void write_choice(TrialWriter& writer, const ChoiceTrial& trial) const;

  const Network& network_;
  ChoiceLayout layout_;
  Channels inputs_, outputs_;
  std::vector<Duration> durations_;  ///< per epoch
  Duration catch_duration_;
  std::optional<double> catch_probability_;  ///< none: by the number of conditions
  double low_, high_;                        ///< targets
};

}  // namespace mrnn
