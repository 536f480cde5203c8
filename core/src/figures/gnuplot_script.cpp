#include "figures/gnuplot_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "figures/gnuplot_data.hpp"
#include "figures/palette.hpp"

namespace mrnn {
namespace {

// pngcairo is given twice the pixels; its fonts are in points of 1/72 inch, 96 pixels to the inch.
constexpr double png_scale = 2.0, png_font_scale = 1.5;
// Diameter in pixels of a disc of pointsize 1, at the font size of the terminal.
constexpr double svg_point = 8.25, png_point = 8.0;
constexpr Eigen::Index svg_cells = 200;
constexpr double line_width = 1.5, point_size = 4.5, axis_width = 0.8, guide_width = 1.0;

/// Writes the commands for one figure.
class Script {
 public:
  Script(const FigureLayout& layout, Picture picture) : layout_(layout), picture_(picture) {}

  std::string write(const Figure& figure) {
    begin();
    const std::vector<Panel> none(1);
    const std::vector<Panel>& panels = figure.panels.empty() ? none : figure.panels;
    for (std::size_t i = 0; i < panels.size(); ++i) {
      if (i > 0) line("unset label; unset arrow; unset object");
      if (i + 1 == panels.size()) words();
      panel(panels[i], layout_.panels[i]);
    }
    line("unset multiplot");
    return std::move(commands_);
  }

 private:
  /// With the last panel, so that no heat map is drawn over the words of another panel.
  void words() {
    for (const PlacedText& text : layout_.texts) label(text);
    for (const PlacedSwatch& swatch : layout_.swatches) sign(swatch);
  }
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
  double points(double diameter) const { return diameter / (picture_ == Picture::svg ? svg_point : png_point); }

  void begin() {
    line("set encoding utf8");
    if (picture_ == Picture::svg) {
      command("set terminal svg size {:.0f},{:.0f} fixed rounded noenhanced font 'Arial,11' background '#ffffff'",
              layout_.width, layout_.height);
    } else {
      command(
          "set terminal pngcairo size {:.0f},{:.0f} rounded noenhanced font 'Arial,11' fontscale {} linewidth {} "
          "pointscale {} background '#ffffff'",
          png_scale * layout_.width, png_scale * layout_.height, png_font_scale, png_scale, png_scale);
    }
    line("set multiplot");
    line("unset key; unset title; unset xlabel; unset ylabel; set tics scale 0; set clip two");
  }

  void label(const PlacedText& text) {
    if (text.words.empty()) return;
    const char* align = text.align == Text::Align::left    ? "left"
                        : text.align == Text::Align::right ? "right"
                                                           : "center";
    command("set label {} at {} {} {} noenhanced front font 'Arial{},{:g}' textcolor rgb '{}'", quoted(text.words),
            at(text.x, text.y), align, text.upright ? "rotate by 90" : "norotate", text.lettering.bold ? ":Bold" : "",
            text.lettering.size, hex(palette_colour(text.colour)));
  }

  void sign(const PlacedSwatch& swatch) {
    const Rgb colour = palette_colour(swatch.entry.colour);
    const double left = swatch.x, right = swatch.x + 18.0, y = swatch.y;
    switch (swatch.entry.swatch) {
      case KeyEntry::Swatch::line:
      case KeyEntry::Swatch::dashed:
        command("set arrow from {} to {} nohead front lw {} {} lc rgb '{}'", at(left, y), at(right, y),
                line_width + 0.3, swatch.entry.swatch == KeyEntry::Swatch::dashed ? "dt (20,12)" : "dt solid",
                hex(colour));
        return;
      case KeyEntry::Swatch::band:
        command("set object rectangle from {} to {} front fillstyle solid noborder fillcolor rgb '{}'",
                at(left, y - 4.0), at(right, y + 4.0), hex(tinted(colour, 0.3)));
        return;
      case KeyEntry::Swatch::disc:
      case KeyEntry::Swatch::ring:
        command("set label '' at {} front point pt {} ps {:.4f} lw 1.2 lc rgb '{}'", at(left + 9.0, y),
                swatch.entry.swatch == KeyEntry::Swatch::disc ? 7 : 6, points(6.0), hex(colour));
        return;
    }
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
    command("set {}tics scale {} out nomirror ({})", axis, length / (picture_ == Picture::svg ? 8.25 : 8.0), marks);
  }

  void colours(const HeatMap& map, const PanelLayout& layout) {
    const std::vector<std::string>& stops = map.diverging ? diverging_map() : sequential_map();
    std::string list;
    for (std::size_t i = 0; i < stops.size(); ++i) {
      list += fmt::format("{}{} '{}'", list.empty() ? "" : ",", i, stops[i]);
    }
    command("set palette defined ({})", list);
    command("set cbrange [{:.12g}:{:.12g}]", layout.colour.low, layout.colour.high);
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
    if (layout.colour_bar) {
      colours(*panel.heat_map, layout);
      const HeatBlock heat = heat_data(*panel.heat_map, picture_ == Picture::svg ? svg_cells : 0);
      element(heat.data, fmt::format("matrix using ({:.12g}+$1*{:.12g}):({:.12g}+$2*{:.12g}):3 with image",
                                     panel.heat_map->x_low + 0.5 * heat.cell_width, heat.cell_width,
                                     panel.heat_map->y_low + 0.5 * heat.cell_height, heat.cell_height));
    }
    if (panel.quiver) {
      const ArrowBlocks arrows = quiver_data(*panel.quiver, layout);
      const std::string colour = hex(palette_colour(layout.colour_bar ? white : grey));
      // White arrows show on dark cells, their dark rim on light ones.
      if (layout.colour_bar) {
        element(arrows.lines, fmt::format("with lines lw 1.8 lc rgb '{}'", hex(palette_colour(black), 0.55)));
      }
      element(arrows.lines, fmt::format("with lines lw 0.9 lc rgb '{}'", colour));
      element(arrows.heads, fmt::format("with filledcurves closed fs solid noborder lc rgb '{}'", colour));
    }
    for (const Guide& guide : panel.guides) draw(guide, layout);
    for (const Series& series : panel.series) draw(series, layout.colour_bar.has_value());
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
    element(guide_data(guide, layout),
            fmt::format("with lines lw {} {} lc rgb '{}'", guide_width,
                        guide.kind == Guide::Kind::circle ? "dt solid" : "dt (12,7)", colour));
  }

  void draw(const Polygon& polygon) {
    const DataBlock data = polygon_data(polygon);
    element(data, fmt::format("with filledcurves closed fs solid noborder lc rgb '{}'",
                              hex(tinted(palette_colour(polygon.fill), polygon.tint))));
    element(data, fmt::format("with lines lw 1.2 lc rgb '{}'", hex(palette_colour(polygon.border))));
  }

  void draw(const Series& series, bool on_colours) {
    const Rgb colour = palette_colour(series.colour);
    const DataBlock data = series_data(series);
    const double width = series.width > 0.0 ? series.width : line_width;
    switch (series.kind) {
      case Series::Kind::band:
        return element(data,
                       fmt::format("using 1:2:3 with filledcurves fs solid noborder lc rgb '{}'", hex(colour, 0.75)));
      case Series::Kind::line:
        if (on_colours) element(data, fmt::format("with lines lw {} lc rgb '#ffffff'", width + 1.6));
        return element(data, fmt::format("with lines lw {} {} lc rgb '{}'", width,
                                         series.dashed ? "dt (20,12)" : "dt solid", hex(colour)));
      case Series::Kind::scatter: {
        const double size = series.width > 0.0 ? series.width : point_size;
        // A white rim keeps neighbouring and overlapping points apart.
        element(data, fmt::format("with points pt 7 ps {:.4f} lc rgb '#ffffff'", points(size + 1.4)));
        return element(data, fmt::format("with points pt {} ps {:.4f} lw 1.2 lc rgb '{}'", series.open ? 6 : 7,
                                         points(size), hex(colour)));
      }
    }
  }

  const FigureLayout& layout_;
  Picture picture_;
  std::string commands_;
  std::vector<std::string> elements_;
  int blocks_ = 0;
};

}  // namespace

std::string gnuplot_script(const Figure& figure, const FigureLayout& layout, Picture picture) {
  return Script(layout, picture).write(figure);
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
