#include "streamlines.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace flow_field {
namespace {

using Eigen::Vector2d;
using mrnn::Index;

/// Cells along a side of the panel, each of which one line at most passes through.
constexpr Index lanes = 16;
constexpr double stride = 0.15;   // of a step, in lanes
constexpr double shortest = 2.4;  // of a line, in lanes
constexpr double at_rest = 1e-6;  // of the largest speed
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The flow between the points of its grid, in coordinates in which the panel is `lanes` wide and high.
class Flow {
 public:
  explicit Flow(const Field& field) : field_(field) {
    const Grid& grid = field.grid;
    size_ = {grid.x(grid.x.size() - 1) - grid.x(0), grid.y(grid.y.size() - 1) - grid.y(0)};
    fastest_ = std::hypot(finite_largest(field.velocity_x) / size_(0), finite_largest(field.velocity_y) / size_(1));
  }

  static bool inside(const Vector2d& at) { return at.minCoeff() >= 0.0 && at.maxCoeff() <= lanes; }

  /// Length 1; 0 where the flow rests or is not known.
  Vector2d direction(const Vector2d& at) const {
    const Vector2d velocity(between(field_.velocity_x, at) / size_(0), between(field_.velocity_y, at) / size_(1));
    const double speed = velocity.norm();
    if (!(speed > at_rest * fastest_)) return Vector2d::Zero();
    return velocity / speed;
  }

  Vector2d to_plane(const Vector2d& at) const {
    return {field_.grid.x(0) + at(0) / lanes * size_(0), field_.grid.y(0) + at(1) / lanes * size_(1)};
  }

 private:
  static double finite_largest(const Eigen::MatrixXd& values) {
    double largest = 0.0;
    for (const double value : values.reshaped()) {
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    }
    return largest;
  }

  double between(const Eigen::MatrixXd& values, const Vector2d& at) const {
    const auto split = [](double position, Index points) {
      const double place = position / lanes * static_cast<double>(points - 1);
      const Index cell = std::clamp<Index>(static_cast<Index>(std::floor(place)), 0, points - 2);
      return std::pair{cell, place - static_cast<double>(cell)};
    };
    const auto [column, x] = split(at(0), values.cols());
    const auto [row, y] = split(at(1), values.rows());
    return (1.0 - y) * ((1.0 - x) * values(row, column) + x * values(row, column + 1)) +
           y * ((1.0 - x) * values(row + 1, column) + x * values(row + 1, column + 1));
  }

  const Field& field_;
  Vector2d size_;
  double fastest_ = 0.0;
};

/// Which line passes where: 0 none.
using Lanes = Eigen::MatrixXi;

std::pair<Index, Index> lane_of(const Vector2d& at) {
  const auto cell = [](double position) {
    return std::clamp<Index>(static_cast<Index>(std::floor(position)), 0, lanes - 1);
  };
  return {cell(at(1)), cell(at(0))};
}

/// One step along the flow.
struct Advance {
  Vector2d there;
  double turn = 0.0;  ///< of the flow's direction, in radians
  bool at_rest = false;
};

/// Of fourth order (Kutta 1901), halved where the flow turns by more than a quarter of a radian: near the centre of a
/// rotation.
Advance advance(const Flow& flow, const Vector2d& at, double sense) {
  constexpr double sharpest = 0.25;
  constexpr int most_halvings = 6;
  const Vector2d first = flow.direction(at);
  Advance next;
  double step = sense * stride;
  for (int halving = 0; halving <= most_halvings; ++halving, step *= 0.5) {
    const Vector2d second = flow.direction(at + 0.5 * step * first);
    const Vector2d third = flow.direction(at + 0.5 * step * second), fourth = flow.direction(at + step * third);
    next.there = at + step / 6.0 * (first + 2.0 * second + 2.0 * third + fourth);
    next.turn = std::acos(std::clamp(first.dot(fourth), -1.0, 1.0));
    next.at_rest = first.isZero() || fourth.isZero();
    if (next.turn <= sharpest) break;
  }
  return next;
}

/// Points of a line from a start, which is left out, along the flow or against it; marks its lanes.
std::vector<Vector2d> follow(const Flow& flow, Vector2d at, double sense, int number, Lanes& taken) {
  constexpr int most_points = 4000;
  std::vector<Vector2d> points;
  double turned = 0.0;  // within the lane it is in
  for (int k = 0; k < most_points; ++k) {
    const Advance next = advance(flow, at, sense);
    const Vector2d there = next.there;
    if (next.at_rest || !Flow::inside(there)) break;
    const auto [row, column] = lane_of(there);
    if (taken(row, column) != 0 && taken(row, column) != number) break;
    const auto here = lane_of(at);
    // Back in a lane it has left: it goes in circles.
    if (taken(row, column) == number && here != std::pair{row, column}) break;
    turned = here == std::pair{row, column} ? turned + next.turn : 0.0;
    if (turned > 2.0 * std::numbers::pi) break;  // a circle within one lane
    taken(row, column) = number;
    points.push_back(there);
    at = there;
  }
  return points;
}

/// Middles of the lanes from the border inwards, where lines are longest.
std::vector<Vector2d> starts() {
  std::vector<Vector2d> places;
  for (Index row = 0; row < lanes; ++row) {
    for (Index column = 0; column < lanes; ++column) {
      places.emplace_back(static_cast<double>(column) + 0.5, static_cast<double>(row) + 0.5);
    }
  }
  const auto depth = [](const Vector2d& at) { return std::min({at(0), at(1), lanes - at(0), lanes - at(1)}); };
  std::ranges::stable_sort(places, {}, depth);
  return places;
}

}  // namespace

mrnn::Series streamlines(const Field& field) {
  const Flow flow(field);
  Lanes taken = Lanes::Zero(lanes, lanes);
  mrnn::Series series;
  int number = 0;
  for (const Vector2d& start : starts()) {
    const auto [row, column] = lane_of(start);
    if (taken(row, column) != 0 || flow.direction(start).isZero()) continue;
    const Lanes before = taken;
    taken(row, column) = ++number;
    std::vector<Vector2d> line = follow(flow, start, -1.0, number, taken);
    std::ranges::reverse(line);
    line.push_back(start);
    const std::vector<Vector2d> ahead = follow(flow, start, 1.0, number, taken);
    line.insert(line.end(), ahead.begin(), ahead.end());
    if (static_cast<double>(line.size()) * stride < shortest) {
      taken = before;
      continue;
    }
    constexpr std::size_t every = 2;  // half the points are as smooth
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i % every != 0 && i + 1 < line.size()) continue;
      const Vector2d place = flow.to_plane(line[i]);
      series.x.push_back(place(0));
      series.y.push_back(place(1));
    }
    series.x.push_back(nan);
    series.y.push_back(nan);
  }
  series.heads = mrnn::Series::Heads::middle;
  series.width = 0.9;
  return series;
}

}  // namespace flow_field
