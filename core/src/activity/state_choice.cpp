#include "mrnn/state_choice.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "mrnn/duration.hpp"

namespace mrnn {
namespace {

std::vector<Index> read_indices(const ConfigNode& config, const std::string& key, std::vector<double> fallback) {
  std::vector<Index> indices;
  for (const double number : config.numbers(key, std::move(fallback))) {
    if (number < 0.0 || number != std::floor(number) || number > 1e15) {
      config.fail(key, "holds a number that is not 0, 1, 2, ...");
    }
    indices.push_back(static_cast<Index>(number));
  }
  if (indices.empty()) config.fail(key, "is an empty list");
  return indices;
}

}  // namespace

StateChoice::StateChoice(const ConfigNode& config, const Network& network)
    : config_(config), trials_(read_indices(config, "trials", {0.0})) {
  read_steps(network.spec().dt);
  read_state(network.units());
}

void StateChoice::read_steps(double dt) {
  int given = 0;
  for (const char* key : {"steps", "times", "every"}) given += config_.has(key) ? 1 : 0;
  if (config_.has("every")) every_ = config_.count("every");
  if (config_.has("steps")) {
    steps_key_ = "steps";
    steps_ = read_indices(config_, "steps", {});
  }
  if (config_.has("times")) {
    steps_key_ = "times";
    for (const double time : config_.numbers("times")) {
      if (time < 0.0) config_.fail("times", "holds a negative time; times are in ms from the start of the run");
      steps_.push_back(to_steps(time, dt));
    }
    if (steps_.empty()) config_.fail("times", "is an empty list");
  }
  if (given > 1)
    config_.fail(config_.has("every") ? "every" : "times",
                 "says the same as another key; one of steps, times and every is accepted");
}

void StateChoice::read_state(Index units) {
  if (!config_.has("state")) return;
  const std::vector<double> values = config_.numbers("state");
  if (values.size() == 1) {
    given_ = Eigen::VectorXd::Constant(units, values.front());
  } else if (std::ssize(values) == units) {
    given_ = Eigen::Map<const Eigen::VectorXd>(values.data(), units);
  } else {
    config_.fail("state", "has " + std::to_string(values.size()) +
                              " values; one number, or one per unit of the network (" + std::to_string(units) +
                              "), is accepted");
  }
}

/// Steps of a trial that can be chosen.
std::vector<Index> StateChoice::available(const Simulation& simulation, Index trial) const {
  if (!given()) return simulation.steps_with_state(trial);
  std::vector<Index> steps(static_cast<std::size_t>(trial_end(simulation.trials, trial)));
  std::iota(steps.begin(), steps.end(), Index{0});
  return steps;
}

/// Those of the available steps that are chosen.
std::vector<Index> StateChoice::steps(const std::vector<Index>& available) const {
  std::vector<Index> steps;
  if (every_ > 0) {
    for (std::size_t i = 0; i < available.size(); i += static_cast<std::size_t>(every_)) steps.push_back(available[i]);
  } else if (steps_.empty()) {
    steps.push_back(available.back());
  } else {
    std::ranges::copy_if(steps_, std::back_inserter(steps),
                         [&](Index step) { return std::ranges::binary_search(available, step); });
  }
  return steps;
}

/// Fails where one of the steps named in the configuration is not available in the trial.
void StateChoice::expect_steps(const Simulation& simulation, Index trial) const {
  const std::vector<Index> all = available(simulation, trial);
  const Index end = trial_end(simulation.trials, trial);
  for (const Index step : steps_) {
    if (std::ranges::binary_search(all, step)) continue;
    const std::string what = step < end ? ", whose state before it was not recorded" : "";
    const std::string which = end < simulation.trials.steps ? "trial " + std::to_string(trial) + " of " : "";
    config_.fail(steps_key_, "names step " + std::to_string(step) + what + "; " + which + "simulation \"" +
                                 simulation.name + "\" has steps " + std::to_string(all.front()) + " to " +
                                 std::to_string(all.back()));
  }
}

std::vector<Index> StateChoice::common_steps(const Simulation& simulation, const std::vector<Index>& trials) const {
  const auto end = [&](Index trial) { return trial_end(simulation.trials, trial); };
  const Index shortest = *std::ranges::min_element(trials, {}, end);
  expect_steps(simulation, shortest);
  return steps(available(simulation, shortest));
}

const std::vector<Index>& StateChoice::trials(const Simulation& simulation) const {
  for (const Index trial : trials_) {
    if (trial < simulation.trials.count) continue;
    config_.fail("trials", "names trial " + std::to_string(trial) + "; simulation \"" + simulation.name +
                               "\" has trials 0 to " + std::to_string(simulation.trials.count - 1));
  }
  return trials_;
}

std::vector<ChosenState> StateChoice::choose(const Simulation& simulation) const {
  const std::vector<Index>& trials = this->trials(simulation);
  const auto end = [&](Index trial) { return trial_end(simulation.trials, trial); };
  expect_steps(simulation, *std::ranges::max_element(trials, {}, end));
  std::vector<ChosenState> chosen;
  for (const Index trial : trials) {
    for (const Index step : steps(available(simulation, trial))) chosen.push_back({trial, step});
  }
  return chosen;
}

Eigen::VectorXd StateChoice::state(const AnalysisContext& context, const Simulation& simulation,
                                   const ChosenState& chosen) const {
  if (given()) return given_;
  return simulation.state(context.network(), context.parameters(), chosen.trial, chosen.step - 1);
}

}  // namespace mrnn
