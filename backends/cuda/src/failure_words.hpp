#pragma once

#include <string>

#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"

namespace mrnn::cuda {

/// Where activity is no longer finite, by the key that the device leaves (see gpu::failure_key), and what can be done.
/// A key has room for 2^20 trials: of larger batches it is not said where.
std::string failure_words(unsigned long long key, const Network& network, const Trials& trials);

}  // namespace mrnn::cuda
