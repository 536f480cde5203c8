#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>

#include "mrnn/comparison.hpp"

namespace mrnn {

/// A number for each pair of compared items, and how it is shown.
struct ComparisonMatrix {
  Eigen::MatrixXd values;  ///< [items x items], symmetric; NaN where two are not compared, and of what is left out
  std::string label;       ///< of colours: `angular distance (rad)`
  std::string unit;        ///< of distances: `rad`; empty: none
  std::optional<Eigen::MatrixXd> distances = std::nullopt;  ///< where the values are similarities: theirs
};

/// [items x items], NaN but for the diagonal: what each activity has with itself, unless it is left out.
MRNN_EXPORT Eigen::MatrixXd no_comparisons(const ComparedActivities& activities, double with_itself);

/// The texts that name the items: item, item_run, item_simulation, item_part.
MRNN_EXPORT void add_items(const ComparedActivities& activities, AnalysisResults& results);

/// Classical scaling (Torgerson 1952): points [items x dimensions] about the origin, spread falling with the dimension;
/// the largest entry of each column is positive. Their inner products, not their distances, are as near as can be to
/// those given. Where the distances are not Euclidean, what has no place is left out.
MRNN_EXPORT Eigen::MatrixXd classical_scaling(const Eigen::Ref<const Eigen::MatrixXd>& distances,
                                              Eigen::Index dimensions);

/// Adds to the figure, which has its words already, the matrix as colours: one panel, or one per region where only
/// namesakes are compared. Where all of three or more items are compared, the items follow in the plane of classical
/// scaling, with the array `places`, and the caption says how far distances are off there. Items that are left out are
/// not drawn. The figure goes to the results; a line, and what was said of items that are left out, to the summary.
MRNN_EXPORT void add_comparison(const ComparedActivities& activities, const Network& network,
                                const ComparisonMatrix& matrix, Figure figure, AnalysisResults& results);

}  // namespace mrnn
