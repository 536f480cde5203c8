#pragma once

#include <string>
#include <vector>

#include "run/experiment_state.hpp"

namespace mrnn {

/// What a configuration says without effect, or says and hardly means, in sentences: signs that no law keeps, units of
/// both signs, parts that nothing is connected to, manipulations that nobody uses, weights drawn where training can
/// never move them.
std::vector<std::string> advice(const ExperimentState& state);

}  // namespace mrnn
