#pragma once

#include <string>

#include "mrnn/selection.hpp"

namespace mrnn {

/// A whole number with its thousands set apart.
std::string grouped(Index number);

/// "1 region", "6 regions".
std::string counted(Index number, const std::string& noun);

/// A stretch of wall-clock time.
std::string duration_in_words(double seconds);

/// Four digits, or `not finite`.
std::string short_number(double value);

}  // namespace mrnn
