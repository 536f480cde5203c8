#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/comparison.hpp"

namespace mrnn {

/// A number for each pair of compared items, and how it is shown.
struct ComparisonMatrix {
  Eigen::MatrixXd values;   ///< [items x items], symmetric; NaN where two are not compared
  std::string label;        ///< of axes and colours: `angular distance (rad)`
  bool similarity = false;  ///< large values are alike
};

/// The texts that name the items: item, item_run, item_simulation, item_part.
MRNN_EXPORT void add_items(const ComparedActivities& activities, AnalysisResults& results);

/// Points whose distances are as near as can be to those given (classical scaling, Torgerson 1952): [items x
/// dimensions], about the origin, spread falling with the dimension; the largest entry of each column is positive.
/// Where the distances are not Euclidean, what has no place is left out.
MRNN_EXPORT Eigen::MatrixXd classical_scaling(const Eigen::Ref<const Eigen::MatrixXd>& distances,
                                              Eigen::Index dimensions);

/// The matrix as colours; one panel per region where only namesakes are compared.
MRNN_EXPORT Figure draw_matrix(const ComparedActivities& activities, const ComparisonMatrix& matrix);

/// The items in the plane that keeps their distances best, coloured by region. Only where all of three or more items
/// are compared: see can_be_placed().
MRNN_EXPORT Panel draw_places(const ComparedActivities& activities, const Network& network,
                              const Eigen::Ref<const Eigen::MatrixXd>& places, const std::string& label);
MRNN_EXPORT bool can_be_placed(const Eigen::Ref<const Eigen::MatrixXd>& distances);

/// `closest: a and b (0.1); farthest: a and c (0.9)`, or of similarities `most alike`.
MRNN_EXPORT std::string describe_extremes(const ComparedActivities& activities, const ComparisonMatrix& matrix);

}  // namespace mrnn
