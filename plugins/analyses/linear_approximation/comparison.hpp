#pragma once

#include "errors.hpp"
#include "mrnn/analysis.hpp"
#include "plan.hpp"

namespace linear_approximation {

/// The full network and its linear approximation, side by side.
struct Comparison {
  ErrorSums errors;
  mrnn::Sequence full, linear;  ///< states after each step [linear units x stored trials]
};

/// Runs both without noise, in double precision, under the inputs and interventions of each trial. The linear one:
///   x+ = F(x0) + J (x - x0) + diag(post) (e - e0),   e = W_in u + s,
/// with the weights and clamps in force at the reference. As many trials at once as fit in a bounded amount of memory.
Comparison compare(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation, const Plan& plan,
                   const mrnn::StateChoice& states);

}  // namespace linear_approximation
