#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mrnn/config.hpp"
#include "mrnn/error.hpp"
#include "run/experiment_state.hpp"

namespace mrnn {

/// A configuration without the overrides that a run has put above it, a comment line each.
std::string_view below_stored_overrides(std::string_view text);

/// What is to be said where a stored configuration is run without the overrides that it was run with, and how it is run
/// with them; empty where all act. One whose key is given anew is not missed.
std::string dropped_overrides(const ExperimentState& state);

/// An error of a file, with what may be the reason where a stored configuration names it by a relative path.
FileError explained(const FileError& error, const ConfigNode& root, const std::filesystem::path& config);

}  // namespace mrnn
