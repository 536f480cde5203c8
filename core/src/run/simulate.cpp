#include "run/simulate.hpp"

#include <algorithm>
#include <utility>

#include "run/outputs.hpp"
#include "run/trial_check.hpp"

namespace mrnn {
namespace {

template <class Scalar>
void place(Simulation::Activity& whole, BasicSequence<Scalar> part, Index first, Index trials) {
  if (part.trials == trials) {
    whole = std::move(part);
    return;
  }
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
    const std::size_t before = trials.interventions.size();
    state.manipulations.at(name)->apply(*state.network, state.seed, trials);
    for (std::size_t k = before; k < trials.interventions.size(); ++k) trials.interventions[k].manipulation = name;
  }
  return trials;
}

void run_trials(const Backend& backend, Session& session, Simulation& simulation,
                const std::function<void(Index)>& batch) {
  simulation.steps = {0, simulation.trials.steps};
  const Record& record = simulation.record;
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
    collect(session, Quantity::x, record.x, simulation.x, first, count);
    collect(session, Quantity::h, record.h, simulation.h, first, count);
    collect(session, Quantity::y, record.y, simulation.y, first, count);
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
