#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "independent_loop.hpp"
#include "kernels.hpp"

namespace mrnn::eigen {
namespace {

constexpr const char* instruction_set = "the base instruction set";
#ifdef __FP_FAST_FMAF  // ARM, or a build for one processor
constexpr bool has_fused_multiply_add = true;
#else
constexpr bool has_fused_multiply_add = false;
#endif
constexpr int vector_bytes = 16;
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

KernelSet baseline_kernels() {
  return {&table<float>, &table<double>};
}

}  // namespace mrnn::eigen
