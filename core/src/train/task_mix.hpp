#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/task.hpp"

namespace mrnn {

/// One of the tasks of a mix.
struct MixedTask {
  std::string name;    ///< in the trials' metadata `task`
  double share = 1.0;  ///< of the trials, relative to the others
  std::unique_ptr<Task> task;
};

/// Several tasks at once: each trial is of one of them, drawn with the given shares (in proportion to their sum) by the
/// trial's number, which is its id. Trials of different length are continued as Task says. Metadata: those of all
/// tasks, NaN and "" in trials of a task that has none of that name; `task`, the task's name; `trial_steps`, the
/// trial's own steps.
class MRNN_EXPORT TaskMix final : public Task {
 public:
  explicit TaskMix(std::vector<MixedTask> tasks) : tasks_(std::move(tasks)) {}

  Trials make(const TrialRequest& request) const override;
  Index default_trials() const override;
  /// So many that none of the tasks could run out, were all trials its own.
  Index available_trials(Stream stream) const override;
  bool holds_out_trials() const override;
  /// By the task of each trial; NaN where that has no measure.
  Scores score(const Trials& trials, const Sequence& outputs) const override;
  std::string performance_label() const override { return "performance, each trial's by its own task"; }

 private:
  const MixedTask& task_of(const TrialRequest& request, std::uint64_t trial) const;

  std::vector<MixedTask> tasks_;
};

}  // namespace mrnn
