#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "figures/figure_layout.hpp"
#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// What gnuplot writes.
enum class Picture { svg, pdf, png };

/// Points (1/72 inch) per pixel of the layout where a figure is printed: letters of 11 pixels have 7.3 points.
inline constexpr double printed_pixel = 2.0 / 3.0;
/// Of PNG, at the printed size.
inline constexpr double dots_per_inch = 300.0;

/// The commands that draw a figure, data included; the picture goes to gnuplot's standard output. Text of
/// the figure stands only within single quotes, where gnuplot replaces nothing.
MRNN_EXPORT std::string gnuplot_script(const Figure& figure, const FigureLayout& layout, Picture picture);

/// The same for the frames of an animation, a page each, as SVG into files.
std::string gnuplot_frames(const Figure& figure, const std::vector<FigureLayout>& pages,
                           const std::vector<std::string>& files);

/// A string of gnuplot's: one line within single quotes, those inside doubled.
MRNN_EXPORT std::string quoted(std::string_view text);

}  // namespace mrnn
