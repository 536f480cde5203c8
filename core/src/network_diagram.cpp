#include "network_diagram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "diagram_shapes.hpp"
#include "figure_text.hpp"
#include "network_graph.hpp"

namespace mrnn {
namespace {

constexpr Lettering name_letters{11.0, true}, type_letters{9.0, false}, note_letters{9.0, false};
constexpr double longest_name = 130.0;  // pixels
constexpr double side_gap = 80.0;       // between the ring and the columns of inputs and outputs
constexpr double legend_height = 46.0;

/// A node with its place on the drawing; boxes of cell types lie within that of the node.
struct Shape {
  RoundBox box;
  std::vector<RoundBox> types;
  std::string name;
  std::vector<std::string> type_names;
};

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
               node.cell_types.empty() ? 40.0 : 62.0,
               9.0};
  if (node.kind != GraphNode::Kind::region) shape.box.radius = 2.0;
  return shape;
}

void move_to(Shape& shape, Point centre) {
  shape.box.centre = centre;
  double width = -6.0;
  for (const RoundBox& type : shape.types) width += type.width + 6.0;
  double x = centre.x - 0.5 * width;
  for (RoundBox& type : shape.types) {
    type.centre = {x + 0.5 * type.width, centre.y - 0.5 * shape.box.height + 15.0};
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
  if (regions == 2) return {0.5 * widest + 70.0, 0.0};
  const double around = static_cast<double>(regions) * (widest + 50.0);
  const double wide = std::max(widest + 60.0, around / (2.0 * std::numbers::pi) * 1.1);
  const double high = std::max(highest + 60.0, static_cast<double>(regions) * (highest + 34.0) / 4.2);
  return {wide, high};
}

/// Place number `slot` of `count` on the ring, from the left, clockwise.
Point ring_place(std::size_t slot, std::size_t count, Point axes) {
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
    std::ranges::rotate(order, order.begin() + 1);
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

std::vector<Shape> place_all(const NetworkGraph& graph) {
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

int colour_of(Effect effect) {
  constexpr int blue = 0, vermilion = 1;
  if (effect == Effect::free) return grey;
  return effect == Effect::excitatory ? vermilion : blue;
}

double width_of(Index weights, Index most) {
  return 1.1 + 2.6 * std::sqrt(static_cast<double>(weights) / static_cast<double>(std::max<Index>(most, 1)));
}

/// A line with its head; the path already ends where the line should.
void draw_arrow(const Path& path, Effect effect, double width, Panel& panel) {
  if (path.size() < 2) return;
  const int colour = colour_of(effect);
  const double head = 7.0 + 1.5 * width;
  if (effect == Effect::inhibitory) {
    panel.series.push_back(line(path, width, colour));
    panel.polygons.push_back(round_head(path, 5.0 + 1.2 * width, colour));
    return;
  }
  panel.polygons.push_back(arrow_head(path, head, colour));
  // The line ends within the head, so that its blunt end does not show at the tip.
  Path shaft = path;
  while (shaft.size() > 2 && std::hypot(shaft.back().x - path.back().x, shaft.back().y - path.back().y) < 0.7 * head) {
    shaft.pop_back();
  }
  panel.series.push_back(line(shaft, width, colour));
}

/// A curve between two boxes that bends to its left, more the more others run the same way.
Path between(const RoundBox& from, const RoundBox& to, const RoundBox& inner, double bend) {
  const Point a = inner.centre, b = to.centre;
  const double x = b.x - a.x, y = b.y - a.y;
  const auto at = [&](double along) { return Point{a.x + along * x - bend * y, a.y + along * y + bend * x}; };
  const Path path = bezier(a, at(0.3), at(0.7), b);
  return clipped(path, from, to, 3.0);
}

/// A loop at the upper side of a box, or the lower one of boxes in the lower half.
Path loop(const RoundBox& box, int number) {
  const double side = box.centre.y >= -1.0 ? 1.0 : -1.0;
  const double x =
      box.centre.x + (number % 2 == 0 ? -1.0 : 1.0) * (0.25 * box.width) + static_cast<double>(number / 2) * 8.0;
  const double y = box.centre.y + side * (0.5 * box.height + 2.0);
  return bezier({x - 7.0, y - side * 2.0}, {x - 22.0, y + side * 36.0}, {x + 22.0, y + side * 36.0}, {x + 7.0, y});
}

void draw_edges(const NetworkGraph& graph, const std::vector<Shape>& shapes, Panel& panel) {
  Index most = 1;
  for (const GraphEdge& edge : graph.edges) most = std::max(most, edge.weights);
  std::map<std::pair<std::size_t, std::size_t>, int> drawn;  // arrows so far between two nodes
  for (const GraphEdge& edge : graph.edges) {
    const int number = drawn[{edge.from, edge.to}]++;
    const Shape& from = shapes[edge.from];
    const Shape& to = shapes[edge.to];
    const double width = width_of(edge.weights, most);
    if (edge.from == edge.to) {
      draw_arrow(loop(from.box, number), edge.effect, width, panel);
      continue;
    }
    const RoundBox& source = edge.from_type ? from.types[*edge.from_type] : from.box;
    const RoundBox& target = edge.to_type ? to.types[*edge.to_type] : to.box;
    const bool ring = edge.from < graph.regions && edge.to < graph.regions;
    draw_arrow(between(source, target, source, (ring ? 0.12 : 0.04) + 0.1 * number), edge.effect, width, panel);
  }
}

void draw_node(const GraphNode& node, const Shape& shape, int colour, Panel& panel) {
  const Point centre = shape.box.centre;
  const bool region = node.kind == GraphNode::Kind::region;
  panel.polygons.push_back(outline(shape.box, region ? colour : white, region ? colour : grey, 0.22));
  const double name_y = shape.types.empty() ? centre.y + 6.0 : centre.y + 19.0;
  panel.texts.push_back({centre.x, name_y, shape.name, Text::Align::centre, name_letters.size, true, black});
  panel.texts.push_back({centre.x, name_y - 14.0, node.note, Text::Align::centre, note_letters.size, false, grey});
  for (std::size_t k = 0; k < shape.types.size(); ++k) {
    panel.polygons.push_back(outline(shape.types[k], white, colour, 1.0));
    panel.texts.push_back({shape.types[k].centre.x, shape.types[k].centre.y, shape.type_names[k], Text::Align::centre,
                           type_letters.size, false, black});
  }
}

/// What colours, heads and widths mean, in a row from (x, y).
void draw_legend(const NetworkGraph& graph, Point at, Panel& panel) {
  Index least = 0, most = 0;
  for (const GraphEdge& edge : graph.edges) {
    least = least == 0 ? edge.weights : std::min(least, edge.weights);
    most = std::max(most, edge.weights);
  }
  const auto entry = [&](Effect effect, Index weights, const std::string& words) {
    draw_arrow(bezier(at, at, {at.x + 28.0, at.y}, {at.x + 28.0, at.y}), effect, width_of(weights, most), panel);
    panel.texts.push_back({at.x + 38.0, at.y, words, Text::Align::left, 10.0, false, black});
    at.x += 38.0 + text_width(words, {10.0, false}) + 20.0;
  };
  const std::pair<Effect, const char*> effects[] = {
      {Effect::excitatory, "excitatory"}, {Effect::inhibitory, "inhibitory"}, {Effect::free, "sign not fixed"}};
  const double left = at.x;
  for (const auto& [effect, words] : effects) {
    const bool present = std::ranges::any_of(graph.edges, [&](const GraphEdge& edge) { return edge.effect == effect; });
    if (present) entry(effect, most / 3, words);
  }
  at = {left, at.y - 18.0};
  if (least < most) entry(Effect::free, least, fmt::format("{} weights", least));
  if (most > 0) entry(Effect::free, most, fmt::format("{} weights", most));
}

/// Fits the panel to what was drawn, a pixel of the page for each of the drawing.
void fit_panel(const std::vector<Shape>& shapes, Figure& figure) {
  Panel& panel = figure.panels.front();
  double left = -200.0, right = 200.0, low = 0.0, high = 0.0;
  for (const Shape& shape : shapes) {
    const RoundBox& box = shape.box;
    left = std::min(left, box.centre.x - 0.5 * box.width - 8.0);
    right = std::max(right, box.centre.x + 0.5 * box.width + 8.0);
    low = std::min(low, box.centre.y - 0.5 * box.height - 8.0);
    high = std::max(high, box.centre.y + 0.5 * box.height + 8.0);
  }
  for (const Series& series : panel.series) {
    const auto [lowest_x, highest_x] = std::ranges::minmax(series.x);
    const auto [lowest_y, highest_y] = std::ranges::minmax(series.y);
    left = std::min(left, lowest_x - 8.0);
    right = std::max(right, highest_x + 8.0);
    low = std::min(low, lowest_y - 8.0);
    high = std::max(high, highest_y + 8.0);
  }
  low -= legend_height;
  panel.x = {"", left, right};
  panel.y = {"", low, high};
  figure.panel_width = right - left;
  figure.panel_height = high - low;
}

}  // namespace

Figure network_diagram(const Network& network) {
  const NetworkGraph graph = network_graph(network);
  const std::vector<Shape> shapes = place_all(graph);
  Figure figure;
  figure.name = "network-diagram";  // not the name an analysis can have
  figure.caption =
      "Regions with their cell types and numbers of units, inputs and outputs (square boxes with their channels), "
      "and connections: arrows excite, discs inhibit, wider lines hold more weights.";
  Panel& panel = figure.panels.emplace_back();
  panel.axes = false;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    draw_node(graph.nodes[i], shapes[i], region_colour(network, graph.nodes[i].name), panel);
  }
  draw_edges(graph, shapes, panel);
  fit_panel(shapes, figure);
  draw_legend(graph, {*panel.x.low + 8.0, *panel.y.low + 32.0}, panel);
  return figure;
}

int region_colour(const Network& network, std::string_view name) {
  const std::string_view region = name.substr(0, name.find('.'));
  int index = 0;
  for (const RegionLayout& layout : network.regions()) {
    if (layout.name == region || (!layout.parent.empty() && layout.parent == region)) return index;
    ++index;
  }
  for (const NamedRange& input : network.input_regions()) {
    if (input.name == region) return index;
    ++index;
  }
  return grey;
}

}  // namespace mrnn
