#include "mrnn/state_choice.hpp"

#include <algorithm>
#include <cmath>

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

std::vector<Index> StateChoice::available(const Simulation& simulation) const {
  std::vector<Index> steps;
  for (Index step = 0; step < simulation.trials.steps; ++step) {
    if (given() || step == 0 || simulation.steps.contains(step - 1)) steps.push_back(step);
  }
  return steps;
}

std::vector<Index> StateChoice::steps(const Simulation& simulation) const {
  const std::vector<Index> all = available(simulation);
  if (every_ > 0) {
    std::vector<Index> steps;
    for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(every_)) steps.push_back(all[i]);
    return steps;
  }
  if (steps_.empty()) return {all.back()};
  for (const Index step : steps_) {
    if (std::ranges::find(all, step) != all.end()) continue;
    const std::string what = step < simulation.trials.steps ? ", whose state before it was not recorded" : "";
    config_.fail(steps_key_, "names step " + std::to_string(step) + what + "; simulation \"" + simulation.name +
                                 "\" has steps " + std::to_string(all.front()) + " to " + std::to_string(all.back()));
  }
  return steps_;
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
  std::vector<ChosenState> chosen;
  const std::vector<Index> steps = this->steps(simulation);
  for (const Index trial : trials(simulation)) {
    for (const Index step : steps) chosen.push_back({trial, step});
  }
  return chosen;
}

Eigen::VectorXd StateChoice::state(const AnalysisContext& context, const Simulation& simulation,
                                   const ChosenState& chosen) const {
  if (given()) return given_;
  return simulation.state(context.network(), context.parameters(), chosen.trial, chosen.step - 1);
}

}  // namespace mrnn
