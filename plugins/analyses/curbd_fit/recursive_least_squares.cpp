#include "recursive_least_squares.hpp"

#include <utility>

namespace curbd {

RecursiveLeastSquares::RecursiveLeastSquares(Eigen::MatrixXd weights, double p0)
    : weights_(std::move(weights)),
      p_(p0 * Eigen::MatrixXd::Identity(weights_.rows(), weights_.rows())),
      gains_(weights_.rows(), most_pending),
      errors_(weights_.rows(), most_pending),
      scales_(most_pending) {}

void RecursiveLeastSquares::multiply(const Eigen::VectorXd& activity, Eigen::VectorXd& result) const {
  result.noalias() = weights_ * activity;
  if (pending_ == 0) return;
  const Eigen::VectorXd overlap = gains_.leftCols(pending_).transpose() * activity;
  result.noalias() -= errors_.leftCols(pending_) * overlap;
}

void RecursiveLeastSquares::learn(const Eigen::VectorXd& activity, const Eigen::VectorXd& error) {
  Eigen::VectorXd gain = p_.selfadjointView<Eigen::Lower>() * activity;
  if (pending_ > 0) {
    const auto gains = gains_.leftCols(pending_);
    const Eigen::VectorXd overlap = scales_.head(pending_).cwiseProduct(gains.transpose() * activity);
    gain.noalias() -= gains * overlap;
  }
  const double scale = 1.0 / (1.0 + activity.dot(gain));
  gains_.col(pending_) = gain;
  errors_.col(pending_) = scale * error;
  scales_(pending_) = scale;
  if (++pending_ == most_pending) carry_out();
}

void RecursiveLeastSquares::carry_out() {
  if (pending_ == 0) return;
  const auto gains = gains_.leftCols(pending_);
  weights_.noalias() -= errors_.leftCols(pending_) * gains.transpose();
  const Eigen::MatrixXd scaled = gains * scales_.head(pending_).cwiseSqrt().asDiagonal();
  p_.selfadjointView<Eigen::Lower>().rankUpdate(scaled, -1.0);
  pending_ = 0;
}

const Eigen::MatrixXd& RecursiveLeastSquares::weights() {
  carry_out();
  return weights_;
}

}  // namespace curbd
