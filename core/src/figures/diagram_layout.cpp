#include "figures/diagram_layout.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace mrnn {
namespace {

constexpr double longest_name = 130.0;    // pixels
constexpr double side_gap = 80.0;         // between the ring and the columns of inputs and outputs
constexpr double widest_drawing = 740.0;  // what the drawing should not go beyond, without its margins

Shape shape_of(const GraphNode& node) {
  Shape shape;
  shape.name = fit_text(node.name, longest_name, name_letters);
  const double name_width = text_width(shape.name, name_letters);
  double types_width = 0.0;
  for (const std::string& type : node.cell_types) {
    shape.type_names.push_back(fit_text(type, 70.0, type_letters));
    const double width = text_width(shape.type_names.back(), type_letters) + 14.0;
    shape.types.push_back({{}, width, 17.0, 8.5});
    types_width += width + 6.0;
  }
  const double note_width = text_width(node.note, note_letters);
  shape.box = {{},
               std::max({name_width + 22.0, types_width + 10.0, note_width + 16.0, 58.0}),
               node.cell_types.empty() ? 40.0 : 64.0,
               9.0};
  shape.words = {{}, std::max(name_width, note_width) + 4.0, 28.0, 0.0};
  if (node.kind != GraphNode::Kind::region) shape.box.radius = 2.0;
  return shape;
}

void move_to(Shape& shape, Point centre) {
  constexpr double rim = 8.0;  // so that heads at the box and heads at a cell type are told apart
  shape.box.centre = centre;
  shape.words.centre = {centre.x, centre.y - 1.0 - (shape.types.empty() ? 0.0 : 11.0 * inner_side(shape.box))};
  double width = -6.0;
  for (const RoundBox& type : shape.types) width += type.width + 6.0;
  double x = centre.x - 0.5 * width;
  for (RoundBox& type : shape.types) {
    const double below = 0.5 * shape.box.height - rim - 0.5 * type.height;
    type.centre = {x + 0.5 * type.width, centre.y + inner_side(shape.box) * below};
    x += type.width + 6.0;
  }
}

/// The ellipse on which the regions stand.
struct Ring {
  Point axes;         ///< half of each
  bool tall = false;  ///< neighbours are all as far apart along y
};

/// Place number `slot` of `count` on the ring, from the left, clockwise; two stand one above the other, clear of
/// the arrows from inputs and to outputs.
Point ring_place(std::size_t slot, std::size_t count, const Ring& ring) {
  if (count == 2) return {0.0, slot == 0 ? ring.axes.y : -ring.axes.y};
  const double turn = static_cast<double>(slot) / static_cast<double>(count);
  const double angle = std::numbers::pi * (1.0 - 2.0 * turn);
  if (!ring.tall) return {ring.axes.x * std::cos(angle), ring.axes.y * std::sin(angle)};
  const double y = 2.0 / std::numbers::pi * std::asin(std::sin(angle));
  return {std::copysign(ring.axes.x * std::sqrt(1.0 - y * y), std::cos(angle)), ring.axes.y * y};
}

/// Whether there is room between all neighbours on the ring.
bool has_room(std::size_t regions, const Ring& ring, Point widest) {
  for (std::size_t slot = 0; slot < regions; ++slot) {
    const Point here = ring_place(slot, regions, ring), next = ring_place((slot + 1) % regions, regions, ring);
    if (std::abs(here.x - next.x) < widest.x + 24.0 && std::abs(here.y - next.y) < widest.y + 34.0) return false;
  }
  return true;
}

/// A ring that is too wide for a page becomes a tall one, if that fits on one. @param room  for its width
Ring fit_page(Ring ring, std::size_t regions, double room, Point widest) {
  constexpr double tallest = 480.0;
  Ring tall{{std::max(0.5 * room, 0.8 * widest.x), widest.y + 60.0}, true};
  if (tall.axes.x >= ring.axes.x) return ring;
  while (tall.axes.y < tallest && !has_room(regions, tall, widest)) tall.axes.y += 10.0;
  return has_room(regions, tall, widest) ? tall : ring;
}

/// @param beside  width that inputs and outputs take
Ring ring_of(const std::vector<Shape>& shapes, std::size_t regions, double beside) {
  Point widest;
  for (std::size_t i = 0; i < regions; ++i) {
    widest = {std::max(widest.x, shapes[i].box.width), std::max(widest.y, shapes[i].box.height)};
  }
  if (regions < 2) return {};
  if (regions == 2) return {{0.0, 0.5 * widest.y + 45.0}};
  const double around = static_cast<double>(regions) * (widest.x + 50.0);
  const double wide = std::max(widest.x + 60.0, around / (2.0 * std::numbers::pi) * 1.1);
  const double high = std::max(widest.y + 60.0, static_cast<double>(regions) * (widest.y + 34.0) / 4.2);
  return fit_page({{wide, high}}, regions, widest_drawing - beside - widest.x, widest);
}

/// Turns and mirrors the ring so that regions with inputs stand on the left, those read by outputs on the right.
std::vector<std::size_t> turned(const NetworkGraph& graph, std::vector<std::size_t> order) {
  std::vector<std::size_t> best = order;
  double best_cost = 1e300;
  const std::size_t count = order.size();
  for (std::size_t turn = 0; turn < count; ++turn) {
    double cost = 0.0;
    for (const GraphEdge& edge : graph.edges) {
      const bool input = edge.from >= graph.regions, output = edge.to >= graph.regions;
      if (!input && !output) continue;
      const auto at = std::ranges::find(order, input ? edge.to : edge.from) - order.begin();
      const double x = ring_place(static_cast<std::size_t>(at), count, Ring{{1.0, 1.0}}).x;
      cost += input ? x : -x;
    }
    if (cost < best_cost - 1e-9) {
      best_cost = cost;
      best = order;
    }
    std::rotate(order.begin(), order.begin() + 1, order.end());
  }
  return best;
}

/// Inputs or outputs one below the other, each as near as may be to the height of what it is connected to.
void place_column(const NetworkGraph& graph, GraphNode::Kind kind, double x, std::vector<Shape>& shapes) {
  std::vector<std::pair<double, std::size_t>> column;  // height wished for, node
  for (std::size_t node = graph.regions; node < graph.nodes.size(); ++node) {
    if (graph.nodes[node].kind != kind) continue;
    double sum = 0.0;
    int count = 0;
    for (const GraphEdge& edge : graph.edges) {
      if (edge.from != node && edge.to != node) continue;
      sum += shapes[edge.from == node ? edge.to : edge.from].box.centre.y;
      ++count;
    }
    column.emplace_back(count > 0 ? -sum / count : 0.0, node);
  }
  std::ranges::sort(column);
  constexpr double pitch = 58.0;
  double mean = 0.0;
  for (const auto& [wish, node] : column) mean += wish / static_cast<double>(column.size());
  double y = -mean + 0.5 * pitch * (static_cast<double>(column.size()) - 1.0);
  for (const auto& [wish, node] : column) {
    move_to(shapes[node], {x, y});
    y -= pitch;
  }
}

double widest_of(const NetworkGraph& graph, GraphNode::Kind kind, const std::vector<Shape>& shapes) {
  double width = 0.0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (graph.nodes[i].kind == kind) width = std::max(width, shapes[i].box.width);
  }
  return width;
}

}  // namespace

std::vector<Shape> place_nodes(const NetworkGraph& graph) {
  std::vector<Shape> shapes;
  for (const GraphNode& node : graph.nodes) shapes.push_back(shape_of(node));
  double beside = 0.0;
  for (const GraphNode::Kind kind : {GraphNode::Kind::input, GraphNode::Kind::output}) {
    const double width = widest_of(graph, kind, shapes);
    if (width > 0.0) beside += side_gap + width;
  }
  const Ring ring = ring_of(shapes, graph.regions, beside);
  const std::vector<std::size_t> order = turned(graph, ring_order(graph));
  for (std::size_t slot = 0; slot < order.size(); ++slot) {
    move_to(shapes[order[slot]], ring_place(slot, order.size(), ring));
  }
  const double edge = ring.axes.x + 0.5 * widest_of(graph, GraphNode::Kind::region, shapes) + side_gap;
  place_column(graph, GraphNode::Kind::input, -edge - 0.5 * widest_of(graph, GraphNode::Kind::input, shapes), shapes);
  place_column(graph, GraphNode::Kind::output, edge + 0.5 * widest_of(graph, GraphNode::Kind::output, shapes), shapes);
  return shapes;
}

}  // namespace mrnn
