#include "run/trial_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "run/intervention_check.hpp"
#include "run/metadata_check.hpp"

namespace mrnn {
namespace {

/// `motion (2), context (1)`
template <class Part>
std::string sizes(const std::vector<Part>& parts) {
  std::vector<std::string> texts;
  for (const Part& part : parts) texts.push_back(fmt::format("{} ({})", part.name, part.range.size));
  return list_words(texts);
}

template <class Accepted>
void check_values(const Sequence& values, const char* what, const char* needed, const Accepted& accepted) {
  const auto bad = std::ranges::find_if_not(values.data, accepted);
  if (bad == values.data.end()) return;
  const Index place = bad - values.data.begin();
  const Index channel = place % values.units;
  const Index trial = place / values.units % values.trials;
  const Index step = place / (values.units * values.trials);
  throw RunError(fmt::format("the task: {} of trial {}, step {}, channel {} is {}; {} needed", what, trial, step,
                             channel, *bad, needed));
}

/// Own lengths that no trial of the batch can have.
void check_lengths(const Trials& trials) {
  const auto found = trials.numbers.find(trial_steps);
  if (found == trials.numbers.end()) return;
  for (std::size_t trial = 0; trial < found->second.size(); ++trial) {
    const double own = found->second[trial];
    if (std::isnan(own) || (own >= 1.0 && own <= static_cast<double>(trials.steps) && own == std::floor(own))) continue;
    throw RunError(
        fmt::format("the task: {} of trial {} is {}; a whole number from 1 to the {} steps of the run is "
                    "needed, or NaN for all of them",
                    trial_steps, trial, own, trials.steps));
  }
}

bool finite(double value) {
  return std::isfinite(value);
}
bool weight(double value) {
  return std::isfinite(value) && value >= 0.0;
}

}  // namespace

void check_trials(const Network& network, const Trials& trials) {
  if (const auto problem = shape_problem(trials)) throw RunError("the task: " + *problem);
  if (trials.inputs.units != network.inputs()) {
    throw ConfigError("", "task",
                      fmt::format("makes {} input channels; the network has {}: {}", trials.inputs.units,
                                  network.inputs(), sizes(network.input_regions())));
  }
  if (!trials.stimulus.empty() && trials.stimulus.units != network.units()) {
    throw RunError(fmt::format("the task: the stimuli are for {} units; the network has {}", trials.stimulus.units,
                               network.units()));
  }
  if (trials.initial_state.size() > 0 && trials.initial_state.rows() != network.units()) {
    throw RunError(fmt::format("the task: the initial states are of {} units; the network has {}",
                               trials.initial_state.rows(), network.units()));
  }
  for (const Intervention& intervention : trials.interventions) check_intervention(intervention, network, trials);
  check_values(trials.inputs, "the input", "finite numbers are", finite);
  check_values(trials.stimulus, "the stimulus", "finite numbers are", finite);
  check_lengths(trials);
}

void check_targets(const Network& network, const Trials& trials) {
  if (trials.targets.empty()) {
    throw ConfigError("", "task", "makes no targets, which training needs; mrnn list tasks shows what tasks there are");
  }
  if (trials.targets.units != network.outputs()) {
    throw ConfigError("", "task",
                      fmt::format("makes targets for {} output channels; the network has {}: {}", trials.targets.units,
                                  network.outputs(), sizes(network.output_layouts())));
  }
  check_values(trials.targets, "the target", "finite numbers are", finite);
  check_values(trials.mask, "the mask", "a finite number of 0 or more is", weight);
}

}  // namespace mrnn
