#pragma once

#include <string>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

struct Rgb {
  int red = 0, green = 0, blue = 0;
  bool operator==(const Rgb&) const = default;
};

/// The colour of a palette index; any index is a colour (the 24 repeat, those of ordered scales stand far above).
MRNN_EXPORT Rgb palette_colour(int index);

/// How often the eight colours of the palette have been gone through before an index: 0, 1 or 2. The eight can be told
/// apart with impaired colour vision; darker and lighter ones not from each other, which is why lines are broken there.
MRNN_EXPORT int palette_round(int index);

/// `share` of the colour, the rest white.
MRNN_EXPORT Rgb tinted(Rgb colour, double share);

/// `#rrggbb`, or `#aarrggbb` where it is transparent (0 opaque, 1 invisible), as gnuplot reads it.
MRNN_EXPORT std::string hex(Rgb colour, double transparency = 0.0);

/// Equally spaced colours of the perceptually uniform map viridis, low to high.
const std::vector<std::string>& sequential_map();
/// Blue, white, red (ColorBrewer RdBu).
const std::vector<std::string>& diverging_map();

}  // namespace mrnn
