#include "network/region_names.hpp"

#include <algorithm>

namespace mrnn {

std::vector<NamedRange> find_regions(const std::vector<RegionLayout>& regions, std::string_view selector) {
  std::vector<NamedRange> found;
  for (const RegionLayout& region : regions) {
    if (selector == "*" || selector == region.name || (!region.parent.empty() && selector == region.parent)) {
      found.push_back({region.name, region.range});
    }
    for (const NamedRange& type : region.cell_types) {
      if (selector == type.name) found.push_back(type);
    }
  }
  return found;
}

std::vector<std::string> region_selectors(const std::vector<RegionLayout>& regions) {
  std::vector<std::string> all;
  std::vector<std::string> parents;
  for (const RegionLayout& region : regions) {
    all.push_back(region.name);
    for (const NamedRange& type : region.cell_types) all.push_back(type.name);
    if (!region.parent.empty() && std::ranges::find(parents, region.parent) == parents.end()) {
      parents.push_back(region.parent);
    }
  }
  all.insert(all.end(), parents.begin(), parents.end());
  all.emplace_back("*");
  return all;
}

}  // namespace mrnn
