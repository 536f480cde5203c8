// A tile of a product, held in registers over the whole depth; included inside the anonymous namespace of each
// tile_*.cpp after `vector_bytes` and `tile_columns`. Nothing here may call a function that another file could also
// define: the linker would merge code of different instruction sets.

using Wide [[gnu::vector_size(vector_bytes), gnu::aligned(8)]] = double;
constexpr int lanes = vector_bytes / 8;
constexpr int vectors = 2;  // of a column of the tile

void multiply(const double* a, const double* b, Eigen::Index depth, double* out) {
  Wide sums[tile_columns][vectors] = {};
  for (Eigen::Index k = 0; k < depth; ++k, a += vectors * lanes, b += tile_columns) {
    Wide column[vectors];
    for (int v = 0; v < vectors; ++v) column[v] = *reinterpret_cast<const Wide*>(a + v * lanes);
#pragma GCC unroll 16
    for (int j = 0; j < tile_columns; ++j) {
      for (int v = 0; v < vectors; ++v) sums[j][v] += column[v] * b[j];
    }
  }
#pragma GCC unroll 16
  for (int j = 0; j < tile_columns; ++j) {
    for (int v = 0; v < vectors; ++v) *reinterpret_cast<Wide*>(out + (j * vectors + v) * lanes) = sums[j][v];
  }
}

constexpr TileKernel tile{vectors * lanes, tile_columns, &multiply};
