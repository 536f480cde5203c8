#include "figures/gnuplot_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>

#include "figures/contours.hpp"
#include "figures/markers.hpp"

namespace mrnn {
namespace {

constexpr std::size_t most_stretches = 2000;  // of a line: each keeps two points
constexpr std::size_t most_points = 20000;    // of a scatter
constexpr double most_path_points = 20000.0;  // of a line whose x does not rise, about
constexpr std::size_t most_arrows = 5000;
constexpr int circle_pieces = 1440;        // smooth when only a part of it is seen
constexpr Eigen::Index most_cells = 1000;  // along a side of a heat map

template <class... Numbers>
void add_row(DataBlock& data, Numbers... numbers) {
  const char* separator = "";
  const auto add = [&](double number) {
    fmt::format_to(std::back_inserter(data), "{}{:.7g}", separator, number);
    separator = " ";
  };
  (add(numbers), ...);
  data += '\n';
}

void add_break(DataBlock& data) {
  if (!data.empty() && !data.ends_with("\n\n")) data += '\n';
}

bool by_value(const Series& series) {
  return !series.values.empty() && (series.kind == Series::Kind::line || series.kind == Series::Kind::scatter);
}

std::size_t points_of(const Series& series) {
  const std::size_t count = std::min(series.x.size(), series.y.size());
  if (by_value(series)) return std::min(count, series.values.size());
  return series.kind == Series::Kind::band ? std::min(count, series.upper.size()) : count;
}

bool drawable_point(const Series& series, std::size_t i) {
  return drawable(series.x[i]) && drawable(series.y[i]) &&
         (series.kind != Series::Kind::band || drawable(series.upper[i])) &&
         (!by_value(series) || drawable(series.values[i]));
}

void add_point(const Series& series, std::size_t i, DataBlock& data) {
  if (series.kind == Series::Kind::band) {
    add_row(data, series.x[i], series.y[i], series.upper[i]);
  } else if (by_value(series)) {
    add_row(data, series.x[i], series.y[i], series.values[i]);
  } else {
    add_row(data, series.x[i], series.y[i]);
  }
}

/// The points of one stretch that say most: where the line is lowest and highest, or a break.
void add_stretch(const Series& series, std::size_t begin, std::size_t end, DataBlock& data) {
  std::size_t low = end, high = end;
  bool broken = false;
  for (std::size_t i = begin; i < end; ++i) {
    if (!drawable_point(series, i)) {
      broken = true;
      continue;
    }
    if (low == end || series.y[i] < series.y[low]) low = i;
    if (high == end || series.y[i] > series.y[high]) high = i;
  }
  if (low != end) {
    add_point(series, std::min(low, high), data);
    if (low != high) add_point(series, std::max(low, high), data);
  }
  if (broken) add_break(data);
}

/// Pixels per unit.
struct Pixels {
  explicit Pixels(const PanelLayout& layout)
      : x(layout.plot.width / layout.x.span()), y(layout.plot.height / layout.y.span()) {}
  double x, y;
};

/// Width and height of the cell an arrow has to itself.
std::pair<double, double> cell_of(const Quiver& quiver, std::size_t count, const PanelLayout& layout) {
  // Points scattered at random have tiny spacings: there each has its share of the area instead.
  const double share = 1.0 / std::sqrt(static_cast<double>(std::max<std::size_t>(count, 4)));
  return {std::max(smallest_spacing(quiver.x), share * 0.7 * layout.x.span()),
          std::max(smallest_spacing(quiver.y), share * 0.7 * layout.y.span())};
}

/// An arrow from (x, y) by (u, v).
struct Arrow {
  double x = 0.0, y = 0.0, u = 0.0, v = 0.0;
};

/// A filled head whose tip is at `to`.
void add_head(std::pair<double, double> from, std::pair<double, double> to, const PanelLayout& layout,
              DataBlock& data) {
  constexpr double length = 5.0, half_width = 2.2;  // pixels
  const Pixels pixels(layout);
  const double across = (to.first - from.first) * pixels.x, up = (to.second - from.second) * pixels.y;
  const double distance = std::hypot(across, up);
  if (!(distance > 0.0)) return;
  const double along_x = across / distance, along_y = up / distance;
  for (const double aside : {half_width, 0.0, -half_width, half_width}) {
    const double along = aside == 0.0 ? 0.5 * length : -0.5 * length;
    add_row(data, to.first + (along * along_x - aside * along_y) / pixels.x,
            to.second + (along * along_y + aside * along_x) / pixels.y);
  }
  add_break(data);
}

void add_arrow(const Arrow& arrow, const PanelLayout& layout, ArrowBlocks& blocks) {
  constexpr double head_length = 5.0, head_half_width = 1.9, shortest = 0.5;  // pixels
  const double pixels_x = layout.plot.width / layout.x.span(), pixels_y = layout.plot.height / layout.y.span();
  const double across = arrow.u * pixels_x, up = arrow.v * pixels_y, length = std::hypot(across, up);
  if (!(length >= shortest)) return;
  const double head = std::min(1.0, 0.6 * length / head_length);  // smaller on short arrows
  const double along_x = across / length, along_y = up / length;
  const auto place = [&](double along, double aside) {
    return std::pair{arrow.x + (along * along_x - aside * along_y) / pixels_x,
                     arrow.y + (along * along_y + aside * along_x) / pixels_y};
  };
  const auto add = [](DataBlock& data, std::pair<double, double> point) { add_row(data, point.first, point.second); };
  const double neck = length - head * head_length, half_width = head * head_half_width;
  add(blocks.lines, place(0.0, 0.0));
  add(blocks.lines, place(neck, 0.0));
  for (DataBlock* data : {&blocks.lines, &blocks.heads}) {
    for (const double aside : {half_width, 0.0, -half_width, half_width}) {
      add(*data, place(aside == 0.0 ? length : neck, aside));
    }
    add_break(*data);
  }
}

/// Does x rise throughout, as time does?
bool is_time_course(const Series& series) {
  double last = -std::numeric_limits<double>::infinity();
  for (const double x : series.x) {
    if (x < last) return false;
    if (drawable(x)) last = x;
  }
  return true;
}

/// A path through the plane, without points that are too close to the one before to be seen.
DataBlock path_data(const Series& series, std::size_t count, const PanelLayout& layout) {
  const Pixels pixels(layout);
  // Of more points than a page can show, only those further apart.
  const double closest = 0.4 * std::max(1.0, static_cast<double>(count) / most_path_points);
  DataBlock data;
  std::size_t kept = count;  // none
  for (std::size_t i = 0; i < count; ++i) {
    if (!drawable_point(series, i)) {
      add_break(data);
      kept = count;
      continue;
    }
    const bool ends = i + 1 == count || !drawable_point(series, i + 1);
    const bool near = kept < count && std::hypot((series.x[i] - series.x[kept]) * pixels.x,
                                                 (series.y[i] - series.y[kept]) * pixels.y) < closest;
    if (near && !ends) continue;
    add_point(series, i, data);
    kept = i;
  }
  return data;
}

}  // namespace

DataBlock series_data(const Series& series, const PanelLayout& layout) {
  const std::size_t count = points_of(series);
  DataBlock data;
  if (series.kind == Series::Kind::scatter) {
    const std::size_t stride = (count + most_points - 1) / most_points;
    for (std::size_t i = 0; i < count; i += std::max<std::size_t>(stride, 1)) {
      if (drawable_point(series, i)) add_point(series, i, data);
    }
    return data;
  }
  if (!is_time_course(series)) return path_data(series, count, layout);
  const std::size_t stretches = count <= 2 * most_stretches ? count : most_stretches;
  for (std::size_t i = 0; i < stretches; ++i) {
    add_stretch(series, i * count / stretches, (i + 1) * count / stretches, data);
  }
  return data;
}

ArrowBlocks quiver_data(const Quiver& quiver, const PanelLayout& layout) {
  const std::size_t count = std::min({quiver.x.size(), quiver.y.size(), quiver.u.size(), quiver.v.size()});
  const auto good = [&](std::size_t i) {
    return drawable(quiver.x[i]) && drawable(quiver.y[i]) && drawable(quiver.u[i]) && drawable(quiver.v[i]);
  };
  const auto [width, height] = cell_of(quiver, count, layout);
  double longest = 0.0;  // in cells
  for (std::size_t i = 0; i < count; ++i) {
    if (good(i)) longest = std::max(longest, std::hypot(quiver.u[i] / width, quiver.v[i] / height));
  }
  ArrowBlocks blocks;
  if (!(longest > 0.0)) return blocks;
  const std::size_t stride = std::max<std::size_t>((count + most_arrows - 1) / most_arrows, 1);
  for (std::size_t i = 0; i < count; i += stride) {
    if (good(i)) add_arrow({quiver.x[i], quiver.y[i], quiver.u[i] / longest, quiver.v[i] / longest}, layout, blocks);
  }
  return blocks;
}

HeatBlock heat_data(const HeatMap& map, Eigen::Index pixels) {
  const Eigen::Index rows = std::min(map.values.rows(), most_cells), columns = std::min(map.values.cols(), most_cells);
  // gnuplot draws no image of a single column or row.
  const Eigen::Index least = std::min(rows, columns) < 2 ? 2 : 1;
  const Eigen::Index repeat = std::max(pixels / std::max(rows, columns), least);
  HeatBlock heat;
  heat.cell_width = (map.x_high - map.x_low) / static_cast<double>(columns * repeat);
  heat.cell_height = (map.y_high - map.y_low) / static_cast<double>(rows * repeat);
  for (Eigen::Index row = 0; row < rows; ++row) {
    const Eigen::Index top = row * map.values.rows() / rows, below = (row + 1) * map.values.rows() / rows;
    std::string line;
    for (Eigen::Index column = 0; column < columns; ++column) {
      const Eigen::Index left = column * map.values.cols() / columns,
                         right = (column + 1) * map.values.cols() / columns;
      const double value = map.values.block(top, left, below - top, right - left).mean();
      const std::string cell = drawable(value) ? fmt::format("{:.7g} ", value) : "NaN ";
      for (Eigen::Index i = 0; i < repeat; ++i) line += cell;
    }
    for (Eigen::Index i = 0; i < repeat; ++i) heat.data += line + '\n';
  }
  return heat;
}

DataBlock bar_data(const Series& series, double width, double base) {
  DataBlock data;
  for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i) {
    const double low = series.upper.empty() ? base : series.y[i];
    const double high = series.upper.empty() ? series.y[i] : i < series.upper.size() ? series.upper[i] : low;
    if (!drawable(series.x[i]) || !drawable(low) || !drawable(high)) continue;
    const double left = series.x[i] - 0.5 * width, right = series.x[i] + 0.5 * width;
    add_row(data, left, low);
    add_row(data, left, high);
    add_row(data, right, high);
    add_row(data, right, low);
    add_row(data, left, low);
    add_break(data);
  }
  return data;
}

DataBlock marker_data(const Series& series, double diameter, const PanelLayout& layout) {
  const Pixels pixels(layout);
  const auto outline = marker_outline(series.marker, diameter);
  DataBlock data;
  const std::size_t count = points_of(series);
  const std::size_t stride = std::max<std::size_t>((count + most_points - 1) / most_points, 1);
  for (std::size_t i = 0; i < count; i += stride) {
    if (!drawable_point(series, i)) continue;
    for (const Outline& piece : outline) {
      for (const auto& [right, up] : piece) add_row(data, series.x[i] + right / pixels.x, series.y[i] + up / pixels.y);
      add_break(data);
    }
  }
  return data;
}

DataBlock error_data(const Series& series, const PanelLayout& layout) {
  constexpr double half_cap = 2.5;  // pixels
  const double cap = half_cap / Pixels(layout).x;
  DataBlock data;
  for (std::size_t i = 0; i < std::min({series.x.size(), series.low.size(), series.high.size()}); ++i) {
    const double x = series.x[i];
    if (!drawable(x) || !drawable(series.low[i]) || !drawable(series.high[i])) continue;
    for (const double end : {series.low[i], series.high[i]}) {
      add_row(data, x - cap, end);
      add_row(data, x + cap, end);
      add_break(data);
    }
    add_row(data, x, series.low[i]);
    add_row(data, x, series.high[i]);
    add_break(data);
  }
  return data;
}

DataBlock head_data(const Series& series, const PanelLayout& layout) {
  DataBlock data;
  if (series.heads == Series::Heads::none) return data;
  const std::size_t count = points_of(series);
  for (std::size_t begin = 0; begin < count;) {
    std::size_t end = begin;
    while (end < count && drawable_point(series, end)) ++end;
    if (end - begin >= 2) {
      const std::size_t tip = series.heads == Series::Heads::end ? end - 1 : (begin + end) / 2;
      add_head({series.x[tip - 1], series.y[tip - 1]}, {series.x[tip], series.y[tip]}, layout, data);
    }
    begin = std::max(end, begin + 1);
  }
  return data;
}

DataBlock contour_data(const HeatMap& map) {
  DataBlock data;
  for (const auto& [from, to] : contour_lines(map)) {
    add_row(data, from.first, from.second);
    add_row(data, to.first, to.second);
    add_break(data);
  }
  return data;
}

DataBlock guide_data(const Guide& guide, const PanelLayout& layout) {
  DataBlock data;
  if (!drawable(guide.position)) return data;
  const AxisRange& x = layout.x;
  const AxisRange& y = layout.y;
  switch (guide.kind) {
    case Guide::Kind::horizontal:
      add_row(data, x.low, guide.position);
      add_row(data, x.high, guide.position);
      break;
    case Guide::Kind::epoch:
      for (const double border : {guide.position, guide.stop}) {
        if (!(border > x.low && border < x.high)) continue;
        add_row(data, border, y.low);
        add_row(data, border, y.high);
        add_break(data);
      }
      break;
    case Guide::Kind::vertical:
      add_row(data, guide.position, y.low);
      add_row(data, guide.position, y.high);
      break;
    case Guide::Kind::circle:
      for (int i = 0; i <= circle_pieces; ++i) {
        const double angle = 2.0 * std::numbers::pi * i / circle_pieces;
        add_row(data, guide.position * std::cos(angle), guide.position * std::sin(angle));
      }
      break;
    case Guide::Kind::span: {
      const double from = std::clamp(guide.position, x.low, x.high);
      const double to = drawable(guide.stop) ? std::clamp(guide.stop, x.low, x.high) : x.high;
      if (from == to) break;
      add_row(data, from, y.low);
      add_row(data, to, y.low);
      add_row(data, to, y.high);
      add_row(data, from, y.high);
      break;
    }
  }
  return data;
}

DataBlock polygon_data(const Polygon& polygon) {
  DataBlock data;
  const std::size_t count = std::min(polygon.x.size(), polygon.y.size());
  for (std::size_t i = 0; i <= count && count > 0; ++i) {
    if (drawable(polygon.x[i % count]) && drawable(polygon.y[i % count])) {
      add_row(data, polygon.x[i % count], polygon.y[i % count]);
    }
  }
  return data;
}

}  // namespace mrnn
