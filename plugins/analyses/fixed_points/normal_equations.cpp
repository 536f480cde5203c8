#include "normal_equations.hpp"

#include "mrnn/linear_algebra.hpp"

namespace fixed_points {

NormalEquations::NormalEquations(const StepMap& map) : rate_(map.is_rate()), weights_(map.recurrent()) {
  // What does not depend on the state is read at any.
  const mrnn::Jacobians gains = map.gains(Eigen::MatrixXd::Zero(map.size(), 1), {0});
  const Eigen::VectorXd leak = gains.leak.col(0).array() - 1.0;
  if (rate_) {
    const Eigen::MatrixXd columns = weights_ * gains.pre.col(0).asDiagonal();
    square_ = columns * columns.transpose();
    cross_ = columns * leak.asDiagonal();
  } else {
    const Eigen::MatrixXd rows = gains.post.col(0).asDiagonal() * weights_;
    square_ = rows.transpose() * rows;
    cross_ = (leak.asDiagonal() * rows).transpose();
  }
  transposed_ = cross_.transpose();
}

/// L^2 + V K + K^T V + V M V with V the diagonal that varies; its lower triangle.
///   leaky, elman:  A^T A,  V = D,  K = (L P W)^T,  M = W^T P^2 W
///   rate:          A A^T,  V = P,  K = W D L,      M = W D^2 W^T
Eigen::MatrixXd NormalEquations::product(const Eigen::VectorXd& varying, const Eigen::VectorXd& leak) const {
  const Index n = varying.size();
  Eigen::MatrixXd result(n, n);
  for (Index j = 0; j < n; ++j) {
    const Index rows = n - j;
    const auto v = varying.tail(rows).array();
    result.col(j).tail(rows) = v * (cross_.col(j).tail(rows).array() + varying(j) * square_.col(j).tail(rows).array()) +
                               varying(j) * transposed_.col(j).tail(rows).array();
    result(j, j) += leak(j) * leak(j);
  }
  return result;
}

Eigen::VectorXd NormalEquations::gradient(const mrnn::Jacobians& gains, Index k, const Eigen::VectorXd& g) const {
  const Eigen::VectorXd back = weights_.transpose() * gains.post.col(k).cwiseProduct(g);
  return (gains.leak.col(k).array() - 1.0) * g.array() + gains.pre.col(k).array() * back.array();
}

double NormalEquations::square_scale(const mrnn::Jacobians& gains, Index k) const {
  const Eigen::VectorXd leak = gains.leak.col(k).array() - 1.0;
  const Eigen::VectorXd& varying = rate_ ? gains.post.col(k) : gains.pre.col(k);
  const auto v = varying.array();
  return (2.0 * leak.array().square() + 2.0 * v * cross_.diagonal().array() + v.square() * square_.diagonal().array())
      .sum();
}

std::optional<NormalEquations::Step> NormalEquations::step(const mrnn::Jacobians& gains, Index k,
                                                           const Eigen::VectorXd& g, double mu) const {
  const Eigen::VectorXd leak = gains.leak.col(k).array() - 1.0;
  Eigen::MatrixXd matrix = product(rate_ ? gains.post.col(k) : gains.pre.col(k), leak);
  matrix.diagonal().array() += mu;
  const auto solution = mrnn::solve_positive_definite(matrix, rate_ ? g : gradient(gains, k, g));
  if (!solution) return std::nullopt;
  Step step;
  step.x = rate_ ? Eigen::VectorXd(-gradient(gains, k, *solution)) : Eigen::VectorXd(-*solution);
  const Eigen::VectorXd moved = weights_ * gains.pre.col(k).cwiseProduct(step.x);
  const Eigen::VectorXd left = g.array() + leak.array() * step.x.array() + gains.post.col(k).array() * moved.array();
  step.predicted = 0.5 * left.squaredNorm();
  return step;
}

}  // namespace fixed_points
