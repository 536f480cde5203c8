#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mrnn/network.hpp"

namespace mrnn {

/// The regions or cell types a selector stands for, in network order; empty for an unknown one.
std::vector<NamedRange> find_regions(const std::vector<RegionLayout>& regions, std::string_view selector);

/// Everything find_regions() knows: regions and their cell types, parents, `*`.
std::vector<std::string> region_selectors(const std::vector<RegionLayout>& regions);

}  // namespace mrnn
