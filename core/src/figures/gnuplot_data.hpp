#pragma once

#include <string>
#include <utility>
#include <vector>

#include "figures/figure_layout.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// Numbers as rows of a gnuplot data block; an empty line breaks a line.
using DataBlock = std::string;

/// The points of a series, `x y`, for bands `x y upper`, for those coloured by value `x y value`. Points that cannot be
/// drawn break the line; more than can be seen are thinned out: of a line whose x rises, as time does, the highest and
/// lowest of each stretch stay, of any other those some distance apart.
DataBlock series_data(const Series& series, const PanelLayout& layout);

/// Arrows as lines (shafts and outlines of heads) and as the filled heads, all `x y`; the longest spans one
/// cell of the grid they stand on. Much smaller in SVG than gnuplot's own arrows.
struct ArrowBlocks {
  DataBlock lines, heads;
};
ArrowBlocks quiver_data(const Quiver& quiver, const PanelLayout& layout);

/// The cells of a heat map as a matrix, one row of cells a line, and their size. At most about 1000 x 1000: larger
/// maps are averaged. For readers of SVG that blur the pixels of an image, each cell can be many pixels: about `pixels`
/// along a side in all.
struct HeatBlock {
  DataBlock data;
  double cell_width = 0.0, cell_height = 0.0;
};
HeatBlock heat_data(const HeatMap& map, Eigen::Index pixels = 0);

/// Bars as closed outlines `x y`, from `base` or y up to y or upper.
DataBlock bar_data(const Series& series, double width, double base);

/// Points as outlines `x y`, or as strokes, about as large as discs of a diameter in pixels: the same in every
/// terminal, which gnuplot's own shapes are not.
DataBlock marker_data(const Series& series, double diameter, const PanelLayout& layout);

/// Error bars as lines `x y`, with short caps.
DataBlock error_data(const Series& series, const PanelLayout& layout);

/// Arrow heads `x y`, filled, on each unbroken piece of a line: in its middle or at its end.
DataBlock head_data(const Series& series, const PanelLayout& layout);

/// Lines of equal value through a heat map, taken as linear between the middles of its cells: `x y`.
DataBlock contour_data(const HeatMap& map);

/// A guide as `x y` across the panel, spans as their outline.
DataBlock guide_data(const Guide& guide, const PanelLayout& layout);

/// A closed outline as `x y`.
DataBlock polygon_data(const Polygon& polygon);

}  // namespace mrnn
