#pragma once

#include <cstddef>
#include <vector>

#include "mrnn/figure.hpp"
#include "results.hpp"

namespace dpca {

/// Marginalisations that have rows, colours and names of their own in figures.
inline constexpr std::size_t most_drawn = 6;

/// Those of many marginalisations with the largest shares of the variance, in their own order.
std::vector<std::size_t> largest(const Outcome& outcome, std::vector<std::size_t> of);

/// Explained variances of components and shares of marginalisations; overlaps of components; the choice of lambda.
mrnn::Figure draw_variances(const Outcome& outcome);

}  // namespace dpca
