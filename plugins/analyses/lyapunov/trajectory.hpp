#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "mrnn/analysis.hpp"

namespace lyapunov {

/// Which way the states go: the keys trials, duration and hold_at.
class TrajectoryChoice {
 public:
  TrajectoryChoice(const mrnn::ConfigNode& config, double dt);

  /// Is the network run on by itself, instead of along what was recorded?
  bool continued() const noexcept { return duration_ > 0; }
  /// Trials looked at; by default the first ten. @throws ConfigError where the simulation has no such trial.
  std::vector<mrnn::Index> trials(const mrnn::Simulation& simulation) const;
  /// Steps [first, last) of all trials looked at whose states before them were recorded: to the end of the shortest.
  mrnn::StepRange recorded(const mrnn::Simulation& simulation) const;
  /// The step whose inputs are held in a continued run, and before which it starts. @throws ConfigError where the
  /// state there was not recorded.
  mrnn::Index held(const mrnn::Simulation& simulation) const;
  /// Steps of a trajectory.
  mrnn::Index steps(const mrnn::Simulation& simulation) const;

 private:
  mrnn::ConfigNode config_;  ///< for the position in messages
  std::vector<mrnn::Index> trials_;
  mrnn::Index duration_ = 0;            ///< steps; 0: along the recorded trajectory
  std::optional<mrnn::Index> hold_at_;  ///< step
};

/// The states of some trials, one step after the other.
class Trajectory {
 public:
  /// @param session  with the simulation's trials loaded; all must outlive this
  Trajectory(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation, const TrajectoryChoice& choice,
             const mrnn::Session& session, const std::vector<mrnn::Index>& trials);

  /// States before the first step, then before the second one, and so on. @throws RunError where the activity of a
  /// continued run is no longer finite.
  const mrnn::StatePoints& next();

 private:
  void check() const;

  const mrnn::AnalysisContext& context_;
  const mrnn::Simulation& simulation_;
  const mrnn::Session& session_;
  bool continued_;
  mrnn::Index step_;      ///< of the simulation, of the next states; fixed in a continued run
  mrnn::Index done_ = 0;  ///< steps handed out
  mrnn::StatePoints points_;
};

}  // namespace lyapunov
