#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// The name of a figure as a file name: letters, digits, `_`, `-` and inner dots; anything else becomes `_`.
MRNN_EXPORT std::string file_stem(std::string_view name);

/// The whole description as JSON, and back. Numbers that are not finite become null, and NaN on the way back.
/// @throws Error with what is wrong where the text is not a figure.
MRNN_EXPORT std::string to_json(const Figure& figure);
MRNN_EXPORT Figure figure_from_json(std::string_view text);

/// All data as one table, a row per point: panel, element, label, x, y, upper, u, v, value,
/// error_low, error_high, words.
MRNN_EXPORT std::string to_csv(const Figure& figure);

/// Writes NAME.json and NAME.csv into `folder`. @throws FileError.
MRNN_EXPORT void write_figure(const Figure& figure, const std::filesystem::path& folder);

/// Reads NAME.json of `folder`. @throws FileError where it is missing or broken.
MRNN_EXPORT Figure read_figure(std::string_view name, const std::filesystem::path& folder);

}  // namespace mrnn
