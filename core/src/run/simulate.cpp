#include "run/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

/// Memory one batch may take on the device. Fixed, so that batches, and with them the last bits of the results, do not
/// depend on the machine.
constexpr std::size_t batch_memory = std::size_t{1} << 30;
constexpr Index batch_multiple = 64;

void check_channels(const ExperimentState& state, const Sequence& inputs) {
  const Network& network = *state.network;
  if (inputs.units == network.inputs()) return;
  std::vector<std::string> channels;
  for (const NamedRange& input : network.input_regions()) {
    channels.push_back(fmt::format("{} ({})", input.name, input.range.size));
  }
  throw ConfigError("", "task",
                    fmt::format("task \"{}\" makes {} input channels; the network has {}: {}", state.task_name,
                                inputs.units, network.inputs(), join(channels)));
}

void check_finite(const ExperimentState& state, const Sequence& values, const char* what) {
  const auto bad = std::ranges::find_if_not(values.data, [](double value) { return std::isfinite(value); });
  if (bad == values.data.end()) return;
  const Index place = bad - values.data.begin();
  const Index channel = place % values.units;
  const Index trial = place / values.units % values.trials;
  const Index step = place / (values.units * values.trials);
  throw RunError(fmt::format("task \"{}\": {} of trial {}, step {}, channel {} is {}; finite numbers are needed",
                             state.task_name, what, trial, step, channel, *bad));
}

Index trials_per_batch(const ExperimentState& state, const SimulationPlan& plan, const Trials& trials) {
  const auto needed = [&](Index count) {
    return state.backend->memory(*state.network, state.session, count, trials.steps, plan.record);
  };
  if (needed(trials.count) <= batch_memory) return trials.count;
  Index count = trials.count / batch_multiple * batch_multiple;
  while (count > batch_multiple && needed(count) > batch_memory) count -= batch_multiple;
  return std::max(count, std::min(trials.count, batch_multiple));
}

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
  check_channels(state, trials.inputs);
  check_finite(state, trials.inputs, "the input");
  check_finite(state, trials.stimulus, "the stimulus");
  for (const std::string& name : plan.manipulations) {
    state.manipulations.at(name)->apply(*state.network, state.seed, trials);
  }
  return trials;
}

Simulation simulate(const ExperimentState& state, const SimulationPlan& plan, Progress& progress) {
  Simulation simulation;
  simulation.name = plan.name;
  simulation.trials = make_trials(state, plan);
  simulation.record = plan.record;
  simulation.steps = {0, simulation.trials.steps};
  simulation.noise = plan.noise;
  simulation.seed = plan.seed;

  const Index count = simulation.trials.count;
  const Index batch = trials_per_batch(state, plan, simulation.trials);
  SessionOptions options = state.session;
  options.seed = plan.seed;
  const auto session = state.backend->open(*state.network, options);
  session->write_parameters(state.parameters);
  progress.begin("simulation \"" + plan.name + "\"", count);
  for (Index first = 0; first < count; first += batch) {
    if (progress.interrupted()) throw Interrupted("interrupted in simulation \"" + plan.name + "\"; nothing was saved");
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
