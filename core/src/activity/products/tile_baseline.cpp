#include "activity/products/tile_kernels.hpp"

namespace mrnn {
namespace {

constexpr int vector_bytes = 16;
constexpr int tile_columns = 6;

#include "activity/products/tile_body.hpp"

}  // namespace

TileKernel baseline_tile() {
  return tile;
}

}  // namespace mrnn
