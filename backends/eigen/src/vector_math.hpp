// Activation functions from arithmetic alone, so that the compiler vectorises the loops around them. Included
// inside the anonymous namespace of each kernels_*.cpp, after the choice of the instruction set.
// Single precision: within a few units in the last place (polynomials: Moshier, Cephes). Double: the
// mathematical library.

/// a b + c, rounded once where the instruction set can. Written out wherever the compiler would have a choice of
/// which product to fuse, so that vectors and single numbers get the same bits.
inline float fused(float a, float b, float c) {
  if constexpr (has_fused_multiply_add) return __builtin_fmaf(a, b, c);
  return a * b + c;
}
inline double fused(double a, double b, double c) {
  if constexpr (has_fused_multiply_add) return __builtin_fma(a, b, c);
  return a * b + c;
}

inline float from_bits(std::int32_t bits) {
  float value = 0.0F;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline std::int32_t to_bits(float value) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// e^x for x clipped to [-87, 88], where the result is a normal number.
inline float exponential(float x) {
  x = x > 88.0F ? 88.0F : x;
  x = x < -87.0F ? -87.0F : x;
  // n = round(x / ln 2): adding 1.5 * 2^23 leaves the integer in the low bits.
  const float shifted = x * 1.44269504F + 12582912.0F;
  const float n = shifted - 12582912.0F;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  const float series =
      ((((1.9875691500e-4F * r + 1.3981999507e-3F) * r + 8.3334519073e-3F) * r + 4.1665795894e-2F) * r +
       1.6666665459e-1F) *
          r +
      5.0000001201e-1F;
  const float power = from_bits((to_bits(shifted) - 0x4B400000 + 127) << 23);
  return (series * r * r + r + 1.0F) * power;
}

/// ln(1 + e) for e in [0, 1].
inline float log_one_plus(float e) {
  const float u = 1.0F + e;
  const bool upper = u > 1.41421356F;
  const float f = upper ? 0.5F * u - 1.0F : u - 1.0F;
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
  const float log_u = f + fused(f * square, p, -0.5F * square) + (upper ? 0.693147181F : 0.0F);
  return log_u + (e - (u - 1.0F)) / u;  // what rounding 1 + e has lost
}

inline float hyperbolic_tangent(float x) {
  const float size = x < 0.0F ? -x : x;
  const float square = x * x;
  const float near =
      ((((-5.70498872745e-3F * square + 2.06390887954e-2F) * square - 5.37397155531e-2F) * square + 1.33314422036e-1F) *
           square -
       3.33332819422e-1F) *
          square * x +
      x;
  const float positive = 1.0F - 2.0F / (exponential(2.0F * size) + 1.0F);
  return size < 0.625F ? near : (x < 0.0F ? -positive : positive);
}

inline double exponential(double x) {
  return std::exp(x);
}
inline double log_one_plus(double e) {
  return std::log1p(e);
}
inline double hyperbolic_tangent(double x) {
  return std::tanh(x);
}

// phi as types, so that the loops are compiled once for each; slope(h) is phi'(x) at h = phi(x).

struct Relu {
  template <class Scalar>
  static Scalar of(Scalar x) {
    return x > Scalar(0) ? x : Scalar(0);
  }
  template <class Scalar>
  static Scalar slope(Scalar h) {
    return h > Scalar(0) ? Scalar(1) : Scalar(0);
  }
};

struct Tanh {
  template <class Scalar>
  static Scalar of(Scalar x) {
    return hyperbolic_tangent(x);
  }
  template <class Scalar>
  static Scalar slope(Scalar h) {
    return Scalar(1) - h * h;
  }
};

struct Sigmoid {
  template <class Scalar>
  static Scalar of(Scalar x) {
    return Scalar(1) / (Scalar(1) + exponential(-x));
  }
  template <class Scalar>
  static Scalar slope(Scalar h) {
    return h * (Scalar(1) - h);
  }
};

struct Softplus {
  template <class Scalar>
  static Scalar of(Scalar x) {
    return Relu::of(x) + log_one_plus(exponential(x < Scalar(0) ? x : -x));
  }
  template <class Scalar>
  static Scalar slope(Scalar h) {
    return Scalar(1) - exponential(-h);
  }
};

struct Linear {
  template <class Scalar>
  static Scalar of(Scalar x) {
    return x;
  }
  template <class Scalar>
  static Scalar slope(Scalar /*h*/) {
    return Scalar(1);
  }
};

struct Retanh {
  template <class Scalar>
  static Scalar of(Scalar x) {
    return Relu::of(hyperbolic_tangent(x));
  }
  template <class Scalar>
  static Scalar slope(Scalar h) {
    return h > Scalar(0) ? Scalar(1) - h * h : Scalar(0);
  }
};
