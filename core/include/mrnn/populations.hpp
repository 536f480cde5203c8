#pragma once

#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace mrnn {

/// Units whose activity is averaged: those of a selector, or one channel of an output.
struct Population {
  std::string name;  ///< of its panel and arrays
  Selection units;
};

/// The keys quantity, and regions (h, x) or outputs (y). By default every region and each of its cell types,
/// or every channel of every output.
struct Populations {
  Quantity quantity = Quantity::h;
  std::vector<Population> list;
};
MRNN_EXPORT Populations read_populations(const ConfigNode& config, const Network& network);

/// The populations that the selectors under `key` name, none twice; by default every region.
MRNN_EXPORT std::vector<Population> read_population_list(const ConfigNode& config, const std::string& key,
                                                         const Network& network);

/// The keys quantity (h, x) and regions, for analyses of the units within each population. By default every region.
MRNN_EXPORT Populations read_unit_populations(const ConfigNode& config, const Network& network);

}  // namespace mrnn
