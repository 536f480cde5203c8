#include "run/outputs.hpp"

#include <algorithm>

namespace mrnn {
namespace {

constexpr std::size_t batch_memory = std::size_t{1} << 30;
constexpr Index batch_multiple = 64;

}  // namespace

SessionMemory SessionPlan::memory(Index at_once, const Record& record) const {
  BatchShape batch = trials;
  batch.trials = at_once;
  return backend.memory(network, options, batch, record);
}

std::string SessionPlan::method(Index at_once) const {
  BatchShape batch = trials;
  batch.trials = at_once;
  return backend.method(network, options, batch);
}

Index trials_per_batch(const SessionPlan& plan, const Record& record) {
  const Index all = plan.trials.trials;
  const auto needed = [&](Index count) { return plan.memory(count, record).total(); };
  if (needed(all) <= batch_memory) return all;
  Index count = all / batch_multiple * batch_multiple;
  while (count > batch_multiple && needed(count) > batch_memory) count -= batch_multiple;
  return std::max(count, std::min(all, batch_multiple));
}

Sequence run_outputs(const Backend& backend, Session& session, const Trials& trials, Noise noise) {
  Record record;
  record.y = true;
  const Index batch = trials_per_batch({backend, session.network(), session.options(), shape_of(trials)}, record);
  Sequence all(session.network().outputs(), trials.count, trials.steps);
  for (Index first = 0; first < trials.count; first += batch) {
    const Index size = std::min(batch, trials.count - first);
    session.load(slice(trials, first, size));
    session.forward(record, noise);
    session.read_activity(Quantity::y, all, first);
  }
  return all;
}

}  // namespace mrnn
