#pragma once

#include <string>
#include <vector>

#include "mrnn/conditions.hpp"
#include "mrnn/config.hpp"

namespace dpca {

using Index = Eigen::Index;

/// The full grid of conditions: a cell for each combination of the factors' levels, the last factor changing fastest.
struct Grid {
  std::vector<mrnn::Levels> factors;
  std::vector<int> cell;             ///< of each trial; -1: it takes no part
  std::vector<Index> counts;         ///< trials of each cell
  std::vector<std::string> dropped;  ///< levels left out to make the grid full: `side = left`

  Index cells() const noexcept { return static_cast<Index>(counts.size()); }
  /// How many levels each factor has.
  std::vector<Index> lengths() const;
  /// `side = left, context = motion`
  std::string name_of(Index cell) const;
};

struct GridRules {
  Index least = 1;            ///< trials that each cell needs
  bool drop_missing = false;  ///< leave out levels until the grid is full, instead of an error
};

/// @param takes_part  per trial
/// @throws ConfigError at the key `factors` where a combination of levels has too few trials, or a factor fewer than
/// two levels.
Grid make_grid(const mrnn::ConfigNode& config, std::vector<mrnn::Levels> factors, const std::vector<bool>& takes_part,
               const GridRules& rules);

}  // namespace dpca
