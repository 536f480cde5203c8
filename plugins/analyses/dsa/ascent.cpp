#include "ascent.hpp"

#include <algorithm>
#include <cmath>

#include "mrnn/linear_algebra.hpp"

namespace dsa {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr int most_steps = 500;
/// Directions between two pulses: below a second even for matrices of some hundred rows.
constexpr int directions_per_pulse = 10;
/// A step that promises less than this is lost in the rounding of f, which is at most 1.
constexpr double no_gain = 1e-15;

MatrixXd skew(const MatrixXd& m) {
  return 0.5 * (m - m.transpose());
}

double dot(const MatrixXd& a, const MatrixXd& b) {
  return a.cwiseProduct(b).sum();
}

MatrixXd commutator(const MatrixXd& x, const MatrixXd& m) {
  return x * m - m * x;
}

/// f near C, with T = C B C^T and C turned by exp(X):
///   f(X) = f + <X, S> - 1/2 <[X, A], [X, T]> + O(X^3),   S = skew(A T^T - T^T A)
struct Hill {
  const MatrixXd& a;
  const MatrixXd& t;

  MatrixXd slope() const { return skew(a * t.transpose() - t.transpose() * a); }
  /// H X, where 1/2 <X, H X> is the quadratic term that is subtracted.
  MatrixXd bend(const MatrixXd& x) const {
    const MatrixXd za = commutator(x, a), zt = commutator(x, t);
    return 0.5 * skew(za * t.transpose() - t.transpose() * za + zt * a.transpose() - a.transpose() * zt);
  }
};

struct Step {
  MatrixXd turn;
  double gain = 0.0;  ///< that the quadratic model promises
  bool at_border = false;
};

/// How far from x along d the border of the ball lies.
double to_border(const MatrixXd& x, const MatrixXd& d, double radius) {
  const double a = d.squaredNorm(), b = dot(x, d), c = x.squaredNorm() - radius * radius;
  return (-b + std::sqrt(std::max(0.0, b * b - a * c))) / a;
}

/// The top of the model within the ball, by conjugate gradients (Steihaug 1983).
Step best_step(const Hill& hill, const MatrixXd& slope, double radius, const std::function<void()>& pulse) {
  const double norm = slope.norm(), enough = norm * std::min(0.1, std::sqrt(norm));
  Step step{MatrixXd::Zero(slope.rows(), slope.cols())};
  MatrixXd residual = slope, direction = slope;
  const auto gain_of = [&](const MatrixXd& x) { return dot(x, slope) - 0.5 * dot(x, hill.bend(x)); };
  const auto most = static_cast<int>(std::min<Index>(300, slope.size()));
  for (int k = 0; k < most; ++k) {
    if (k % directions_per_pulse == 0) pulse();
    const MatrixXd bent = hill.bend(direction);
    const double curvature = dot(direction, bent), squared = residual.squaredNorm();
    const double length = squared / curvature;
    if (!(curvature > 0.0) || (step.turn + length * direction).norm() >= radius) {
      step.turn += to_border(step.turn, direction, radius) * direction;
      step.at_border = true;
      break;
    }
    step.turn += length * direction;
    residual -= length * bent;
    if (residual.norm() <= enough) break;
    direction = residual + residual.squaredNorm() / squared * direction;
  }
  step.gain = gain_of(step.turn);
  return step;
}

/// exp(X) to second order, and orthogonal.
MatrixXd cayley(const MatrixXd& x) {
  const MatrixXd identity = MatrixXd::Identity(x.rows(), x.cols());
  return mrnn::solve(identity - 0.5 * x, identity + 0.5 * x);
}

/// The orthogonal matrix nearest to one that has lost a few digits.
MatrixXd nearest_orthogonal(const MatrixXd& c) {
  const mrnn::Svd factors = mrnn::svd(c);
  return factors.u * factors.v.transpose();
}

}  // namespace

double Ascent::height(const MatrixXd& c) const {
  return dot(a_, c * b_ * c.transpose());
}

MatrixXd Ascent::climb(MatrixXd c) const {
  const double widest = std::sqrt(static_cast<double>(c.rows()));
  double radius = 0.5, height = this->height(c);
  for (int k = 0; k < most_steps; ++k) {
    const MatrixXd t = c * b_ * c.transpose();
    const Hill hill{a_, t};
    const MatrixXd slope = hill.slope();
    if (slope.norm() <= tolerance_) break;
    const Step step = best_step(hill, slope, radius, pulse_);
    const MatrixXd next = cayley(step.turn) * c;
    if (step.gain < no_gain) {
      c = next;  // the last digits, where f cannot tell any more
      break;
    }
    const double higher = this->height(next), share = (higher - height) / step.gain;
    if (share < 0.25) radius *= 0.25;
    if (share > 0.75 && step.at_border) radius = std::min(2.0 * radius, widest);
    if (share < 0.01) continue;
    c = next;
    height = higher;
  }
  return nearest_orthogonal(c);
}

}  // namespace dsa
