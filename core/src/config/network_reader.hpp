#pragma once

#include "mrnn/config.hpp"
#include "mrnn/error.hpp"
#include "mrnn/network_config.hpp"

namespace mrnn {

/// Sets what `[network]` has; what it has not stays as it is. The keys that name files (`file`, `weights`)
/// are the caller's, as is finish().
void read_network_table(const ConfigNode& network, NetworkSource& source);

/// Appends the [[region]], [[input]], [[connection]] and [[output]] tables of a file.
void read_parts(const ConfigNode& root, NetworkSource& source);

/// An error of what was made of a description, with its position, and with tables called as in their own file.
ConfigError located(const NetworkSource& source, const ConfigError& error);

}  // namespace mrnn
