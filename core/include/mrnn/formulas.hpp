#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

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

// --- Normal numbers by Box-Muller -----------------------------------------------------------------------

/// Two standard normals from two words: u = (a + 1) / 2^32, v = b / 2^32, r = sqrt(-2 ln u),
/// (r cos(2 pi v), r sin(2 pi v)).
MRNN_HOST_DEVICE inline void box_muller(std::uint32_t a, std::uint32_t b, double& first, double& second) {
  const double two_to_minus_32 = 1.0 / 4294967296.0;
  const double angle = 6.283185307179586476925 * two_to_minus_32 * static_cast<double>(b);
  const double radius = std::sqrt(-2.0 * std::log((static_cast<double>(a) + 1.0) * two_to_minus_32));
  first = radius * std::cos(angle);
  second = radius * std::sin(angle);
}

/// -2 ln(u) of u = (a + 1) / 2^32 in single precision, from products and sums alone.
MRNN_HOST_DEVICE inline float minus_two_log_uniform(std::uint32_t a) {
  // a + 1 = m 2^e with m in [sqrt(1/2), sqrt(2)): split the bits of the float next to a + 1.
  const float value = static_cast<float>(a) + 1.0F;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t shifted = bits - 0x3F3504F3U;  // bits of sqrt(1/2); a + 1 >= 1, so no wrap
  const float exponent = static_cast<float>(static_cast<std::int32_t>(shifted >> 23) - 32);
  bits = (shifted & 0x007FFFFFU) + 0x3F3504F3U;
  float mantissa = 0.0F;
  std::memcpy(&mantissa, &bits, sizeof bits);
  // f = m - 1. Near u = 1, f = u - 1 comes exactly from the complement of a: small radii keep their digits.
  const float f = exponent == 0.0F ? static_cast<float>(~a) * -2.3283064365386963e-10F : mantissa - 1.0F;
  // ln(1 + f) = f - f^2/2 + f^3 p(f), p fitted on [sqrt(1/2) - 1, sqrt(2) - 1] (Moshier, Cephes logf).
  const float p = ((((((((7.0376836292e-2F * f - 1.1514610310e-1F) * f + 1.1676998740e-1F) * f - 1.2420140846e-1F) * f +
                       1.4249322787e-1F) *
                          f -
                      1.6668057665e-1F) *
                         f +
                     2.0000714765e-1F) *
                        f -
                    2.4999993993e-1F) *
                       f +
                   3.3333331174e-1F);
  const float square = f * f;
  const float log_mantissa = f + (f * square * p - 0.5F * square);
  // ln 2 in two parts, so that the product with the exponent is exact in its upper part.
  const float log_uniform = exponent * 0.693359375F + (log_mantissa - exponent * 2.12194440e-4F);
  return log_uniform < 0.0F ? -2.0F * log_uniform : 0.0F;
}

/// The same in single precision, with its own logarithm, sine and cosine. Built from products, sums and square
/// roots alone (no contraction to fused operations where bits must agree): the same bits on every
/// machine, and the compiler can vectorise it.
MRNN_HOST_DEVICE inline void box_muller(std::uint32_t a, std::uint32_t b, float& first, float& second) {
  const float radius = std::sqrt(minus_two_log_uniform(a));
  // 2 pi v = quadrant pi/2 + angle, |angle| <= pi/4: exact in integers.
  const std::uint32_t quadrant = (b + 0x20000000U) >> 30;
  const auto rest = static_cast<std::int32_t>(b - (quadrant << 30));
  const float angle = static_cast<float>(rest) * 1.46291807926716e-9F;  // 2 pi / 2^32
  const float square = angle * angle;
  const float sine =
      ((-1.9515295891e-4F * square + 8.3321608736e-3F) * square - 1.6666654611e-1F) * square * angle + angle;
  const float cosine =
      ((2.443315711809948e-5F * square - 1.388731625493765e-3F) * square + 4.166664568298827e-2F) * square * square -
      0.5F * square + 1.0F;
  const bool swapped = (quadrant & 1U) != 0;
  const float horizontal = swapped ? sine : cosine;
  const float vertical = swapped ? cosine : sine;
  first = radius * (((quadrant + 1U) & 2U) != 0 ? -horizontal : horizontal);
  second = radius * ((quadrant & 2U) != 0 ? -vertical : vertical);
}

}  // namespace mrnn::formulas
