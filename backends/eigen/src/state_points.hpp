#pragma once

#include <Eigen/Core>

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/session.hpp"

namespace mrnn::eigen {

/// One step, and its derivative, of many states at once, each at a trial and step of its own. Always in double
/// precision, from the parameters as given, whatever the precision of the session.
class StatePointSteps {
 public:
  /// All must outlive this.
  StatePointSteps(const Network& network, const Parameters& parameters, const EffectiveWeights& weights,
                  const Trials& trials);

  Eigen::MatrixXd advance(const StatePoints& points) const;
  Jacobians jacobian(const StatePoints& points) const;

 private:
  /// Units whose activity is held after a step, per state: 1 where held [N x K]; empty where none is.
  struct Held {
    Eigen::ArrayXXd where, value;
    void apply(Eigen::MatrixXd& activity) const;
  };
  Held held_after(const StatePoints& points, Index offset) const;
  Eigen::MatrixXd activity(const StatePoints& points) const;
  Eigen::MatrixXd drive(const StatePoints& points, const Eigen::MatrixXd& activity) const;

  const Network& network_;
  const Parameters& parameters_;
  const EffectiveWeights& weights_;
  const Trials& trials_;
  Eigen::VectorXd alpha_;
};

}  // namespace mrnn::eigen
