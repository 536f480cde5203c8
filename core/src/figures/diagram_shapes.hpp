#pragma once

#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// A place on the drawing, pixels, y upwards.
struct Point {
  double x = 0.0, y = 0.0;
};

/// A box with round corners.
struct RoundBox {
  Point centre;
  double width = 0.0, height = 0.0, radius = 0.0;
  bool contains(Point point, double margin = 0.0) const noexcept;
};

using Path = std::vector<Point>;

/// The least upright rectangle about a path.
struct PathBox {
  double left = 1e300, right = -1e300, top = 1e300, bottom = -1e300;

  explicit PathBox(const Path& path);
  bool meets(const RoundBox& box, double margin) const noexcept;
};

/// A cubic Bezier curve as a polyline.
MRNN_EXPORT Path bezier(Point begin, Point first, Point second, Point end);

/// The part of a path outside both boxes, `gap` pixels short of the second one.
MRNN_EXPORT Path clipped(const Path& path, const RoundBox& begin, const RoundBox& end, double gap);

Polygon outline(const RoundBox& box, int fill, int border, double tint);
/// At the end of a path: an arrow head, its tip at the end, or a disc about it.
Polygon arrow_head(const Path& path, double size, int colour);
Polygon round_head(const Path& path, double size, int colour);

/// A path as a filled outline, for where a line would lie beneath a box.
Polygon ribbon(const Path& path, double width, int colour);

Series line(const Path& path, double width, int colour);

}  // namespace mrnn
