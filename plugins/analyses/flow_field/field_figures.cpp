#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "field_report.hpp"
#include "streamlines.hpp"

namespace flow_field {
namespace {

using mrnn::Index;

/// Arrows along one side of a panel: more cannot be seen.
constexpr Index most_arrows = 21;
/// Panels of a figure and frames of an animation; of more steps these many are drawn, evenly spaced.
constexpr std::size_t most_panels = 12, most_frames = 60;
/// Energies are drawn over this many decades below the largest.
constexpr double energy_decades = 12.0;
constexpr double frame_seconds = 0.3;
constexpr int path_colour = 1, point_colour = 3;
/// Steps of the trajectory that are drawn strong: this share of all, so many at least.
constexpr Index tails_in_trial = 8, shortest_tail = 5;

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

/// Edges of the heat map lie half a cell outside the outer points.
mrnn::HeatMap heat_map(const Grid& grid, Eigen::MatrixXd values, std::string label) {
  const auto half_cell = [](const Eigen::VectorXd& at) { return 0.5 * (at(1) - at(0)); };
  mrnn::HeatMap map;
  map.values = std::move(values);
  map.x_low = grid.x(0) - half_cell(grid.x);
  map.x_high = grid.x(grid.x.size() - 1) + half_cell(grid.x);
  map.y_low = grid.y(0) - half_cell(grid.y);
  map.y_high = grid.y(grid.y.size() - 1) + half_cell(grid.y);
  map.label = std::move(label);
  return map;
}

mrnn::Quiver arrows(const Field& field) {
  const Index every = (field.grid.x.size() + most_arrows - 1) / most_arrows;
  mrnn::Quiver quiver;
  for (Index row = 0; row < field.grid.y.size(); row += every) {
    for (Index column = 0; column < field.grid.x.size(); column += every) {
      if (!std::isfinite(field.velocity_x(row, column)) || !std::isfinite(field.velocity_y(row, column))) continue;
      quiver.x.push_back(field.grid.x(column));
      quiver.y.push_back(field.grid.y(row));
      quiver.u.push_back(field.velocity_x(row, column));
      quiver.v.push_back(field.velocity_y(row, column));
    }
  }
  return quiver;
}

/// The trajectory of the trial, strong where it came from, and where it is before the step.
void add_trajectory(const Report& report, const Drawing& drawing, const Field& field, mrnn::Panel& panel) {
  mrnn::Series path, past, point;
  const Index now = field.step - report.recorded.first;  // states after earlier steps are past
  const Index tail = now - std::max(shortest_tail, report.trajectories.steps / tails_in_trial);
  for (Index step = 0; step < report.trajectories.steps; ++step) {
    for (mrnn::Series* series : {&path, &past}) {
      if (series == &past && (step < tail || step >= now)) continue;
      series->x.push_back(report.trajectories(0, static_cast<Index>(report.shown), step));
      series->y.push_back(report.trajectories(1, static_cast<Index>(report.shown), step));
    }
  }
  path.width = 0.8;
  past.width = 1.8;
  path.colour = past.colour = path_colour;
  path.label = "trial " + std::to_string(drawing.trial);
  point.kind = mrnn::Series::Kind::scatter;
  point.x = {field.current(0)};
  point.y = {field.current(1)};
  point.colour = point_colour;
  point.width = 7.0;
  point.label = "state";
  for (mrnn::Series* series : {&path, &past, &point}) panel.series.push_back(std::move(*series));
}

/// Those at the step: discs where they are stable, rings where a mode grows.
void add_fixed_points(const Report& report, const Field& field, mrnn::Panel& panel) {
  mrnn::Series stable, unstable;
  stable.label = "stable fixed point";
  unstable.label = "unstable fixed point";
  unstable.open = true;
  for (const FixedPoint& point : *report.fixed_points) {
    if (point.step != field.step) continue;
    const Eigen::Vector2d place = point.place(report.plane);
    mrnn::Series& series = point.unstable == 0 ? stable : unstable;
    series.x.push_back(place(0));
    series.y.push_back(place(1));
  }
  for (mrnn::Series* series : {&stable, &unstable}) {
    series->kind = mrnn::Series::Kind::scatter;
    series->colour = mrnn::black;
    series->width = 7.5;
    panel.series.push_back(std::move(*series));
  }
}

/// One step: what is drawn over the colours.
mrnn::Panel panel(const Report& report, const Drawing& drawing, const Field& field) {
  mrnn::Panel panel;
  panel.title = "t = " + number(static_cast<double>(field.step) * report.dt) + " ms";
  const mrnn::HeatMap frame = heat_map(field.grid, {}, "");
  panel.x = {report.x_label, frame.x_low, frame.x_high};
  panel.y = {report.y_label, frame.y_low, frame.y_high};
  add_trajectory(report, drawing, field, panel);
  if (report.fixed_points) add_fixed_points(report, field, panel);
  return panel;
}

mrnn::Panel flow_panel(const Report& report, const Drawing& drawing, const Field& field) {
  mrnn::Panel over_speed = panel(report, drawing, field);
  over_speed.heat_map = heat_map(field.grid, field.speed(), "speed (1/ms)");
  if (drawing.draw != Draw::streamlines) over_speed.quiver = arrows(field);
  if (drawing.draw != Draw::arrows) {
    mrnn::Series lines = streamlines(field);
    lines.colour = mrnn::white;
    over_speed.series.insert(over_speed.series.begin(), std::move(lines));
  }
  return over_speed;
}

/// Whole powers of ten within a range.
std::vector<double> decades(double low, double high) {
  std::vector<double> levels;
  if (!(low > 0.0) || !std::isfinite(high)) return levels;
  for (double power = std::ceil(std::log10(low)); power <= std::log10(high); power += 1.0) {
    levels.push_back(std::pow(10.0, power));
  }
  return levels;
}

mrnn::Panel energy_panel(const Report& report, const Drawing& drawing, const Field& field, double largest) {
  mrnn::Panel over_energy = panel(report, drawing, field);
  const double floor = largest > 0.0 ? largest * std::pow(10.0, -energy_decades) : 1.0;
  over_energy.heat_map = heat_map(field.grid, field.energy.cwiseMax(floor), "q (a.u.²)");
  over_energy.heat_map->log = true;
  over_energy.heat_map->contours = decades(floor, largest);
  return over_energy;
}

std::vector<std::size_t> evenly(std::size_t count, std::size_t most) {
  std::vector<std::size_t> chosen;
  const std::size_t panels = std::min(count, most);
  for (std::size_t k = 0; k < panels; ++k) chosen.push_back(k * count / panels);
  return chosen;
}

std::string flow_caption(const Report& report, const Drawing& drawing) {
  std::string caption = drawing.draw == Draw::arrows        ? "Arrows: velocity in the plane"
                        : drawing.draw == Draw::streamlines ? "White lines follow the flow in the plane"
                                                            : "Arrows: velocity in the plane; white lines follow it";
  caption +=
      "; colour: speed; line: the trajectory, strong where it came from, with a point where it is before the step.";
  if (report.fields.size() > 1) caption += " Each panel has the inputs of its own step.";
  if (report.fixed_points) {
    caption += " Fixed points under the inputs of the step as seen in the plane: discs stable, rings unstable.";
  }
  return caption;
}

}  // namespace

void add_figures(const Report& report, const Drawing& drawing, mrnn::AnalysisResults& results) {
  const std::string suffix = drawing.of.empty() ? "" : "_" + drawing.of;
  const std::string of = drawing.of.empty() ? "" : " of " + drawing.of;
  mrnn::Figure flow;
  flow.name = "flow_field" + suffix;
  flow.title = "Flow field" + of;
  flow.caption = flow_caption(report, drawing);
  flow.columns = std::min<int>(3, static_cast<int>(report.fields.size()));
  flow.shared_colours = true;
  flow.shared_x = flow.shared_y = !drawing.follows;
  mrnn::Figure energy = flow, film = flow;
  energy.name = "energy_landscape" + suffix;
  energy.title = "Energy landscape" + of;
  energy.caption =
      "q = 1/2 |F(x) - x|^2, low where the state hardly moves; lines: powers of ten. Line and point: the trajectory.";
  if (report.fields.size() > 1) energy.caption += " Each panel has the inputs of its own step.";
  double largest = 0.0;
  for (const Field& field : report.fields) largest = std::max(largest, field.energy.maxCoeff());
  for (const std::size_t f : evenly(report.fields.size(), most_panels)) {
    flow.panels.push_back(flow_panel(report, drawing, report.fields[f]));
    energy.panels.push_back(energy_panel(report, drawing, report.fields[f], largest));
  }
  results.figures.push_back(std::move(flow));
  results.figures.push_back(std::move(energy));
  if (!drawing.animate) return;
  film.name = "animation" + suffix;
  film.title = "Flow field" + of + ", step by step";
  film.frame_seconds = frame_seconds;
  for (const std::size_t f : evenly(report.fields.size(), most_frames)) {
    film.panels.push_back(flow_panel(report, drawing, report.fields[f]));
  }
  results.figures.push_back(std::move(film));
}

}  // namespace flow_field
