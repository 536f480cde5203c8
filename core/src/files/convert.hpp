#pragma once

#include <filesystem>

#include "mrnn/export.hpp"

namespace mrnn {

/// Rewrites stored weights: `.h5` to `.safetensors` (under mRNNTorch's parameter names) or back, by the endings.
/// Needs no description of the network. @throws FileError, ConfigError for other endings.
MRNN_EXPORT void convert_weights(const std::filesystem::path& in, const std::filesystem::path& out);

}  // namespace mrnn
