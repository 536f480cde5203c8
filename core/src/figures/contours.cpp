#include "figures/contours.hpp"

namespace mrnn {
namespace {

/// The line of height 0 through a square with given heights at its corners (row: y, column: x): the ends of its
/// pieces, two where it is a saddle, told apart by the height in the middle.
std::vector<std::pair<Place, Place>> level_line(const Eigen::Matrix2d& corners) {
  const auto between = [](double from, double to) { return from / (from - to); };
  const auto crosses = [](double from, double to) { return (from < 0.0) != (to < 0.0); };
  const double a = corners(0, 0), b = corners(0, 1), c = corners(1, 1), d = corners(1, 0);
  std::vector<Place> points;  // below, right, above, left
  if (crosses(a, b)) points.emplace_back(between(a, b), 0.0);
  if (crosses(b, c)) points.emplace_back(1.0, between(b, c));
  if (crosses(d, c)) points.emplace_back(between(d, c), 1.0);
  if (crosses(a, d)) points.emplace_back(0.0, between(a, d));
  if (points.size() < 2) return {};
  if (points.size() < 4) return {{points[0], points[1]}};
  const bool a_joins_c = (a < 0.0) == (a + b + c + d < 0.0);
  if (a_joins_c) return {{points[0], points[1]}, {points[2], points[3]}};
  return {{points[3], points[0]}, {points[1], points[2]}};
}

}  // namespace

std::vector<std::pair<Place, Place>> contour_lines(const HeatMap& map) {
  std::vector<std::pair<Place, Place>> lines;
  const Eigen::Index rows = map.values.rows(), columns = map.values.cols();
  const double width = (map.x_high - map.x_low) / static_cast<double>(columns);
  const double height = (map.y_high - map.y_low) / static_cast<double>(rows);
  for (const double level : map.contours) {
    for (Eigen::Index row = 0; row + 1 < rows; ++row) {
      for (Eigen::Index column = 0; column + 1 < columns; ++column) {
        const Eigen::Matrix2d corners = map.values.block(row, column, 2, 2).array() - level;
        if (!corners.allFinite()) continue;
        const auto place = [&](Place within) {
          return Place{map.x_low + (static_cast<double>(column) + 0.5 + within.first) * width,
                       map.y_low + (static_cast<double>(row) + 0.5 + within.second) * height};
        };
        for (const auto& [from, to] : level_line(corners)) lines.emplace_back(place(from), place(to));
      }
    }
  }
  return lines;
}

}  // namespace mrnn
