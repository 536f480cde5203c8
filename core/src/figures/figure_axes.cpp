#include "figures/figure_axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mrnn {
namespace {

constexpr double largest = 1e100;   // beyond, differences and products of values might overflow
constexpr double data_room = 0.05;  // share of the span left free beside points

/// Lowest and highest of the values seen.
struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

  bool empty() const noexcept { return low > high; }
  void add(double value) {
    if (!drawable(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

struct Extents {
  Extent x, y;
  bool points = false;     // scattered points need room beside them; lines may end at the axes
  bool from_zero = false;  // bars stand on 0: no room below it

  void add(double at_x, double at_y) {
    if (!drawable(at_x) || !drawable(at_y)) return;
    x.add(at_x);
    y.add(at_y);
  }
};

void add_bars(const Series& series, const Panel& panel, Extents& extents) {
  const double half = 0.5 * bar_width(series, panel);
  const bool from_zero = series.upper.empty() && !panel.y.log;
  for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i) {
    for (const double side : {series.x[i] - half, series.x[i] + half}) {
      extents.add(side, series.y[i]);
      if (from_zero && drawable(series.y[i])) extents.add(side, 0.0);
    }
  }
  extents.points = true;
  extents.from_zero = extents.from_zero || from_zero;
}

void add_series(const Series& series, const Panel& panel, Extents& extents) {
  const std::size_t count = std::min(series.x.size(), series.y.size());
  for (std::size_t i = 0; i < count; ++i) {
    extents.add(series.x[i], series.y[i]);
    for (const auto* other : {&series.upper, &series.low, &series.high}) {
      if (i < other->size()) extents.add(series.x[i], (*other)[i]);
    }
  }
  if (series.kind == Series::Kind::bars && count > 0) add_bars(series, panel, extents);
  extents.points = extents.points || (series.kind == Series::Kind::scatter && count > 0);
}

void add_guide(const Guide& guide, Extents& extents) {
  switch (guide.kind) {
    case Guide::Kind::horizontal:
      return extents.y.add(guide.position);
    case Guide::Kind::vertical:
      return extents.x.add(guide.position);
    case Guide::Kind::circle:
      extents.add(-guide.position, -guide.position);
      return extents.add(guide.position, guide.position);
    case Guide::Kind::span:
    case Guide::Kind::epoch:
      return;  // about what is shown, however far it reaches
  }
}

/// The range asked for, fitted where it was not; `room` on the fitted sides.
AxisRange choose(const Axis& axis, const Extent& extent, double room) {
  AxisRange range = extent.empty() ? AxisRange{} : AxisRange{extent.low, extent.high};
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  if (range.span() <= 1e-12 * size || range.span() < 1e-100) {  // one value: a range around it
    const double half = size > 1e-90 ? 0.1 * size : 1.0;
    range = {range.low - half, range.high + half};
  } else {
    const double free = room * range.span();
    range = {range.low - free, range.high + free};
  }
  const AxisRange fitted = range;
  if (axis.low && drawable(*axis.low)) range.low = *axis.low;
  if (axis.high && drawable(*axis.high)) range.high = *axis.high;
  if (range.span() > 0.0) return range;
  return fitted;
}

std::string superscript(int number) {
  static const std::vector<std::string> digits{"\u2070", "\u00B9", "\u00B2", "\u00B3", "\u2074",
                                               "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = number < 0 ? "\u207B" : "";
  for (const char digit : std::to_string(std::abs(number))) text += digits[static_cast<std::size_t>(digit - '0')];
  return text;
}

/// `value` with a given number of decimals and a real minus sign.
std::string plain_label(double value, int decimals) {
  const std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return value < 0.0 && !zero ? "\u2212" + text : text;
}

std::string tick_label(double value, double step, double size) {
  const auto decimals_of = [](double spacing) {
    const double digits = -std::floor(std::log10(spacing) + 1e-9);
    const double scaled = spacing * std::pow(10.0, digits);
    const bool half = std::abs(scaled - std::round(scaled)) > 1e-6;  // steps of 2.5
    return std::clamp(static_cast<int>(digits) + (half ? 1 : 0), 0, 12);
  };
  if (size < 1e5 && size >= 1e-3) return plain_label(value, decimals_of(step));
  if (std::abs(value) < 1e-6 * step) return "0";
  const auto power = static_cast<int>(std::floor(std::log10(size) + 1e-9));
  const double unit = std::pow(10.0, power);
  return plain_label(value / unit, decimals_of(step / unit)) + "\u00D710" + superscript(power);
}

/// `factor` x 10^power.
std::string log_label(double factor, int power, bool in_full) {
  if (in_full) return fmt::format("{:g}", factor * std::pow(10.0, power));
  const std::string ten = "10" + superscript(power);
  return factor == 1.0 ? ten : fmt::format("{:g}\u00D7{}", factor, ten);
}

/// Ticks at the given multiples of every `stride`-th power of ten.
Ticks ticks_at_powers(AxisRange range, const std::vector<double>& factors, int stride) {
  const double slack = 1e-9;
  const auto first = static_cast<int>(std::floor(range.low)), last = static_cast<int>(std::floor(range.high + slack));
  const bool in_full = first >= -4 && last <= 4;
  Ticks ticks;
  for (int power = first; power <= last; ++power) {
    for (const double factor : factors) {
      const double place = power + std::log10(factor);
      if (power % stride != 0 || place < range.low - slack || place > range.high + slack) continue;
      ticks.at.push_back(place);
      ticks.labels.push_back(log_label(factor, power, in_full));
    }
  }
  return ticks;
}

}  // namespace

bool drawable(double value) noexcept {
  return std::abs(value) <= largest;
}

PanelRanges fit_ranges(const Panel& panel) {
  Extents extents;
  for (const Series& series : panel.series) add_series(series, panel, extents);
  for (const Polygon& polygon : panel.polygons) {
    for (std::size_t i = 0; i < std::min(polygon.x.size(), polygon.y.size()); ++i) {
      extents.add(polygon.x[i], polygon.y[i]);
    }
  }
  for (const Text& text : panel.texts) extents.add(text.x, text.y);
  if (panel.quiver) {
    const std::size_t count = std::min(panel.quiver->x.size(), panel.quiver->y.size());
    for (std::size_t i = 0; i < count; ++i) extents.add(panel.quiver->x[i], panel.quiver->y[i]);
    extents.points = extents.points || count > 0;
  }
  const bool heat = panel.heat_map && panel.heat_map->values.size() > 0;
  PanelRanges ranges;
  ranges.empty = !heat && extents.x.empty();
  for (const Guide& guide : panel.guides) add_guide(guide, extents);
  if (heat) {
    extents.add(panel.heat_map->x_low, panel.heat_map->y_low);
    extents.add(panel.heat_map->x_high, panel.heat_map->y_high);
  }
  const bool tight = heat || !panel.axes;
  ranges.x = choose(panel.x, extents.x, tight || !extents.points ? 0.0 : data_room);
  ranges.y = choose(panel.y, extents.y, tight ? 0.0 : data_room);
  if (extents.from_zero && extents.y.low == 0.0 && !panel.y.low) ranges.y.low = 0.0;
  if (extents.from_zero && extents.y.high == 0.0 && !panel.y.high) ranges.y.high = 0.0;
  return ranges;
}

std::optional<ColourScale> colour_scale(const Panel& panel) {
  if (panel.heat_map && panel.heat_map->values.size() > 0) {
    const HeatMap& map = *panel.heat_map;
    return ColourScale{map.label, map.diverging, map.low, map.high, map.log};
  }
  const bool valued = std::ranges::any_of(panel.series, [](const Series& series) { return !series.values.empty(); });
  return valued ? panel.colours.value_or(ColourScale{}) : std::optional<ColourScale>{};
}

AxisRange colour_range(const Panel& panel, const ColourScale& scale) {
  Extent extent;
  if (panel.heat_map && panel.heat_map->values.size() > 0) {
    for (const double value : panel.heat_map->values.reshaped()) extent.add(value);
  } else {
    for (const Series& series : panel.series) {
      for (const double value : series.values) extent.add(value);
    }
  }
  if (scale.diverging && !extent.empty()) {
    const double widest = std::max(std::abs(extent.low), std::abs(extent.high));
    extent.add(widest);
    extent.add(-widest);
  }
  return choose(Axis{{}, scale.low, scale.high}, extent, 0.0);
}

double smallest_spacing(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !drawable(value); });
  if (values.empty()) return 0.0;
  std::ranges::sort(values);
  const double tolerance = 1e-6 * (values.back() - values.front());
  double smallest = 0.0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double distance = values[i] - values[i - 1];
    if (distance > tolerance && (smallest == 0.0 || distance < smallest)) smallest = distance;
  }
  return smallest;
}

double bar_width(const Series& series, const Panel& panel) {
  if (series.width > 0.0) return series.width;
  std::vector<double> places;
  for (const Series& other : panel.series) {
    if (other.kind == Series::Kind::bars) places.insert(places.end(), other.x.begin(), other.x.end());
  }
  const double spacing = smallest_spacing(std::move(places));
  return 0.8 * (spacing > 0.0 ? spacing : 1.0);
}

Ticks make_ticks(AxisRange range, int most) {
  const double unit = std::pow(10.0, std::floor(std::log10(range.span() / std::max(most, 1))));
  const double slack = 1e-9 * range.span();
  const auto count = [&](double step) {
    return std::floor((range.high + slack) / step) - std::ceil((range.low - slack) / step) + 1.0;
  };
  double step = 20.0 * unit;
  for (const double factor : {10.0, 5.0, 2.5, 2.0, 1.0}) {
    if (count(factor * unit) <= most) step = factor * unit;
  }
  return ticks_every(step, range);
}

Ticks make_log_ticks(AxisRange range, int most) {
  const auto fits = [most](const Ticks& ticks) { return ticks.at.size() >= 2 && std::ssize(ticks.at) <= most; };
  for (const auto& factors : {std::vector{1.0, 2.0, 5.0}, std::vector{1.0}}) {
    const Ticks ticks = ticks_at_powers(range, factors, 1);
    if (fits(ticks)) return ticks;
  }
  if (range.span() > 1.0) {
    const int stride = std::max(1, static_cast<int>(std::ceil(range.span() / most)));
    return ticks_at_powers(range, {1.0}, stride);
  }
  Ticks ticks = make_ticks({std::pow(10.0, range.low), std::pow(10.0, range.high)}, most);
  for (double& place : ticks.at) place = std::log10(place);
  return ticks;
}

Ticks named_ticks(const std::vector<AxisName>& names, AxisRange range, double pixels, const std::vector<double>& room) {
  Ticks ticks;
  std::vector<std::pair<double, double>> taken;  // from where to where, in pixels
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!(names[i].position >= range.low && names[i].position <= range.high)) continue;
    const double middle = (names[i].position - range.low) / range.span() * pixels;
    const double begin = middle - 0.5 * room[i], end = middle + 0.5 * room[i];
    const auto covers = [&](const auto& other) { return begin < other.second && other.first < end; };
    if (std::ranges::any_of(taken, covers)) continue;
    taken.emplace_back(begin, end);
    ticks.at.push_back(names[i].position);
    ticks.labels.push_back(names[i].words);
  }
  return ticks;
}

Ticks ticks_every(double step, AxisRange range) {
  const double slack = 1e-9 * range.span();
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  Ticks ticks;
  ticks.step = step;
  for (double number = std::ceil((range.low - slack) / step); number * step <= range.high + slack; number += 1.0) {
    if (ticks.at.size() >= 50) break;  // a step lost in rounding: values far larger than their differences
    ticks.at.push_back(number * step);
    ticks.labels.push_back(tick_label(number * step, step, size));
  }
  return ticks;
}

}  // namespace mrnn
