#pragma once

#include <optional>
#include <string>
#include <vector>

#include "figures/figure_axes.hpp"
#include "figures/figure_text.hpp"
#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// A rectangle on the page, pixels from the top left corner.
struct Box {
  double x = 0.0, y = 0.0, width = 0.0, height = 0.0;
  double right() const noexcept { return x + width; }
  double bottom() const noexcept { return y + height; }
};

/// Words on the page; y is the middle of the line.
struct PlacedText {
  double x = 0.0, y = 0.0;
  std::string words;
  Text::Align align = Text::Align::left;
  Lettering lettering;
  int colour = black;
  bool upright = false;  ///< turned by 90 degrees, read from below
};

/// An entry of the key.
struct KeyEntry {
  enum class Swatch { line, dashed, point, band, bar, none };  ///< none: words before the others
  Swatch swatch = Swatch::line;
  int colour = 0;
  std::string label;
  Marker marker = Marker::disc;  ///< of a point
  bool open = false;             ///< point, bar: an outline
  bool operator==(const KeyEntry&) const = default;
};

/// The sign of a key entry on the page: it is 18 pixels wide, y is its middle.
struct PlacedSwatch {
  double x = 0.0, y = 0.0;
  KeyEntry entry;
};

struct PanelLayout {
  Box plot;  ///< the area within the axes
  AxisRange x, y, colour;
  Ticks x_ticks, y_ticks, colour_ticks;
  std::optional<ColourScale> colours;  ///< in force
  bool x_upright = false;              ///< names below the x axis are turned by 90 degrees
  std::optional<Box> colour_bar;
};

/// Where everything of a figure stands.
struct FigureLayout {
  double width = 0.0, height = 0.0;
  std::vector<PanelLayout> panels;  ///< as in the figure
  std::vector<PlacedText> texts;
  std::vector<PlacedSwatch> swatches;
};

MRNN_EXPORT FigureLayout lay_out(const Figure& figure);

/// Each panel by itself, as a page of its own: all pages have one size, and their panels one place.
MRNN_EXPORT std::vector<FigureLayout> lay_out_frames(const Figure& figure);

}  // namespace mrnn
