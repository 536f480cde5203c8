#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/task.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// Lays out the trials of a request for a task: every trial is the same named epochs end to end, of lengths of its own
/// (0 ms: absent), with boundaries at round(ms since the trial began / dt). The run has the steps of the longest trial;
/// what comes after the end of a shorter one has inputs and targets of zero and a mask of zero. Everything begins
/// as zero, the mask too. Channels are counted over the whole network (see Channels).
class MRNN_EXPORT TrialWriter {
 public:
  /// @param durations  ms, per trial and epoch
  /// @throws ConfigError where a trial would have no step.
  TrialWriter(const Network& network, const TrialRequest& request, std::vector<std::string> epochs,
              const std::vector<std::vector<double>>& durations);

  Index trials() const noexcept { return result_.count; }
  /// Number of the trial for its RandomStream: request.first + trial.
  std::uint64_t id(Index trial) const { return result_.ids[static_cast<std::size_t>(trial)]; }
  StepRange epoch(Index trial, std::string_view name) const;  ///< @throws ShapeError for an unknown name
  StepRange whole(Index trial) const;                         ///< all steps of the trial

  void input(Index trial, Index channel, StepRange steps, double value);
  void target(Index trial, Index channel, StepRange steps, double value);
  void mask(Index trial, UnitRange channels, StepRange steps, double value);

  /// Metadata of a trial; every trial should have every name.
  void number(Index trial, const std::string& name, double value);
  void text(Index trial, const std::string& name, std::string value);

  /// The trials, their own lengths among the metadata (see trial_end()); the writer is empty afterwards.
  Trials take();

 private:
  std::size_t checked(Index trial) const;

  Trials result_;
};

/// Steps of an epoch of a trial, by name: batches of several tasks have the epochs of all, in any order.
/// @throws ShapeError for an unknown name.
MRNN_EXPORT StepRange epoch_steps(const Trials& trials, std::string_view name, Index trial);

}  // namespace mrnn
