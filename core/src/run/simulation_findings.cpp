#include "run/simulation_findings.hpp"

#include <fmt/format.h>

#include <cmath>

#include "mrnn/error.hpp"
#include "run/region_activity.hpp"

namespace mrnn {
namespace {

Scores scores_of_simulation(const Simulation& simulation, Index outputs, Progress& progress) {
  const bool complete = simulation.steps.first == 0 && simulation.steps.last == simulation.trials.steps;
  if (!simulation.record.y || !complete || outputs == 0 || simulation.task == nullptr) return {};
  try {
    return scores_of(*simulation.task, simulation.trials, simulation.activity(Quantity::y, Selection({{0, outputs}})));
  } catch (const Error& error) {
    progress.warn(fmt::format("simulation \"{}\" has no scores: {}", simulation.name, error.what()));
    return {};
  }
}

}  // namespace

SimulationFindings findings_of(const Network& network, const Simulation& simulation, Progress& progress) {
  SimulationFindings findings;
  findings.scores = scores_of_simulation(simulation, network.outputs(), progress);
  if (const double mean = performance(findings.scores); !std::isnan(mean)) {
    findings.performance = fmt::format("{} {:.1f} %", simulation.task->performance_label(), 100.0 * mean);
  }
  findings.activity = region_activity(network, simulation);
  findings.silence = silent_words(network, simulation, findings.activity);
  return findings;
}

}  // namespace mrnn
