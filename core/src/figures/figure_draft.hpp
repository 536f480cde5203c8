#pragma once

#include <string>
#include <vector>

#include "figures/figure_layout.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

// Sizes in pixels.
inline constexpr Lettering figure_letters{13.0, true}, panel_letters{11.0, true}, letter_letters{14.0, true};
inline constexpr Lettering axis_letters{11.0, false}, tick_letters{10.0, false}, guide_letters{9.0, false};
inline constexpr double outer = 10.0;       // free at the edges of the figure
inline constexpr double column_gap = 16.0;  // between panels side by side
inline constexpr double row_gap = 12.0;     // between panels one above the other
inline constexpr double tick_length = 4.0;
inline constexpr double tick_gap = 3.0;       // between tick and number
inline constexpr double tick_line = 12.0;     // a line of numbers or names at ticks
inline constexpr double label_height = 17.0;  // a line of an axis label
inline constexpr double title_height = 19.0;  // a line of a title
inline constexpr double guide_line = 12.0;    // a line of guide labels
inline constexpr double bar_gap = 10.0, colour_bar_width = 10.0;

/// What stands around the plot area of a panel.
struct Surround {
  double left = 0.0, right = 0.0, top = 0.0, bottom = 0.0;
};

/// A panel while it is being laid out.
struct Draft {
  const Panel* panel = nullptr;
  PanelLayout layout;
  std::vector<KeyEntry> key;
  std::vector<std::string> title;
  std::vector<int> guide_rows;  // of the labels above
  bool empty = false;
  bool x_beside = true, y_beside = true, colours_beside = true;  // are numbers and labels of its own
  bool x_named = true;                                           // has it a label of x of its own?
  Surround around;
};

double widest(const std::vector<std::string>& words, Lettering lettering);
bool labelled_above(const Guide& guide);
/// The x under the middle of a label above: of an epoch, the middle of what is shown of it.
double label_x(const Guide& guide, AxisRange x);

/// Sets title and shared key at the top; returns where the panels begin.
double place_head(const Figure& figure, bool shared_key, FigureLayout& layout);

/// Sets the label of x below the numbers of a panel. @param room  for it, about its middle
void place_x_label(const Draft& draft, double middle, double room, FigureLayout& figure);

/// Sets everything around one panel whose plot area has its place; `cell` is the top left corner.
void place_panel(Draft& draft, Box cell, const std::string& letter, FigureLayout& figure);

}  // namespace mrnn
