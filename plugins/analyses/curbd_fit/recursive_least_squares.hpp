#pragma once

#include <Eigen/Core>

namespace curbd {

/// Weights J learned from one sample after the other (Sussillo & Abbott 2009, equations 4 and 5):
///
///     k = P r,   c = 1 / (1 + r^T k),   P -= c k k^T,   J -= c e k^T
///
/// r the activity, e the error of what J r leads to. P starts as p0 times the identity and is never reset. Updates
/// are gathered and carried out several at a time, as one product of matrices: products with J and P take the pending
/// ones into account.
class RecursiveLeastSquares {
 public:
  RecursiveLeastSquares(Eigen::MatrixXd weights, double p0);

  /// J r.
  void multiply(const Eigen::VectorXd& activity, Eigen::VectorXd& result) const;
  void learn(const Eigen::VectorXd& activity, const Eigen::VectorXd& error);
  /// J, with all that was learned.
  const Eigen::MatrixXd& weights();

 private:
  static constexpr Eigen::Index most_pending = 32;
  void carry_out();

  Eigen::MatrixXd weights_;
  Eigen::MatrixXd p_;               ///< lower triangle
  Eigen::MatrixXd gains_, errors_;  ///< k and c e of pending updates, as columns
  Eigen::VectorXd scales_;          ///< c of pending updates
  Eigen::Index pending_ = 0;
};

}  // namespace curbd
