#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "mrnn/sequence.hpp"
#include "mrnn/session.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

class Task;

/// A finished simulation: the trials it ran, interventions included, and what was recorded, in the
/// precision of the session. Units recorded: `record.units` (all where empty); steps `steps`.
struct MRNN_EXPORT Simulation {
  using Activity = std::variant<std::monostate, FloatSequence, Sequence>;

  std::string name;
  Trials trials;
  Record record;
  StepRange steps;  ///< recorded
  Noise noise = Noise::off;
  std::uint64_t seed = 0;
  Activity x, h, y;
  const Task* task = nullptr;  ///< that made its trials and scores them, not owned; null where there is none

  const Activity& of(Quantity what) const noexcept;
  /// The steps recorded of one trial, up to its own end (see trial_end()); none where that came before.
  StepRange recorded(Index trial) const;
  /// The steps of one trial, up to its own end, before which its state is known: the first of all, and those that
  /// follow a recorded one.
  std::vector<Index> steps_with_state(Index trial) const;
  /// Activity of chosen units (of chosen output channels for y), [units x trials] per recorded step, in double.
  /// @throws ShapeError where it was not recorded.
  Sequence activity(Quantity what, const Selection& units) const;
  /// The same at one step within `steps`: [units x trials].
  Eigen::MatrixXd activity_at(Quantity what, const Selection& units, Index step) const;
  /// The state carried from step to step (x; h for rate dynamics) of all units *after* `step` of `trial`;
  /// step -1 is the initial state.
  Eigen::VectorXd state(const Network& network, const Parameters& parameters, Index trial, Index step) const;
};

}  // namespace mrnn
