#include "run/outputs.hpp"

#include <algorithm>

namespace mrnn {
namespace {

constexpr std::size_t batch_memory = std::size_t{1} << 30;
constexpr Index batch_multiple = 64;

}  // namespace

Index trials_per_batch(const Backend& backend, const Session& session, const Trials& trials, const Record& record) {
  const auto needed = [&](Index count) {
    return backend.memory(session.network(), session.options(), count, trials.steps, record);
  };
  if (needed(trials.count) <= batch_memory) return trials.count;
  Index count = trials.count / batch_multiple * batch_multiple;
  while (count > batch_multiple && needed(count) > batch_memory) count -= batch_multiple;
  return std::max(count, std::min(trials.count, batch_multiple));
}

Sequence run_outputs(const Backend& backend, Session& session, const Trials& trials, Noise noise) {
  Record record;
  record.y = true;
  const Index batch = trials_per_batch(backend, session, trials, record);
  Sequence all(session.network().outputs(), trials.count, trials.steps);
  for (Index first = 0; first < trials.count; first += batch) {
    const Index size = std::min(batch, trials.count - first);
    session.load(slice(trials, first, size));
    session.forward(record, noise);
    const Sequence part = session.read_activity(Quantity::y);
    for (Index step = 0; step < trials.steps; ++step) all.at(step).middleCols(first, size) = part.at(step);
  }
  return all;
}

}  // namespace mrnn
