#include "run/simulation_scores.hpp"

#include <fmt/format.h>

#include <cmath>

#include "mrnn/error.hpp"

namespace mrnn {

Scores simulation_scores(const Task& task, const Simulation& simulation, Index outputs, Progress& progress) {
  const bool complete = simulation.steps.first == 0 && simulation.steps.last == simulation.trials.steps;
  if (!simulation.record.y || !complete || outputs == 0) return {};
  try {
    return scores_of(task, simulation.trials, simulation.activity(Quantity::y, Selection({{0, outputs}})));
  } catch (const Error& error) {
    progress.warn(fmt::format("simulation \"{}\" has no scores: {}", simulation.name, error.what()));
    return {};
  }
}

std::string performance_words(const Task& task, const Scores& scores) {
  const double mean = performance(scores);
  return std::isnan(mean) ? "" : fmt::format("{} {:.1f} %", task.performance_label(), 100.0 * mean);
}

}  // namespace mrnn
