#pragma once

#include <string>

#include "mrnn/export.hpp"
#include "mrnn/training.hpp"
#include "train/checkpoint.hpp"

namespace mrnn {

/// May a run go on from a checkpoint? Only what changes nothing in the training may differ: train.log_every,
/// backend.threads, experiment.output, plugins, simulations and analyses, manipulations where none is trained with, and
/// train.iterations under a schedule that does not depend on it.
/// Nor may the network that the files it names give, nor the files that trials come from.
/// @throws ConfigError at --resume with every other difference: `train.batch: 64 in the checkpoint, 32 now`.
MRNN_EXPORT void check_resume(const CheckpointOrigin& checkpoint, const CheckpointOrigin& now,
                              const TrainingPlan& plan);

}  // namespace mrnn
