// The figure of the analysis: full and linear trajectories, and the error over time.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "approximation_report.hpp"

namespace linear_approximation {
namespace {

using mrnn::Index;

/// Trials drawn; more cannot be told apart.
constexpr std::size_t most_trials = 4;
/// Decades of the error drawn below the largest; rounding lies further below.
constexpr double error_decades = 1e-5;
/// References marked; more would cover the lines.
constexpr std::size_t most_marks = 12;
/// The linear trajectory may leave the full one's range by this share of it before it is cut.
constexpr double margin = 0.25;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  mrnn::Axis axis(std::string label) const {
    const double air = high > low ? margin * (high - low) : 1.0;
    return {std::move(label), low - air, high + air};
  }
};

/// One trial's two lines: solid the full network, dashed the linear one.
void add_pair(std::vector<double> x, std::vector<double> full, std::vector<double> linear_x, std::vector<double> linear,
              int colour, const std::string& label, mrnn::Panel& panel) {
  mrnn::Series solid, dashed;
  solid.label = label;
  solid.colour = dashed.colour = colour;
  solid.x = std::move(x);
  solid.y = std::move(full);
  dashed.x = std::move(linear_x);
  dashed.y = std::move(linear);
  dashed.dashed = true;
  panel.series.push_back(std::move(solid));
  panel.series.push_back(std::move(dashed));
}

/// Along one component: the values of a stored trial over time.
std::vector<double> course(const mrnn::Sequence& states, const Plane& plane, Index component, Index trial) {
  std::vector<double> values;
  for (Index step = 0; step < states.steps; ++step) {
    const double value = plane.components.directions.col(component).dot(states.at(step).col(trial) - plane.mean);
    values.push_back(std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN());
  }
  return values;
}

/// Its condition, where the trials have one.
std::string condition_of(const Report& report, Index stored) {
  const auto trial = static_cast<std::size_t>(report.plan.trials[static_cast<std::size_t>(stored)]);
  const auto found = report.simulation.trials.texts.find("condition");
  return found == report.simulation.trials.texts.end() ? "" : found->second[trial];
}

std::string trial_label(const Report& report, Index stored) {
  const std::string trial = "trial " + std::to_string(report.plan.trials[static_cast<std::size_t>(stored)]);
  const std::string condition = condition_of(report, stored);
  return condition.empty() ? trial : trial + " (" + condition + ")";
}

/// The first stored trial of each condition; without conditions the first ones.
std::vector<Index> drawn_trials(const Report& report) {
  std::vector<Index> drawn;
  std::vector<std::string> seen;
  for (Index k = 0; k < report.plan.stored && drawn.size() < most_trials; ++k) {
    const std::string condition = condition_of(report, k);
    if (!condition.empty() && std::ranges::find(seen, condition) != seen.end()) continue;
    seen.push_back(condition);
    drawn.push_back(k);
  }
  return drawn;
}

mrnn::Panel plane_panel(const Report& report) {
  mrnn::Panel panel;
  panel.title = "full (solid) and linear (dashed)";
  Range x, y;
  mrnn::Series starts;
  starts.kind = mrnn::Series::Kind::scatter;
  starts.colour = mrnn::black;
  starts.label = "first step";
  int colour = 0;
  for (const Index k : drawn_trials(report)) {
    const auto along = [&](const mrnn::Sequence& states, Index component) {
      return course(states, report.plane, component, k);
    };
    const std::vector<double> full_x = along(report.comparison.full, 0), full_y = along(report.comparison.full, 1);
    for (const double value : full_x) x.include(value);
    for (const double value : full_y) y.include(value);
    starts.x.push_back(full_x.front());
    starts.y.push_back(full_y.front());
    add_pair(full_x, full_y, along(report.comparison.linear, 0), along(report.comparison.linear, 1), colour++,
             trial_label(report, k), panel);
  }
  panel.series.push_back(std::move(starts));
  panel.x = x.axis(mrnn::component_label(report.plane.components, 0));
  panel.y = y.axis(mrnn::component_label(report.plane.components, 1));
  return panel;
}

std::vector<double> times(const Report& report) {
  std::vector<double> times;
  for (Index step = report.plan.steps.first; step < report.plan.steps.last; ++step) {
    times.push_back(static_cast<double>(step) * report.dt);
  }
  return times;
}

/// Where the states move along one direction only, that one over time.
mrnn::Panel course_panel(const Report& report) {
  mrnn::Panel panel;
  panel.title = "full (solid) and linear (dashed)";
  panel.x.label = "time (ms)";
  Range y;
  int colour = 0;
  for (const Index k : drawn_trials(report)) {
    const std::vector<double> full = course(report.comparison.full, report.plane, 0, k);
    for (const double value : full) y.include(value);
    add_pair(times(report), full, times(report), course(report.comparison.linear, report.plane, 0, k), colour++,
             trial_label(report, k), panel);
  }
  panel.y = y.axis(mrnn::component_label(report.plane.components, 0));
  return panel;
}

/// The share-th quantile over trials at each step.
std::vector<double> over_trials(const Eigen::MatrixXd& values, double share) {
  std::vector<double> result;
  for (Index step = 0; step < values.cols(); ++step) {
    const Eigen::VectorXd column = values.col(step);
    result.push_back(quantile({column.begin(), column.end()}, share));
  }
  return result;
}

mrnn::Series median(const Report& report, const Eigen::MatrixXd& values) {
  mrnn::Series line;
  line.x = times(report);
  line.y = over_trials(values, 0.5);
  return line;
}

/// The axes and what is marked in them.
mrnn::Panel error_panel(const Report& report) {
  mrnn::Panel panel;
  panel.title = "error";
  const mrnn::StepRange& steps = report.plan.steps;
  panel.x = {"time (ms)", static_cast<double>(steps.first) * report.dt, static_cast<double>(steps.last) * report.dt};
  panel.y.label = "relative error";
  panel.y.log = true;
  panel.guides.push_back({mrnn::Guide::Kind::horizontal, report.threshold, ""});
  if (report.plan.references.size() > 1 && report.plan.references.size() <= most_marks) {
    for (const Index step : report.plan.references) {
      if (!report.plan.steps.contains(step)) continue;
      panel.guides.push_back({mrnn::Guide::Kind::vertical, static_cast<double>(step) * report.dt, ""});
    }
  }
  return panel;
}

/// Cuts the axis where errors are only rounding, and says of which lines nothing is left.
void cut_rounding(mrnn::Panel& panel) {
  double most = 0.0;
  for (const mrnn::Series& line : panel.series) {
    for (const double error : line.y) most = std::isfinite(error) ? std::max(most, error) : most;
  }
  const double floor = error_decades * most;
  double least = most;  // of what is drawn
  bool below = false;
  for (mrnn::Series& line : panel.series) {
    const auto rounding = [&](double error) { return !(error >= floor); };
    for (const double error : line.y) least = error >= floor ? std::min(least, error) : least;
    below = below || std::ranges::any_of(line.y, [&](double error) { return error > 0.0 && error < floor; });
    if (!line.label.empty() && most > 0.0 && std::ranges::all_of(line.y, rounding)) line.label += " (exact)";
  }
  if (below) panel.y.low = least;
}

mrnn::Panel all_panel(const Report& report) {
  mrnn::Panel panel = error_panel(report);
  if (report.plan.trials.size() > 1) {
    mrnn::Series band;
    band.kind = mrnn::Series::Kind::band;
    band.x = times(report);
    band.y = over_trials(report.measures.relative, 0.25);
    band.upper = over_trials(report.measures.relative, 0.75);
    panel.series.push_back(std::move(band));
  }
  panel.series.push_back(median(report, report.measures.relative));
  cut_rounding(panel);
  return panel;
}

mrnn::Panel region_panel(const Report& report) {
  mrnn::Panel panel = error_panel(report);
  panel.title = "error by region";
  const std::vector<Part>& parts = report.comparison.errors.parts();
  for (std::size_t r = 0; r < parts.size(); ++r) {
    mrnn::Series line = median(report, report.measures.parts[r]);
    line.label = parts[r].name;
    line.colour = mrnn::region_colour(report.network, parts[r].name);
    panel.series.push_back(std::move(line));
  }
  cut_rounding(panel);
  return panel;
}

}  // namespace

mrnn::Figure draw(const Report& report) {
  mrnn::Figure figure;
  figure.name = "linear_approximation";
  figure.title = "Linear approximation of " + report.simulation.name;
  figure.caption =
      "Error |linear - full| relative to the standard deviation over time of the trial: median over "
      "trials, band: quartiles. Dashed: threshold, and where the network is linearised again.";
  if (report.plan.stored > 0) {
    const Index components = report.plane.components.directions.cols();
    if (components > 1) figure.panels.push_back(plane_panel(report));
    if (components == 1) figure.panels.push_back(course_panel(report));
  }
  figure.panels.push_back(all_panel(report));
  if (report.comparison.errors.parts().size() > 1) figure.panels.push_back(region_panel(report));
  figure.columns = 0;
  return figure;
}

}  // namespace linear_approximation
