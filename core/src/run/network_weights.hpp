#pragma once

#include <filesystem>

#include "mrnn/network_config.hpp"
#include "run/experiment_state.hpp"

namespace mrnn {

/// Puts the weights of a file into the network of an experiment, built and drawn already. Biases, initial states and
/// time constants of the file win over those of the configuration, as they may have been trained; a warning for each
/// region that says others and does not let training change them. @throws FileError.
void load_network_weights(const std::filesystem::path& file, const NetworkSource& source, ExperimentState& state);

}  // namespace mrnn
