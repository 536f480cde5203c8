#include "report/training_figures.hpp"

#include <utility>

#include "report/training_parts.hpp"

namespace mrnn {

std::vector<Figure> training_figures(const Network& network, const TrainingPlan& plan, const Task& task,
                                     const TrainingOutcome& outcome, const TrainingExamples& examples) {
  const Parameters& kept = kept_parameters(plan, outcome);
  std::vector<Figure> figures;
  const auto add = [&figures](std::optional<Figure> figure) {
    if (figure) figures.push_back(std::move(*figure));
  };
  add(training_curves(plan, task, outcome));
  add(training_trials(network, task, examples.trials, examples.outputs));
  add(training_psychometric(task, examples.psychometric, examples.psychometric_outputs));
  add(training_weights(network, outcome.initial, kept));
  add(training_eigenvalues(network, outcome.initial, kept));
  return figures;
}

}  // namespace mrnn
