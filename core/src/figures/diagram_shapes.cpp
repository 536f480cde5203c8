#include "figures/diagram_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mrnn {

bool RoundBox::contains(Point point, double margin) const noexcept {
  return std::abs(point.x - centre.x) < 0.5 * width + margin && std::abs(point.y - centre.y) < 0.5 * height + margin;
}

PathBox::PathBox(const Path& path) {
  for (const Point& point : path) {
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    top = std::min(top, point.y);
    bottom = std::max(bottom, point.y);
  }
}

bool PathBox::meets(const RoundBox& box, double margin) const noexcept {
  const double x = 0.5 * box.width + margin, y = 0.5 * box.height + margin;
  return box.centre.x + x >= left && box.centre.x - x <= right && box.centre.y + y >= top && box.centre.y - y <= bottom;
}

Path bezier(Point begin, Point first, Point second, Point end) {
  constexpr int pieces = 120;
  Path path;
  for (int i = 0; i <= pieces; ++i) {
    const double t = static_cast<double>(i) / pieces, s = 1.0 - t;
    const double a = s * s * s, b = 3.0 * s * s * t, c = 3.0 * s * t * t, d = t * t * t;
    path.push_back(
        {a * begin.x + b * first.x + c * second.x + d * end.x, a * begin.y + b * first.y + c * second.y + d * end.y});
  }
  return path;
}

Path clipped(const Path& path, const RoundBox& begin, const RoundBox& end, double gap) {
  std::size_t first = 0, last = path.size();
  while (first < path.size() && begin.contains(path[first])) ++first;
  while (last > first && end.contains(path[last - 1], gap)) --last;
  const auto at = [&](std::size_t i) { return path.begin() + static_cast<std::ptrdiff_t>(i); };
  return {at(first), at(last)};
}

Polygon outline(const RoundBox& box, int fill, int border, double tint) {
  Polygon polygon;
  polygon.fill = fill;
  polygon.border = border;
  polygon.tint = tint;
  constexpr int steps = 8;  // per corner
  for (int corner = 0; corner < 4; ++corner) {
    const double side_x = corner == 0 || corner == 3 ? 1.0 : -1.0, side_y = corner < 2 ? 1.0 : -1.0;
    const double x = box.centre.x + side_x * (0.5 * box.width - box.radius);
    const double y = box.centre.y + side_y * (0.5 * box.height - box.radius);
    for (int i = 0; i <= steps; ++i) {
      const double angle = 0.5 * std::numbers::pi * (corner + static_cast<double>(i) / steps);
      polygon.x.push_back(x + box.radius * std::cos(angle));
      polygon.y.push_back(y + box.radius * std::sin(angle));
    }
  }
  return polygon;
}

Polygon arrow_head(const Path& path, double size, int colour) {
  Polygon polygon;
  polygon.fill = polygon.border = colour;
  if (path.size() < 2) return polygon;
  // The direction of the last stretch as long as the head, so that it sits well on a curve.
  const Point tip = path.back();
  std::size_t before = path.size() - 2;
  while (before > 0 && std::hypot(tip.x - path[before].x, tip.y - path[before].y) < size) --before;
  const double length = std::max(std::hypot(tip.x - path[before].x, tip.y - path[before].y), 1e-9);
  const double along_x = (tip.x - path[before].x) / length, along_y = (tip.y - path[before].y) / length;
  const Point back{tip.x - size * along_x, tip.y - size * along_y};
  polygon.x = {tip.x, back.x - 0.42 * size * along_y, back.x + 0.42 * size * along_y};
  polygon.y = {tip.y, back.y + 0.42 * size * along_x, back.y - 0.42 * size * along_x};
  return polygon;
}

Polygon round_head(const Path& path, double size, int colour) {
  if (path.empty()) return {};
  return outline({path.back(), size, size, 0.5 * size}, colour, colour, 1.0);
}

Polygon ribbon(const Path& path, double width, int colour) {
  Polygon polygon;
  polygon.fill = polygon.border = colour;
  if (path.size() < 2) return polygon;
  for (const double side : {1.0, -1.0}) {
    for (std::size_t k = 0; k < path.size(); ++k) {
      const std::size_t i = side > 0.0 ? k : path.size() - 1 - k;
      const Point &before = path[i > 0 ? i - 1 : 0], &after = path[std::min(i + 1, path.size() - 1)];
      const double x = after.x - before.x, y = after.y - before.y, length = std::max(std::hypot(x, y), 1e-9);
      polygon.x.push_back(path[i].x - side * 0.5 * width * y / length);
      polygon.y.push_back(path[i].y + side * 0.5 * width * x / length);
    }
  }
  return polygon;
}

Series line(const Path& path, double width, int colour) {
  Series series;
  series.colour = colour;
  series.width = width;
  for (const Point& point : path) {
    series.x.push_back(point.x);
    series.y.push_back(point.y);
  }
  return series;
}

}  // namespace mrnn
