#pragma once

#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/export.hpp"
#include "mrnn/network.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// Reads a [train] table, but for its curriculum, whose stages are tables of a task. finish() is left to the caller.
/// @param manipulations  names there are. @throws ConfigError.
MRNN_EXPORT TrainingPlan read_training(const ConfigNode& train, const Network& network,
                                       const std::vector<std::string>& manipulations);

}  // namespace mrnn
