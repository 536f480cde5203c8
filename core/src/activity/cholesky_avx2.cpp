#include "activity/cholesky_kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <cstddef>
#include <new>

// After all other headers, so that only what is defined below is compiled for it.
#pragma GCC target("avx2,fma")

namespace mrnn {
namespace {

constexpr int vector_bytes = 32, tile_vectors = 3, tile_columns = 4;

#include "activity/cholesky_body.hpp"

}  // namespace

CholeskyKernel avx2_cholesky() {
  return factor;
}

}  // namespace mrnn

#else

namespace mrnn {

CholeskyKernel avx2_cholesky() {
  return nullptr;
}

}  // namespace mrnn

#endif
