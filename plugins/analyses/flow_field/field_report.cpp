#include "field_report.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace flow_field {
namespace {

using mrnn::Index;

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

/// One row per fixed point.
void add_fixed_points(const Report& report, mrnn::AnalysisResults& results) {
  const std::vector<FixedPoint>& points = *report.fixed_points;
  const Index count = std::ssize(points), units = report.plane.mean.size();
  mrnn::NamedArray states{"fixed_points", {count, units}, {}, "a.u.", {"point", "unit"}, "states with F(x) = x"};
  mrnn::NamedArray places{"fixed_points_place", {count, 2}, {}, "a.u.", {"point", "component"}, "seen in the plane"};
  for (const FixedPoint& point : points) {
    states.values.insert(states.values.end(), point.state.begin(), point.state.end());
    const Eigen::Vector2d place = point.place(report.plane);
    places.values.insert(places.values.end(), place.begin(), place.end());
  }
  results.add(std::move(states));
  results.add(std::move(places));
  const auto add = [&](const char* name, const char* unit, const char* description, auto value) {
    mrnn::NamedArray array{name, {count}, {}, unit, {"point"}, description};
    for (const FixedPoint& point : points) array.values.push_back(value(point));
    results.add(std::move(array));
  };
  using Point = const FixedPoint&;
  add("fixed_points_step", "1", "step whose inputs are held", [](Point p) { return static_cast<double>(p.step); });
  add("fixed_points_off_plane", "a.u.", "distance from the plane", [&](Point p) { return p.off_plane(report.plane); });
  add("fixed_points_q", "a.u.", "1/2 |F(x) - x|^2", [](Point p) { return p.q; });
  add("fixed_points_unstable_modes", "1", "modes of |lambda| above 1",
      [](Point p) { return static_cast<double>(p.unstable); });
}

void add_trajectories(const Report& report, mrnn::AnalysisResults& results) {
  const mrnn::Sequence& all = report.trajectories;
  mrnn::NamedArray array{"trajectory",
                         {all.trials, all.steps, 2},
                         {},
                         "a.u.",
                         {"trial", "time", "component"},
                         "states after each recorded step, in the plane; NaN after a trial's end"};
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
  if (report.fixed_points) add_fixed_points(report, results);
}

}  // namespace flow_field
