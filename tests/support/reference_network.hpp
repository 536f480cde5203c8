#pragma once

#include <Eigen/Core>

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/session.hpp"

namespace test {

/// Activity of a whole batch, as Session records it.
struct Activity {
  mrnn::Sequence x, h, y;
};

/// The model written down once more, plainly: dense matrices, double precision, one trial after the other. Every
/// backend is tested against it. It shares with them only the description of the network and the normal
/// numbers of the noise.
class ReferenceNetwork {
 public:
  /// @param network  must outlive this
  ReferenceNetwork(const mrnn::Network& network, const mrnn::Parameters& parameters);

  Activity run(const mrnn::Trials& trials, mrnn::Noise noise, std::uint64_t seed) const;

  /// One noiseless step of a state (x, or h for rate dynamics) that is the one before step `step` of a trial.
  Eigen::VectorXd advance(const mrnn::Trials& trials, mrnn::Index trial, mrnn::Index step,
                          const Eigen::VectorXd& state) const;

  /// What acts on one trial at one step.
  struct Conditions {
    Eigen::MatrixXd recurrent_factors, input_factors;  ///< of the weights
    Eigen::VectorXd inputs;                            ///< v, with its noise
    Eigen::VectorXd stimulus;                          ///< s
    Eigen::VectorXd noise;                             ///< sigma eta
    Eigen::VectorXd free;                              ///< 0 where the activity is held, else 1
  };
  Conditions conditions(const mrnn::Trials& trials, mrnn::Index trial, mrnn::Index step, mrnn::Noise noise,
                        std::uint64_t seed) const;

  /// W h_{t-1} + W_in v_t + b + s_t
  Eigen::VectorXd drive(const Conditions& now, const Eigen::VectorXd& h) const;
  Eigen::VectorXd phi(const Eigen::VectorXd& x) const;
  Eigen::VectorXd phi_slope(const Eigen::VectorXd& x) const;  ///< phi'(x)

  const Eigen::VectorXd& alpha() const { return alpha_; }
  const Eigen::MatrixXd& recurrent() const { return recurrent_; }  ///< W [N x N]
  const Eigen::MatrixXd& input() const { return input_; }          ///< W_in [N x I]
  const Eigen::MatrixXd& readout() const { return readout_; }      ///< W_out [K x N]

 private:
  struct Moment;  // a trial at a step
  Eigen::MatrixXd factors(const Moment& now, mrnn::ScaleWeights::Source source) const;
  Eigen::VectorXd stimulus(const Moment& now) const;
  Eigen::VectorXd noise_strength(const Moment& now, mrnn::Noise noise) const;
  Eigen::VectorXd held(const Moment& now, Eigen::VectorXd h) const;
  Eigen::VectorXd output(const Eigen::VectorXd& h) const;

  const mrnn::Network& network_;
  mrnn::Parameters parameters_;
  Eigen::MatrixXd recurrent_, input_, readout_;
  Eigen::VectorXd alpha_;
};

}  // namespace test
