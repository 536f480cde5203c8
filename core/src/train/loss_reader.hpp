#pragma once

#include "mrnn/config.hpp"
#include "mrnn/export.hpp"
#include "mrnn/loss.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// Reads `loss` and `penalties` of a [train] table:
///   loss = "mse"                                       for every output
///   loss = { choice = "cross_entropy", hand = { name = "mse", weight = 0.5 } }
///   penalties = { l2_weights = 1e-5, rate_target = { weight = 1e-2, rate = 0.1 },
///                 wiring = { weight = 1e-3, distances = { v1 = { v4 = 2.0 } } } }
/// A distance holds for both directions unless the other is given too; within a region it is 0 unless given, and pairs
/// of regions without a connection need none. @throws ConfigError.
MRNN_EXPORT Loss read_loss(const ConfigNode& train, const Network& network);

}  // namespace mrnn
