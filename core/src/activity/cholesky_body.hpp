// Cholesky's factors by blocks of columns, included inside the anonymous namespace of each cholesky_*.cpp after
// `vector_bytes`, `tile_vectors`, `tile_columns` and the choice of the instruction set. Nothing here may call a
// function that another file could also define: the linker would merge code of different instruction sets.

using Eigen::Index;
using Wide [[gnu::vector_size(vector_bytes), gnu::aligned(alignof(double))]] = double;

constexpr Index lanes = vector_bytes / sizeof(double);
constexpr Index tile_rows = lanes * tile_vectors;
static_assert(tile_rows % tile_columns == 0, "a tile's columns are read from the packed rows of one tile");
/// Columns factored at once: 48 x 24 numbers of a packed tile fit the first cache with room to spare.
constexpr Index block = 48;

/// The block on the diagonal, [columns x columns] of leading dimension `stride`.
inline bool factor_block(double* a, Index stride, Index columns) {
  for (Index j = 0; j < columns; ++j) {
    for (Index p = 0; p < j; ++p) {
      const double factor = a[j + p * stride];
      for (Index i = j; i < columns; ++i) a[i + j * stride] -= a[i + p * stride] * factor;
    }
    const double pivot = a[j + j * stride];
    if (!(pivot > 0.0)) return false;
    const double root = __builtin_sqrt(pivot);
    for (Index i = j; i < columns; ++i) a[i + j * stride] /= root;
  }
  return true;
}

/// The rows below it, X L^T = B, into packed tiles: `packed` holds [columns x tile_rows] for each tile of rows, those
/// beyond the last are 0. Then back into the matrix.
inline void solve_below(const double* diagonal, double* below, Index stride, Index rows, Index columns,
                        double* packed) {
  for (Index first = 0; first < rows; first += tile_rows, packed += columns * tile_rows) {
    const Index count = rows - first < tile_rows ? rows - first : tile_rows;
    for (Index j = 0; j < columns; ++j) {
      double* target = below + first + j * stride;
      Wide sums[tile_vectors] = {};
      __builtin_memcpy(sums, target, static_cast<std::size_t>(count) * sizeof(double));
      for (Index p = 0; p < j; ++p) {
        const double factor = diagonal[j + p * stride];
        const double* column = packed + p * tile_rows;
        for (Index v = 0; v < tile_vectors; ++v) sums[v] -= *reinterpret_cast<const Wide*>(column + v * lanes) * factor;
      }
      const double inverse = 1.0 / diagonal[j + j * stride];
      for (Index v = 0; v < tile_vectors; ++v) {
        sums[v] *= inverse;
        *reinterpret_cast<Wide*>(packed + j * tile_rows + v * lanes) = sums[v];
      }
      __builtin_memcpy(target, sums, static_cast<std::size_t>(count) * sizeof(double));
    }
  }
}

/// C -= X X^T of one tile, [tile_rows x tile_columns], held in registers over the whole depth.
inline void update_tile(const double* left, const double* right, Index depth, double* c, Index stride, Index rows,
                        Index columns) {
  Wide sums[tile_columns][tile_vectors] = {};
  for (Index k = 0; k < depth; ++k, left += tile_rows, right += tile_rows) {
    Wide row[tile_vectors];
    for (Index v = 0; v < tile_vectors; ++v) row[v] = *reinterpret_cast<const Wide*>(left + v * lanes);
    for (Index j = 0; j < tile_columns; ++j) {
      for (Index v = 0; v < tile_vectors; ++v) sums[j][v] += row[v] * right[j];
    }
  }
  for (Index j = 0; j < columns; ++j) {
    if (rows == tile_rows) {
      for (Index v = 0; v < tile_vectors; ++v) *reinterpret_cast<Wide*>(c + j * stride + v * lanes) -= sums[j][v];
    } else {
      for (Index i = 0; i < rows; ++i) c[i + j * stride] -= sums[j][i / lanes][i % lanes];
    }
  }
}

/// All tiles of the square below and to the right that touch its lower triangle.
inline void update_rest(const double* packed, double* rest, Index stride, Index rows, Index depth) {
  for (Index j = 0; j < rows; j += tile_columns) {
    const double* right = packed + j / tile_rows * tile_rows * depth + j % tile_rows;
    const Index columns = rows - j < tile_columns ? rows - j : tile_columns;
    for (Index i = j / tile_rows * tile_rows; i < rows; i += tile_rows) {
      const Index count = rows - i < tile_rows ? rows - i : tile_rows;
      update_tile(packed + i * depth, right, depth, rest + i + j * stride, stride, count, columns);
    }
  }
}

inline bool factor(double* matrix, Index size) {
  const Index room = (size + tile_rows) * block;
  auto* packed = static_cast<double*>(__builtin_malloc(static_cast<std::size_t>(room) * sizeof(double)));
  if (packed == nullptr) throw std::bad_alloc();
  bool positive = true;
  for (Index first = 0; first < size && positive; first += block) {
    const Index columns = size - first < block ? size - first : block;
    const Index rows = size - first - columns;
    double* diagonal = matrix + first + first * size;
    positive = factor_block(diagonal, size, columns);
    if (!positive || rows == 0) break;
    solve_below(diagonal, diagonal + columns, size, rows, columns, packed);
    update_rest(packed, diagonal + columns + columns * size, size, rows, columns);
  }
  __builtin_free(packed);
  return positive;
}
