#pragma once

#include <filesystem>

#include "mrnn/export.hpp"
#include "mrnn/progress.hpp"

namespace mrnn {

/// Are these stored weights that convert_weights() rewrites, by their endings?
MRNN_EXPORT bool are_weights(const std::filesystem::path& in, const std::filesystem::path& out);

/// Rewrites stored weights: `.h5` (or `.hdf5`) to `.safetensors` (under mRNNTorch's parameter names) or back, by the
/// endings. Needs no description of the network. An older `out` stays as it was where this fails or is interrupted.
/// @throws FileError for what are no weights of a network, ConfigError for other endings, Interrupted.
MRNN_EXPORT void convert_weights(const std::filesystem::path& in, const std::filesystem::path& out,
                                 const Progress& progress = Progress());

}  // namespace mrnn
