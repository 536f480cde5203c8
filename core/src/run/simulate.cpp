#include "run/simulate.hpp"

#include <algorithm>

#include "run/outputs.hpp"
#include "run/trial_check.hpp"

namespace mrnn {
namespace {

template <class Scalar>
void place(Simulation::Activity& whole, const BasicSequence<Scalar>& part, Index first, Index trials) {
  if (!std::holds_alternative<BasicSequence<Scalar>>(whole)) {
    whole = BasicSequence<Scalar>(part.units, trials, part.steps);
  }
  auto& all = std::get<BasicSequence<Scalar>>(whole);
  for (Index step = 0; step < part.steps; ++step) all.at(step).middleCols(first, part.trials) = part.at(step);
}

void collect(const Session& session, Quantity what, bool wanted, Simulation::Activity& whole, Index first,
             Index trials) {
  if (!wanted) return;
  if (session.options().precision == Precision::float64) {
    place(whole, session.read_activity(what), first, trials);
  } else {
    place(whole, session.read_activity_float(what), first, trials);
  }
}

}  // namespace

Trials make_trials(const ExperimentState& state, const SimulationPlan& plan) {
  Trials trials = state.task->make({plan.seed, Stream::simulation_trials, 0, plan.trials});
  check_trials(*state.network, trials);
  for (const std::string& name : plan.manipulations) {
    state.manipulations.at(name)->apply(*state.network, state.seed, trials);
  }
  return trials;
}

Simulation simulate(const ExperimentState& state, const SimulationPlan& plan, const Parameters& parameters,
                    Progress& progress) {
  Simulation simulation;
  simulation.name = plan.name;
  simulation.trials = make_trials(state, plan);
  simulation.record = plan.record;
  simulation.steps = {0, simulation.trials.steps};
  simulation.noise = plan.noise;
  simulation.seed = plan.seed;

  const Index count = simulation.trials.count;
  SessionOptions options = state.session;
  options.seed = plan.seed;
  const auto session = state.backend->open(*state.network, options);
  session->write_parameters(parameters);
  const Index batch = trials_per_batch(*state.backend, *session, simulation.trials, plan.record);
  progress.begin("simulation \"" + plan.name + "\"", count);
  for (Index first = 0; first < count; first += batch) {
    if (progress.interrupted()) throw Interrupted("interrupted in simulation \"" + plan.name + "\"");
    const Index size = std::min(batch, count - first);
    session->load(slice(simulation.trials, first, size));
    session->forward(plan.record, plan.noise);
    collect(*session, Quantity::x, plan.record.x, simulation.x, first, count);
    collect(*session, Quantity::h, plan.record.h, simulation.h, first, count);
    collect(*session, Quantity::y, plan.record.y, simulation.y, first, count);
    progress.advance(first + size);
  }
  progress.end();
  return simulation;
}

}  // namespace mrnn
