#pragma once

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// The figure with everything on logarithmic axes and scales of colours as exponents of ten, ready to be laid out and
/// drawn. What is not positive there becomes NaN.
MRNN_EXPORT Figure on_scale(Figure figure);

}  // namespace mrnn
