#include "figures/markers.hpp"

#include <cmath>
#include <numbers>

namespace mrnn {

std::vector<Outline> marker_outline(Marker marker, double diameter) {
  constexpr double degree = std::numbers::pi / 180.0;
  const auto at = [diameter](double reach, double angle) {
    return std::pair{0.5 * diameter * reach * std::cos(angle * degree),
                     0.5 * diameter * reach * std::sin(angle * degree)};
  };
  // A regular polygon of the disc's area.
  const auto regular = [&](int corners, double first) {
    const double turn = 360.0 / corners;
    const double reach = std::sqrt(2.0 * std::numbers::pi / (corners * std::sin(turn * degree)));
    Outline outline;
    for (int i = 0; i <= corners; ++i) outline.push_back(at(reach, first + turn * (i % corners)));
    return std::vector<Outline>{outline};
  };
  const auto strokes = [&](int count, double first) {
    std::vector<Outline> lines;
    for (int i = 0; i < count; ++i) {
      const double angle = first + 180.0 * i / count;
      lines.push_back({at(1.1, angle), at(1.1, angle + 180.0)});
    }
    return lines;
  };
  switch (marker) {
    case Marker::square:
      return regular(4, 45.0);
    case Marker::triangle:
      return regular(3, 90.0);
    case Marker::down_triangle:
      return regular(3, -90.0);
    case Marker::diamond:
      return regular(4, 0.0);
    case Marker::cross:
      return strokes(2, 45.0);
    case Marker::plus:
      return strokes(2, 0.0);
    case Marker::star:
      return strokes(4, 0.0);
    case Marker::disc:
      break;
  }
  return regular(24, 0.0);
}

bool is_strokes(Marker marker) {
  return marker == Marker::cross || marker == Marker::plus || marker == Marker::star;
}

}  // namespace mrnn
