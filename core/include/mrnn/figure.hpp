#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

class Network;

/// Words at a place of an axis.
struct AxisName {
  double position = 0.0;
  std::string words;
};

/// One axis of a panel. Label with unit in brackets: `time (ms)`.
struct Axis {
  std::string label;
  std::optional<double> low, high;   ///< default: fitted to the data
  bool log = false;                  ///< logarithmic; what is not positive is left out. Not with heat maps and quivers
  std::vector<AxisName> names = {};  ///< instead of numbers; those that would cover others are left out
};

/// Colours are indices into a colour-blind-safe palette: 0 blue, 1 vermilion, 2 green, 3 purple, 4 orange,
/// 5 sky blue, 6 olive, 7 charcoal, then the same eight darker and lighter. Below zero stand the neutral ones; those of
/// ordered_colour() and centred_colour() far above.
inline constexpr int black = -1, grey = -2, white = -3, light_grey = -4;

/// The shape of a point. Cross, plus and star are strokes, the others filled, or rings where the series is `open`.
enum class Marker : std::uint8_t { disc, square, triangle, down_triangle, diamond, cross, plus, star };

/// Points joined by a line, or not; a band; bars. Where a value is not finite the line is broken, the point left out.
struct Series {
  enum class Kind : std::uint8_t { line, scatter, band, bars };
  /// Arrow heads on each unbroken piece of a line.
  enum class Heads : std::uint8_t { none, middle, end };
  Kind kind = Kind::line;
  std::string label;  ///< in the key; empty: none
  std::vector<double> x, y;
  std::vector<double> upper;  ///< band: from y up to this, half transparent. Bars: from y, not from 0, up to this
  int colour = 0;             ///< index into the palette; regions keep theirs throughout, see region_colour()
  bool dashed = false;
  bool open = false;   ///< scatter and bars: outlines instead of filled shapes
  double width = 0.0;  ///< of the line, or diameter of the points, in pixels; of bars in units of x. 0: chosen by the
                       ///< renderer, bars 0.8 of the smallest distance between bars of the panel
  Marker marker = Marker::disc;
  std::vector<double> low = {}, high = {};  ///< error bars of each point or bar, from low up to high; empty: none
  std::vector<double> values = {};  ///< scatter and line: colour each point, and the line up to it, by these values, on
                                    ///< the scale of the panel; empty: all in `colour`
  Heads heads = Heads::none;        ///< line only
};

/// Colours for values, shown by a colour bar beside the panel.
struct ColourScale {
  std::string label;                ///< with unit: `speed (1/ms)`
  bool diverging = false;           ///< blue - white - red, centred on 0
  std::optional<double> low, high;  ///< default: fitted (as is the diverging one's width)
  bool log = false;                 ///< logarithmic; what is not positive has no colour
};

/// A matrix as colours: values [rows x columns], row 0 at y_low; the bounds are the outer edges.
struct HeatMap {
  Eigen::MatrixXd values;
  double x_low = 0.0, x_high = 1.0, y_low = 0.0, y_high = 1.0;
  std::string label;                  ///< of the colour bar
  bool diverging = false;             ///< blue - white - red, centred on 0
  std::optional<double> low, high;    ///< of the colour bar; default: fitted (as is the diverging one's width)
  bool log = false;                   ///< the colours are logarithmic; what is not positive has none
  std::vector<double> contours = {};  ///< levels drawn as lines
};

/// Arrows from (x, y) by (u, v); scaled by the renderer so that the longest spans one grid cell.
struct Quiver {
  std::vector<double> x, y, u, v;
};

/// Reference lines, circles and shaded spans, drawn thin and grey behind the series.
struct Guide {
  enum class Kind : std::uint8_t {
    horizontal,
    vertical,
    circle,
    span,   ///< shaded; its label stands in the key
    epoch,  ///< between two lines; its label stands above it
  };
  Kind kind = Kind::horizontal;
  double position = 0.0;  ///< y, x, the radius about the origin, or the x where the span or epoch begins
  std::string label;
  double stop = 0.0;   ///< span, epoch: the x where it ends
  bool solid = false;  ///< an unbroken dark line, such as a border within a heat map
};

/// A filled outline: a box, an arrow head.
struct Polygon {
  std::vector<double> x, y;
  int fill = light_grey;
  int border = black;
  double tint = 1.0;  ///< share of the fill colour, the rest white: 0.2 is a pale box
};

/// Words at a place of the panel.
struct Text {
  enum class Align : std::uint8_t { left, centre, right };
  double x = 0.0, y = 0.0;
  std::string words;
  Align align = Align::centre;
  double size = 10.0;  ///< points
  bool bold = false;
  int colour = black;
};

/// One set of axes, drawn in this order: heat map, quiver, guides, series, polygons, texts.
struct Panel {
  std::string title;
  Axis x, y;
  std::optional<HeatMap> heat_map;
  std::optional<Quiver> quiver;
  std::vector<Guide> guides;
  std::vector<Series> series;
  bool equal_aspect = false;  ///< one unit of x as long as one of y
  std::vector<Polygon> polygons;
  std::vector<Text> texts;
  bool axes = true;                         ///< false: no axes, for drawings
  std::optional<ColourScale> colours = {};  ///< of series with values; a heat map has its own, which goes before
  std::string key_title = {};               ///< words before the key: `coherence (%):`
};

/// A figure as a description: panels on a grid. Rendered by core, so that all look alike.
struct Figure {
  std::string name;  ///< file name without folder and ending
  std::string title;
  std::string caption;  ///< a sentence or two for the report
  int columns = 1;      ///< of the grid of panels; 0: chosen by the renderer
  std::vector<Panel> panels;
  /// Of the area within the axes, pixels; 0: chosen by the renderer. Panels of a figure that would be wider than a page
  /// are narrower than that.
  double panel_width = 0.0, panel_height = 0.0;
  /// All panels have one range of x, of y, of colours; numbers and labels stand only at the outer panels, and there is
  /// one colour bar.
  bool shared_x = false, shared_y = false, shared_colours = false;
  bool letters = true;  ///< A, B, C ... above the panels where there are several
  /// Above 0: the panels are frames of an animation, each shown for so long; drawn as SVG only.
  double frame_seconds = 0.0;
  bool rows_share_y = false;  ///< as shared_y, but each row of panels has a range of its own
};

/// Colours of lines whose order means something, from low (0, dark violet) to high (1, light green).
MRNN_EXPORT int ordered_colour(double share);
/// The same about a middle: from -1, blue, over 0, grey, to 1, red.
MRNN_EXPORT int centred_colour(double share);

/// The colour of a region, cell type or input region in all figures: regions count from 0 in the order of
/// the network, cell types have their region's, inputs count on after the regions.
MRNN_EXPORT int region_colour(const Network& network, std::string_view name);

}  // namespace mrnn
