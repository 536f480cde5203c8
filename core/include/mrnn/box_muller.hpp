#pragma once

#include "mrnn/formulas.hpp"

/// Normal numbers by Box and Muller: two standard normals from two words, u = (a + 1) / 2^32, v = b / 2^32,
/// r = sqrt(-2 ln u), (r cos(2 pi v), r sin(2 pi v)). Logarithm, sine and cosine are polynomials of Moshier's Cephes,
/// built from products, sums, quotients and square roots alone: where the compiler does not contract them to fused
/// operations, the same bits on every machine, and it can vectorise them.
namespace mrnn::formulas {

/// -2 ln(u) in single precision.
MRNN_HOST_DEVICE inline float minus_two_log(std::uint32_t a, float) {
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

/// -2 ln(u) in double precision.
MRNN_HOST_DEVICE inline double minus_two_log(std::uint32_t a, double) {
  // a + 1 = m 2^e with m in [sqrt(1/2), sqrt(2)), from signed integers, which every instruction set converts.
  const double value = static_cast<double>(static_cast<std::int32_t>(a ^ 0x80000000U)) + 2147483649.0;
  constexpr std::uint64_t smallest = 0x3FE6A09E667F3BCDU;  // bits of sqrt(1/2)
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint64_t shifted = bits - smallest;  // a + 1 >= 1, so no wrap
  // The exponent as a number: as the last digits of 2^52.
  bits = (shifted >> 52) | 0x4330000000000000U;
  double exponent = 0.0, mantissa = 0.0;
  std::memcpy(&exponent, &bits, sizeof exponent);
  exponent -= 4503599627370496.0 + 32.0;
  bits = (shifted & 0x000FFFFFFFFFFFFFU) + smallest;
  std::memcpy(&mantissa, &bits, sizeof mantissa);
  // Near u = 1, f = u - 1 is exact: small radii keep their digits.
  const double f = mantissa - 1.0, square = f * f;
  const double p = ((((1.01875663804580931796e-4 * f + 4.97494994976747001425e-1) * f + 4.70579119878881725854) * f +
                     1.44989225341610930846e1) *
                        f +
                    1.79368678507819816313e1) *
                       f +
                   7.70838733755885391666;
  const double q =
      ((((f + 1.12873587189167450590e1) * f + 4.52279145837532221105e1) * f + 8.29875266912776603211e1) * f +
       7.11544750618563894466e1) *
          f +
      2.31251620126765340583e1;
  // ln 2 in two parts, so that the product with the exponent is exact in its upper part.
  const double rest = f * (square * p / q) - exponent * 2.121944400546905827679e-4 - 0.5 * square;
  const double log_uniform = exponent * 0.693359375 + (f + rest);
  return log_uniform < 0.0 ? -2.0 * log_uniform : 0.0;
}

/// Sine and cosine of an angle within pi / 4 of zero.
MRNN_HOST_DEVICE inline void sine_cosine(float angle, float& sine, float& cosine) {
  const float square = angle * angle;
  sine = ((-1.9515295891e-4F * square + 8.3321608736e-3F) * square - 1.6666654611e-1F) * square * angle + angle;
  cosine =
      ((2.443315711809948e-5F * square - 1.388731625493765e-3F) * square + 4.166664568298827e-2F) * square * square -
      0.5F * square + 1.0F;
}
MRNN_HOST_DEVICE inline void sine_cosine(double angle, double& sine, double& cosine) {
  const double square = angle * angle;
  sine = (((((1.58962301576546568060e-10 * square - 2.50507477628578072866e-8) * square + 2.75573136213857245213e-6) *
                square -
            1.98412698295895385996e-4) *
               square +
           8.33333333332211858878e-3) *
              square -
          1.66666666666666307295e-1) *
             square * angle +
         angle;
  cosine =
      (((((-1.13585365213876817300e-11 * square + 2.08757008419747316778e-9) * square - 2.75573141792967388112e-7) *
             square +
         2.48015872888517045348e-5) *
            square -
        1.38888888888730564116e-3) *
           square +
       4.16666666666665929218e-2) *
          square * square -
      0.5 * square + 1.0;
}

template <class Scalar>
MRNN_HOST_DEVICE inline void box_muller(std::uint32_t a, std::uint32_t b, Scalar& first, Scalar& second) {
  const Scalar radius = std::sqrt(minus_two_log(a, Scalar()));
  // 2 pi v = quadrant pi/2 + angle, |angle| <= pi/4: exact in integers.
  const std::uint32_t quadrant = (b + 0x20000000U) >> 30;
  const auto rest = static_cast<std::int32_t>(b - (quadrant << 30));
  Scalar sine = 0, cosine = 0;
  sine_cosine(static_cast<Scalar>(rest) * Scalar(1.462918079267159684e-9), sine, cosine);  // 2 pi / 2^32
  const bool swapped = (quadrant & 1U) != 0;
  const Scalar horizontal = swapped ? sine : cosine;
  const Scalar vertical = swapped ? cosine : sine;
  first = radius * (((quadrant + 1U) & 2U) != 0 ? -horizontal : horizontal);
  second = radius * ((quadrant & 2U) != 0 ? -vertical : vertical);
}

}  // namespace mrnn::formulas
