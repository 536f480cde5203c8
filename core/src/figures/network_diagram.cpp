#include "figures/network_diagram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "figures/diagram_layout.hpp"

namespace mrnn {
namespace {

constexpr double legend_height = 46.0;

int colour_of(WeightSign effect) {
  constexpr int blue = 0, vermilion = 1;
  if (effect == WeightSign::free) return grey;
  return effect == WeightSign::excitatory ? vermilion : blue;
}

double width_of(Index weights, Index most) {
  return 1.1 + 2.6 * std::sqrt(static_cast<double>(weights) / static_cast<double>(std::max<Index>(most, 1)));
}

/// A line with its head; the path already ends where the line should.
void draw_arrow(const Path& path, WeightSign effect, double width, Panel& panel) {
  if (path.size() < 2) return;
  const int colour = colour_of(effect);
  const double head = 7.0 + 1.5 * width;
  if (effect == WeightSign::inhibitory) {
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

/// The parts of a line that a box would hide: the way between a cell type and the edge of its region, but for what
/// would strike through its name.
void draw_within(const Path& path, const Shape& shape, double width, int colour, Panel& panel) {
  Path within;
  const auto draw = [&] {
    if (within.size() > 1) panel.polygons.push_back(ribbon(within, width, colour));
    within.clear();
  };
  for (const Point& point : path) {
    if (shape.box.contains(point, 1.0) && !shape.words.contains(point)) {
      within.push_back(point);
    } else {
      draw();
    }
  }
  draw();
}

/// The centre of a box, or a place beside it across the way to another one. @param side  -1, 0 or 1
Point place_in(const RoundBox& box, Point other, int side) {
  const bool upright = std::abs(other.y - box.centre.y) > std::abs(other.x - box.centre.x);
  const double shift = 0.27 * side;
  return {box.centre.x + (upright ? shift * box.width : 0.0), box.centre.y + (upright ? 0.0 : shift * box.height)};
}

/// A way from one box to another.
struct Way {
  static constexpr double bend_step = 0.06;

  double bend = 0.0;       ///< to its left, a share of its length
  int begin = 0, end = 0;  ///< where in the boxes, see place_in()

  int number = 0;  ///< of equals, the first is taken

  double turns(double wish) const { return std::abs(bend - wish) / bend_step; }
  double moves() const { return std::abs(begin) + std::abs(end); }
};

Path between(const RoundBox& from, const RoundBox& to, const Way& way) {
  const Point a = place_in(from, to.centre, way.begin), b = place_in(to, from.centre, way.end);
  const double x = b.x - a.x, y = b.y - a.y, bend = way.bend;
  const auto at = [&](double along) { return Point{a.x + along * x - bend * y, a.y + along * y + bend * x}; };
  return clipped(bezier(a, at(0.3), at(0.7), b), from, to, 3.0);
}

/// How much the arrow between two places of the ring would best bend to its left: between neighbours away from
/// the arrow back, else towards the middle, past the regions between them.
double ring_bend(Point from, Point to, double neighbours) {
  const double x = to.x - from.x, y = to.y - from.y, length = std::hypot(x, y);
  const double left = y * (from.x + to.x) - x * (from.y + to.y);  // > 0: the middle lies to the left
  if (length < neighbours || std::abs(left) < 0.2 * length * length) return 0.12;
  return left > 0.0 ? 0.08 : -0.08;
}

/// A loop at the outer side of a box.
Path loop(const RoundBox& box, int number) {
  const double side = -inner_side(box);
  const double x =
      box.centre.x + (number % 2 == 0 ? -1.0 : 1.0) * (0.25 * box.width) + static_cast<double>(number / 2) * 8.0;
  const double y = box.centre.y + side * (0.5 * box.height + 2.0);
  return bezier({x - 7.0, y - side * 2.0}, {x - 22.0, y + side * 36.0}, {x + 22.0, y + side * 36.0}, {x + 7.0, y});
}

/// Distance below which two regions stand side by side on the ring.
double neighbour_distance(const NetworkGraph& graph, const std::vector<Shape>& shapes) {
  double longest = 0.0;
  for (std::size_t i = 0; i < graph.regions && graph.regions > 1; ++i) {
    double nearest = 1e300;
    for (std::size_t k = 0; k < graph.regions; ++k) {
      const Point a = shapes[i].box.centre, b = shapes[k].box.centre;
      if (k != i) nearest = std::min(nearest, std::hypot(a.x - b.x, a.y - b.y));
    }
    longest = std::max(longest, nearest);
  }
  return 1.2 * longest;
}

/// The ends of arrows that are drawn, found by where they are.
class Ends {
 public:
  void add(Point end) { cells_[cell_of(end)].push_back(end); }

  /// How many there are about a point.
  double near(Point point) const {
    const auto [column, row] = cell_of(point);
    double count = 0.0;
    for (int x = column - 1; x <= column + 1; ++x) {
      for (int y = row - 1; y <= row + 1; ++y) {
        const auto cell = cells_.find({x, y});
        if (cell == cells_.end()) continue;
        count += static_cast<double>(std::ranges::count_if(
            cell->second, [&](const Point& other) { return std::hypot(other.x - point.x, other.y - point.y) < room; }));
      }
    }
    return count;
  }

 private:
  static constexpr double room = 13.0;  // pixels
  using Cell = std::pair<int, int>;
  static Cell cell_of(Point point) {
    return {static_cast<int>(std::floor(point.x / room)), static_cast<int>(std::floor(point.y / room))};
  }

  std::map<Cell, std::vector<Point>> cells_;  ///< as wide as there is room
};

/// Finds ways for arrows around boxes and beside each other.
class Router {
 public:
  Router(const NetworkGraph& graph, const std::vector<Shape>& shapes)
      : graph_(graph), shapes_(shapes), neighbours_(neighbour_distance(graph, shapes)) {}

  Path route(const GraphEdge& edge) {
    const Shape& from = shapes_[edge.from];
    const Shape& to = shapes_[edge.to];
    const RoundBox& source = edge.from_type ? from.types[*edge.from_type] : from.box;
    const RoundBox& target = edge.to_type ? to.types[*edge.to_type] : to.box;
    const bool ring = edge.from < graph_.regions && edge.to < graph_.regions;
    const double wish = ring ? ring_bend(from.box.centre, to.box.centre, neighbours_) : 0.04;
    double best_cost = 1e300;
    Way best_way{wish};
    Path best;
    for (const Way& way : ways(wish, edge)) {
      // Ways that turn and move more cost more than this at least.
      double least = way.turns(wish) + way.moves();
      if (least > best_cost) break;
      const double upon = 20.0 * beside(edge, way.bend);
      least += upon;
      if (least > best_cost) continue;
      Path path = between(source, target, way);
      const double crowd = 12.0 * crowded(path);
      if (least + crowd > best_cost) continue;
      const double cost = hidden(path, source, target) + upon + crowd + way.turns(wish) + way.moves();
      if (cost > best_cost || (cost == best_cost && way.number > best_way.number)) continue;
      best_cost = cost;
      best_way = way;
      best = std::move(path);
    }
    bends_[{edge.from, edge.to}].push_back(best_way.bend);
    keep(best);
    return best;
  }

  /// Others keep off the ends of a path that is drawn.
  void keep(const Path& path) {
    if (path.size() < 2) return;
    ends_.add(path.front());
    ends_.add(path.back());
  }

 private:
  /// All bends from the middles of the boxes, and from places beside them, for which cell types are too small; those
  /// that turn and move least first.
  static std::vector<Way> ways(double wish, const GraphEdge& edge) {
    std::vector<Way> all;
    for (const int begin : {0, -1, 1}) {
      for (const int end : {0, -1, 1}) {
        if ((edge.from_type && begin != 0) || (edge.to_type && end != 0)) continue;
        for (int step = -8; step <= 8; ++step) {
          all.push_back({wish + Way::bend_step * step, begin, end, static_cast<int>(all.size())});
        }
      }
    }
    std::ranges::sort(all, {}, [wish](const Way& way) { return way.turns(wish) + way.moves(); });
    return all;
  }

  /// Ends of other arrows at which this one would begin or end.
  double crowded(const Path& path) const {
    return path.size() < 2 ? 0.0 : ends_.near(path.front()) + ends_.near(path.back());
  }

  /// Points of a path that other boxes would hide.
  double hidden(const Path& path, const RoundBox& source, const RoundBox& target) const {
    double count = 0.0;
    const PathBox around(path);
    const auto check = [&](const RoundBox& box, double margin, double weight = 1.0) {
      if (&box == &source || &box == &target || !around.meets(box, margin)) return;
      count += weight * static_cast<double>(std::ranges::count_if(
                            path, [&](const Point& point) { return box.contains(point, margin); }));
    };
    for (const Shape& shape : shapes_) {
      const auto is_type = [&](const RoundBox& end) {
        return &end >= shape.types.data() && &end < shape.types.data() + shape.types.size();
      };
      check(shape.box, is_type(source) || is_type(target) ? 0.0 : 5.0);
      if (!shape.types.empty()) check(shape.words, 0.0, through_words);
      for (const RoundBox& type : shape.types) check(type, 5.0);
    }
    return count;
  }

  /// Arrows between the same nodes, there or back, that a new one would lie upon.
  double beside(const GraphEdge& edge, double bend) const {
    double count = 0.0;
    const auto check = [&](std::size_t from, std::size_t to, double direction) {
      const auto known = bends_.find({from, to});
      if (known == bends_.end()) return;
      for (const double other : known->second) count += std::abs(bend - direction * other) < 0.1 ? 1.0 : 0.0;
    };
    check(edge.from, edge.to, 1.0);
    check(edge.to, edge.from, -1.0);
    return count;
  }

  static constexpr double through_words = 2.0;  ///< worse than through the rest of a box, so many times

  const NetworkGraph& graph_;
  const std::vector<Shape>& shapes_;
  double neighbours_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> bends_;  // of the arrows so far
  Ends ends_;                                                                 // of them
};

void draw_edges(const NetworkGraph& graph, const std::vector<Shape>& shapes, Panel& panel) {
  Index most = 1;
  for (const GraphEdge& edge : graph.edges) most = std::max(most, edge.weights);
  Router router(graph, shapes);
  std::map<std::size_t, int> loops;  // so far, of each region
  for (const GraphEdge& edge : graph.edges) {
    if (edge.from != edge.to) continue;
    const Path path = loop(shapes[edge.from].box, loops[edge.from]++);
    router.keep(path);
    draw_arrow(path, edge.effect, width_of(edge.weights, most), panel);
  }
  for (const GraphEdge& edge : graph.edges) {
    if (edge.from == edge.to) continue;
    const Path path = router.route(edge);
    const double width = width_of(edge.weights, most);
    if (edge.from_type) draw_within(path, shapes[edge.from], width, colour_of(edge.effect), panel);
    if (edge.to_type) draw_within(path, shapes[edge.to], width, colour_of(edge.effect), panel);
    draw_arrow(path, edge.effect, width, panel);
  }
}

void draw_node(const GraphNode& node, const Shape& shape, int colour, Panel& panel) {
  const Point centre = shape.box.centre;
  const bool region = node.kind == GraphNode::Kind::region;
  panel.polygons.push_back(outline(shape.box, region ? colour : white, region ? colour : grey, 0.22));
  const double name_y = shape.words.centre.y + 6.0;
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
  const auto words_after = [&](const std::string& words) {
    panel.texts.push_back({at.x + 38.0, at.y, words, Text::Align::left, 10.0, false, black});
    at.x += 38.0 + text_width(words, {10.0, false}) + 20.0;
  };
  const std::pair<WeightSign, const char*> effects[] = {{WeightSign::excitatory, "excitatory"},
                                                        {WeightSign::inhibitory, "inhibitory"},
                                                        {WeightSign::free, "sign not fixed"}};
  const double left = at.x;
  for (const auto& [effect, words] : effects) {
    const bool present =
        std::ranges::any_of(graph.edges, [shown = effect](const GraphEdge& edge) { return edge.effect == shown; });
    if (!present) continue;
    draw_arrow(bezier(at, at, {at.x + 28.0, at.y}, {at.x + 28.0, at.y}), effect, width_of(most / 3, most), panel);
    words_after(words);
  }
  at = {left, at.y - 18.0};
  for (const Index weights : least < most ? std::vector{least, most} : std::vector{most}) {
    if (weights == 0) continue;
    panel.series.push_back(line({at, {at.x + 28.0, at.y}}, width_of(weights, most), black));
    words_after(fmt::format("{} weights", weights));
  }
}

/// Fits the panel to what was drawn, a pixel of the page for each of the drawing.
void fit_panel(const std::vector<Shape>& shapes, Figure& figure) {
  Panel& panel = figure.panels.front();
  double left = -200.0, right = 200.0, low = 0.0, high = 0.0;
  for (const Shape& shape : shapes) {
    const RoundBox& box = shape.box;
    left = std::min(left, box.centre.x - 0.5 * box.width - 8.0);
    right = std::max(right, box.centre.x + 0.5 * box.width + 8.0);
    low = std::min(low, box.centre.y - 0.5 * box.height - (shape.types.empty() ? 8.0 : 16.0));
    high = std::max(high, box.centre.y + 0.5 * box.height + (shape.types.empty() ? 8.0 : 16.0));
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
  const std::vector<Shape> shapes = place_nodes(graph);
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
