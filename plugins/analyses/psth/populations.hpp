#pragma once

#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace psth {

/// Units whose activity is averaged: those of a selector, or one channel of an output.
struct Population {
  std::string name;  ///< of its panel and arrays
  mrnn::Selection units;
};

/// The keys quantity, and regions (h, x) or outputs (y). By default every region and each of its cell types,
/// or every channel of every output.
struct Populations {
  mrnn::Quantity quantity = mrnn::Quantity::h;
  std::vector<Population> list;
};
Populations read_populations(const mrnn::ConfigNode& config, const mrnn::Network& network);

}  // namespace psth
