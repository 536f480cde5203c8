#include "figures/network_diagram.hpp"

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "figures/diagram_shapes.hpp"
#include "figures/network_graph.hpp"

using namespace mrnn;

namespace {

/// cue -> a; a.p -> b (excitatory), a.q -> b (inhibitory), b -> a; b -> b; choice reads a.
NetworkSpec small_loop() {
  NetworkSpec spec;
  spec.dale = Dale::clamp;
  Region a{"a", 10, {{"p", 0.7, {}}, {"q", 0.3, Sign::inhibitory}}};
  Region b{"b", 4};
  b.sign = Sign::inhibitory;
  spec.regions = {a, b};
  spec.inputs = {{"cue", 2}};
  spec.connections = {{"cue", "a"}, {"a.p", "b"}, {"a.q", "b"}, {"b", "a"}, {"b", "b"}};
  spec.outputs = {{"choice", 2, {"a"}}};
  return spec;
}

bool has_words(const Panel& panel, const std::string& words) {
  return std::ranges::any_of(panel.texts, [&](const Text& text) { return text.words == words; });
}

/// A ring of `count` regions, each connected to the next and to the one `skip` further on.
NetworkSpec ring(int count, int skip) {
  NetworkSpec spec;
  spec.dale = Dale::abs;
  for (int i = 0; i < count; ++i) spec.regions.push_back({"area_" + std::to_string(i), 5});
  for (int i = 0; i < count; ++i) {
    for (const int step : {1, skip}) {
      spec.connections.push_back({"area_" + std::to_string(i), "area_" + std::to_string((i + step) % count)});
    }
  }
  return spec;
}

}  // namespace

TEST_CASE("weights of one effect between two places are one arrow of the diagram", "[diagram]") {
  const NetworkGraph graph = network_graph(build_network(small_loop(), 0));

  const auto find = [&](std::size_t from, std::size_t to, WeightSign effect) {
    const auto found = std::ranges::find_if(graph.edges, [&](const GraphEdge& edge) {
      return edge.from == from && edge.to == to && edge.effect == effect;
    });
    return found == graph.edges.end() ? Index{-1} : found->weights;
  };
  CHECK(graph.regions == 2);
  REQUIRE(graph.nodes.size() == 4);
  CHECK(graph.nodes[0].cell_types == std::vector<std::string>{"p", "q"});
  CHECK(graph.edges.size() == 6);
  CHECK(find(0, 1, WeightSign::excitatory) == 7 * 4);
  CHECK(find(0, 1, WeightSign::inhibitory) == 3 * 4);
  CHECK(find(1, 0, WeightSign::inhibitory) == 4 * 10);
  CHECK(find(1, 1, WeightSign::inhibitory) == 4 * 4);
  CHECK(find(2, 0, WeightSign::excitatory) == 2 * 10);
  CHECK(find(0, 3, WeightSign::free) == 2 * 10);
}

TEST_CASE("without Dale's law arrows have no sign", "[diagram]") {
  NetworkSpec spec = small_loop();
  spec.dale = Dale::none;

  const NetworkGraph graph = network_graph(build_network(spec, 0));

  CHECK(std::ranges::all_of(graph.edges, [](const GraphEdge& edge) { return edge.effect == WeightSign::free; }));
}

TEST_CASE("an output that reads many regions says so instead of hiding them under arrows", "[diagram]") {
  NetworkSpec spec = ring(6, 2);
  spec.outputs = {{"choice", 2}};

  const NetworkGraph graph = network_graph(build_network(spec, 0));

  CHECK(graph.nodes.back().note == "2, from all regions");
  CHECK(std::ranges::none_of(graph.edges, [&](const GraphEdge& edge) { return edge.to == 6; }));
}

TEST_CASE("connected regions stand side by side on the ring", "[diagram]") {
  NetworkSpec spec;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) spec.regions.push_back({name, 2});
  spec.connections = {{"a", "d"}, {"d", "b"}, {"b", "f"}, {"f", "c"}, {"c", "e"}, {"e", "a"}};

  const std::vector<std::size_t> order = ring_order(network_graph(build_network(spec, 0)));

  // The only rings without a detour are a d b f c e, from any place and in either direction.
  const auto at = [&](std::size_t region) { return std::ranges::find(order, region) - order.begin(); };
  for (const auto& [one, other] : {std::pair{0, 3}, {3, 1}, {1, 5}, {5, 2}, {2, 4}, {4, 0}}) {
    const auto apart = std::abs(at(static_cast<std::size_t>(one)) - at(static_cast<std::size_t>(other)));
    CHECK((apart == 1 || apart == 5));
  }
}

TEST_CASE("the diagram names everything and explains its arrows", "[diagram]") {
  const Figure figure = network_diagram(build_network(small_loop(), 0));

  const Panel& panel = figure.panels.at(0);
  for (const char* words : {"a", "b", "p", "q", "cue", "choice", "excitatory", "inhibitory", "sign not fixed"}) {
    CAPTURE(words);
    CHECK(has_words(panel, words));
  }
}

TEST_CASE("everything of the diagram lies within its edges", "[diagram]") {
  const int regions = GENERATE(1, 2, 3, 6, 20);
  CAPTURE(regions);
  NetworkSpec spec = regions < 3 ? small_loop() : ring(regions, 2);
  if (regions == 1) {
    spec.regions.pop_back();
    spec.connections = {{"cue", "a"}, {"a", "a"}};
  }

  const Figure figure = network_diagram(build_network(spec, 0));

  const Panel& panel = figure.panels.at(0);
  const double low_x = panel.x.low.value(), high_x = panel.x.high.value();
  const double low_y = panel.y.low.value(), high_y = panel.y.high.value();
  CHECK(figure.panel_width == high_x - low_x);  // a pixel of the page for each of the drawing
  CHECK(figure.panel_height == high_y - low_y);
  for (const Polygon& polygon : panel.polygons) {
    CHECK(std::ranges::min(polygon.x) >= low_x);
    CHECK(std::ranges::max(polygon.x) <= high_x);
    CHECK(std::ranges::min(polygon.y) >= low_y);
    CHECK(std::ranges::max(polygon.y) <= high_y);
  }
}

TEST_CASE("no two regions of the diagram overlap", "[diagram]") {
  const int regions = GENERATE(3, 6, 13, 20);
  CAPTURE(regions);

  const Figure figure = network_diagram(build_network(ring(regions, 2), 0));

  // Boxes come first, one per region.
  const std::vector<Polygon>& boxes = figure.panels.at(0).polygons;
  for (int i = 0; i < regions; ++i) {
    for (int k = i + 1; k < regions; ++k) {
      const Polygon& one = boxes[static_cast<std::size_t>(i)];
      const Polygon& other = boxes[static_cast<std::size_t>(k)];
      const bool apart =
          std::ranges::max(one.x) < std::ranges::min(other.x) || std::ranges::max(other.x) < std::ranges::min(one.x) ||
          std::ranges::max(one.y) < std::ranges::min(other.y) || std::ranges::max(other.y) < std::ranges::min(one.y);
      CHECK(apart);
    }
  }
}

TEST_CASE("no line of the diagram strikes through a name", "[diagram]") {
  NetworkSpec spec = ring(12, 5);
  for (Region& region : spec.regions) {
    region.name = "visual_" + region.name;
    region.cell_types = {{"e", 0.6, {}}, {"i", 0.4, Sign::inhibitory}};
  }
  for (Connection& connection : spec.connections) {
    connection = {"visual_" + connection.from + ".e", "visual_" + connection.to + ".i"};
  }

  const Panel panel = network_diagram(build_network(spec, 0)).panels.at(0);

  int names = 0;
  for (const Text& text : panel.texts) {
    if (!text.words.starts_with("visual_")) continue;
    ++names;
    // Boxes lie about the name, lines within boxes are polygons that begin or end there.
    for (const Polygon& polygon : panel.polygons) {
      for (std::size_t k = 0; k < polygon.x.size(); ++k) {
        const bool within = std::abs(polygon.x[k] - text.x) < 30.0 && std::abs(polygon.y[k] - text.y) < 5.0;
        CHECK_FALSE(within);
      }
    }
  }
  CHECK(names == 12);
}

TEST_CASE("a diagram of many regions with long names fits on a page", "[diagram]") {
  const int regions = GENERATE(6, 12);
  NetworkSpec spec = ring(regions, 3);
  for (Region& region : spec.regions) region.name = "prefrontal_" + region.name;
  for (Connection& connection : spec.connections) {
    connection = {"prefrontal_" + connection.from, "prefrontal_" + connection.to};
  }
  spec.inputs = {{"cue", 1}};
  spec.connections.push_back({"cue", spec.regions.front().name});
  spec.outputs = {{"choice", 2, {spec.regions.back().name}}};

  const Figure figure = network_diagram(build_network(spec, 0));

  CHECK(figure.panel_width <= 778.0);
  CHECK(figure.panel_height <= 1100.0);
}

TEST_CASE("a region has the same colour in all figures", "[diagram]") {
  NetworkSpec spec = small_loop();
  spec.regions[1].parent = "deep";
  const Network network = build_network(spec, 0);

  CHECK(region_colour(network, "a") == 0);
  CHECK(region_colour(network, "a.q") == 0);
  CHECK(region_colour(network, "b") == 1);
  CHECK(region_colour(network, "deep") == 1);
  CHECK(region_colour(network, "cue") == 2);
  CHECK(region_colour(network, "nowhere") == grey);
}

TEST_CASE("a path is cut where boxes begin", "[diagram]") {
  const RoundBox left{{0.0, 0.0}, 20.0, 20.0, 0.0}, right{{100.0, 0.0}, 20.0, 20.0, 0.0};

  const Path path = clipped(bezier({0, 0}, {33, 0}, {67, 0}, {100, 0}), left, right, 3.0);

  CHECK(path.front().x >= 10.0);
  CHECK(path.front().x < 12.0);
  CHECK(path.back().x <= 87.0);
  CHECK(path.back().x > 85.0);
}
