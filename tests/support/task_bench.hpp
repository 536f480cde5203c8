#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "mrnn/runtime.hpp"

namespace test {

/// A network of one region whose inputs and outputs a task plugin is tried on.
class TaskBench {
 public:
  TaskBench(std::string plugin, std::vector<mrnn::InputRegion> inputs, std::vector<mrnn::Output> outputs,
            double dt = 10.0);
  TaskBench(const TaskBench&) = delete;
  TaskBench& operator=(const TaskBench&) = delete;

  /// The task with these lines in its table, which begins at the third line of `x.toml`. Not to outlive the bench.
  std::unique_ptr<mrnn::Task> task(const std::string& keys = "") const;

  mrnn::Trials trials(const std::string& keys, const mrnn::TrialRequest& request) const;

  /// What the configuration error says, or nothing.
  std::string mistake(const std::string& keys) const;

 private:
  std::string plugin_;
  mrnn::Runtime runtime_;
  mrnn::Network network_;
};

/// Value by value, over all steps.
std::vector<double> course(const mrnn::Sequence& of, mrnn::Index channel, mrnn::Index trial = 0);

/// `value` for each of so many steps, one pair after the other: {{3, 0.5}, {2, 1}} is 0.5, 0.5, 0.5, 1, 1.
std::vector<double> stretches(const std::vector<std::pair<int, double>>& parts);

/// First steps of the epochs of a trial, and its number of steps: {0, 10, 90} for two epochs.
std::vector<mrnn::Index> boundaries(const mrnn::Trials& trials, std::size_t trial);

std::vector<std::string> epoch_names(const mrnn::Trials& trials);

/// Every trial is its epochs end to end; the longest is as long as the run, and nothing comes after a shorter one.
void check_tiling(const mrnn::Trials& trials);

/// Same seed, same trials, whatever the batch; other seeds and streams give others.
void check_reproducible(const mrnn::Task& task);

/// Outputs [channels x trials] per step that are `value` on `channel` at one step of each trial, and 0 else.
mrnn::Sequence answers(const mrnn::Trials& trials, const std::vector<mrnn::Index>& channels,
                       const std::vector<mrnn::Index>& steps);

}  // namespace test
