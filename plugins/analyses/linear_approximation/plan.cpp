#include "plan.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "mrnn/duration.hpp"
#include "mrnn/selectors.hpp"

namespace linear_approximation {
namespace {

using mrnn::Index;

Excluded read_excluded(const mrnn::ConfigNode& config, bool any) {
  const std::vector<std::string> accepted{"input", "drop"};
  const std::string choice = config.choice("excluded", accepted, "input");
  if (config.has("excluded") && !any) config.fail("excluded", "has nothing to say: all units are selected");
  return choice == "input" ? Excluded::input : Excluded::drop;
}

}  // namespace

Index Plan::reference_at(Index step) const {
  const auto later = std::ranges::upper_bound(references, step);
  return later == references.begin() ? references.front() : *(later - 1);
}

bool Plan::begins_piece(Index step) const {
  return step == steps.first || std::ranges::binary_search(references, step);
}

PlanChoice::PlanChoice(const mrnn::ConfigNode& config, const mrnn::Network& network)
    : config_(config), states_(config, network) {
  const double dt = network.spec().dt;
  plan_.units = mrnn::read_selection(config, "regions", network);
  plan_.excluded = read_excluded(config, plan_.units.size() < network.units());
  if (config.has("about_trial")) plan_.about_trial = config.count("about_trial", 0);
  plan_.restart = config.flag("restart", false);
  plan_.stored = config.count_or("stored_trials", 10, 0);
  start_ = mrnn::to_steps(config.at_least_zero("start", 0.0), dt);
  if (config.has("stop")) stop_ = mrnn::to_steps(config.positive("stop"), dt);
  if (stop_ && *stop_ <= start_) config.fail("stop", "leaves no step after start");
  if (plan_.restart && states_.given()) {
    config.fail("restart", "starts again from recorded states; it cannot be given together with state");
  }
}

/// To the end of the shortest of the trials.
mrnn::StepRange PlanChoice::steps(const mrnn::Simulation& simulation, const std::vector<Index>& trials) const {
  const Index first = std::max(start_, simulation.steps.first == 0 ? 0 : simulation.steps.first + 1);
  Index last = stop_.value_or(simulation.trials.steps);
  for (const Index trial : trials) last = std::min(last, mrnn::trial_end(simulation.trials, trial));
  const bool known = first == 0 || simulation.steps.contains(first - 1);
  if (known && last > first) return {first, last};
  config_.fail("start", "is step " + std::to_string(first) + ", before which simulation \"" + simulation.name +
                            "\" has no recorded state, or after which it has no step");
}

void PlanChoice::check_trials(const mrnn::Simulation& simulation, const Plan& plan) const {
  if (!plan.about_trial || *plan.about_trial < simulation.trials.count) return;
  config_.fail("about_trial", "names trial " + std::to_string(*plan.about_trial) + "; simulation \"" + simulation.name +
                                  "\" has trials 0 to " + std::to_string(simulation.trials.count - 1));
}

std::vector<Index> PlanChoice::references(const mrnn::Simulation& simulation, const Plan& plan) const {
  if (!states_.names_steps()) return {plan.steps.first};
  const std::vector<Index> one{plan.about_trial.value_or(0)};
  std::vector<Index> steps = states_.common_steps(simulation, plan.about_trial ? one : plan.trials);
  std::ranges::sort(steps);
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

Plan PlanChoice::make(const mrnn::Simulation& simulation) const {
  Plan plan = plan_;
  if (config_.has("trials")) {
    plan.trials = states_.trials(simulation);
  } else {
    plan.trials.resize(static_cast<std::size_t>(simulation.trials.count));
    std::iota(plan.trials.begin(), plan.trials.end(), Index{0});
  }
  plan.stored = std::min(plan.stored, std::ssize(plan.trials));
  check_trials(simulation, plan);
  plan.steps = steps(simulation, plan.trials);
  plan.references = references(simulation, plan);
  if (plan.references.front() >= plan.steps.last && plan.references.size() > 1) {
    config_.fail("stop", "lies before all of the states to linearise about");
  }
  return plan;
}

}  // namespace linear_approximation
