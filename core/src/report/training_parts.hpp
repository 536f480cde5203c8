#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"
#include "mrnn/task.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// The figures of training_figures(), one by one; nothing where there are no data.

/// Loss, performance, gradient and rate against the iteration.
std::optional<Figure> training_curves(const TrainingPlan& plan, const Task& task, const TrainingOutcome& outcome);

/// Inputs, targets and outputs of up to three trials, one a column, with their scores where the task has some.
std::optional<Figure> training_trials(const Network& network, const Task& task, const Trials& trials,
                                      const Sequence& outputs);

/// Shares of choices with their intervals and a logistic function through each group.
std::optional<Figure> training_psychometric(const Task& task, const Trials& trials, const Sequence& outputs);

/// W_rec before and after; cells of a large network are means over rectangles of weights.
std::optional<Figure> training_weights(const Network& network, const Parameters& before, const Parameters& after);

/// Eigenvalues of W_rec before and after; of a large network the leading ones.
std::optional<Figure> training_eigenvalues(const Network& network, const Parameters& before, const Parameters& after);

}  // namespace mrnn
