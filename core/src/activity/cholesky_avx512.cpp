#include "activity/cholesky_kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <cstddef>
#include <new>

// After all other headers, so that only what is defined below is compiled for it.
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")

namespace mrnn {
namespace {

constexpr int vector_bytes = 64, tile_vectors = 3, tile_columns = 8;

#include "activity/cholesky_body.hpp"

}  // namespace

CholeskyKernel avx512_cholesky() {
  return factor;
}

}  // namespace mrnn

#else

namespace mrnn {

CholeskyKernel avx512_cholesky() {
  return nullptr;
}

}  // namespace mrnn

#endif
