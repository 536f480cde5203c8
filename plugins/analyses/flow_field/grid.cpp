#include "grid.hpp"

#include <algorithm>
#include <string>

#include "mrnn/duration.hpp"

namespace flow_field {
namespace {

using mrnn::Index;

/// Panels of the figure where time_skip does not say.
constexpr Index default_panels = 6;
constexpr Index most_points = 501;

/// The range of a row with its margin, never empty.
std::array<double, 2> widened(const Eigen::RowVectorXd& row, double other_range, double margin) {
  const double low = row.minCoeff(), high = row.maxCoeff();
  if (high > low) return {low - margin * (high - low), high + margin * (high - low)};
  const double half = other_range > 0.0 ? 0.5 * other_range : 1.0;  // no movement along this axis
  return {low - half, high + half};
}

}  // namespace

GridChoice::GridChoice(const mrnn::ConfigNode& config) {
  points_ = config.count_or("num_points", 21, 2);
  if (points_ > most_points) config.fail("num_points", "is above " + std::to_string(most_points));
  follow_ = config.flag("follow_trajectory", false);
  if (!config.has("bounds")) {
    margin_ = config.within("margin", 0.0, 100.0, 0.2);
    return;
  }
  if (config.has("margin")) config.fail("margin", "has no meaning together with bounds");
  bounds_ = config.numbers("bounds");
  if (bounds_.size() != 4 || !(bounds_[0] < bounds_[1]) || !(bounds_[2] < bounds_[3])) {
    config.fail("bounds", "must be [x_low, x_high, y_low, y_high], each low below its high");
  }
}

Grid GridChoice::make(const Eigen::MatrixXd& trajectory, const Eigen::Vector2d& current) const {
  std::array<double, 2> x, y;
  if (bounds_.empty()) {
    const auto range = [&](Index axis) { return trajectory.row(axis).maxCoeff() - trajectory.row(axis).minCoeff(); };
    x = widened(trajectory.row(0), range(1), margin_);
    y = widened(trajectory.row(1), range(0), margin_);
    if (follow_) {  // the same size, about the current point
      const double half_x = 0.5 * (x[1] - x[0]), half_y = 0.5 * (y[1] - y[0]);
      x = {current(0) - half_x, current(0) + half_x};
      y = {current(1) - half_y, current(1) + half_y};
    }
  } else {
    const Eigen::Vector2d origin = follow_ ? current : Eigen::Vector2d(Eigen::Vector2d::Zero());
    x = {origin(0) + bounds_[0], origin(0) + bounds_[1]};
    y = {origin(1) + bounds_[2], origin(1) + bounds_[3]};
  }
  return {Eigen::VectorXd::LinSpaced(points_, x[0], x[1]), Eigen::VectorXd::LinSpaced(points_, y[0], y[1])};
}

StepChoice::StepChoice(const mrnn::ConfigNode& config, double dt) : config_(config) {
  const auto read_time = [&](const char* key) {
    const double time = config.number(key);
    if (time < 0.0) config.fail(key, "is negative; it is a time in ms from the start of the run");
    return mrnn::to_steps(time, dt);
  };
  if (config.has("start")) first_ = read_time("start");
  if (config.has("stop")) last_ = read_time("stop");
  if (last_ >= 0 && last_ <= first_) config.fail("stop", "is not after start by at least one step");
  if (config.has("time_skip")) skip_ = config.count("time_skip");
}

std::vector<Index> StepChoice::choose(const mrnn::Simulation& simulation, Index trial) const {
  std::vector<Index> known = simulation.steps_with_state(trial);
  std::erase_if(known, [this](Index step) { return step < first_ || (last_ >= 0 && step >= last_); });
  if (known.empty()) {
    config_.fail(config_.has("start") ? "start" : "",
                 "leaves no step of trial " + std::to_string(trial) + " of simulation \"" + simulation.name +
                     "\" whose state was recorded; it has " +
                     std::to_string(mrnn::trial_end(simulation.trials, trial)) + " steps");
  }
  const Index skip = skip_ > 0 ? skip_ : std::max<Index>(1, (std::ssize(known) + default_panels - 1) / default_panels);
  std::vector<Index> steps;
  for (Index i = 0; i < std::ssize(known); i += skip) steps.push_back(known[static_cast<std::size_t>(i)]);
  return steps;
}

}  // namespace flow_field
