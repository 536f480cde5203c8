#pragma once

#include <string>
#include <vector>

#include "mrnn/channels.hpp"
#include "mrnn/choice_task.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/random.hpp"
#include "mrnn/task.hpp"
#include "mrnn/trial_writer.hpp"

namespace mrnn {

/// What one task of this family has of its own.
struct LabelLayout {
  std::vector<TimedEpoch> epochs;    ///< in order; the last is the decision, of one step or more
  std::vector<ChannelGroup> inputs;  ///< besides `fixation`
  Index labels = 2;                  ///< channels of the output `choice`; number 0 is to fixate, not to respond
  std::string meaning;               ///< of the labels: `fixate, match, non-match`
};

/// Channel k of a ring gets offset + scale cos(preferred direction of k - direction) in an epoch.
struct DirectionalStimulus {
  std::string epoch;
  double direction = 0.0;  ///< radians
  double scale = 1.0, offset = 0.0;
};

/// A task to fixate until the last epoch and then to give one of several answers, with labels as targets, as those of
/// neurogym (Molano-Mazon et al. 2022). Input `fixation` (1): 1 until the last epoch. Output `choice`: the target is
/// 1 on channel 0 until the last epoch, then on the channel of the correct answer (which may be 0 again), else 0; so
/// it suits both losses. The mask is `fixation_weight` until the last epoch and `response_weight` in it. The answer
/// is the largest output at the last step of the trial.
///
/// Metadata: the number `correct` (channel of the correct answer), and what write() adds, the text `condition` at
/// least.
class MRNN_EXPORT LabelTask : public Task {
 public:
  ~LabelTask() override;

  Trials make(const TrialRequest& request) const final;
  Index default_trials() const final { return conditions(); }
  Scores score(const Trials& trials, const Sequence& outputs) const final;
  std::string performance_label() const final;

 protected:
  /// Reads the keys of the epochs, `fixation_weight`, `response_weight`, `inputs` and `outputs`.
  /// @param network  must outlive the task
  LabelTask(const ConfigNode& config, const Network& network, LabelLayout layout);

  virtual Index conditions() const = 0;
  /// The condition of a trial with conditions at random.
  virtual Index draw_condition(RandomStream& random) const;
  /// Writes the inputs, `fixation` aside, and the metadata of a trial; returns the channel of the correct answer.
  virtual Index write(TrialWriter& writer, Index trial, Index condition) const = 0;

  const Channels& inputs() const noexcept { return inputs_; }
  /// Shows a direction on the input `stimulus`, a ring.
  void present_direction(TrialWriter& writer, Index trial, const DirectionalStimulus& stimulus) const;

 private:
  const Network& network_;
  LabelLayout layout_;
  Channels inputs_, outputs_;
  std::vector<Duration> durations_;  ///< per epoch
  double fixation_weight_, response_weight_;
};

}  // namespace mrnn
