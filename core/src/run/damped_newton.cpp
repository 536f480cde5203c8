#include "mrnn/damped_newton.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/parallel.hpp"

namespace mrnn {
namespace {

/// Multiply-adds, n^3 for each state, of about a second.
constexpr double work_at_once = 4e9;

}  // namespace

DampedNewton::DampedNewton(NewtonModel model, const Square& square) : model_(std::move(model)) {
  const Eigen::MatrixXd& w = model_.weights;
  if (is_rate()) {
    const Eigen::MatrixXd columns = w * model_.gain.asDiagonal();
    square_ = square ? square(columns.transpose()) : columns * columns.transpose();
    cross_ = columns * model_.leak.asDiagonal();
  } else {
    const Eigen::MatrixXd rows = model_.gain.asDiagonal() * w;
    square_ = square ? square(rows) : rows.transpose() * rows;
    cross_ = (model_.leak.asDiagonal() * rows).transpose();
  }
  transposed_ = cross_.transpose();
}

DampedNewton::~DampedNewton() = default;

Index DampedNewton::states_at_once() const {
  const double n = static_cast<double>(size());
  return std::clamp<Index>(static_cast<Index>(work_at_once / (n * n * n)), 16, 1 << 16);
}

DampedNewton::Vector DampedNewton::post(const Eigen::MatrixXd& varying, Index k) const {
  return is_rate() ? Vector(varying.col(k)) : Vector(model_.gain);
}
DampedNewton::Vector DampedNewton::pre(const Eigen::MatrixXd& varying, Index k) const {
  return is_rate() ? Vector(model_.gain) : Vector(varying.col(k));
}

/// L^2 + V K + K^T V + V M V; its lower triangle.
Eigen::MatrixXd DampedNewton::product(const Vector& varying) const {
  const Index n = varying.size();
  Eigen::MatrixXd result(n, n);
  for (Index j = 0; j < n; ++j) {
    const Index rows = n - j;
    const auto v = varying.tail(rows).array();
    result.col(j).tail(rows) = v * (cross_.col(j).tail(rows).array() + varying(j) * square_.col(j).tail(rows).array()) +
                               varying(j) * transposed_.col(j).tail(rows).array();
    result(j, j) += model_.leak(j) * model_.leak(j);
  }
  return result;
}

/// A^T g
Eigen::VectorXd DampedNewton::gradient(const Eigen::MatrixXd& varying, Index k, const Vector& g) const {
  const Eigen::VectorXd back = model_.weights.transpose() * post(varying, k).cwiseProduct(g);
  return model_.leak.array() * g.array() + pre(varying, k).array() * back.array();
}

Eigen::VectorXd DampedNewton::square_scales(const Eigen::MatrixXd& varying) const {
  Eigen::VectorXd scales(varying.cols());
  for (Index k = 0; k < varying.cols(); ++k) {
    const auto v = varying.col(k).array();
    scales(k) = (2.0 * model_.leak.array().square() + 2.0 * v * cross_.diagonal().array() +
                 v.square() * square_.diagonal().array())
                    .sum();
  }
  return scales;
}

DampedSteps DampedNewton::steps(const Eigen::MatrixXd& varying, const Eigen::MatrixXd& g, const Eigen::VectorXd& mu) {
  const Index count = mu.size();
  if (varying.rows() != size() || g.rows() != size() || varying.cols() != count || g.cols() != count) {
    throw ShapeError("damped steps of " + std::to_string(count) + " states of " + std::to_string(size()) +
                     " units need as many rows and columns of gains and changes");
  }
  return do_steps(varying, g, mu);
}

DampedSteps DampedNewton::do_steps(const Eigen::MatrixXd& varying, const Eigen::MatrixXd& g,
                                   const Eigen::VectorXd& mu) {
  const Index count = mu.size();
  DampedSteps steps{g, Eigen::VectorXd::Zero(count), Eigen::VectorXd(count), {}};
  steps.definite.setConstant(count, false);
  parallel_for(count, model_.threads, [&](Index k) { step(varying, k, g.col(k), mu(k), steps); });
  return steps;
}

void DampedNewton::step(const Eigen::MatrixXd& varying, Index k, const Vector& g, double mu, DampedSteps& steps) const {
  const Eigen::VectorXd slope = gradient(varying, k, g);
  steps.slope(k) = slope.squaredNorm();
  Eigen::MatrixXd matrix = product(varying.col(k));
  matrix.diagonal().array() += mu;
  const auto solution = solve_positive_definite(matrix, is_rate() ? g : Vector(slope));
  if (!solution) return;
  const Eigen::VectorXd d = is_rate() ? Eigen::VectorXd(-gradient(varying, k, *solution)) : Eigen::VectorXd(-*solution);
  const Eigen::VectorXd moved = model_.weights * pre(varying, k).cwiseProduct(d);
  const Eigen::VectorXd left = g.array() + model_.leak.array() * d.array() + post(varying, k).array() * moved.array();
  steps.d.col(k) = d;
  steps.predicted(k) = 0.5 * left.squaredNorm();
  steps.definite(k) = true;
}

}  // namespace mrnn
