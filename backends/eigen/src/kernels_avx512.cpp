#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "independent_loop.hpp"
#include "kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

// After all other headers, so that only what is defined below is compiled for it.
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")

namespace mrnn::eigen {
namespace {

constexpr const char* instruction_set = "AVX-512";
constexpr bool has_fused_multiply_add = true;
constexpr int vector_bytes = 64;
constexpr int tile_rows = 12;  // with 2 vectors a row and the operands, all registers

#include "vector_math.hpp"
//
#include "kernels_products.hpp"
//
#include "kernels_forward.hpp"
//
#include "kernels_backward.hpp"
//
#include "kernels_rows.hpp"
//
#include "kernels_gradient.hpp"
//
#include "kernels_sparse.hpp"
//
#include "kernels_table.hpp"

}  // namespace

KernelSet avx512_kernels() {
  return {&table<float>, &table<double>};
}

}  // namespace mrnn::eigen

#else

namespace mrnn::eigen {

KernelSet avx512_kernels() {
  return {};
}

}  // namespace mrnn::eigen

#endif
