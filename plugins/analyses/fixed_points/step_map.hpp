#pragma once

#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/damped_newton.hpp"
#include "mrnn/linearisation.hpp"

namespace fixed_points {

using mrnn::Index;

/// The state before `step` of `trial`, which is where a seed comes from; the step's interventions act on it.
struct Moment {
  std::size_t simulation = 0;
  Index trial = 0, step = 0;
};

/// A simulation made ready for the search: its trials, with the inputs that are held, and a session that has them.
struct Ground {
  Ground(const mrnn::AnalysisContext& context, const mrnn::Simulation& from, mrnn::Trials held);

  const mrnn::Simulation& simulation;
  mrnn::Trials trials;
  std::unique_ptr<mrnn::Session> session;
  mrnn::WeightsInForce weights;
};

/// What tells two networks apart: the weights that are scaled and the units that are held at a moment, as numbers.
/// Moments with the same key see the same network, but for inputs and stimulus.
std::vector<double> circumstances(const mrnn::Trials& trials, Index trial, Index step);

/// One step without noise, x -> F(x), as a map of the chosen units [n]: the inputs, stimulus and interventions
/// of a moment act for ever, and all other units are held. One such map per moment, and all moments of one StepMap have
/// the same circumstances. A state is x for leaky and elman dynamics, h for rate.
class StepMap {
 public:
  /// @param ground   must outlive this, and so must the network and parameters of the context; one map at a time
  /// @param states   [N x moments], of which the rows of the other units are held
  StepMap(const mrnn::AnalysisContext& context, Ground& ground, const mrnn::Selection& units,
          std::vector<Moment> moments, Eigen::MatrixXd states);

  /// The maps of some of the moments.
  StepMap part(const std::vector<Index>& which) const;

  Index size() const noexcept { return static_cast<Index>(units_.size()); }
  Index moments() const noexcept { return static_cast<Index>(moments_.size()); }
  const mrnn::Network& network() const noexcept { return network_; }
  bool is_rate() const noexcept { return network_.spec().dynamics == mrnn::Dynamics::rate; }
  int threads() const { return ground_.session->options().threads; }
  const std::vector<Index>& units() const noexcept { return units_; }

  /// F(x) - x of states [n x k], each under the moment `which` names.
  Eigen::MatrixXd change(const Eigen::MatrixXd& x, const std::vector<Index>& which) const;
  /// Diagonals of the derivative of F in x, [n x k].
  mrnn::Jacobians gains(const Eigen::MatrixXd& x, const std::vector<Index>& which) const;
  /// Newton's steps at any of the moments. Not to outlive the ground.
  std::unique_ptr<mrnn::DampedNewton> newton() const;
  /// The same derivatives as matrices J [n x n] that are made when they are asked for. Not to outlive the map.
  std::vector<mrnn::Linearisation> linearisations(const Eigen::MatrixXd& x, const std::vector<Index>& which) const;

  /// W from and to the chosen units, as in force. [n x n]
  Eigen::MatrixXd recurrent() const;
  /// Is the activity of each chosen unit held? [n]
  const std::vector<bool>& held() const noexcept { return held_; }
  /// What the chosen units get from all others, from chosen units that are held, and as stimulus. [n x moments]
  Eigen::MatrixXd outside() const;
  /// W_in u + b of the chosen units. [n x moments]
  Eigen::MatrixXd inside() const;
  /// u [I] at a moment.
  Eigen::VectorXd input(Index moment) const;
  /// B^T v of one step, B = dF/du at x: how a step of each input channel [I] moves the state along v [n].
  Eigen::VectorXd input_gain(const Eigen::VectorXd& x, Index moment, const Eigen::VectorXd& v) const;

  /// All units [N] at a state of the chosen ones.
  Eigen::VectorXd whole(const Eigen::VectorXd& x, Index moment) const;
  /// Activity h and pre-activation x of all units at a whole state; for rate dynamics x is the drive there.
  Eigen::VectorXd activity(const Eigen::VectorXd& state) const;
  Eigen::VectorXd drive(const Eigen::VectorXd& h, Index moment) const;

 private:
  mrnn::StatePoints points(const Eigen::MatrixXd& x, const std::vector<Index>& which) const;
  Eigen::VectorXd stimulus(const Moment& moment) const;
  /// Values of all units that are held at a moment, NaN where none is.
  Eigen::VectorXd held_values(const Moment& moment) const;

  const mrnn::Network& network_;
  const mrnn::Parameters& parameters_;
  const Ground& ground_;
  const mrnn::EffectiveWeights& weights_;  ///< in force
  mrnn::Selection selection_;
  std::vector<Index> units_;
  std::vector<Moment> moments_;
  Eigen::MatrixXd states_;
  std::vector<bool> held_;
  Eigen::VectorXd clamped_;  ///< [N] value of each unit that is held, NaN where it is not
};

}  // namespace fixed_points
