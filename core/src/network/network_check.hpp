#pragma once

#include "mrnn/network_spec.hpp"

namespace mrnn {

/// Checks every value of a description that can be judged on its own: names, numbers, fractions, bounds.
/// What needs names resolved (selectors, overlaps) is checked while building.
/// @throws ConfigError with the key at fault and no position.
void check_values(const NetworkSpec& spec);

}  // namespace mrnn
