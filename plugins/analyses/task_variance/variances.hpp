#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/conditions.hpp"

namespace task_variance {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using Index = Eigen::Index;

/// Steps of one epoch of each trial that count, on a clock that begins with the epoch; trials of all simulations are
/// counted through.
struct Stretch {
  std::string name;                    ///< of the epoch; empty: whole trials
  std::vector<mrnn::StepRange> steps;  ///< recorded steps of each trial; empty where it lacks the epoch
};

/// The epochs named, or all but those to skip; of trials without epochs the whole. @throws ConfigError for unknown
/// names.
std::vector<Stretch> read_stretches(const mrnn::ConfigNode& config,
                                    const std::vector<const mrnn::Simulation*>& simulations);

/// A column of the table: a task, or an epoch of a task.
struct Column {
  std::string name;
  std::vector<std::size_t> stretches;  ///< over which variances are averaged
  int task = 0;                        ///< level of the trials' metadata
};
/// @param per_epoch  a column for each epoch that trials of the task have, instead of one
std::vector<Column> make_columns(const mrnn::Levels& tasks, const std::vector<Stretch>& stretches, bool per_epoch);

/// Which trials are one stimulus: they are averaged first. Empty: each is one of its own.
using Stimuli = std::vector<int>;

/// Variance over the stimuli of a task, at each step of an epoch at which there are two or more, averaged over those
/// steps: each counts as often as it has stimuli. [units x columns]; NaN where no step has two.
MatrixXd variances(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
                   const mrnn::Selection& units, const mrnn::Levels& tasks, const Stimuli& stimuli,
                   const std::vector<Stretch>& stretches, const std::vector<Column>& columns);

}  // namespace task_variance
