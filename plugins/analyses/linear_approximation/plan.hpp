#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/state_choice.hpp"

namespace linear_approximation {

enum class Excluded : std::uint8_t {
  input,  ///< their activity, as the full network has it, drives the linear one
  drop,   ///< they stay where they are in the state linearised about
};

/// Which trials are compared over which steps, and about which states they are linearised.
struct Plan {
  mrnn::Selection units;  ///< that are linear
  std::vector<mrnn::Index> trials;
  mrnn::StepRange steps;
  std::vector<mrnn::Index> references;     ///< steps before which the states lie that are linearised about, ascending
  std::optional<mrnn::Index> about_trial;  ///< whose states; none: each trial's own
  Excluded excluded = Excluded::input;
  bool restart = false;    ///< both networks start again from the recorded state at each reference
  mrnn::Index stored = 0;  ///< the first so many trials are kept whole

  /// The reference in force at a step: the latest one, or the first.
  mrnn::Index reference_at(mrnn::Index step) const;
  /// Does a reference come into force there?
  bool begins_piece(mrnn::Index step) const;
};

/// The keys regions, excluded, trials, about_trial, steps | times | every, state, start, stop, restart, stored_trials.
class PlanChoice {
 public:
  PlanChoice(const mrnn::ConfigNode& config, const mrnn::Network& network);

  const mrnn::StateChoice& states() const noexcept { return states_; }
  /// @throws ConfigError where the simulation lacks what is asked for.
  Plan make(const mrnn::Simulation& simulation) const;

 private:
  void check_trials(const mrnn::Simulation& simulation, const Plan& plan) const;
  mrnn::StepRange steps(const mrnn::Simulation& simulation, const std::vector<mrnn::Index>& trials) const;
  std::vector<mrnn::Index> references(const mrnn::Simulation& simulation, const Plan& plan) const;

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::StateChoice states_;
  Plan plan_;  ///< what does not depend on the simulation
  mrnn::Index start_ = 0;
  std::optional<mrnn::Index> stop_;
};

}  // namespace linear_approximation
