#pragma once

#include <string>

#include "mrnn/export.hpp"

namespace mrnn {

/// One word of a command line as a shell would need it.
MRNN_EXPORT std::string shell_word(const std::string& word);

}  // namespace mrnn
