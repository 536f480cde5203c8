#include "pca_figure.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mrnn/figure.hpp"

namespace pca {
namespace {

using mrnn::Index;

/// More trajectories than this cannot be told apart.
constexpr std::size_t most_conditions = 12, most_trials = 20;
/// Components whose variance is drawn.
constexpr Index most_components = 20;
constexpr double thin = 1.0, start_size = 8.0;  // pixels
constexpr double panel_size = 280.0;            // pixels
/// A line that is longer than so many diagonals of the panel is thinner, so that its turns can be seen.
constexpr double tangled = 8.0, very_thin = 0.6;
constexpr int most_columns = 3;

/// One trajectory in the plane of the first two components, or of one component over time.
mrnn::Series path(const mrnn::Sequence& all, Index trial, const Eigen::VectorXd& time) {
  mrnn::Series line;
  for (Index step = 0; step < all.steps; ++step) {
    const double first = all(0, trial, step);
    if (!std::isfinite(first)) continue;
    line.x.push_back(all.units > 1 ? first : time(step));
    line.y.push_back(all.units > 1 ? all(1, trial, step) : first);
  }
  return line;
}

void add_single_trials(const Projection& projection, const Eigen::VectorXd& time, mrnn::Panel& panel) {
  for (const std::size_t trial : mrnn::evenly_spread(static_cast<std::size_t>(projection.trials.trials), most_trials)) {
    mrnn::Series line = path(projection.trials, static_cast<Index>(trial), time);
    line.colour = mrnn::light_grey;
    line.width = thin;
    if (!line.x.empty()) panel.series.push_back(std::move(line));
  }
}

void add_conditions(const Projection& projection, const mrnn::Conditions& conditions, const Eigen::VectorXd& time,
                    bool labelled, mrnn::Panel& panel) {
  if (labelled) panel.key_title = mrnn::key_title(conditions);
  const mrnn::DrawnConditions drawn(conditions, most_conditions);
  for (const std::size_t number : drawn.numbers()) {
    mrnn::Series line = path(projection.conditions, static_cast<Index>(number), time);
    if (line.x.empty()) continue;
    const mrnn::ConditionStyle style = drawn.style(number);
    line.colour = style.colour;
    line.dashed = style.dashed;
    if (labelled) line.label = conditions.list[number].name;
    mrnn::Series start;
    start.kind = mrnn::Series::Kind::scatter;
    start.x = {line.x.front()};
    start.y = {line.y.front()};
    start.colour = style.colour;
    start.width = start_size;
    panel.series.push_back(std::move(line));
    panel.series.push_back(std::move(start));
  }
}

/// Makes lines that cross the panel again and again thin.
void thin_tangles(mrnn::Panel& panel) {
  std::vector<double> all_x, all_y;
  double longest = 0.0;
  for (const mrnn::Series& series : panel.series) {
    double length = 0.0;
    for (std::size_t k = 1; k < series.x.size(); ++k) {
      length += std::hypot(series.x[k] - series.x[k - 1], series.y[k] - series.y[k - 1]);
    }
    longest = std::max(longest, length);
    all_x.insert(all_x.end(), series.x.begin(), series.x.end());
    all_y.insert(all_y.end(), series.y.begin(), series.y.end());
  }
  if (all_x.empty()) return;
  const auto [left, right] = std::ranges::minmax(all_x);
  const auto [low, high] = std::ranges::minmax(all_y);
  if (longest < tangled * std::hypot(right - left, high - low)) return;
  for (mrnn::Series& series : panel.series) {
    if (series.kind == mrnn::Series::Kind::line) series.width = very_thin;
  }
}

/// 1, 2, 3, ...; of many every fifth.
std::vector<mrnn::AxisName> whole_numbers(Index count) {
  std::vector<mrnn::AxisName> names;
  for (Index k = 1; k <= count; ++k) {
    if (count > 10 && k % 5 != 0 && k != 1) continue;
    names.push_back({static_cast<double>(k), std::to_string(k)});
  }
  return names;
}

void lay_out(std::size_t panels, mrnn::Figure& figure) {
  figure.columns = std::min(most_columns, static_cast<int>(panels));
  figure.panel_width = figure.panel_height = panel_size;
}

mrnn::Series single_shares(const Eigen::VectorXd& shares, Index shown) {
  mrnn::Series points;
  points.kind = mrnn::Series::Kind::scatter;
  for (Index k = 0; k < shown; ++k) {
    points.x.push_back(static_cast<double>(k + 1));
    points.y.push_back(100.0 * shares(k));
  }
  return points;
}

}  // namespace

Index Projection::dimensions(double share) const {
  Index count = 0;
  for (double sum = 0.0; count < shares.size() && sum < share; ++count) sum += shares(count);
  return count;
}

mrnn::Figure draw_trajectories(const std::vector<Projection>& projections, const mrnn::Conditions& conditions,
                               const Eigen::VectorXd& time) {
  mrnn::Figure figure;
  figure.name = "trajectories";
  figure.title = "Activity along its principal components";
  figure.caption = conditions.grouped ? "Means over the trials of each condition; discs: where they start."
                                      : "Grey: single trials; colour: their mean, with a disc where it starts.";
  figure.caption += mrnn::DrawnConditions(conditions, most_conditions).left_out();
  lay_out(projections.size(), figure);
  for (std::size_t p = 0; p < projections.size(); ++p) {
    const Projection& projection = projections[p];
    const bool plane = projection.axes.directions.cols() > 1;
    mrnn::Panel panel;
    panel.title = projection.name;
    panel.x.label = plane ? mrnn::component_label(projection.axes, 0) : "time (ms)";
    panel.y.label = mrnn::component_label(projection.axes, plane ? 1 : 0);
    if (!conditions.grouped) add_single_trials(projection, time, panel);
    add_conditions(projection, conditions, time, p == 0 && conditions.list.size() > 1, panel);
    if (plane) thin_tangles(panel);
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

mrnn::Figure draw_variance(const std::vector<Projection>& projections) {
  mrnn::Figure figure;
  figure.name = "variance";
  figure.title = "Variance along principal components";
  figure.caption = "Discs: share of the variance along each component; line: along all up to it.";
  lay_out(projections.size(), figure);
  for (std::size_t p = 0; p < projections.size(); ++p) {
    const Projection& projection = projections[p];
    const Index shown = std::min(most_components, projection.shares.size());
    mrnn::Panel panel;
    panel.title = projection.name;
    panel.x = {"component", 0.5, static_cast<double>(shown) + 0.5};
    panel.x.names = whole_numbers(shown);
    panel.y = {"variance (%)", 0.0, 105.0};
    mrnn::Series cumulative;
    double sum = 0.0;
    for (Index k = 0; k < shown; ++k) {
      sum += projection.shares(k);
      cumulative.x.push_back(static_cast<double>(k + 1));
      cumulative.y.push_back(100.0 * sum);
    }
    mrnn::Series each = single_shares(projection.shares, shown);
    cumulative.colour = 1;
    if (p == 0) {
      each.label = "each";
      cumulative.label = "cumulative";
    }
    panel.series = {std::move(cumulative), std::move(each)};
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace pca
