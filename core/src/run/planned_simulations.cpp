#include "run/planned_simulations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mrnn/error.hpp"
#include "plugins/plugin_call.hpp"
#include "run/asked_trials.hpp"
#include "run/simulate.hpp"
#include "run/trial_check.hpp"

namespace mrnn {
namespace {

/// A simulation that was not run: its trials, or the first of them, without inputs and targets, and no activity.
struct Planned {
  Simulation simulation;
  BatchShape shape;  ///< of its trials
  bool whole = true;
};

Planned planned(const ExperimentState& state, const SimulationPlan& plan) {
  Planned made;
  Trials trials = make_trials(state, plan);
  made.shape = shape_of(trials);
  for (Sequence* sequence : {&trials.inputs, &trials.stimulus, &trials.targets, &trials.mask}) *sequence = {};
  made.simulation.name = plan.name;
  made.simulation.record = plan.record;
  made.simulation.steps = {0, trials.steps};
  made.simulation.noise = plan.noise;
  made.simulation.seed = plan.seed;
  made.simulation.task = &task_of(state, plan);
  made.simulation.trials = std::move(trials);
  return made;
}

/// Bytes of one trial, roughly: its arrays, and its id and metadata.
std::size_t bytes_of(const Trials& trial) {
  constexpr std::size_t metadata = 1024;
  std::size_t numbers = 0;
  for (const Sequence* sequence : {&trial.inputs, &trial.stimulus, &trial.targets, &trial.mask}) {
    numbers += sequence->data.size();
  }
  return metadata + numbers * sizeof(double);
}

/// How many trials can be made beforehand.
Index affordable_trials(const ExperimentState& state, const SimulationPlan& plan) {
  constexpr std::size_t most_bytes = std::size_t{1} << 29;
  if (plan.trials == 1) return 1;
  const Trials one = ask_trials(task_of(state, plan), {plan.seed, Stream::simulation_trials, 0, 1});
  check_trials(*state.network, one);
  return std::max<Index>(1, static_cast<Index>(most_bytes / bytes_of(one)));
}

std::string looked_at(const SimulationPlan& plan, Index count) {
  return fmt::format("only the first {} of the {} trials of simulation \"{}\" were looked at", count, plan.trials,
                     plan.name);
}

/// The first trials, where all are too many. What the manipulations miss in them becomes a warning.
Planned first_trials(ExperimentState& state, const SimulationPlan& plan, Index count) {
  ask_trials(task_of(state, plan),
             {plan.seed, Stream::simulation_trials, static_cast<std::uint64_t>(plan.trials - 1), 1});
  SimulationPlan part = plan;
  part.trials = count;
  Planned made;
  try {
    made = planned(state, part);
  } catch (const ConfigError& error) {
    part.manipulations.clear();
    made = planned(state, part);
    state.warnings.push_back(looked_at(plan, count) + "; " + error.what());
  }
  made.shape.trials = plan.trials;
  made.whole = false;
  return made;
}

Planned look_at(ExperimentState& state, SimulationPlan& plan) {
  const Index affordable = affordable_trials(state, plan);
  Planned made = plan.trials <= affordable ? planned(state, plan) : first_trials(state, plan, affordable);
  plan.shape = made.shape;
  return made;
}

void check_analysis(ExperimentState& state, const AnalysisPlan& plan, const std::vector<Planned>& planned) {
  std::vector<const Simulation*> chosen;
  std::string incomplete;
  for (const std::size_t index : plan.simulations) {
    chosen.push_back(&planned[index].simulation);
    const Planned& one = planned[index];
    if (!one.whole) incomplete = looked_at(state.simulations[index], one.simulation.trials.count);
  }
  try {
    call_plugin("analysis \"" + plan.label + "\"", [&] { plan.analysis->check(chosen); });
  } catch (const ConfigError& error) {
    if (incomplete.empty()) throw;
    state.warnings.push_back(incomplete + "; " + error.what());
  }
}

}  // namespace

void check_simulations(ExperimentState& state) {
  std::vector<Planned> planned;
  for (SimulationPlan& plan : state.simulations) planned.push_back(look_at(state, plan));
  for (const AnalysisPlan& plan : state.analyses) check_analysis(state, plan, planned);
}

}  // namespace mrnn
