#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// How letters are set: size in pixels.
struct Lettering {
  double size = 11.0;
  bool bold = false;
};

/// Valid UTF-8 on one line: control characters become blanks, broken bytes `?`.
MRNN_EXPORT std::string clean_text(std::string_view text);

/// The text with `?` for each letter that a plain installation has no font for: what is neither Latin, Greek, Cyrillic
/// nor a common sign.
MRNN_EXPORT std::string plain_letters(std::string_view text);

/// Width in pixels in a face like Arial, a little generous.
MRNN_EXPORT double text_width(std::string_view text, Lettering lettering);

/// The text, or as much of its beginning as fits with an ellipsis.
MRNN_EXPORT std::string fit_text(const std::string& text, double width, Lettering lettering);

/// Broken at blanks into at most `most` lines, the last one fitted. No text: no lines.
MRNN_EXPORT std::vector<std::string> wrap_text(const std::string& text, double width, Lettering lettering,
                                               std::size_t most);

}  // namespace mrnn
