#pragma once

#include <string>
#include <vector>

#include "mrnn/figure.hpp"
#include "pathway.hpp"
#include "subspaces.hpp"

namespace subspace_alignment {

/// One comparison of sets: those of a population, or the regions.
struct Comparison {
  std::string name;
  std::vector<std::string> sets;  ///< whose activity varies
  Alignment alignment;            ///< of these
  Chance chance;
  std::vector<std::string> all_sets;  ///< with those that are constant
  std::vector<mrnn::Index> places;    ///< of `sets` among all
};

/// The alignment index of each set's subspace with the activity of each.
mrnn::Figure draw_indices(const std::vector<Comparison>& comparisons);
/// Principal angles of each pair of sets, and those of random subspaces.
mrnn::Figure draw_angles(const std::vector<Comparison>& comparisons);

/// Activity of one pathway's source.
struct PathwayResult {
  Pathway pathway;
  std::vector<std::string> sets;
  PotentPower power;
};
/// Share of the power in the potent space, set by set, beside that of activity spread evenly.
mrnn::Figure draw_pathways(const mrnn::Network& network, const std::vector<PathwayResult>& pathways);

}  // namespace subspace_alignment
