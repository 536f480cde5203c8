// Activation functions from arithmetic alone, so that the compiler vectorises the loops around them. Included
// inside the anonymous namespace of each kernels_*.cpp, after the choice of the instruction set.
// Both precisions: within a few units in the last place (polynomials and rational functions: Moshier, Cephes).

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

inline double from_bits(std::int64_t bits) {
  double value = 0.0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline std::int64_t to_bits(double value) {
  std::int64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// e^x for x clipped to [-708, 709], where the result is a normal number.
inline double exponential(double x) {
  x = x > 709.0 ? 709.0 : x;
  x = x < -708.0 ? -708.0 : x;
  // n = round(x / ln 2): adding 1.5 * 2^52 leaves the integer in the low bits.
  const double shifted = x * 1.4426950408889634 + 6755399441055744.0;
  const double n = shifted - 6755399441055744.0;
  const double r = (x - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
  const double square = r * r;
  const double p =
      r * ((1.26177193074810590878e-4 * square + 3.02994407707441961300e-2) * square + 9.99999999999999999910e-1);
  const double q =
      ((3.00198505138664455042e-6 * square + 2.52448340349684104192e-3) * square + 2.27265548208155028766e-1) * square +
      2.0;
  const double fraction = p / (q - p);
  const double power = from_bits((to_bits(shifted) - 0x4338000000000000 + 1023) << 52);
  return (fraction + fraction + 1.0) * power;
}

/// ln(1 + e) for e in [0, 1].
inline double log_one_plus(double e) {
  const double u = 1.0 + e;
  const bool upper = u > 1.4142135623730951;
  const double f = upper ? 0.5 * u - 1.0 : u - 1.0;
  const double p =
      (((((4.5270000862445199635215e-5 * f + 4.9854102823193375972212e-1) * f + 6.5787325942061044846969) * f +
         2.9911919328553073277375e1) *
            f +
        6.0949667980987787057556e1) *
           f +
       5.7112963590585538103336e1) *
          f +
      2.0039553499201281259648e1;
  const double q =
      (((((f + 1.5062909083469192043167e1) * f + 8.3047565967967209469434e1) * f + 2.2176239823732856465394e2) * f +
        3.0909872225312059774938e2) *
           f +
       2.1642788614495947685003e2) *
          f +
      6.0118660497603843919306e1;
  const double square = f * f;
  const double log_u = f + fused(f * square, p / q, -0.5 * square) + (upper ? 0.69314718055994531 : 0.0);
  return log_u + (e - (u - 1.0)) / u;  // what rounding 1 + e has lost
}

inline double hyperbolic_tangent(double x) {
  const double size = x < 0.0 ? -x : x;
  const double square = x * x;
  const double p = (-9.64399179425052238628e-1 * square - 9.92877231001918586564e1) * square - 1.61468768441708447952e3;
  const double q =
      ((square + 1.12811678491632931402e2) * square + 2.23548839060100448583e3) * square + 4.84406305325125486048e3;
  const double near = fused(x * square, p / q, x);
  const double positive = 1.0 - 2.0 / (exponential(2.0 * size) + 1.0);
  return size < 0.625 ? near : (x < 0.0 ? -positive : positive);
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
