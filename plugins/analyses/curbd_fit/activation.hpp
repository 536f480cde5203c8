#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/formulas.hpp"
#include "mrnn/network_spec.hpp"

namespace curbd {

/// Values of the activation: those it can have, and those between which data are clipped so that the state they
/// belong to stays finite.
struct Reach {
  double lowest, highest;
  double low, high;
};

inline Reach reach_of(mrnn::Activation activation) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  constexpr double edge = 0.001;
  switch (activation) {
    case mrnn::Activation::tanh:
      return {-1.0, 1.0, -1.0 + edge, 1.0 - edge};
    case mrnn::Activation::retanh:
      return {0.0, 1.0, 0.0, 1.0 - edge};
    case mrnn::Activation::sigmoid:
      return {0.0, 1.0, edge, 1.0 - edge};
    case mrnn::Activation::softplus:
      return {0.0, infinite, edge, infinite};
    case mrnn::Activation::relu:
      return {0.0, infinite, 0.0, infinite};
    case mrnn::Activation::linear:
      break;
  }
  return {-infinite, infinite, -infinite, infinite};
}

/// The state whose activity is `value`; for the rectified ones the smallest that is not negative.
inline double inverse(mrnn::Activation activation, double value) {
  switch (activation) {
    case mrnn::Activation::tanh:
    case mrnn::Activation::retanh:
      return std::atanh(value);
    case mrnn::Activation::sigmoid:
      return std::log(value / (1.0 - value));
    case mrnn::Activation::softplus:
      return value + std::log(-std::expm1(-value));
    case mrnn::Activation::relu:
    case mrnn::Activation::linear:
      break;
  }
  return value;
}

}  // namespace curbd
