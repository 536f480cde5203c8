#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/session.hpp"

namespace mrnn {

/// One step, and its derivative, of many states at once, each at a trial and step of its own, for backends. Always in
/// double precision, from the parameters as given, whatever the precision of the session.
class MRNN_EXPORT StatePointSteps {
 public:
  /// drive += W h + W_in u, every column with the weights that these scalings leave: a backend's own way of
  /// multiplying.
  using Product = std::function<void(const std::vector<const ScaleWeights*>& scalings, const Eigen::MatrixXd& h,
                                     const Eigen::MatrixXd& u, Eigen::MatrixXd& drive)>;

  /// All must outlive this. Without a product the blocks are multiplied here.
  StatePointSteps(const Network& network, const Parameters& parameters, const EffectiveWeights& weights,
                  const Trials& trials, Product product = {});

  Eigen::MatrixXd advance(const StatePoints& points) const;
  Jacobians jacobian(const StatePoints& points) const;

 private:
  /// Units whose activity is held after a step, per state: 1 where held [N x K]; empty where none is.
  struct Held {
    Eigen::ArrayXXd where, value;
    void apply(Eigen::MatrixXd& activity) const;
  };
  Held held_after(const StatePoints& points, Index offset) const;
  Held held_before(const StatePoints& points) const;
  Eigen::MatrixXd activity(const StatePoints& points) const;
  Eigen::MatrixXd drive(const StatePoints& points, const Eigen::MatrixXd& activity) const;
  void multiply_blocks(const std::vector<const ScaleWeights*>& scalings, const Eigen::MatrixXd& h,
                       const Eigen::MatrixXd& u, Eigen::MatrixXd& drive) const;

  const Network& network_;
  const Parameters& parameters_;
  const EffectiveWeights& weights_;
  const Trials& trials_;
  Product product_;
  Eigen::VectorXd alpha_;
};

/// dt / tau of every unit; 1 for elman dynamics.
MRNN_EXPORT Eigen::VectorXd alphas(const Network& network, const Parameters& parameters);

}  // namespace mrnn
