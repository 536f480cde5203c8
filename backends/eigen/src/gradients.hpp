#pragma once

#include <vector>

#include "mrnn/loss.hpp"
#include "mrnn/optimiser.hpp"
#include "slice_backward.hpp"
#include "thread_pool.hpp"

namespace mrnn::eigen {

/// What the parameters say about a loss besides what the activity says. All must outlive their use.
struct GradientSources {
  const Network& network;
  const Parameters& parameters;
  const EffectiveWeights& effective;
  const Parameters& trainable;
  const Loss& loss;
};

/// dL/dV = dL/dW dW/dV for all parameters, zero for those that are not trainable; for tau dL/dtheta.
/// @param scalings  the sets of weight scalings that the sums are for
/// @param gradients  overwritten; what it holds lends its memory
/// @return Pascanu's Omega, of the penalty on vanishing gradients
template <class Scalar>
double make_gradients(const GradientSources& sources, const Model<Scalar>& model,
                      const std::vector<GradientSums<Scalar>>& groups,
                      const std::vector<std::vector<const ScaleWeights*>>& scalings, ThreadPool& threads,
                      Parameters& gradients);

/// Values of the penalties on weights: mean |W|, mean W^2, mean |W_ij| distance.
struct WeightPenalties {
  double absolute = 0.0, squared = 0.0, wiring = 0.0;
};
WeightPenalties weight_penalties(const GradientSources& sources);

}  // namespace mrnn::eigen
