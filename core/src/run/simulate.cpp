#include "run/simulate.hpp"

#include <algorithm>
#include <variant>

#include "run/asked_trials.hpp"
#include "run/outputs.hpp"
#include "run/trial_check.hpp"

namespace mrnn {
namespace {

/// Reads the batch's part of a quantity, from trial `first` on, into the array of the whole simulation.
template <class Scalar>
void collect(const Session& session, Quantity what, Simulation& simulation, Simulation::Activity& whole, Index first) {
  if (first == 0) {
    const Index selected = simulation.record.units.empty() ? session.network().units() : simulation.record.units.size();
    const Index units = what == Quantity::y ? session.network().outputs() : selected;
    whole = BasicSequence<Scalar>(units, simulation.trials.count, simulation.steps.size());
  }
  session.read_activity(what, std::get<BasicSequence<Scalar>>(whole), first);
}

void collect(const Session& session, Simulation& simulation, Index first) {
  const auto read = session.options().precision == Precision::float64 ? collect<double> : collect<float>;
  const Record& record = simulation.record;
  if (record.x) read(session, Quantity::x, simulation, simulation.x, first);
  if (record.h) read(session, Quantity::h, simulation, simulation.h, first);
  if (record.y) read(session, Quantity::y, simulation, simulation.y, first);
}

}  // namespace

const Task& task_of(const ExperimentState& state, const SimulationPlan& plan) {
  return plan.task != nullptr ? *plan.task : *state.task;
}

Trials make_trials(const ExperimentState& state, const SimulationPlan& plan) {
  Trials trials = ask_trials(task_of(state, plan), {plan.seed, Stream::simulation_trials, 0, plan.trials});
  check_trials(*state.network, trials);
  for (const std::string& name : plan.manipulations) {
    perturb(*state.manipulations.at(name), name, *state.network, state.seed, trials);
  }
  return trials;
}

void run_trials(const Backend& backend, Session& session, Simulation& simulation,
                const std::function<void(Index)>& batch) {
  const Record& record = simulation.record;
  simulation.steps = record.steps.size() > 0 ? record.steps : StepRange{0, simulation.trials.steps};
  const Index count = simulation.trials.count;
  const Index at_once =
      trials_per_batch({backend, session.network(), session.options(), shape_of(simulation.trials)}, record);
  for (Index first = 0; first < count; first += at_once) {
    const Index size = std::min(at_once, count - first);
    if (size == count) {
      session.load(simulation.trials);
    } else {
      session.load(slice(simulation.trials, first, size));
    }
    session.forward(record, simulation.noise);
    collect(session, simulation, first);
    batch(first + size);
  }
}

Simulation simulate(const ExperimentState& state, const SimulationPlan& plan, const Parameters& parameters,
                    Progress& progress) {
  Simulation simulation;
  simulation.name = plan.name;
  simulation.trials = make_trials(state, plan);
  simulation.record = plan.record;
  simulation.noise = plan.noise;
  simulation.seed = plan.seed;
  simulation.task = &task_of(state, plan);

  SessionOptions options = state.session;
  options.seed = plan.seed;
  const auto session = state.backend->open(*state.network, options);
  session->write_parameters(parameters);
  progress.begin("simulation \"" + plan.name + "\"", simulation.trials.count);
  run_trials(*state.backend, *session, simulation, [&](Index done) {
    progress.advance(done);
    if (progress.interrupted()) throw Interrupted("interrupted in simulation \"" + plan.name + "\"");
  });
  progress.end();
  return simulation;
}

}  // namespace mrnn
