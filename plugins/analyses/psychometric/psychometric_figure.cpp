#include "psychometric_figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace psychometric {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Of more curves in a panel the intervals would hide each other.
constexpr std::size_t most_with_intervals = 4;

/// How a curve is drawn.
struct Style {
  std::string label;
  int colour = 0;
  bool intervals = true;
};

void add_points(const Fitted& fitted, const Style& style, mrnn::Panel& panel) {
  mrnn::Series points, bars;
  points.kind = mrnn::Series::Kind::scatter;
  points.label = style.label;
  points.width = 6.0;
  points.colour = bars.colour = style.colour;
  bars.width = 1.0;
  for (const mrnn::Choices& choices : fitted.shown) {
    const double x = choices.variable;  // not set aside: data of the figure have one x, and it must be the true one
    points.x.push_back(x);
    points.y.push_back(choices.share());
    const auto [low, high] = mrnn::wilson_interval(choices);
    bars.x.insert(bars.x.end(), {x, x, nan});
    bars.y.insert(bars.y.end(), {low, high, nan});
  }
  if (style.intervals) panel.series.push_back(std::move(bars));
  panel.series.push_back(std::move(points));
}

void add_curve(const Fitted& fitted, const Style& style, mrnn::Panel& panel) {
  mrnn::Series line, band;
  line.colour = band.colour = style.colour;
  line.x = band.x = fitted.x;
  line.y = fitted.y;
  band.kind = mrnn::Series::Kind::band;
  band.y = fitted.low;
  band.upper = fitted.high;
  if (style.intervals && std::isfinite(fitted.low.front())) panel.series.insert(panel.series.begin(), std::move(band));
  panel.series.push_back(std::move(line));
}

mrnn::Panel empty_panel(const Drawing& drawing) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Fitted& fitted : drawing.curves) {
    low = std::min(low, fitted.shown.front().variable);
    high = std::max(high, fitted.shown.back().variable);
  }
  mrnn::Panel panel;
  panel.x = {drawing.question.x_label, low - 0.04 * (high - low), high + 0.04 * (high - low)};
  panel.y = {drawing.question.y_label, -0.02, 1.02};
  panel.guides.push_back({mrnn::Guide::Kind::horizontal, 0.5, ""});
  if (low < 0.0 && high > 0.0) panel.guides.push_back({mrnn::Guide::Kind::vertical, 0.0, ""});
  return panel;
}

/// Curves in one panel, each in a colour of its own.
mrnn::Panel panel_of(const Drawing& drawing, const std::vector<const Fitted*>& curves,
                     const std::vector<Style>& styles) {
  mrnn::Panel panel = empty_panel(drawing);
  for (std::size_t k = 0; k < curves.size(); ++k) add_curve(*curves[k], styles[k], panel);
  for (std::size_t k = 0; k < curves.size(); ++k) add_points(*curves[k], styles[k], panel);
  return panel;
}

std::set<std::size_t> values_of(const Drawing& drawing) {
  std::set<std::size_t> values;
  for (const Fitted& fitted : drawing.curves) values.insert(fitted.group.value);
  return values;
}

/// Several simulations of several groups: colours stand for simulations.
bool compares_groups(const Drawing& drawing) {
  return drawing.simulations > 1 && values_of(drawing).size() > 1;
}

void add_estimate(const Estimate& estimate, double x, int colour, mrnn::Panel& panel) {
  mrnn::Series point, bar;
  point.kind = mrnn::Series::Kind::scatter;
  point.width = 7.0;
  bar.width = 1.5;
  point.colour = bar.colour = colour;
  point.x = {x};
  point.y = {estimate.value};
  bar.x = {x, x};
  bar.y = {estimate.low, estimate.high};
  panel.series.push_back(std::move(bar));
  panel.series.push_back(std::move(point));
}

/// @param intervals  of all curves
std::string caption(const Drawing& drawing, bool intervals) {
  if (!intervals) {
    return "Discs: shares of choices. Lines: curves fitted by maximum likelihood. Of more than " +
           std::to_string(most_with_intervals) + " curves in a panel no intervals are drawn.";
  }
  const bool banded = std::isfinite(drawing.curves.front().low.front());
  return std::string(
             "Discs: shares of choices, bars: their 95 % intervals (Wilson). Lines: curves fitted by maximum ") +
         "likelihood" + (banded ? ", bands: their 95 % intervals (bootstrap)." : ".");
}

}  // namespace

mrnn::Figure draw_curves(const Drawing& drawing) {
  const std::set<std::size_t> values = values_of(drawing);
  const bool by_group = compares_groups(drawing);
  mrnn::Figure figure;
  figure.name = "psychometric";
  figure.title = "Psychometric curves";
  figure.columns = by_group ? (values.size() > 4 ? 3 : 2) : 1;
  bool intervals = true;
  const auto add = [&](const std::string& title, const std::vector<const Fitted*>& curves) {
    std::vector<Style> styles;
    for (std::size_t k = 0; k < curves.size(); ++k) {
      const int colour = by_group ? static_cast<int>(curves[k]->group.simulation) : static_cast<int>(k);
      const std::string& name = curves[k]->group.name;
      const std::string label = by_group ? name.substr(0, name.find(": ")) : name;
      styles.push_back({drawing.curves.size() > 1 ? label : "", colour, curves.size() <= most_with_intervals});
    }
    figure.panels.push_back(panel_of(drawing, curves, styles));
    figure.panels.back().title = title;
    intervals = intervals && curves.size() <= most_with_intervals;
  };
  for (const std::size_t value : by_group ? values : std::set<std::size_t>{0}) {
    std::vector<const Fitted*> curves;
    for (const Fitted& fitted : drawing.curves) {
      if (!by_group || fitted.group.value == value) curves.push_back(&fitted);
    }
    const std::string& name = curves.front()->group.name;
    add(by_group ? name.substr(name.find(": ") + 2) : "", curves);
  }
  figure.caption = caption(drawing, intervals);
  return figure;
}

mrnn::Figure draw_parameters(const Drawing& drawing) {
  const bool by_group = compares_groups(drawing);
  mrnn::Figure figure;
  figure.name = "parameters";
  figure.title = "Parameters of the psychometric curves";
  figure.caption =
      "Bars: 95 % intervals (bootstrap). Bias and threshold are left out where the choices do not determine "
      "them.";
  figure.columns = 2;
  figure.panel_height = 170.0;
  const auto add = [&](const char* title, const std::string& label, Estimate Fitted::*parameter) {
    mrnn::Panel panel;
    panel.title = title;
    panel.y.label = label;
    panel.x = {"", 0.5, static_cast<double>(drawing.curves.size()) + 0.5};
    for (std::size_t k = 0; k < drawing.curves.size(); ++k) {
      const double x = static_cast<double>(k) + 1.0;
      panel.x.names.push_back({x, drawing.curves[k].group.name});
      const bool unknown = drawing.curves[k].curve.at_limit || drawing.curves[k].flat();
      if (unknown && parameter != &Fitted::guess && parameter != &Fitted::lapse) continue;
      const int colour = by_group ? static_cast<int>(drawing.curves[k].group.simulation) : static_cast<int>(k);
      add_estimate(drawing.curves[k].*parameter, x, colour, panel);
    }
    figure.panels.push_back(std::move(panel));
  };
  const std::string& x = drawing.question.x_label;
  const std::string variable = x.substr(0, x.find(','));  // without what its sign means
  add("Bias", variable + ": where one half", &Fitted::bias);
  add("Threshold", variable + ": from the bias to 3/4", &Fitted::threshold);
  add("Guess rate", "lower asymptote", &Fitted::guess);
  add("Lapse rate", "1 - upper asymptote", &Fitted::lapse);
  return figure;
}

}  // namespace psychometric
