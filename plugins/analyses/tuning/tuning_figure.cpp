#include "tuning_figure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace tuning {
namespace {

constexpr std::size_t examples = 6;
/// Ends a line, so that the next point begins another.
constexpr double gap = std::numeric_limits<double>::quiet_NaN();

std::string short_number(double value, const char* format) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// A unit of a population.
struct Example {
  std::size_t population = 0;
  Index unit = 0;
};

/// Each population's best, then each one's second best, and so on; units without variance never.
std::vector<Example> choose(const std::vector<Tuned>& populations) {
  std::vector<std::vector<Index>> orders;
  for (const Tuned& tuned : populations) {
    std::vector<Index> order(static_cast<std::size_t>(tuned.r_squared.size()));
    std::iota(order.begin(), order.end(), Index{0});
    std::erase_if(order, [&](Index unit) { return !(tuned.variance(unit) > 0.0); });
    std::ranges::stable_sort(order, std::greater<>(), [&](Index unit) { return tuned.r_squared(unit); });
    orders.push_back(std::move(order));
  }
  std::vector<Example> chosen;
  for (std::size_t rank = 0; chosen.size() < examples; ++rank) {
    const std::size_t before = chosen.size();
    for (std::size_t p = 0; p < orders.size() && chosen.size() < examples; ++p) {
      if (rank < orders[p].size()) chosen.push_back({p, orders[p][rank]});
    }
    if (chosen.size() == before) break;
  }
  return chosen;
}

mrnn::Panel example_panel(const Drawing& drawing, const Example& example) {
  constexpr int curve_points = 100;
  const Tuned& tuned = drawing.populations[example.population];
  const int colour = mrnn::region_colour(drawing.network, tuned.population.name);
  mrnn::Panel panel;
  panel.title = tuned.population.name + " " + std::to_string(example.unit) + " (R² " +
                short_number(tuned.r_squared(example.unit), "%.2f") + ")";
  panel.x.label = drawing.variable;
  if (drawing.scale.circular) {
    panel.x.low = 0.0;
    panel.x.high = drawing.scale.period;
    for (int quarter = 0; quarter <= 4; ++quarter) {
      const double place = quarter * drawing.scale.period / 4.0;
      panel.x.names.push_back({place, short_number(place, "%.4g")});
    }
  }
  panel.y.label = drawing.quantity;
  mrnn::Series points, bars, line;
  points.kind = mrnn::Series::Kind::scatter;
  points.width = 6.0;
  bars.width = 1.5;
  points.colour = bars.colour = line.colour = colour;
  for (Index point = 0; point < drawing.points.values.size(); ++point) {
    const double x = drawing.points.values(point), mean = tuned.curves.mean(example.unit, point);
    const double sem = tuned.curves.sem(example.unit, point);
    points.x.push_back(x);
    points.y.push_back(mean);
    bars.x.insert(bars.x.end(), {x, x, gap});
    bars.y.insert(bars.y.end(), {mean - sem, mean + sem, gap});
  }
  for (int k = 0; k <= curve_points; ++k) {
    line.x.push_back(drawing.low + (drawing.high - drawing.low) * k / curve_points);
    line.y.push_back(drawing.regression.at(tuned.coefficients.row(example.unit), line.x.back()));
  }
  panel.series = {std::move(line), std::move(bars), std::move(points)};
  return panel;
}

/// How a population is drawn: the second and later ones of a region paler and dashed.
struct Style {
  int colour = 0;
  bool repeated = false;
};

std::vector<Style> styles_of(const Drawing& drawing) {
  std::vector<Style> styles;
  for (const Tuned& tuned : drawing.populations) {
    const int colour = mrnn::region_colour(drawing.network, tuned.population.name);
    const bool repeated = std::ranges::find(styles, colour, &Style::colour) != styles.end();
    styles.push_back({colour, repeated});
  }
  return styles;
}

/// Which bar of the histogram a preferred value belongs to: a twelfth of the circle, or a point of the curves.
constexpr Index bars_of_circle = 12;

Index bars_of(const Drawing& drawing) {
  return drawing.scale.circular ? bars_of_circle : drawing.points.values.size();
}

Index bar_of(const Drawing& drawing, double value) {
  if (drawing.scale.circular) {
    return std::min(static_cast<Index>(value / drawing.scale.period * bars_of_circle), bars_of_circle - 1);
  }
  Index nearest = 0;
  (drawing.points.values.array() - value).abs().minCoeff(&nearest);
  return nearest;
}

std::vector<double> shares_of(const Drawing& drawing, const Tuned& tuned) {
  std::vector<double> shares(static_cast<std::size_t>(bars_of(drawing)), 0.0);
  for (Index unit = 0; unit < tuned.r_squared.size(); ++unit) {
    const double value = tuned.measures.preferred(unit);
    if (!tuned.significant[static_cast<std::size_t>(unit)] || !std::isfinite(value)) continue;
    shares[static_cast<std::size_t>(bar_of(drawing, value))] += 100.0 / static_cast<double>(tuned.count());
  }
  return shares;
}

/// Bars of the populations side by side in each bin, which is 1 wide.
void add_bars(const std::vector<double>& shares, const Style& style, double left, double width, mrnn::Panel& panel) {
  for (std::size_t bar = 0; bar < shares.size(); ++bar) {
    if (shares[bar] == 0.0) continue;
    const double low = static_cast<double>(bar) + left, high = low + width;
    panel.polygons.push_back(
        {{low, high, high, low}, {0.0, 0.0, shares[bar], shares[bar]}, style.colour, style.colour});
    panel.polygons.back().tint = style.repeated ? 0.35 : 1.0;
  }
}

/// Quarters of the circle, or the points under their bars.
std::vector<mrnn::AxisName> bar_names(const Drawing& drawing) {
  std::vector<mrnn::AxisName> names;
  if (drawing.scale.circular) {
    for (int quarter = 0; quarter <= 4; ++quarter) {
      names.push_back({quarter * bars_of_circle / 4.0, short_number(quarter * drawing.scale.period / 4.0, "%.4g")});
    }
    return names;
  }
  for (Index point = 0; point < drawing.points.values.size(); ++point) {
    names.push_back({static_cast<double>(point) + 0.5, short_number(drawing.points.values(point), "%.3g")});
  }
  return names;
}

/// Share of units with an R^2 up to x.
mrnn::Series distribution(const VectorXd& r_squared) {
  std::vector<double> sorted(r_squared.begin(), r_squared.end());
  std::ranges::sort(sorted);
  mrnn::Series line;
  line.x = {0.0};
  line.y = {0.0};
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    line.x.insert(line.x.end(), {sorted[k], sorted[k]});
    const double before = line.y.back();
    line.y.insert(line.y.end(), {before, 100.0 * static_cast<double>(k + 1) / static_cast<double>(sorted.size())});
  }
  line.x.push_back(1.0);
  line.y.push_back(100.0);
  return line;
}

}  // namespace

Index Tuned::count() const noexcept {
  return std::count(significant.begin(), significant.end(), true);
}

mrnn::Figure draw_examples(const Drawing& drawing) {
  mrnn::Figure figure;
  figure.name = "tuning";
  figure.title = "Tuning of the best fitted units";
  figure.caption = "Means and standard errors over trials; lines: ";
  figure.caption += drawing.scale.circular ? "cosine" : "linear";
  figure.caption += " fits to single trials. Units are counted within their region.";
  figure.columns = 3;
  for (const Example& example : choose(drawing.populations)) {
    figure.panels.push_back(example_panel(drawing, example));
  }
  return figure;
}

mrnn::Figure draw_distribution(const Drawing& drawing) {
  constexpr double gap = 0.15;  // of the bins, beside the bars
  mrnn::Panel preferred, fitted;
  const std::string units = drawing.tested ? "tuned units" : "units";
  preferred.title = "Preferred values of " + units;
  preferred.x = {drawing.variable, 0.0, static_cast<double>(bars_of(drawing))};
  preferred.x.names = bar_names(drawing);
  preferred.y = {"share of " + units + " (%)", 0.0, std::nullopt};
  fitted.title = "Fits of all units";
  fitted.x = {"R²", 0.0, 1.0};
  fitted.y = {"share of units with R² up to x (%)", 0.0, 102.0};
  const std::vector<Style> styles = styles_of(drawing);
  const double width = (1.0 - gap) / static_cast<double>(styles.size());
  bool repeated = false;
  for (std::size_t p = 0; p < styles.size(); ++p) {
    const Tuned& tuned = drawing.populations[p];
    mrnn::Series line = distribution(tuned.r_squared);
    line.label = tuned.population.name;
    line.colour = styles[p].colour;
    line.dashed = styles[p].repeated;
    repeated = repeated || line.dashed;
    fitted.series.push_back(std::move(line));
    if (tuned.count() == 0) continue;
    add_bars(shares_of(drawing, tuned), styles[p], 0.5 * gap + static_cast<double>(p) * width, width, preferred);
  }
  mrnn::Figure figure;
  figure.name = "distribution";
  figure.title = "Tuning by region";
  figure.columns = 2;
  if (styles.size() > 1) figure.caption = "Bars: in the order of the key";
  if (styles.size() > 1) figure.caption += repeated ? ", paler where lines are dashed." : ".";
  // The first panel's key is the figure's.
  figure.panels = {std::move(fitted), std::move(preferred)};
  return figure;
}

}  // namespace tuning
