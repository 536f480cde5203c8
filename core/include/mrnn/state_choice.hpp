#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace mrnn {

/// A state at which the network is linearised: the one before `step` of `trial`.
struct ChosenState {
  Index trial = 0, step = 0;
};

/// Which states are looked at: the keys trials, and steps | times | every, and state.
class MRNN_EXPORT StateChoice {
 public:
  StateChoice(const ConfigNode& config, const Network& network);

  /// Are the states given in the configuration, so that no recorded ones are needed?
  bool given() const noexcept { return given_.size() > 0; }
  /// Is one of the keys steps, times and every there?
  bool names_steps() const noexcept { return every_ > 0 || !steps_.empty(); }
  /// Chosen trials; the first one where the key is absent. @throws ConfigError where the simulation has no such trial.
  const std::vector<Index>& trials(const Simulation& simulation) const;
  /// Chosen steps of these trials all alike; the last that all of them have where no key is there. @throws ConfigError
  /// where the state of one was not recorded, or lies beyond its end.
  std::vector<Index> common_steps(const Simulation& simulation, const std::vector<Index>& trials) const;
  /// Every chosen step of every chosen trial, as far as it goes; the last of each where no key is there. @throws
  /// ConfigError where a step is none of any trial, or its state was not recorded.
  std::vector<ChosenState> choose(const Simulation& simulation) const;
  /// The state itself, all units.
  Eigen::VectorXd state(const AnalysisContext& context, const Simulation& simulation, const ChosenState& chosen) const;

 private:
  void read_steps(double dt);
  void read_state(Index units);
  std::vector<Index> available(const Simulation& simulation, Index trial) const;
  std::vector<Index> steps(const std::vector<Index>& available) const;
  void expect_steps(const Simulation& simulation, Index trial) const;

  ConfigNode config_;  ///< for the position in messages
  std::vector<Index> trials_, steps_;
  std::string steps_key_;  ///< steps or times; empty where neither is given
  Index every_ = 0;        ///< 0: not given
  Eigen::VectorXd given_;  ///< [N], or empty
};

}  // namespace mrnn
