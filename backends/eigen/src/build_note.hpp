#pragma once

#include <string>
#include <string_view>

#include "mrnn/export.hpp"

namespace mrnn::eigen {

/// What build_note() says of a build whose inner loops use `used` on a processor that has `best`. Exported for tests.
/// @param used, best  names of instruction sets, the same where nothing is left unused
/// @param compiler    that built it: `clang 16.0.6`
MRNN_EXPORT std::string note_on(std::string_view used, std::string_view best, std::string_view compiler);

}  // namespace mrnn::eigen
