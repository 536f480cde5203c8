#include "figures/gnuplot_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "figures/figure_text.hpp"
#include "figures/gnuplot_data.hpp"
#include "figures/markers.hpp"
#include "figures/palette.hpp"

namespace mrnn {
namespace {

/// How a terminal measures.
struct Measures {
  double size;         ///< of the page, per pixel of the layout
  double font;         ///< factor of font sizes
  double line, point;  ///< factors of line widths and sizes of points
  double disc;         ///< diameter of a disc of pointsize 1, in pixels of the layout
  double tick;         ///< length of a tick of scale 1
};

Measures measures(Picture picture) {
  constexpr double dots = printed_pixel * dots_per_inch / 72.0;
  switch (picture) {
    case Picture::svg:
      return {1.0, 1.0, 1.0, 1.0, 9.25, 8.25};
    case Picture::pdf:  // in inches
      return {printed_pixel / 72.0, 0.75 * printed_pixel, 2.0 * printed_pixel, 4.0 / 3.0 * printed_pixel, 8.0, 4.9};
    case Picture::png:  // fonts are in points of 1/72 inch, 96 pixels to the inch
      return {dots, 0.75 * dots, dots, dots, 6.0, 4.9};
  }
  return {};
}
constexpr Eigen::Index svg_cells = 200;
// Filled points have an outline that adds to their size: hardly any.
constexpr double filled_rim = 0.2;
constexpr double line_width = 1.5, point_size = 5.0, axis_width = 0.8, guide_width = 1.0;

/// Writes the commands for one figure.
class Script {
 public:
  Script(const FigureLayout& layout, Picture picture)
      : layout_(layout), picture_(picture), measures_(measures(picture)) {}

  /// @param file  gnuplot's output; empty: its standard output
  std::string write(const std::vector<Panel>& panels, const std::string& file = "") {
    begin(file);
    for (const PlacedSwatch& swatch : layout_.swatches) sign(swatch);
    for (std::size_t i = 0; i < panels.size(); ++i) {
      if (i > 0) line("unset label; unset arrow; unset object");
      // With the last panel: a later one's heat map would cover words within its axes.
      if (i + 1 == panels.size()) {
        for (const PlacedText& text : layout_.texts) label(text);
      }
      panel(panels[i], layout_.panels[i]);
    }
    line("unset multiplot");
    return std::move(commands_);
  }

 private:
  void line(std::string_view text) {
    commands_ += text;
    commands_ += '\n';
  }
  template <class... Arguments>
  void command(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(commands_), format, std::forward<Arguments>(arguments)...);
    commands_ += '\n';
  }

  std::string at(double x, double y) const {
    return fmt::format("screen {:.6f},screen {:.6f}", x / layout_.width, 1.0 - y / layout_.height);
  }
  /// A type of dashes, lengths of strokes and gaps in pixels, for a line of a width. Terminals scale them by the width,
  /// cairo's from 1.5 on.
  std::string dashes(double width, const std::vector<double>& lengths) const {
    const double unit = picture_ == Picture::svg ? 0.5 * width : 0.275 * std::max(width, 1.5);
    std::string list;
    for (const double length : lengths) list += fmt::format("{}{:.4g}", list.empty() ? "" : ",", length / unit);
    return "dt (" + list + ")";
  }
  /// Lines are whole or dashed, as the figure says; beyond the eighth colour those not dashed are of strokes and dots,
  /// beyond the sixteenth of dots.
  std::string dashes_of(const Series& series, double width) const {
    const int round = series.values.empty() ? palette_round(series.colour) : 0;
    if (series.dashed) return dashes(width, {4.5 * width, 3.5 * width});
    if (round == 1) return dashes(width, {5.0 * width, 2.0 * width, 1.2 * width, 2.0 * width});
    return round == 2 ? dashes(width, {1.2 * width, 1.8 * width}) : "dt solid";
  }
  double points(double diameter) const { return diameter / measures_.disc; }

  void begin(const std::string& file) {
    line("set encoding utf8");
    const double width = measures_.size * layout_.width, height = measures_.size * layout_.height;
    if (picture_ == Picture::svg) {
      command("set terminal svg size {:.0f},{:.0f} fixed rounded noenhanced font 'Arial,11' background '#ffffff'",
              width, height);
    } else {
      const std::string size = picture_ == Picture::pdf ? fmt::format("pdfcairo size {:.5f}in,{:.5f}in", width, height)
                                                        : fmt::format("pngcairo size {:.0f},{:.0f}", width, height);
      command(
          "set terminal {} rounded noenhanced font 'Arial,11' fontscale {:.6g} linewidth {:.6g} pointscale {:.6g} "
          "background '#ffffff'",
          size, measures_.font, measures_.line, measures_.point);
    }
    if (!file.empty()) command("set output {}", mrnn::quoted(file));
    line("set multiplot");
    line("unset key; unset title; unset xlabel; unset ylabel; set tics scale 0; set clip two");
  }

  void label(const PlacedText& text) {
    if (text.words.empty()) return;
    const char* align = text.align == Text::Align::left    ? "left"
                        : text.align == Text::Align::right ? "right"
                                                           : "center";
    // Where no font has a letter, gnuplot's cairo terminals draw the box that stands for it hundreds of pixels wide.
    const std::string words = picture_ == Picture::svg ? text.words : plain_letters(text.words);
    command("set label {} at {} {} {} noenhanced front font 'Arial{},{:g}' textcolor rgb '{}'", mrnn::quoted(words),
            at(text.x, text.y), align, text.upright ? "rotate by 90" : "norotate", text.lettering.bold ? ":Bold" : "",
            text.lettering.size, hex(palette_colour(text.colour)));
  }

  /// Where the strokes of a line of 18 pixels begin and end in the key.
  static std::vector<std::pair<double, double>> strokes_of(const KeyEntry& entry) {
    if (entry.swatch == KeyEntry::Swatch::dashed) return {{0.0, 7.0}, {11.0, 18.0}};
    const int round = palette_round(entry.colour);
    if (round == 1) return {{0.0, 7.0}, {10.0, 12.0}, {15.0, 18.0}};
    if (round == 2) return {{0.0, 2.0}, {4.0, 6.0}, {8.0, 10.0}, {12.0, 14.0}, {16.0, 18.0}};
    return {{0.0, 18.0}};
  }

  void sign(const PlacedSwatch& swatch) {
    const Rgb colour = palette_colour(swatch.entry.colour);
    const double left = swatch.x, right = swatch.x + 18.0, y = swatch.y;
    switch (swatch.entry.swatch) {
      case KeyEntry::Swatch::line:
      case KeyEntry::Swatch::dashed:
        for (const auto& [from, to] : strokes_of(swatch.entry)) {
          command("set arrow from {} to {} nohead front lw {} dt solid lc rgb '{}'", at(left + from, y),
                  at(left + to, y), line_width + 0.3, hex(colour));
        }
        return;
      case KeyEntry::Swatch::band:
        command("set object rectangle from {} to {} front fillstyle solid noborder fillcolor rgb '{}'",
                at(left, y - 4.0), at(right, y + 4.0), hex(tinted(colour, 0.3)));
        return;
      case KeyEntry::Swatch::bar:
        command("set object rectangle from {} to {} front fillstyle solid border lc rgb '{}' fillcolor rgb '{}' lw 1.2",
                at(left + 4.0, y - 4.5), at(right - 4.0, y + 4.5), hex(colour),
                swatch.entry.open ? "#ffffff" : hex(colour));
        return;
      case KeyEntry::Swatch::point:
        sign_point(swatch);
        return;
      case KeyEntry::Swatch::none:
        return;
    }
  }

  void sign_point(const PlacedSwatch& swatch) {
    const KeyEntry& entry = swatch.entry;
    const double x = swatch.x + 9.0, y = swatch.y;
    const std::string colour = hex(palette_colour(entry.colour));
    const auto outline = marker_outline(entry.marker, 6.0);
    if (is_strokes(entry.marker)) {
      for (const auto& piece : outline) {
        command("set arrow from {} to {} nohead front lw 1.6 lc rgb '{}'", at(x + piece[0].first, y - piece[0].second),
                at(x + piece[1].first, y - piece[1].second), colour);
      }
      return;
    }
    std::string corners;
    for (const auto& [right, up] : outline.front()) {
      corners += (corners.empty() ? "from " : " to ") + at(x + right, y - up);
    }
    command("set object polygon {} front fillstyle solid border lc rgb '{}' fillcolor rgb '{}' lw {}", corners, colour,
            entry.open ? "#ffffff" : colour, entry.open ? 1.2 : filled_rim);
  }

  void frame(const Panel& panel, const PanelLayout& layout) {
    const Box& plot = layout.plot;
    command("set lmargin at screen {:.6f}; set rmargin at screen {:.6f}", plot.x / layout_.width,
            plot.right() / layout_.width);
    command("set bmargin at screen {:.6f}; set tmargin at screen {:.6f}", 1.0 - plot.bottom() / layout_.height,
            1.0 - plot.y / layout_.height);
    command("set xrange [{:.12g}:{:.12g}]; set yrange [{:.12g}:{:.12g}]", layout.x.low, layout.x.high, layout.y.low,
            layout.y.high);
    line("unset xtics; unset ytics; unset cbtics; unset colorbox");
    if (!panel.axes) return line("unset border");
    command("set border 3 front lw {} lc rgb '{}'", axis_width, hex(palette_colour(black)));
    if (panel.x.names.empty()) tick_marks("x", layout.x_ticks, 4.0);
    if (panel.y.names.empty()) tick_marks("y", layout.y_ticks, 4.0);
  }

  /// Marks only: the numbers are labels, so that SVG and PNG agree about their places.
  void tick_marks(std::string_view axis, const Ticks& ticks, double length) {
    if (ticks.at.empty()) return;
    std::string marks;
    for (const double place : ticks.at) marks += fmt::format("{}'' {:.12g}", marks.empty() ? "" : ",", place);
    // A tick of scale 1 is as long as a small letter is wide.
    command("set {}tics scale {} out nomirror ({})", axis, length / measures_.tick, marks);
  }

  void colours(const PanelLayout& layout) {
    const std::vector<std::string>& stops = layout.colours->diverging ? diverging_map() : sequential_map();
    std::string list;
    for (std::size_t i = 0; i < stops.size(); ++i) {
      list += fmt::format("{}{} '{}'", list.empty() ? "" : ",", i, stops[i]);
    }
    command("set palette defined ({})", list);
    command("set cbrange [{:.12g}:{:.12g}]", layout.colour.low, layout.colour.high);
    if (!layout.colour_bar) return;
    const Box& bar = *layout.colour_bar;
    command("set colorbox vertical user origin screen {:.6f},screen {:.6f} size screen {:.6f},screen {:.6f} noborder",
            bar.x / layout_.width, 1.0 - bar.bottom() / layout_.height, bar.width / layout_.width,
            bar.height / layout_.height);
    tick_marks("cb", layout.colour_ticks, 3.0);
  }

  /// Adds to the plot command data and how to draw them; nothing where there are none.
  void element(const DataBlock& data, std::string_view style) {
    if (data.empty()) return;
    command("$d{} << END_OF_DATA\n{}END_OF_DATA", blocks_, data);
    elements_.push_back(fmt::format("$d{} {}", blocks_++, style));
  }

  void panel(const Panel& panel, const PanelLayout& layout) {
    frame(panel, layout);
    elements_.clear();
    if (layout.colours) colours(layout);
    const bool on_heat = panel.heat_map && panel.heat_map->values.size() > 0;
    if (on_heat) {
      const HeatBlock heat = heat_data(*panel.heat_map, picture_ == Picture::svg ? svg_cells : 0);
      element(heat.data, fmt::format("matrix using ({:.12g}+$1*{:.12g}):({:.12g}+$2*{:.12g}):3 with image",
                                     panel.heat_map->x_low + 0.5 * heat.cell_width, heat.cell_width,
                                     panel.heat_map->y_low + 0.5 * heat.cell_height, heat.cell_height));
      // Dark lines with a faint light rim show on dark and on light colours.
      const DataBlock contours = contour_data(*panel.heat_map);
      element(contours, "with lines lw 1.8 lc rgb '#a0ffffff'");
      element(contours, fmt::format("with lines lw 0.8 lc rgb '{}'", hex(palette_colour(black))));
    }
    if (panel.quiver) {
      const ArrowBlocks arrows = quiver_data(*panel.quiver, layout);
      const std::string colour = hex(palette_colour(on_heat ? white : grey));
      // White arrows show on dark cells, their dark rim on light ones.
      if (on_heat) {
        element(arrows.lines, fmt::format("with lines lw 1.8 lc rgb '{}'", hex(palette_colour(black), 0.55)));
      }
      element(arrows.lines, fmt::format("with lines lw 0.9 lc rgb '{}'", colour));
      element(arrows.heads, fmt::format("with filledcurves closed fs solid noborder lc rgb '{}'", colour));
    }
    for (const Guide& guide : panel.guides) draw(guide, layout);
    for (const Series& series : panel.series) draw(series, panel, layout);
    for (const Polygon& polygon : panel.polygons) draw(polygon);
    if (elements_.empty()) elements_.emplace_back("NaN");
    std::string plot = "plot ";
    for (const std::string& element : elements_) plot += (plot == "plot " ? "" : ", ") + element + " notitle";
    line(plot);
    for (; blocks_ > 0; --blocks_) command("undefine $d{}", blocks_ - 1);
  }

  void draw(const Guide& guide, const PanelLayout& layout) {
    const std::string colour = hex(palette_colour(grey));
    if (guide.kind == Guide::Kind::span) {
      return element(guide_data(guide, layout), "with filledcurves closed fs solid noborder lc rgb '#cc888888'");
    }
    if (guide.solid) {
      return element(guide_data(guide, layout),
                     fmt::format("with lines lw {} dt solid lc rgb '{}'", guide_width, hex(palette_colour(black))));
    }
    element(guide_data(guide, layout),
            fmt::format("with lines lw {} {} lc rgb '{}'", guide_width,
                        guide.kind == Guide::Kind::circle ? "dt solid" : dashes(guide_width, {4.5, 3.0}), colour));
  }

  void draw(const Polygon& polygon) {
    const DataBlock data = polygon_data(polygon);
    element(data, fmt::format("with filledcurves closed fs solid noborder lc rgb '{}'",
                              hex(tinted(palette_colour(polygon.fill), polygon.tint))));
    element(data, fmt::format("with lines lw 1.2 lc rgb '{}'", hex(palette_colour(polygon.border))));
  }

  void draw(const Series& series, const Panel& panel, const PanelLayout& layout) {
    switch (series.kind) {
      case Series::Kind::band:
        element(series_data(series, layout), fmt::format("using 1:2:3 with filledcurves fs solid noborder lc rgb '{}'",
                                                         hex(palette_colour(series.colour), 0.75)));
        break;
      case Series::Kind::bars: {
        const DataBlock data = bar_data(series, bar_width(series, panel), panel.y.log ? layout.y.low : 0.0);
        const std::string colour = hex(palette_colour(series.colour));
        element(data, fmt::format("with filledcurves closed fs solid noborder lc rgb '{}'",
                                  series.open ? "#ffffff" : colour));
        element(data, fmt::format("with lines lw 1.2 lc rgb '{}'", colour));
        break;
      }
      case Series::Kind::line:
        draw_line(series, panel.heat_map.has_value(), layout);
        break;
      case Series::Kind::scatter:
        break;  // upon its error bars
    }
    const int dark = series.kind == Series::Kind::bars ? black : series.colour;
    element(error_data(series, layout), fmt::format("with lines lw 1.0 lc rgb '{}'", hex(palette_colour(dark))));
    if (series.kind == Series::Kind::scatter) draw_points(series, layout);
  }

  void draw_line(const Series& series, bool on_heat, const PanelLayout& layout) {
    const DataBlock data = series_data(series, layout);
    const double width = series.width > 0.0 ? series.width : line_width;
    const std::string dash = dashes_of(series, width);
    // A rim of the other brightness shows the line on dark and on light colours.
    const std::string rim = series.colour == white ? hex(palette_colour(black), 0.55) : "#ffffff";
    if (on_heat) element(data, fmt::format("using 1:2 with lines lw {} lc rgb '{}'", width + 1.6, rim));
    if (series.values.empty()) {
      element(data, fmt::format("with lines lw {} {} lc rgb '{}'", width, dash, hex(palette_colour(series.colour))));
    } else {
      element(data, fmt::format("using 1:2:3 with lines lw {} {} lc palette", width, dash));
    }
    element(head_data(series, layout),
            fmt::format("with filledcurves closed fs solid noborder lc rgb '{}'", hex(palette_colour(series.colour))));
  }

  /// A white rim keeps neighbouring and overlapping points apart.
  void draw_points(const Series& series, const PanelLayout& layout) {
    const double size = series.width > 0.0 ? series.width : point_size;
    const std::string colour = hex(palette_colour(series.colour));
    if ((series.marker == Marker::disc && !series.open) || !series.values.empty()) {
      const DataBlock data = series_data(series, layout);
      element(data, fmt::format("using 1:2 with points pt 7 ps {:.4f} lw {} lc rgb '#ffffff'", points(size + 1.4),
                                filled_rim));
      element(data,
              fmt::format("using 1:2{} with points pt {} ps {:.4f} lw {} lc {}", series.values.empty() ? "" : ":3",
                          series.open ? 6 : 7, points(size), series.open ? 1.2 : filled_rim,
                          series.values.empty() ? "rgb '" + colour + "'" : "palette"));
      return;
    }
    const DataBlock data = marker_data(series, size, layout);
    const bool strokes = is_strokes(series.marker);
    element(data, fmt::format("with lines lw {} lc rgb '#ffffff'", strokes ? 3.4 : series.open ? 2.6 : 1.4));
    if (!strokes) {
      element(data,
              fmt::format("with filledcurves closed fs solid noborder lc rgb '{}'", series.open ? "#ffffff" : colour));
    }
    if (strokes || series.open) element(data, fmt::format("with lines lw {} lc rgb '{}'", strokes ? 1.6 : 1.2, colour));
  }

  const FigureLayout& layout_;
  Picture picture_;
  Measures measures_;
  std::string commands_;
  std::vector<std::string> elements_;
  int blocks_ = 0;
};

}  // namespace

std::string gnuplot_script(const Figure& figure, const FigureLayout& layout, Picture picture) {
  const std::vector<Panel> none(1);
  return Script(layout, picture).write(figure.panels.empty() ? none : figure.panels);
}

std::string gnuplot_frames(const Figure& figure, const std::vector<FigureLayout>& pages,
                           const std::vector<std::string>& files) {
  std::string commands;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (i > 0) commands += "reset; unset label; unset arrow; unset object\n";
    commands += Script(pages[i], Picture::svg).write({figure.panels[i]}, files[i]);
  }
  return commands + "unset output\n";
}

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char letter : clean_text(text)) {
    if (letter == '\'') result += '\'';
    result += letter;
  }
  return result + "'";
}

}  // namespace mrnn
