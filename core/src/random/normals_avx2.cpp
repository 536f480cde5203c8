#include "random/normals_kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <immintrin.h>

#include <cmath>
#include <cstring>

#include "mrnn/box_muller.hpp"

// After all other headers, so that only what is defined below is compiled for it.
#pragma GCC target("avx2")

namespace mrnn {
namespace {

constexpr int vector_bytes = 32;
using Wide [[gnu::vector_size(vector_bytes)]] = std::uint64_t;

/// Products of the low halves.
inline Wide multiply_low(Wide a, Wide b) {
  return reinterpret_cast<Wide>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}

#include "random/normals_body.hpp"

}  // namespace

NormalsKernels avx2_normals() {
  return {{across_trials<float>, across_units<float>}, {across_trials<double>, across_units<double>}};
}

}  // namespace mrnn

#else

namespace mrnn {

NormalsKernels avx2_normals() {
  return {};
}

}  // namespace mrnn

#endif
