#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// What an arrow of the network diagram says about the weights it stands for.
enum class WeightSign { excitatory, inhibitory, free };

/// All weights of one effect from one region (or one of its cell types), or input, to another.
struct GraphEdge {
  std::size_t from = 0, to = 0;                   ///< nodes
  std::optional<std::size_t> from_type, to_type;  ///< cell types of them
  WeightSign effect = WeightSign::free;
  Index weights = 0;
};

struct GraphNode {
  enum class Kind { region, input, output };
  Kind kind = Kind::region;
  std::string name, note;  ///< the note stands below the name
  std::vector<std::string> cell_types;
  std::string parent;
};

/// A network as nodes and arrows: regions first, then inputs, then outputs.
struct NetworkGraph {
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;
  std::size_t regions = 0;
};

MRNN_EXPORT NetworkGraph network_graph(const Network& network);

/// The regions in an order in which, on a ring, connected ones stand near each other, regions of one parent
/// near each other too.
MRNN_EXPORT std::vector<std::size_t> ring_order(const NetworkGraph& graph);

}  // namespace mrnn
