#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "residual_activity.hpp"

namespace communication_subspace {

/// The samples of one fold, [1 X Y] = Q T with orthonormal columns in Q and T upper triangular. Only T is kept: the
/// squared error of every linear prediction on these samples, C^T [1 X Y]^T [1 X Y] C, is that on T. Unlike X^T X, T
/// squares no condition number.
struct Table {
  Eigen::MatrixXd factor;                                              ///< [at most 1 + p + K rows x 1 + p + K]
  mrnn::Index sources = 0;                                             ///< p
  mrnn::Index targets() const { return factor.cols() - 1 - sources; }  ///< K

  double samples() const { return factor(0, 0) * factor(0, 0); }
  Eigen::RowVectorXd means() const { return factor.row(0).tail(factor.cols() - 1) / factor(0, 0); }  ///< of X and Y
  /// [X Y] about these means.
  Eigen::MatrixXd about(const Eigen::RowVectorXd& means) const;
  /// Sum of squares of Y about its own means.
  double target_squares() const;
};

/// @param fold  per trial with samples
std::vector<Table> fold_tables(const Activity& activity, const std::vector<mrnn::Index>& source,
                               const std::vector<mrnn::Index>& target, const std::vector<mrnn::Index>& fold,
                               mrnn::Index folds);

/// All tables but one, for each: calls visit(fold, others). Returns all tables as one.
Table each_training(const std::vector<Table>& tables, const std::function<void(std::size_t, const Table&)>& visit);

}  // namespace communication_subspace
