#pragma once

#include <string>
#include <vector>

#include "figures/gnuplot_script.hpp"
#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// Is this a complete file of its kind?
bool is_whole(const std::string& picture, Picture kind);

/// What gnuplot wrote, with what it leaves out. SVG: faces for machines without Arial, hard edges of the cells of heat
/// maps, and the figure's own title instead of gnuplot's for readers who hear it. PDF: without the time it was made.
/// PNG: with its resolution.
std::string finished(std::string picture, Picture kind, const Figure& figure);

/// One SVG from those of its frames, each shown for so many seconds, over and over (SMIL). Where nothing moves, the
/// first one is seen.
MRNN_EXPORT std::string animated_svg(const std::vector<std::string>& frames, double seconds);

}  // namespace mrnn
