#pragma once

#include <vector>

#include "figures/figure_layout.hpp"

namespace mrnn {

inline constexpr double key_line = 15.0;  ///< height of a row of the key

/// What the key of a panel says: labelled series and circles, each once, after the key's title.
std::vector<KeyEntry> key_of(const Panel& panel);

/// Is there one key for the whole figure, because all panels have that of the first one or none?
bool shares_key(const Figure& figure);

/// Rows the key takes in a given width.
int key_rows(const std::vector<KeyEntry>& entries, double width);

/// Sets the key into a layout, row after row from (x, y), y the top.
void place_key(const std::vector<KeyEntry>& entries, Box area, FigureLayout& layout);

}  // namespace mrnn
