#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mrnn/export.hpp"

namespace mrnn {

/// The bytes of a configuration or network description.
/// @throws FileError where it is missing, a folder, unreadable, or larger than 64 MiB.
MRNN_EXPORT std::string read_text_file(const std::filesystem::path& file);

/// Writes under a temporary name and renames, so that a reader never sees half a file and a failure leaves
/// an old one as it was. @throws FileError.
MRNN_EXPORT void write_text_file(const std::filesystem::path& file, std::string_view text);

}  // namespace mrnn
