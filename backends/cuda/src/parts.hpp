#pragma once

#include <cstring>

#include "device.hpp"
#include "mrnn/formulas.hpp"
#include "types.hpp"

/// Numbers of float as sums of two of bfloat16, which tensor cores multiply. With hi = bf16(a) and lo = bf16(a - hi),
/// hi + lo is a within 2^-17, and hi hi' + hi lo' + lo hi' is a a' within 2^-15, most of the time within 2^-17. The
/// three products are one of three times the depth: [hi hi lo] times [hi'; lo'; hi'].
namespace mrnn::gpu {

/// To the nearest, of two the even one.
MRNN_HOST_DEVICE inline Bf16 rounded(float value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  std::uint32_t two;  // faster than to turn one alone
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(two) : "f"(0.0F), "f"(value));
  return {static_cast<std::uint16_t>(two)};
#else
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return {0x7FC0U};  // not a number, and stays so
  return {static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16)};
#endif
}

MRNN_HOST_DEVICE inline float value_of(Bf16 number) {
  const std::uint32_t bits = std::uint32_t{number.bits} << 16;
  float value = 0.0F;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Which factor of a product: the left one as hi, hi and lo, the right one as hi, lo and hi.
enum class Side : std::uint8_t { left, right };

/// What the left or the right factor has of a number, in the order in which it is multiplied.
struct ThreeParts {
  Bf16 part[3];
};
MRNN_HOST_DEVICE inline ThreeParts parts_of(Side side, float value) {
  const Bf16 high = rounded(value), low = rounded(value - value_of(high));
  return side == Side::left ? ThreeParts{{high, high, low}} : ThreeParts{{high, low, high}};
}

/// Four neighbours in a column that are stored at once.
struct alignas(8) FourBf16 {
  Bf16 value[4];
};

/// @param step  from part to part
MRNN_HOST_DEVICE inline void store_parts(Bf16* to, Size step, Side side, float value) {
  const ThreeParts parts = parts_of(side, value);
  for (int k = 0; k < 3; ++k) to[k * step] = parts.part[k];
}

template <class Scalar>
MRNN_HOST_DEVICE inline void store_four_parts(Bf16* to, Size step, Side side, const Scalar (&values)[4]) {
  FourBf16 fours[3];
  for (int r = 0; r < 4; ++r) {
    const ThreeParts parts = parts_of(side, static_cast<float>(values[r]));
    for (int k = 0; k < 3; ++k) fours[k].value[r] = parts.part[k];
  }
  for (int k = 0; k < 3; ++k) *reinterpret_cast<FourBf16*>(to + k * step) = fours[k];
}

/// A matrix and where its parts go. Rows and strides are multiples of 4.
struct PartsOfMatrix {
  Side side = Side::left;
  const float* from = nullptr;
  Size stride = 0;  ///< from column to column
  Size rows = 0, columns = 0;
  Bf16* to = nullptr;
  Size to_stride = 0, to_step = 0;  ///< from column to column, from part to part
};
void make_parts(const Stream& stream, const PartsOfMatrix& matrix);

}  // namespace mrnn::gpu
