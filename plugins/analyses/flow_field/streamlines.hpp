#pragma once

#include "field.hpp"
#include "mrnn/figure.hpp"

namespace flow_field {

/// Lines along the flow, about evenly spaced: each begins where none passes yet and ends at another one, at the edge
/// of the grid, or where the flow rests. One series, its lines apart by NaN, with arrow heads.
mrnn::Series streamlines(const Field& field);

}  // namespace flow_field
