#pragma once

#include <cstddef>

#include "mrnn/backend.hpp"
#include "mrnn/export.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// A step of training, as its memory depends on it.
struct TrainingStep {
  const Backend& backend;
  const Network& network;
  const SessionOptions& session;
  BatchShape batch;

  /// Bytes it takes where the state before every k-th step is kept.
  std::size_t bytes(Index backward_every) const;
};

/// Record::backward_every for a step: 1 to store all, ceil(sqrt(steps)) to recompute, and within a budget the
/// smallest, hence fastest, that fits. @throws RunError where none fits, naming the least that would.
MRNN_EXPORT Index backward_every(const TrainingMemory& memory, const TrainingStep& step);

}  // namespace mrnn
