#include "field_report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <utility>

namespace flow_field {
namespace {

using mrnn::Index;

/// Arrows along one side of a panel: more cannot be seen.
constexpr Index most_arrows = 21;
/// Panels of a figure; of more steps these many are drawn, evenly spaced.
constexpr std::size_t most_panels = 12;
/// Energies are drawn over this many decades below the largest.
constexpr double energy_decades = 12.0;

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

/// (time, row, column) from a matrix per step.
mrnn::NamedArray stacked(const std::vector<Field>& fields, std::string name, std::string units, std::string description,
                         const std::function<Eigen::MatrixXd(const Field&)>& values) {
  const Index rows = fields.front().energy.rows(), columns = fields.front().energy.cols();
  mrnn::NamedArray array{std::move(name),  {std::ssize(fields), rows, columns}, {},
                         std::move(units), {"time", "row", "column"},           std::move(description)};
  for (const Field& field : fields) {
    const Eigen::MatrixXd transposed = values(field).transpose();  // row-major
    array.values.insert(array.values.end(), transposed.data(), transposed.data() + transposed.size());
  }
  return array;
}

/// (time, something) from a vector per step.
mrnn::NamedArray stacked_rows(const std::vector<Field>& fields, std::string name, std::string axis,
                              std::string description, const std::function<Eigen::VectorXd(const Field&)>& values) {
  const Index length = values(fields.front()).size();
  mrnn::NamedArray array{std::move(name), {std::ssize(fields), length}, {},
                         "a.u.",          {"time", std::move(axis)},    std::move(description)};
  for (const Field& field : fields) {
    const Eigen::VectorXd row = values(field);
    array.values.insert(array.values.end(), row.begin(), row.end());
  }
  return array;
}

double fastest(const std::vector<Field>& fields) {
  double most = 0.0;
  for (const Field& field : fields) most = std::max(most, field.speed().maxCoeff());
  return most;
}

void add_plane(const Report& report, mrnn::AnalysisResults& results) {
  results.add("mean", report.plane.mean, {"unit"}, "a.u.", "m, the mean state of the selected units");
  results.add("axes", report.plane.axes.transpose(), {"component", "unit"}, "1", "A, orthonormal axes of the plane");
  if (report.plane.explained_variance.size() > 0) {
    results.add("explained_variance", report.plane.explained_variance, {"component"}, "1",
                "share of the variance along each of the leading principal components");
  }
}

void add_trajectories(const Report& report, mrnn::AnalysisResults& results) {
  const mrnn::Sequence& all = report.trajectories;
  mrnn::NamedArray array{"trajectory", {all.trials, all.steps, 2},     {},
                         "a.u.",       {"trial", "time", "component"}, "states after each recorded step, in the plane"};
  for (Index trial = 0; trial < all.trials; ++trial) {
    for (Index step = 0; step < all.steps; ++step) {
      array.values.push_back(all(0, trial, step));
      array.values.push_back(all(1, trial, step));
    }
  }
  results.add(std::move(array));
  mrnn::NamedArray time{"trajectory_time", {all.steps}, {}, "ms", {"time"}, "of the trajectory"};
  for (Index step = 0; step < all.steps; ++step) {
    time.values.push_back(static_cast<double>(report.recorded.first + step) * report.dt);
  }
  results.add(std::move(time));
}

// --- Figures --------------------------------------------------------------------------------------------

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

/// The trajectory of the trial and where it is now.
void add_trajectory(const Report& report, const Field& field, mrnn::Panel& panel) {
  mrnn::Series path, point;
  for (Index step = 0; step < report.trajectories.steps; ++step) {
    path.x.push_back(report.trajectories(0, static_cast<Index>(report.shown), step));
    path.y.push_back(report.trajectories(1, static_cast<Index>(report.shown), step));
  }
  point.kind = mrnn::Series::Kind::scatter;
  point.x = {field.current(0)};
  point.y = {field.current(1)};
  path.colour = 1;
  point.colour = 3;
  panel.series = {std::move(path), std::move(point)};
}

mrnn::Panel panel(const Report& report, const Field& field) {
  mrnn::Panel panel;
  panel.title = "t = " + number(static_cast<double>(field.step) * report.dt) + " ms";
  const mrnn::HeatMap frame = heat_map(field.grid, {}, "");
  panel.x = {report.x_label, frame.x_low, frame.x_high};
  panel.y = {report.y_label, frame.y_low, frame.y_high};
  add_trajectory(report, field, panel);
  return panel;
}

Eigen::MatrixXd log_energy(const Field& field, double largest) {
  const double floor = largest > 0.0 ? largest * std::pow(10.0, -energy_decades) : 1.0;
  return field.energy.unaryExpr([floor](double energy) { return std::log10(std::max(energy, floor)); });
}

std::vector<std::size_t> drawn(std::size_t count) {
  std::vector<std::size_t> chosen;
  const std::size_t panels = std::min(count, most_panels);
  for (std::size_t k = 0; k < panels; ++k) chosen.push_back(k * count / panels);
  return chosen;
}

}  // namespace

void add_arrays(const Report& report, mrnn::AnalysisResults& results) {
  const std::vector<Field>& fields = report.fields;
  add_plane(report, results);
  add_trajectories(report, results);
  results.add(stacked_rows(fields, "grid_x", "column", "first coordinate of the grid's columns",
                           [](const Field& field) { return field.grid.x; }));
  results.add(stacked_rows(fields, "grid_y", "row", "second coordinate of the grid's rows",
                           [](const Field& field) { return field.grid.y; }));
  results.add(stacked_rows(fields, "current", "component", "the trajectory before each step, in the plane",
                           [](const Field& field) { return Eigen::VectorXd(field.current); }));
  results.add(stacked(fields, "velocity_x", "1/ms", "flow along the first axis, state per ms",
                      [](const Field& field) { return field.velocity_x; }));
  results.add(stacked(fields, "velocity_y", "1/ms", "flow along the second axis, state per ms",
                      [](const Field& field) { return field.velocity_y; }));
  results.add(
      stacked(fields, "speed", "1/ms", "length of the velocity", [](const Field& field) { return field.speed(); }));
  const double most = fastest(fields);
  results.add(
      stacked(fields, "relative_speed", "1", "speed relative to the largest of all steps", [&](const Field& field) {
        return Eigen::MatrixXd(most > 0.0 ? Eigen::MatrixXd(field.speed() / most) : field.speed());
      }));
  results.add(stacked(fields, "energy", "a.u.", "q = 1/2 |F(x) - x|^2 over the selected units",
                      [](const Field& field) { return field.energy; }));
  mrnn::NamedArray steps{"steps", {std::ssize(fields)}, {}, "1", {"time"}, "steps whose inputs drive the flow"};
  mrnn::NamedArray time{"time", {std::ssize(fields)}, {}, "ms", {"time"}, "of those steps"};
  for (const Field& field : fields) {
    steps.values.push_back(static_cast<double>(field.step));
    time.values.push_back(static_cast<double>(field.step) * report.dt);
  }
  results.add(std::move(steps));
  results.add(std::move(time));
}

void add_figures(const Report& report, mrnn::AnalysisResults& results) {
  mrnn::Figure flow, energy;
  flow.name = "flow_field";
  flow.title = "Flow field";
  flow.caption =
      "Arrows: velocity in the plane; colour: speed; line: the trajectory, with a point where it is before the step.";
  energy.name = "energy_landscape";
  energy.title = "Energy landscape";
  energy.caption = "log10 of q = 1/2 |F(x) - x|^2: low where the state hardly moves.";
  flow.columns = energy.columns = std::min<int>(3, static_cast<int>(report.fields.size()));
  double largest = 0.0;
  for (const Field& field : report.fields) largest = std::max(largest, field.energy.maxCoeff());
  for (const std::size_t f : drawn(report.fields.size())) {
    const Field& field = report.fields[f];
    mrnn::Panel over_speed = panel(report, field), over_energy = over_speed;
    over_speed.heat_map = heat_map(field.grid, field.speed(), "speed (1/ms)");
    over_speed.quiver = arrows(field);
    over_energy.heat_map = heat_map(field.grid, log_energy(field, largest), "log10 q");
    flow.panels.push_back(std::move(over_speed));
    energy.panels.push_back(std::move(over_energy));
  }
  results.figures.push_back(std::move(flow));
  results.figures.push_back(std::move(energy));
}

}  // namespace flow_field
