#pragma once

#include <utility>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// Corners about the middle of a marker, pixels to the right and up.
using Outline = std::vector<std::pair<double, double>>;

/// A marker as one closed outline of the area of a disc of that diameter, or as strokes of two ends each.
MRNN_EXPORT std::vector<Outline> marker_outline(Marker marker, double diameter);

/// Is it drawn by strokes?
bool is_strokes(Marker marker);

}  // namespace mrnn
