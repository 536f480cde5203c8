#pragma once

#include <string>

#include "mrnn/export.hpp"
#include "mrnn/training.hpp"
#include "train/checkpoint.hpp"

namespace mrnn {

/// May a run go on from a checkpoint? Only what changes nothing in it may differ: train.log_every, backend.threads,
/// experiment.output, and train.iterations under a schedule that does not depend on it.
/// @throws ConfigError at --resume with every other difference: `train.batch: 64 in the checkpoint, 32 now`.
MRNN_EXPORT void check_resume(const CheckpointOrigin& checkpoint, const CheckpointOrigin& now,
                              const TrainingPlan& plan);

}  // namespace mrnn
