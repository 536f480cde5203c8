#include "plane.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "mrnn/components.hpp"

namespace flow_field {
namespace {

using mrnn::Index;

/// Shares of variance handed back at least, where there are so many.
constexpr Index shown_components = 10;
/// Sine of the angle below which two given axes count as parallel.
constexpr double parallel = 1e-8;

}  // namespace

PlaneChoice::PlaneChoice(const mrnn::ConfigNode& config, Index units) : config_(config) {
  if (units < 2) config.fail("regions", "select " + std::to_string(units) + " unit; a plane needs two at least");
  if (config.has("axis_x") || config.has("axis_y")) {
    if (config.has("components")) config.fail("components", "cannot be given together with axis_x and axis_y");
    given_.resize(units, 2);
    given_.col(0) = read_axis("axis_x", units).normalized();
    const Eigen::VectorXd second = read_axis("axis_y", units).normalized();
    const Eigen::VectorXd rest = second - given_.col(0).dot(second) * given_.col(0);
    if (rest.norm() < parallel) config.fail("axis_y", "is parallel to axis_x; two directions span a plane");
    given_.col(1) = rest.normalized();
    return;
  }
  const std::vector<double> numbers = config.numbers("components", {1.0, 2.0});
  const auto valid = [units](double c) { return c >= 1.0 && c <= static_cast<double>(units) && c == std::floor(c); };
  if (numbers.size() != 2 || !std::ranges::all_of(numbers, valid) || numbers[0] == numbers[1]) {
    config.fail("components", "must be two different numbers from 1 to " + std::to_string(units));
  }
  components_ = {static_cast<Index>(numbers[0]), static_cast<Index>(numbers[1])};
}

Eigen::VectorXd PlaneChoice::read_axis(const char* key, Index units) const {
  const std::vector<double> values = config_.numbers(key);
  if (std::ssize(values) != units) {
    config_.fail(key, "has " + std::to_string(values.size()) + " values for " + std::to_string(units) +
                          " selected units; one per unit is needed");
  }
  Eigen::VectorXd axis = Eigen::Map<const Eigen::VectorXd>(values.data(), units);
  if (!(axis.norm() > 0.0)) config_.fail(key, "has no direction: all its values are 0");
  return axis;
}

Plane PlaneChoice::make(const Eigen::Ref<const Eigen::MatrixXd>& centred, const Eigen::VectorXd& mean) const {
  Plane plane;
  plane.mean = mean;
  if (given_.size() > 0) {
    plane.axes = given_;
    return plane;
  }
  const Index needed = std::max(components_[0], components_[1]);
  const mrnn::Components found = mrnn::principal_components(centred, std::max(needed, shown_components));
  if (found.directions.cols() < needed) {
    config_.fail(config_.has("components") ? "components" : "",
                 "needs component " + std::to_string(needed) + ", but the activity varies along only " +
                     std::to_string(found.directions.cols()) +
                     " directions; axis_x and axis_y name a plane of your own");
  }
  plane.axes.resize(centred.rows(), 2);
  plane.axes.col(0) = found.directions.col(components_[0] - 1);
  plane.axes.col(1) = found.directions.col(components_[1] - 1);
  plane.explained_variance = found.shares;
  return plane;
}

std::string PlaneChoice::label(int axis) const {
  if (given_.size() > 0) return axis == 0 ? "axis x" : "axis y";
  return "PC " + std::to_string(components_[static_cast<std::size_t>(axis)]);
}

}  // namespace flow_field
