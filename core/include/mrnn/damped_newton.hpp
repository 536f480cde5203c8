#pragma once

#include <Eigen/Core>
#include <functional>

#include "mrnn/network_spec.hpp"
#include "mrnn/session.hpp"

namespace mrnn {

/// Steps of K states towards fixed points, and what became of each.
struct DampedSteps {
  Eigen::MatrixXd d;          ///< [n x K]
  Eigen::VectorXd predicted;  ///< 1/2 |g + A d|^2 [K]
  Eigen::VectorXd slope;      ///< |A^T g|^2, A^T g the gradient of 1/2 |g|^2 in x [K]
  /// Else the matrix is singular to working precision, and d and predicted mean nothing. [K]
  Eigen::Array<bool, Eigen::Dynamic, 1> definite;
};

/// What all states have in common.
struct NewtonModel {
  Dynamics dynamics = Dynamics::leaky;
  Eigen::MatrixXd weights;  ///< W [n x n]
  Eigen::VectorXd leak;     ///< L [n]
  Eigen::VectorXd gain;     ///< P, or D for rate dynamics [n]
  int threads = 0;          ///< 0: all cores
};

/// Newton's method for fixed points of x -> F(x), damped as by Levenberg (1944) and Marquardt (1963), for many states
/// at once. Each state's step d minimises |g + A d|^2 + mu |d|^2, with g = F(x) - x and A = dF/dx - I:
///     d = -(A^T A + mu I)^-1 A^T g = -A^T (A A^T + mu I)^-1 g
///
/// Of A = L + P W D, L = diag(leak) - I, P = diag(post), D = diag(pre) (see Jacobians), only D differs from state to
/// state for leaky and elman dynamics, only P for rate dynamics: V, the diagonal that varies. So A^T A, or A A^T for
/// rate, is L^2 + V K + K^T V + V M V with two matrices that are computed once: for each state it costs n^2, and
/// Cholesky's factors n^3 / 3, less than half of what LU factors of A would. All in double precision.
class MRNN_EXPORT DampedNewton {
 public:
  /// B^T B: a backend's own way of multiplying.
  using Square = std::function<Eigen::MatrixXd(const Eigen::MatrixXd& b)>;

  explicit DampedNewton(NewtonModel model, const Square& square = {});
  virtual ~DampedNewton();
  DampedNewton(const DampedNewton&) = delete;
  DampedNewton& operator=(const DampedNewton&) = delete;

  Index size() const noexcept { return model_.leak.size(); }
  /// V of each state. [n x K]
  const Eigen::MatrixXd& varying(const Jacobians& gains) const { return is_rate() ? gains.post : gains.pre; }
  /// |A|_F^2 + |L|_F^2 of each state, the square of the size of A that does not vanish where A does. [K]
  Eigen::VectorXd square_scales(const Eigen::MatrixXd& varying) const;

  /// @param varying  V [n x K]
  /// @param g        [n x K]
  /// @param mu       0 or more [K]
  DampedSteps steps(const Eigen::MatrixXd& varying, const Eigen::MatrixXd& g, const Eigen::VectorXd& mu);
  /// How many states to hand over at once: a second of work or less, and bounded memory.
  virtual Index states_at_once() const;

 protected:
  virtual DampedSteps do_steps(const Eigen::MatrixXd& varying, const Eigen::MatrixXd& g, const Eigen::VectorXd& mu);

  const NewtonModel& model() const noexcept { return model_; }
  bool is_rate() const noexcept { return model_.dynamics == Dynamics::rate; }
  /// leaky, elman: M = W^T P^2 W,  K = (L P W)^T;  rate: M = W D^2 W^T,  K = W D L. [n x n]
  const Eigen::MatrixXd& square() const noexcept { return square_; }
  const Eigen::MatrixXd& cross() const noexcept { return cross_; }

 private:
  using Vector = Eigen::Ref<const Eigen::VectorXd>;
  Vector post(const Eigen::MatrixXd& varying, Index k) const;
  Vector pre(const Eigen::MatrixXd& varying, Index k) const;
  Eigen::MatrixXd product(const Vector& varying) const;
  Eigen::VectorXd gradient(const Eigen::MatrixXd& varying, Index k, const Vector& g) const;
  void step(const Eigen::MatrixXd& varying, Index k, const Vector& g, double mu, DampedSteps& steps) const;

  NewtonModel model_;
  Eigen::MatrixXd square_, cross_, transposed_;  ///< M, K and K^T
};

}  // namespace mrnn
