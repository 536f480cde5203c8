#pragma once

#include <utility>
#include <vector>

#include "mrnn/figure.hpp"

namespace mrnn {

/// (x, y)
using Place = std::pair<double, double>;

/// The contours of a heat map at its levels, as straight pieces from place to place: its values are taken as linear
/// between the middles of its cells.
std::vector<std::pair<Place, Place>> contour_lines(const HeatMap& map);

}  // namespace mrnn
