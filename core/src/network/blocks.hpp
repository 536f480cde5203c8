#pragma once

#include <vector>

#include "mrnn/network.hpp"

namespace mrnn {

/// Merges rectangles that lie side by side and are of the same class of density into larger ones. Fewer,
/// larger blocks mean fewer, larger matrix products.
std::vector<Block> merge_neighbours(std::vector<Block> blocks);

/// Share of nonzero entries.
double density_of(const PatternMatrix& pattern);

}  // namespace mrnn
