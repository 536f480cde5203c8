#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/intervention.hpp"

namespace mrnn {

/// What a simulation is like with some perturbation: how well its trials are done, and how its activity differs from
/// the simulation without, trial by trial and with the same noise.
struct Effect {
  double performance = 0.0;         ///< mean of the task's scores; NaN where it has none
  Eigen::VectorXd by_condition;     ///< the same per condition [C]
  Eigen::VectorXd activity;         ///< per region: mean of h over its units, trials and steps [R]
  Eigen::VectorXd activity_change;  ///< per region: root mean square of the change of h [R]
  double output_change = 0.0;       ///< root mean square of the change of y; 0 without outputs
};

/// Repeats one simulation with perturbations added to those it has. The simulation needs h and y recorded.
class MRNN_EXPORT PerturbationScan {
 public:
  /// @param conditions  groups of the simulation's trials; both must outlive this
  PerturbationScan(const AnalysisContext& context, const Conditions& conditions);

  /// Of the simulation as it is: no change.
  const Effect& control() const noexcept { return control_; }
  Effect with(const std::vector<Intervention>& added) const;

  /// What of the simulation's record a scan needs.
  static Record needs(const Network& network);

 private:
  void score(const Simulation& simulation, Effect& effect) const;

  const AnalysisContext& context_;
  const Conditions& conditions_;
  Effect control_;
};

/// Interventions that last the whole run: the weights of a connection (what `weights` selects; its own factor does not
/// count), or all weights into and out of units (from inputs too), times `factor`. Weights that do not exist are left
/// out.
MRNN_EXPORT std::vector<Intervention> scale_connection(const Network& network, const ScaleWeights& weights, Index steps,
                                                       double factor);
MRNN_EXPORT std::vector<Intervention> scale_region(const Network& network, const Selection& units, Index steps,
                                                   double factor);

}  // namespace mrnn
