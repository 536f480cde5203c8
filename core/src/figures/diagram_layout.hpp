#pragma once

#include <string>
#include <vector>

#include "figures/diagram_shapes.hpp"
#include "figures/figure_text.hpp"
#include "figures/network_graph.hpp"

namespace mrnn {

inline constexpr Lettering name_letters{11.0, true}, type_letters{9.0, false}, note_letters{9.0, false};

/// A node with its place on the drawing; the boxes of its cell types stand within, along that edge which looks to the
/// middle of the drawing, so that arrows from them cross nothing but the edge.
struct Shape {
  RoundBox box;
  RoundBox words;  ///< about the name and the note: where lines are not drawn
  std::vector<RoundBox> types;
  std::string name;
  std::vector<std::string> type_names;
};

/// -1: the lower edge of a box looks to the middle of the drawing, 1: the upper one.
inline double inner_side(const RoundBox& box) {
  return box.centre.y >= -1.0 ? -1.0 : 1.0;
}

/// Regions on a ring about the origin, inputs in a column on its left, outputs on its right.
std::vector<Shape> place_nodes(const NetworkGraph& graph);

}  // namespace mrnn
