#include "run/memory_plan.hpp"

#include <algorithm>

#include "run/outputs.hpp"

namespace mrnn {
namespace {

/// Numbers of a batch, all in double.
std::size_t bytes_of(const Network& network, const BatchShape& batch) {
  const Index given = network.inputs() + (batch.stimulus ? network.units() : 0) +
                      (batch.targets ? network.outputs() : 0) + (batch.mask ? network.outputs() : 0);
  return static_cast<std::size_t>(batch.trials * batch.steps * given) * sizeof(double);
}

/// Bytes of one set of parameters.
std::size_t parameter_bytes(const Network& network) {
  Index numbers = 3 * network.units() + network.outputs();
  for (const auto* blocks : {&network.recurrent_blocks(), &network.input_blocks(), &network.readout_blocks()}) {
    for (const Block& block : *blocks) numbers += block.to.size * block.from.size;
  }
  return static_cast<std::size_t>(numbers) * sizeof(double);
}

/// Bytes of y of so many trials in double.
std::size_t output_bytes(const Network& network, const BatchShape& batch) {
  return static_cast<std::size_t>(batch.trials * batch.steps * network.outputs()) * sizeof(double);
}

/// Bytes of the rows that are recorded at every step: all together, and of the largest quantity.
struct RecordedBytes {
  std::size_t all = 0, largest = 0;
};

RecordedBytes recorded_bytes(const ExperimentState& state, const Record& record, const BatchShape& batch) {
  const Network& network = *state.network;
  const std::size_t scalar = state.session.precision == Precision::float64 ? sizeof(double) : sizeof(float);
  const Index selected = record.units.empty() ? network.units() : record.units.size();
  RecordedBytes recorded;
  for (const auto& [wanted, rows] :
       {std::pair(record.x, selected), std::pair(record.h, selected), std::pair(record.y, network.outputs())}) {
    if (!wanted) continue;
    const std::size_t bytes = static_cast<std::size_t>(batch.trials * batch.steps * rows) * scalar;
    recorded.all += bytes;
    recorded.largest = std::max(recorded.largest, bytes);
  }
  return recorded;
}

BatchShape with_trials(BatchShape batch, Index trials) {
  batch.trials = trials;
  return batch;
}

/// What is held while a simulation runs, on top of what earlier ones left.
MemoryNeed simulation_need(const ExperimentState& state, const SimulationPlan& plan, const BatchShape& trials) {
  const SessionPlan session{*state.backend, *state.network, state.session, trials};
  const Index at_once = trials_per_batch(session, plan.record);
  const BatchShape part = with_trials(trials, at_once);
  MemoryNeed need;
  need.name = plan.name;
  need.session = session.memory(at_once, plan.record);
  need.method = session.method(at_once);
  need.trials = bytes_of(*state.network, trials);
  need.results = recorded_bytes(state, plan.record, trials).all;
  if (at_once == trials.trials) return need;
  need.trials += bytes_of(*state.network, part);
  need.results += recorded_bytes(state, plan.record, part).largest;
  return need;
}

}  // namespace

std::size_t MemoryPlan::peak() const noexcept {
  std::size_t most = 0;
  for (const MemoryNeed& part : parts) most = std::max(most, part.total());
  return most;
}

MemoryNeed training_memory(const ExperimentState& state, Index backward_every) {
  const Network& network = *state.network;
  const TrainingPlan& plan = *state.training;
  const BatchShape& batch = state.training_needs.batch;
  const std::size_t parameters = parameter_bytes(network);
  Record record;
  record.y = true;
  const SessionPlan step{*state.backend, network, state.session, batch};

  MemoryNeed need;
  need.name = "training";
  need.weights = 4 * parameters;    // of the experiment; first, current and best
  need.optimiser = 2 * parameters;  // two moments
  Record kept = record;
  kept.backward_every = backward_every;
  need.session = step.memory(batch.trials, kept);
  need.method = step.method(batch.trials);
  need.trials = (plan.iterations > 1 ? 2 : 1) * bytes_of(network, batch);  // and the next one
  need.results = output_bytes(network, batch);
  if (plan.validate_every == 0) return need;

  const BatchShape all = with_trials(batch, plan.validation_trials);
  const SessionPlan validation{*state.backend, network, state.session, all};
  const Index at_once = trials_per_batch(validation, record);
  const BatchShape part = with_trials(all, at_once);
  need.trials += bytes_of(network, all);
  MemoryNeed validating = need;
  validating.session = validation.memory(at_once, record);
  // The session keeps its arrays of the step before.
  validating.session.activity += need.session.activity;
  validating.trials = bytes_of(network, batch) + bytes_of(network, all) + bytes_of(network, part);
  validating.results = output_bytes(network, all) + output_bytes(network, part);
  return validating.total() > need.total() ? validating : need;
}

MemoryPlan plan_memory(const ExperimentState& state) {
  const Network& network = *state.network;
  MemoryPlan plan;
  if (state.training) plan.parts.push_back(training_memory(state, state.training_needs.backward_every));
  const std::size_t sets = state.training ? 4 : 1;  // of the experiment; first, best and last
  std::size_t earlier_trials = 0, earlier_results = 0;
  for (const SimulationPlan& simulation : state.simulations) {
    const BatchShape& trials = simulation.shape;
    MemoryNeed need = simulation_need(state, simulation, trials);
    need.weights = sets * parameter_bytes(network);
    need.trials += earlier_trials;
    need.results += earlier_results;
    plan.parts.push_back(need);
    earlier_trials += bytes_of(network, trials);
    earlier_results += recorded_bytes(state, simulation.record, trials).all;
  }
  plan.file = 2 * parameter_bytes(network) + earlier_trials + earlier_results;  // effective and free weights
  return plan;
}

}  // namespace mrnn
