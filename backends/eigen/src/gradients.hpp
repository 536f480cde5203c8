#pragma once

#include <vector>

#include "mrnn/loss.hpp"
#include "mrnn/optimiser.hpp"
#include "slice_backward.hpp"

namespace mrnn::eigen {

/// What the parameters say about a loss besides what the activity says. All must outlive their use.
struct GradientSources {
  const Network& network;
  const Parameters& parameters;
  const EffectiveWeights& effective;
  const Parameters& trainable;
  const Loss& loss;
};

/// Gradients and penalties that are made from the sums of the groups, once per backward pass.
struct Gradients {
  Parameters by_parameter;  ///< dL/dV, dL/db, ...; tau: dL/dtheta
  double vanishing = 0.0;   ///< Pascanu's Omega
};

/// dL/dV = dL/dW dW/dV for all parameters, zero for those that are not trainable.
/// @param scalings  the sets of weight scalings that the sums are for
template <class Scalar>
Gradients make_gradients(const GradientSources& sources, const Model<Scalar>& model,
                         const std::vector<GradientSums<Scalar>>& groups,
                         const std::vector<std::vector<const ScaleWeights*>>& scalings);

/// Values of the penalties on weights: mean |W|, mean W^2, mean |W_ij| distance.
struct WeightPenalties {
  double absolute = 0.0, squared = 0.0, wiring = 0.0;
};
WeightPenalties weight_penalties(const GradientSources& sources);

}  // namespace mrnn::eigen
