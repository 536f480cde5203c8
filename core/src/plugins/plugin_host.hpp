#pragma once

#include <filesystem>

#include "mrnn/plugin.hpp"

namespace mrnn {

/// Opens a library for good and hands out its descriptor, its ABI tag checked.
/// @param file  absolute
/// @throws PluginError whose text says why not, to be put after `<file> failed to load: `.
const mrnn_plugin& open_plugin(const std::filesystem::path& file);

}  // namespace mrnn
