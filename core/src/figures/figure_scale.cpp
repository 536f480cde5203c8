#include "figures/figure_scale.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include "figures/figure_axes.hpp"

namespace mrnn {
namespace {

void take_logarithm(double& value) {
  value = value > 0.0 ? std::log10(value) : std::numeric_limits<double>::quiet_NaN();
}
void take_logarithm(std::vector<double>& values) {
  for (double& value : values) take_logarithm(value);
}
void take_logarithm(std::optional<double>& bound) {
  if (!bound) return;
  take_logarithm(*bound);
  if (std::isnan(*bound)) bound.reset();
}

void scale_x(Panel& panel) {
  for (Series& series : panel.series) take_logarithm(series.x);
  for (Polygon& polygon : panel.polygons) take_logarithm(polygon.x);
  for (Text& text : panel.texts) take_logarithm(text.x);
  for (AxisName& name : panel.x.names) take_logarithm(name.position);
  for (Guide& guide : panel.guides) {
    if (guide.kind == Guide::Kind::horizontal) continue;
    take_logarithm(guide.position);
    take_logarithm(guide.stop);
  }
  take_logarithm(panel.x.low);
  take_logarithm(panel.x.high);
}

void scale_y(Panel& panel) {
  for (Series& series : panel.series) {
    for (auto* values : {&series.y, &series.upper, &series.low, &series.high}) take_logarithm(*values);
  }
  for (Polygon& polygon : panel.polygons) take_logarithm(polygon.y);
  for (Text& text : panel.texts) take_logarithm(text.y);
  for (AxisName& name : panel.y.names) take_logarithm(name.position);
  for (Guide& guide : panel.guides) {
    if (guide.kind == Guide::Kind::horizontal) take_logarithm(guide.position);
  }
  take_logarithm(panel.y.low);
  take_logarithm(panel.y.high);
}

void scale_colours(Panel& panel) {
  if (panel.heat_map) {
    for (double& value : panel.heat_map->values.reshaped()) take_logarithm(value);
    take_logarithm(panel.heat_map->contours);
    take_logarithm(panel.heat_map->low);
    take_logarithm(panel.heat_map->high);
  }
  if (panel.colours) {
    take_logarithm(panel.colours->low);
    take_logarithm(panel.colours->high);
  }
  for (Series& series : panel.series) take_logarithm(series.values);
}

}  // namespace

Figure on_scale(Figure figure) {
  for (Panel& panel : figure.panels) {
    if (panel.x.log) scale_x(panel);
    if (panel.y.log) scale_y(panel);
    std::erase_if(panel.guides, [](const Guide& guide) { return !drawable(guide.position); });
    const std::optional<ColourScale> colours = colour_scale(panel);
    if (colours && colours->log) scale_colours(panel);
  }
  return figure;
}

}  // namespace mrnn
