#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mrnn/plugin.hpp"

namespace mrnn {

/// Opens a library for good and hands out its descriptor, its ABI tag checked.
/// @param file  absolute
/// @throws PluginError whose text says why not, to be put after `<file> failed to load: `.
const mrnn_plugin& open_plugin(const std::filesystem::path& file);

/// The loader's own words out of `boost::dll::shared_library::load() failed (dlerror system message: FILE:
/// WORDS): Bad file descriptor`; what follows the bracket is not about this at all.
MRNN_EXPORT std::string loader_words(std::string_view text, const std::filesystem::path& file);

}  // namespace mrnn
