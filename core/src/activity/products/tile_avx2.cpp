#include "activity/products/tile_kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

// After all other headers, so that only what is defined below is compiled for it.
#pragma GCC target("avx2,fma")

namespace mrnn {
namespace {

constexpr int vector_bytes = 32;
constexpr int tile_columns = 6;

#include "activity/products/tile_body.hpp"

}  // namespace

TileKernel avx2_tile() {
  return tile;
}

}  // namespace mrnn

#else

namespace mrnn {

TileKernel avx2_tile() {
  return {};
}

}  // namespace mrnn

#endif
