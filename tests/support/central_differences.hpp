#pragma once

#include <string>
#include <vector>

#include "reference_gradient.hpp"

namespace test {

/// How far the gradient by a group of parameters is from the slopes of the reference loss.
struct GradientError {
  std::string group;
  double relative = 0.0;       ///< norm of the difference over the norm of the slopes, of those slopes that were taken
  bool frozen_is_zero = true;  ///< parameters that may not be trained have gradient 0
};

/// Compares a gradient with central differences (fourth order) of the reference loss, in double precision: per group
/// by `samples` of its trainable parameters, and along one direction by all of them. Groups without any are checked
/// to be zero.
/// @param fixed  of the same training
std::vector<GradientError> gradient_errors(const Training& training, const mrnn::Parameters& gradient,
                                           const Course& fixed, mrnn::Index samples);

/// Distance of the nearest number from where the loss has no derivative: x of relu and retanh, V of abs from 0 and of
/// clamp from its bounds, W and h from 0 where their magnitudes are penalised.
double distance_to_kinks(const Training& training, const Activity& activity);

}  // namespace test
