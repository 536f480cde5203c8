#pragma once

#include "mrnn/export.hpp"
#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// @throws RunError where something is not there for each trial and step, or an input or a stimulus is not finite;
/// ConfigError, key `task`, where the trials' input channels are not as many as the network's.
MRNN_EXPORT void check_trials(const Network& network, const Trials& trials);

/// @throws ConfigError, key `task`, where the trials cannot be trained on: no targets, or not as many channels of
/// them as the network has outputs; RunError where a target or mask is not finite, or a mask negative.
MRNN_EXPORT void check_targets(const Network& network, const Trials& trials);

}  // namespace mrnn
