#pragma once

#include <Eigen/Core>
#include <functional>

namespace dsa {

/// Climbs f(C) = <A, C B C^T> over the orthogonal matrices, from a start to a maximum near it, by Newton steps within a
/// trust region (Absil, Mahony & Sepulchre 2008, chapter 7). A step turns C by a skew-symmetric X: C <- Cayley(X) C.
class Ascent {
 public:
  /// @param a, b  of norm 1; must outlive it, like the pulse, which is called again and again and may throw
  Ascent(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, double tolerance, const std::function<void()>& pulse)
      : a_(a), b_(b), tolerance_(tolerance), pulse_(pulse) {}

  /// The orthogonal matrix at the top; its determinant is that of the start.
  Eigen::MatrixXd climb(Eigen::MatrixXd c) const;
  double height(const Eigen::MatrixXd& c) const;

 private:
  const Eigen::MatrixXd &a_, &b_;
  double tolerance_;
  const std::function<void()>& pulse_;
};

}  // namespace dsa
