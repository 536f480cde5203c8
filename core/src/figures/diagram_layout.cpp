#include "figures/diagram_layout.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace mrnn {
namespace {

constexpr double longest_name = 130.0;  // pixels
constexpr double side_gap = 80.0;       // between the ring and the columns of inputs and outputs

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
  if (node.kind != GraphNode::Kind::region) shape.box.radius = 2.0;
  return shape;
}

void move_to(Shape& shape, Point centre) {
  constexpr double rim = 8.0;  // so that heads at the box and heads at a cell type are told apart
  shape.box.centre = centre;
  double width = -6.0;
  for (const RoundBox& type : shape.types) width += type.width + 6.0;
  double x = centre.x - 0.5 * width;
  for (RoundBox& type : shape.types) {
    const double below = 0.5 * shape.box.height - rim - 0.5 * type.height;
    type.centre = {x + 0.5 * type.width, centre.y + inner_side(shape.box) * below};
    x += type.width + 6.0;
  }
}

/// Half axes of the ellipse on which the regions stand.
Point half_axes(const std::vector<Shape>& shapes, std::size_t regions) {
  double widest = 0.0, highest = 0.0;
  for (std::size_t i = 0; i < regions; ++i) {
    widest = std::max(widest, shapes[i].box.width);
    highest = std::max(highest, shapes[i].box.height);
  }
  if (regions < 2) return {};
  if (regions == 2) return {0.0, 0.5 * highest + 45.0};
  const double around = static_cast<double>(regions) * (widest + 50.0);
  const double wide = std::max(widest + 60.0, around / (2.0 * std::numbers::pi) * 1.1);
  const double high = std::max(highest + 60.0, static_cast<double>(regions) * (highest + 34.0) / 4.2);
  return {wide, high};
}

/// Place number `slot` of `count` on the ring, from the left, clockwise; two stand one above the other, clear of
/// the arrows from inputs and to outputs.
Point ring_place(std::size_t slot, std::size_t count, Point axes) {
  if (count == 2) return {0.0, slot == 0 ? axes.y : -axes.y};
  const double turn = static_cast<double>(slot) / static_cast<double>(count);
  const double angle = std::numbers::pi * (1.0 - 2.0 * turn);
  return {axes.x * std::cos(angle), axes.y * std::sin(angle)};
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
      const double x = ring_place(static_cast<std::size_t>(at), count, {1.0, 1.0}).x;
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
  const Point axes = half_axes(shapes, graph.regions);
  const std::vector<std::size_t> order = turned(graph, ring_order(graph));
  for (std::size_t slot = 0; slot < order.size(); ++slot) {
    move_to(shapes[order[slot]], ring_place(slot, order.size(), axes));
  }
  const double edge = axes.x + 0.5 * widest_of(graph, GraphNode::Kind::region, shapes) + side_gap;
  place_column(graph, GraphNode::Kind::input, -edge - 0.5 * widest_of(graph, GraphNode::Kind::input, shapes), shapes);
  place_column(graph, GraphNode::Kind::output, edge + 0.5 * widest_of(graph, GraphNode::Kind::output, shapes), shapes);
  return shapes;
}

}  // namespace mrnn
