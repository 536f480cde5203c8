#pragma once

#include "mrnn/config.hpp"
#include "run/experiment_state.hpp"

namespace mrnn {

/// Do its simulations record what an analysis needs, and do the analyses exist whose results it looks at?
/// @throws ConfigError at the key in its table
void check_needs(const ConfigNode& table, const AnalysisPlan& plan, const ExperimentState& state);

}  // namespace mrnn
