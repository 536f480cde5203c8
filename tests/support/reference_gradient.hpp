#pragma once

#include "mrnn/loss.hpp"
#include "reference_loss.hpp"

namespace test {

/// What a network did, and the derivative of the loss by every state (x, or h for rate dynamics; as long as nothing
/// holds it), but for that of vanishing_gradient.
struct Course {
  Activity activity;
  mrnn::Sequence adjoint;  ///< D, or G for rate dynamics [N x B] per step
};

/// The loss and its gradient, straight from the equations of docs/numerics.md: dense, one trial after the other.
struct ReferenceGradient {
  mrnn::LossTerms terms;
  Course course;
  mrnn::Parameters gradient;  ///< by all parameters, whether they may be trained or not; `tau`: by theta
};

ReferenceGradient reference_gradient(const Training& training);

/// The loss with other parameters. vanishing_gradient, which is differentiated with all but the weights fixed, is
/// taken at the states and derivatives of `fixed`.
mrnn::LossTerms loss_terms(const Training& training, const mrnn::Parameters& parameters, const Course& fixed);

}  // namespace test
