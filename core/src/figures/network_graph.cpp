#include "figures/network_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>
#include <utility>

#include "config/spec_names.hpp"

namespace mrnn {
namespace {

/// Region and cell type that units belong to.
struct Place {
  std::size_t node = 0;
  std::optional<std::size_t> type;
};

Place place_of(const std::vector<RegionLayout>& regions, UnitRange range) {
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (!regions[i].range.contains(range.start)) continue;
    const auto& types = regions[i].cell_types;
    for (std::size_t k = 0; k < types.size() && types.size() > 1; ++k) {
      if (types[k].range == range) return {i, k};
    }
    return {i, std::nullopt};
  }
  return {};
}

/// Adds the weights of one sign to the edge between two places.
void add_weights(const GraphEdge& edge, NetworkGraph& graph) {
  if (edge.weights == 0) return;
  for (GraphEdge& known : graph.edges) {
    if (known.from == edge.from && known.to == edge.to && known.from_type == edge.from_type &&
        known.to_type == edge.to_type && known.effect == edge.effect) {
      known.weights += edge.weights;
      return;
    }
  }
  graph.edges.push_back(edge);
}

/// The edges of a piece; `edge` has its ends. Weights that Dale's law leaves free have no sign.
void add_piece(const Block& block, const Piece& piece, Dale dale, GraphEdge edge, NetworkGraph& graph) {
  const auto pattern = block.pattern.block(piece.to.start - block.to.start, piece.from.start - block.from.start,
                                           piece.to.size, piece.from.size);
  const Index positive = (pattern.array() > 0).count(), negative = (pattern.array() < 0).count();
  if (dale == Dale::none) {
    edge.effect = WeightSign::free;
    edge.weights = positive + negative;
    return add_weights(edge, graph);
  }
  edge.effect = WeightSign::excitatory;
  edge.weights = positive;
  add_weights(edge, graph);
  edge.effect = WeightSign::inhibitory;
  edge.weights = negative;
  add_weights(edge, graph);
}

void add_recurrent(const Network& network, NetworkGraph& graph) {
  for (const Block& block : network.recurrent_blocks()) {
    for (const Piece& piece : block.pieces) {
      const Place from = place_of(network.regions(), piece.from), to = place_of(network.regions(), piece.to);
      add_piece(block, piece, network.dale(), {from.node, to.node, from.type, to.type, WeightSign::free, 0}, graph);
    }
  }
}

void add_inputs(const Network& network, NetworkGraph& graph) {
  const auto& inputs = network.input_regions();
  for (const Block& block : network.input_blocks()) {
    for (const Piece& piece : block.pieces) {
      const Place to = place_of(network.regions(), piece.to);
      std::size_t input = 0;
      while (input + 1 < inputs.size() && !inputs[input].range.contains(piece.from.start)) ++input;
      add_piece(block, piece, network.dale_input(),
                {graph.regions + input, to.node, std::nullopt, to.type, WeightSign::free, 0}, graph);
    }
  }
}

/// An output as a node. Arrows to it only from few regions: many would hide the network.
void add_output(const Network& network, std::size_t index, NetworkGraph& graph) {
  const OutputLayout& output = network.output_layouts()[index];
  const std::optional<Sign> sign = network.spec().outputs[index].sign;
  const WeightSign effect = !sign                       ? WeightSign::free
                            : *sign == Sign::excitatory ? WeightSign::excitatory
                                                        : WeightSign::inhibitory;
  constexpr std::size_t most_arrows = 3;
  std::vector<GraphEdge> edges;
  for (std::size_t i = 0; i < graph.regions; ++i) {
    Index units = 0;
    const UnitRange region = network.regions()[i].range;
    for (const UnitRange& range : output.units.ranges()) {
      units += std::max<Index>(std::min(range.end(), region.end()) - std::max(range.start, region.start), 0);
    }
    const Index weights = output.readout == Readout::identity ? units : units * output.range.size;
    if (units > 0) edges.push_back({i, graph.nodes.size(), std::nullopt, std::nullopt, effect, weights});
  }
  GraphNode node{GraphNode::Kind::output, output.name, fmt::format("{}", output.range.size), {}, {}};
  if (edges.size() > most_arrows) {
    node.note += edges.size() == graph.regions ? ", from all regions" : fmt::format(", from {} regions", edges.size());
    edges.clear();
  }
  graph.nodes.push_back(std::move(node));
  for (const GraphEdge& edge : edges) add_weights(edge, graph);
}

/// How far from ideal an order on a ring is: the distances between regions that should be near each other.
double ring_cost(const std::vector<std::size_t>& place, const std::set<std::pair<std::size_t, std::size_t>>& pairs) {
  const auto count = static_cast<int>(place.size());
  double cost = 0.0;
  for (const auto& [one, other] : pairs) {
    const int apart = std::abs(static_cast<int>(place[one]) - static_cast<int>(place[other]));
    cost += std::min(apart, count - apart);
  }
  return cost;
}

}  // namespace

NetworkGraph network_graph(const Network& network) {
  NetworkGraph graph;
  for (const RegionLayout& region : network.regions()) {
    GraphNode node{GraphNode::Kind::region, region.name, fmt::format("{}", region.range.size), {}, region.parent};
    for (const NamedRange& type : region.cell_types)
      node.cell_types.push_back(type.name.substr(region.name.size() + 1));
    if (node.cell_types.size() == 1) node.cell_types.clear();
    graph.nodes.push_back(std::move(node));
  }
  graph.regions = graph.nodes.size();
  for (const NamedRange& input : network.input_regions()) {
    graph.nodes.push_back({GraphNode::Kind::input, input.name, fmt::format("{}", input.range.size), {}, {}});
  }
  add_recurrent(network, graph);
  add_inputs(network, graph);
  for (std::size_t i = 0; i < network.output_layouts().size(); ++i) add_output(network, i, graph);
  return graph;
}

std::vector<std::size_t> ring_order(const NetworkGraph& graph) {
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i < graph.regions; ++i) {
    for (std::size_t k = i + 1; k < graph.regions; ++k) {
      if (!graph.nodes[i].parent.empty() && graph.nodes[i].parent == graph.nodes[k].parent) pairs.insert({i, k});
    }
  }
  for (const GraphEdge& edge : graph.edges) {
    if (edge.from < graph.regions && edge.to < graph.regions && edge.from != edge.to) {
      pairs.insert(std::minmax(edge.from, edge.to));
    }
  }
  std::vector<std::size_t> place(graph.regions);  // of each region on the ring
  std::iota(place.begin(), place.end(), std::size_t{0});
  double cost = ring_cost(place, pairs);
  // Swaps until none helps; from the order of the network, so that the picture does not change without need.
  for (bool better = graph.regions > 3 && graph.regions <= 60; better;) {
    better = false;
    for (std::size_t i = 0; i + 1 < place.size(); ++i) {
      for (std::size_t k = i + 1; k < place.size(); ++k) {
        std::swap(place[i], place[k]);
        const double changed = ring_cost(place, pairs);
        if (changed < cost) {
          cost = changed;
          better = true;
        } else {
          std::swap(place[i], place[k]);
        }
      }
    }
  }
  std::vector<std::size_t> order(place.size());
  for (std::size_t region = 0; region < place.size(); ++region) order[place[region]] = region;
  return order;
}

}  // namespace mrnn
