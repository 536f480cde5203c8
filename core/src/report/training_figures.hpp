#pragma once

#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"
#include "mrnn/sequence.hpp"
#include "mrnn/task.hpp"
#include "mrnn/trainer.hpp"
#include "mrnn/training.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// What the trained network, with the weights that are kept, does on a few trials. Outputs y [K x B] per step.
struct TrainingExamples {
  Trials trials;  ///< a handful; without any there is no figure of them
  Sequence outputs;
  Trials psychometric;  ///< asked for with Mode::psychometric; empty where the task has no such mode
  Sequence psychometric_outputs;
};

/// The figures of the report's section on training, in order: `training` (curves of loss, performance, gradient,
/// rate), `training_examples`, `training_psychometric`, `training_weights` (W_rec before and after),
/// `training_eigenvalues` (of W_rec before and after, up to 3,000 units). Those without data are left out.
MRNN_EXPORT std::vector<Figure> training_figures(const Network& network, const TrainingPlan& plan, const Task& task,
                                                 const TrainingOutcome& outcome, const TrainingExamples& examples);

}  // namespace mrnn
