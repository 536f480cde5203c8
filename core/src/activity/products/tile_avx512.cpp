#include "activity/products/tile_kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

// After all other headers, so that only what is defined below is compiled for it.
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")

namespace mrnn {
namespace {

constexpr int vector_bytes = 64;
constexpr int tile_columns = 12;

#include "activity/products/tile_body.hpp"

}  // namespace

TileKernel avx512_tile() {
  return tile;
}

}  // namespace mrnn

#else

namespace mrnn {

TileKernel avx512_tile() {
  return {};
}

}  // namespace mrnn

#endif
