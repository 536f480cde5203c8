#pragma once

#include <cstdint>
#include <vector>

#include "search.hpp"
#include "stability.hpp"

namespace fixed_points {

enum class Method : std::uint8_t { newton, gradient, scyfi };

/// The keys of the search itself.
struct Options {
  Method method = Method::newton;
  SearchOptions search;
  StabilityOptions stability;
  double unique_distance = 1e-3;
  bool relative = false;       ///< is the distance counted in mean distances of the seeds from their centroid?
  bool between = true;         ///< search from midpoints between fixed points?
  std::vector<Index> periods;  ///< of the cycles that the exact solver looks for, in steps
  Index follow = 4000;         ///< steps
};

}  // namespace fixed_points
