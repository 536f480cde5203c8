#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// How often a choice was made at one value of a variable: a point of a psychometric curve.
struct Choices {
  double variable = 0.0, chosen = 0.0, trials = 0.0;
  double share() const noexcept { return chosen / trials; }
};

/// One trial: the variable, and 1 where the choice was made, else 0.
using Answers = std::vector<std::pair<double, double>>;

/// The answers put together by value of the variable, ascending. Values that differ by rounding are one.
MRNN_EXPORT std::vector<Choices> choices_by_value(Answers answers);
/// The same, but where there are more than `most` values, in as many parts with the same number of trials; the variable
/// is then the mean of the part.
MRNN_EXPORT std::vector<Choices> choices_in_parts(Answers answers, std::size_t most);

/// Wilson's interval of the share at 95 % (Wilson 1927): sensible at 0, at 1 and for few trials.
MRNN_EXPORT std::pair<double, double> wilson_interval(const Choices& choices);

}  // namespace mrnn
