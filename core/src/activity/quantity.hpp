#pragma once

#include "mrnn/config.hpp"
#include "mrnn/session.hpp"

namespace mrnn {

/// The key `quantity`, h by default.
Quantity read_quantity(const ConfigNode& config);

}  // namespace mrnn
