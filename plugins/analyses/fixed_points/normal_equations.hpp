#pragma once

#include <Eigen/Core>
#include <optional>

#include "step_map.hpp"

namespace fixed_points {

/// Steps of Levenberg and Marquardt for many states of one StepMap.
///
/// With A = J - I = L + P W D (diagonal L, P and D, see mrnn::Jacobians) only D depends on the state for leaky and
/// elman dynamics, only P for rate dynamics. So A^T A, or A A^T for rate, is made of two matrices that are computed
/// once: for each state it costs n^2, and Cholesky's factors n^3 / 3, less than half of what LU factors of A would.
class NormalEquations {
 public:
  explicit NormalEquations(const StepMap& map);

  struct Step {
    Eigen::VectorXd x;       ///< d [n]
    double predicted = 0.0;  ///< q that the linear model says there will be
  };
  /// A^T g, the gradient of q. Gains: column k of `gains`.
  Eigen::VectorXd gradient(const mrnn::Jacobians& gains, Index k, const Eigen::VectorXd& g) const;
  /// |A|_F^2 + |L|_F^2, the square of the size of A that does not vanish where A does.
  double square_scale(const mrnn::Jacobians& gains, Index k) const;
  /// d = -(A^T A + mu I)^-1 A^T g = -A^T (A A^T + mu I)^-1 g; none where that is singular to working precision.
  std::optional<Step> step(const mrnn::Jacobians& gains, Index k, const Eigen::VectorXd& g, double mu) const;

 private:
  Eigen::MatrixXd product(const Eigen::VectorXd& varying, const Eigen::VectorXd& leak) const;

  bool rate_;
  Eigen::MatrixXd weights_;                      ///< W [n x n]
  Eigen::MatrixXd square_, cross_, transposed_;  ///< M, K and K^T of product()
};

}  // namespace fixed_points
