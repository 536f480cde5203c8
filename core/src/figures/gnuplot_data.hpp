#pragma once

#include <string>
#include <utility>
#include <vector>

#include "figures/figure_layout.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// Numbers as rows of a gnuplot data block; an empty line breaks a line.
using DataBlock = std::string;

/// The points of a series, `x y` or, for bands, `x y upper`. Points that cannot be drawn break the line;
/// more than can be seen are thinned out, keeping the highest and lowest of each stretch of a line.
DataBlock series_data(const Series& series);

/// Arrows as lines (shafts and outlines of heads) and as the filled heads, all `x y`; the longest spans one
/// cell of the grid they stand on. Much smaller in SVG than gnuplot's own arrows.
struct ArrowBlocks {
  DataBlock lines, heads;
};
ArrowBlocks quiver_data(const Quiver& quiver, const PanelLayout& layout);

/// The cells of a heat map as a matrix, one row of cells a line, and their size. At most about 1000 x 1000:
/// larger maps are averaged. For readers
/// of SVG that blur the pixels of an image, each cell can be many pixels: about `pixels` along a side in all.
struct HeatBlock {
  DataBlock data;
  double cell_width = 0.0, cell_height = 0.0;
};
HeatBlock heat_data(const HeatMap& map, Eigen::Index pixels = 0);

/// A guide as `x y` across the panel, spans as their outline.
DataBlock guide_data(const Guide& guide, const PanelLayout& layout);

/// A closed outline as `x y`.
DataBlock polygon_data(const Polygon& polygon);

}  // namespace mrnn
