#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "independent_loop.hpp"
#include "kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

// After all other headers, so that only what is defined below is compiled for it.
#pragma GCC target("avx2,fma")

namespace mrnn::eigen {
namespace {

constexpr const char* instruction_set = "AVX2";
constexpr bool has_fused_multiply_add = true;
constexpr int vector_bytes = 32;
constexpr int tile_rows = 6;  // with 2 vectors a row and the operands, all registers

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

KernelSet avx2_kernels() {
  return {&table<float>, &table<double>};
}

}  // namespace mrnn::eigen

#else

namespace mrnn::eigen {

KernelSet avx2_kernels() {
  return {};
}

}  // namespace mrnn::eigen

#endif
