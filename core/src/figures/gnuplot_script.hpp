#pragma once

#include <string>
#include <string_view>

#include "figures/figure_layout.hpp"
#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// What gnuplot writes.
enum class Picture { svg, png };

/// The commands that draw a figure, data included; the picture goes to gnuplot's standard output. Text of
/// the figure stands only within single quotes, where gnuplot replaces nothing.
MRNN_EXPORT std::string gnuplot_script(const Figure& figure, const FigureLayout& layout, Picture picture);

/// A string of gnuplot's: one line within single quotes, those inside doubled.
MRNN_EXPORT std::string quoted(std::string_view text);

}  // namespace mrnn
