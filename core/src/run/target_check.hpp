#pragma once

#include <string>

#include "mrnn/export.hpp"
#include "mrnn/loss.hpp"
#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// @throws ConfigError, key `train.loss`, where an output is learnt by cross-entropy and a target that counts is below
/// zero: such a loss has no lower bound. The trials have targets that fit the network.
MRNN_EXPORT void check_target_probabilities(const Network& network, const Loss& loss, const Trials& trials);

/// A warning where targets that are learnt by cross-entropy sum to neither 1 nor 0 over the channels of their output;
/// empty where none do.
MRNN_EXPORT std::string uneven_probabilities(const Network& network, const Loss& loss, const Trials& trials);

}  // namespace mrnn
