#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// Every element-wise formula of the model, once, for all backends: plain C++ without Eigen or other headers of
/// this project, so that device code can include it. The enumerations are template parameters for the
/// same reason; their enumerators are those of network_spec.hpp.
#ifdef __CUDACC__
#define MRNN_HOST_DEVICE __host__ __device__
#else
#define MRNN_HOST_DEVICE
#endif

namespace mrnn::formulas {

// --- Activation functions h = phi(x) and their derivatives ---------------------------------------------

template <class Scalar>
MRNN_HOST_DEVICE inline Scalar relu(Scalar x) {
  return x > Scalar(0) ? x : Scalar(0);
}

template <class Scalar>
MRNN_HOST_DEVICE inline Scalar sigmoid(Scalar x) {
  return Scalar(1) / (Scalar(1) + std::exp(-x));
}

/// ln(1 + e^x), written so that neither large x overflows nor very negative x loses its digits.
template <class Scalar>
MRNN_HOST_DEVICE inline Scalar softplus(Scalar x) {
  return relu(x) + std::log1p(std::exp(-std::abs(x)));
}

/// phi(x).
template <class Activation, class Scalar>
MRNN_HOST_DEVICE inline Scalar activate(Activation kind, Scalar x) {
  switch (kind) {
    case Activation::relu:
      return relu(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::softplus:
      return softplus(x);
    case Activation::linear:
      return x;
    case Activation::retanh:
      return relu(std::tanh(x));
  }
  return x;
}

/// phi'(x); zero at the kink of relu and retanh.
template <class Activation, class Scalar>
MRNN_HOST_DEVICE inline Scalar activation_slope(Activation kind, Scalar x) {
  switch (kind) {
    case Activation::relu:
      return x > Scalar(0) ? Scalar(1) : Scalar(0);
    case Activation::tanh: {
      const Scalar h = std::tanh(x);
      return Scalar(1) - h * h;
    }
    case Activation::sigmoid: {
      const Scalar h = sigmoid(x);
      return h * (Scalar(1) - h);
    }
    case Activation::softplus:
      return sigmoid(x);
    case Activation::linear:
      return Scalar(1);
    case Activation::retanh: {
      const Scalar h = std::tanh(x);
      return x > Scalar(0) ? Scalar(1) - h * h : Scalar(0);
    }
  }
  return Scalar(1);
}

/// phi'(x) from h = phi(x), which for every phi here is enough to know.
template <class Activation, class Scalar>
MRNN_HOST_DEVICE inline Scalar slope_of_activity(Activation kind, Scalar h) {
  switch (kind) {
    case Activation::relu:
      return h > Scalar(0) ? Scalar(1) : Scalar(0);
    case Activation::tanh:
      return Scalar(1) - h * h;
    case Activation::sigmoid:
      return h * (Scalar(1) - h);
    case Activation::softplus:
      return -std::expm1(-h);
    case Activation::linear:
      return Scalar(1);
    case Activation::retanh:
      return h > Scalar(0) ? Scalar(1) - h * h : Scalar(0);
  }
  return Scalar(1);
}

// --- One step of the dynamics ---------------------------------------------------------------------------

/// Factor of eta in the update of x: sqrt(2 alpha) sigma (leaky, elman), sqrt(2 / alpha) sigma (rate).
template <class Dynamics, class Scalar>
MRNN_HOST_DEVICE inline Scalar noise_amplitude(Dynamics dynamics, Scalar alpha, Scalar sigma) {
  return std::sqrt(dynamics == Dynamics::rate ? Scalar(2) / alpha : Scalar(2) * alpha) * sigma;
}

/// (1 - alpha) previous + alpha next: how x (leaky, elman) or h (rate) follows its target.
template <class Scalar>
MRNN_HOST_DEVICE inline Scalar leak_towards(Scalar alpha, Scalar previous, Scalar next) {
  return (Scalar(1) - alpha) * previous + alpha * next;
}

// --- Dale's law -----------------------------------------------------------------------------------------

/// W = M S f(V) of one weight. `pattern` is M S in {-1, 0, +1}; without Dale's law only M counts.
template <class Dale, class Scalar>
MRNN_HOST_DEVICE inline Scalar effective_weight(Dale method, Scalar pattern, Scalar free, Scalar low, Scalar high) {
  switch (method) {
    case Dale::none:
      return pattern == Scalar(0) ? Scalar(0) : free;
    case Dale::clamp:
      return pattern * (free < low ? low : (free > high ? high : free));
    case Dale::abs:
      return pattern * std::abs(free);
    case Dale::project:
      return pattern * free;
  }
  return free;
}

/// dW/dV of one weight.
template <class Dale, class Scalar>
MRNN_HOST_DEVICE inline Scalar effective_weight_slope(Dale method, Scalar pattern, Scalar free, Scalar low,
                                                      Scalar high) {
  switch (method) {
    case Dale::none:
      return pattern == Scalar(0) ? Scalar(0) : Scalar(1);
    case Dale::clamp:
      return low < free && free < high ? pattern : Scalar(0);
    case Dale::abs:
      return free > Scalar(0) ? pattern : (free < Scalar(0) ? -pattern : Scalar(0));
    case Dale::project:
      return pattern;
  }
  return Scalar(1);
}

/// work(method) with the method as a constant (std::integral_constant), so that a loop over weights has no branches.
template <class Dale, class Work>
auto with_constant(Dale method, Work&& work) {
  switch (method) {
    case Dale::none:
      return work(std::integral_constant<Dale, Dale::none>());
    case Dale::clamp:
      return work(std::integral_constant<Dale, Dale::clamp>());
    case Dale::abs:
      return work(std::integral_constant<Dale, Dale::abs>());
    case Dale::project:
      break;
  }
  return work(std::integral_constant<Dale, Dale::project>());
}

// --- Optimisers -----------------------------------------------------------------------------------------

/// Constants of one step of Adam.
template <class Scalar>
struct AdamStep {
  Scalar rate, beta1, beta2, epsilon;
  Scalar correction1, correction2;  ///< 1 - beta^step
};

/// m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
/// V <- V - rate (m / correction1) / (sqrt(v / correction2) + epsilon)   (Kingma & Ba 2015, algorithm 1)
template <class Scalar>
MRNN_HOST_DEVICE inline void adam(const AdamStep<Scalar>& step, Scalar gradient, Scalar& value, Scalar& first,
                                  Scalar& second) {
  first = step.beta1 * first + (Scalar(1) - step.beta1) * gradient;
  second = step.beta2 * second + (Scalar(1) - step.beta2) * gradient * gradient;
  value -= step.rate / step.correction1 * first / (std::sqrt(second) / std::sqrt(step.correction2) + step.epsilon);
}

/// b <- momentum b + g, V <- V - rate b
template <class Scalar>
MRNN_HOST_DEVICE inline void momentum(Scalar rate, Scalar momentum, Scalar gradient, Scalar& value, Scalar& buffer) {
  buffer = momentum * buffer + gradient;
  value -= rate * buffer;
}

}  // namespace mrnn::formulas
