#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace eigen_spectrum {

/// A state at which the network is linearised: the one before `step` of `trial`.
struct ChosenState {
  mrnn::Index trial = 0, step = 0;
};

/// Which states are looked at: the keys trials, and steps | times | every, and state.
class StateChoice {
 public:
  StateChoice(const mrnn::ConfigNode& config, const mrnn::Network& network);

  /// Are the states given in the configuration, so that no recorded ones are needed?
  bool given() const noexcept { return given_.size() > 0; }
  /// Every chosen step of every chosen trial. @throws ConfigError where the simulation has no such state.
  std::vector<ChosenState> choose(const mrnn::Simulation& simulation) const;
  /// The state itself, all units.
  Eigen::VectorXd state(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation,
                        const ChosenState& chosen) const;

 private:
  void read_steps(double dt);
  void read_state(mrnn::Index units);
  std::vector<mrnn::Index> available(const mrnn::Simulation& simulation) const;
  std::vector<mrnn::Index> steps_of(const mrnn::Simulation& simulation) const;

  mrnn::ConfigNode config_;  ///< for the position in messages
  std::vector<mrnn::Index> trials_, steps_;
  std::string steps_key_;  ///< steps or times; empty where neither is given
  mrnn::Index every_ = 0;  ///< 0: not given
  Eigen::VectorXd given_;  ///< [N], or empty
};

}  // namespace eigen_spectrum
