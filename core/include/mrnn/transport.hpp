#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// Exact optimal transport between few points (up to a few thousand), by successive shortest paths.

/// For each row a column of its own so that the sum of costs is least; -1 for rows that are left over where there are
/// more rows than columns. Costs may be negative. (scipy.optimize.linear_sum_assignment)
/// @throws RunError for costs that are not finite.
MRNN_EXPORT std::vector<Eigen::Index> best_assignment(const Eigen::Ref<const Eigen::MatrixXd>& costs);

/// What is brought from each of m rows, which have 1/m each, to each of n columns, which need 1/n each, so that the sum
/// of amounts times costs is least: [m x n], its sum is 1.
/// @throws RunError for costs that are not finite.
MRNN_EXPORT Eigen::MatrixXd optimal_transport(const Eigen::Ref<const Eigen::MatrixXd>& costs);

}  // namespace mrnn
