#include "train/training_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

constexpr double megabyte = 1e6;

}  // namespace

std::size_t TrainingStep::bytes(Index backward_every) const {
  Record record;
  record.y = true;  // as in the iterations that are logged
  record.backward_every = backward_every;
  return backend.memory(network, session, batch, record).total();
}

Index backward_every(const TrainingMemory& memory, const TrainingStep& step) {
  if (memory.mode == TrainingMemory::Mode::store) return 1;
  if (memory.mode == TrainingMemory::Mode::recompute) {
    return static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(step.batch.steps))));
  }
  auto least = std::numeric_limits<double>::infinity();
  for (Index every = 1; every <= step.batch.steps; ++every) {
    const double needed = static_cast<double>(step.bytes(every)) / megabyte;
    if (needed <= memory.megabytes) return every;
    least = std::min(least, needed);
  }
  throw RunError(
      fmt::format("a training step of {} trials and {} steps does not fit into {} MB; the least it can do "
                  "with is {} MB",
                  step.batch.trials, step.batch.steps, memory.megabytes, std::ceil(least)));
}

}  // namespace mrnn
