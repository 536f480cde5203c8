// The inner loops, included inside the anonymous namespace of each kernels_*.cpp after `vector_bytes`,
// `tile_rows` and the choice of the instruction set. Nothing here may call a function that another file could
// also define: the linker would merge code of different instruction sets.

template <class Scalar, int Lanes>
struct VectorOf {
  using Type [[gnu::vector_size(Lanes * sizeof(Scalar)), gnu::aligned(alignof(Scalar))]] = Scalar;
};

/// At any address. As a member of a class, since clang forgets the alignment of an alias template.
template <class Scalar, int Lanes>
using Vector = typename VectorOf<Scalar, Lanes>::Type;

/// Element j is element mask[j] of the two, one after the other.
template <class Scalar, int Lanes, class Mask>
inline Vector<Scalar, Lanes> shuffle(Vector<Scalar, Lanes> first, Vector<Scalar, Lanes> second, Mask mask) {
#ifdef __clang__
  Vector<Scalar, Lanes> result;
  for (int j = 0; j < Lanes; ++j) result[j] = mask[j] < Lanes ? first[mask[j]] : second[mask[j] - Lanes];
  return result;
#else
  return __builtin_shuffle(first, second, mask);
#endif
}

/// A tile of the result, Rows x (Vectors x Lanes) trials, held in registers over the whole depth.
template <class Scalar, int Rows, int Vectors, int Lanes>
void multiply_tile(const Product<Scalar>& product, const Scalar* weights, const Scalar* state, Scalar* out) {
  using Wide = Vector<Scalar, Lanes>;
  Wide sums[Rows][Vectors] = {};
  for (Index s = 0; s < product.source_count; ++s) {
    const Source source = product.sources[s];
    const Scalar* column = state + source.start * product.width;
    for (Index k = 0; k < source.size; ++k, column += product.width, weights += Rows) {
      Wide activity[Vectors];
      for (int v = 0; v < Vectors; ++v) activity[v] = *reinterpret_cast<const Wide*>(column + v * Lanes);
      for (int r = 0; r < Rows; ++r) {
        for (int v = 0; v < Vectors; ++v) sums[r][v] += weights[r] * activity[v];
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) *reinterpret_cast<Wide*>(out + r * product.width + v * Lanes) = sums[r][v];
  }
}

/// Asks for part `part` of `parts`: a few lines at a time, so that they come while the processor multiplies.
template <class Scalar>
inline void fetch(const Ahead<Scalar>& ahead, Index part, Index parts) {
  constexpr Index line = 64 / sizeof(Scalar);
  for (Index k = ahead.size * part / parts / line; k < ahead.size * (part + 1) / parts / line; ++k) {
    __builtin_prefetch(ahead.first + k * line, 0, 3);
  }
}

template <class Scalar, int Vectors, int Lanes, int... Rows>
void multiply_rows(const Product<Scalar>& product, std::integer_sequence<int, Rows...>) {
  using Tile = void (*)(const Product<Scalar>&, const Scalar*, const Scalar*, Scalar*);
  static constexpr Tile tiles[] = {multiply_tile<Scalar, Rows + 1, Vectors, Lanes>...};
  const PanelSizes panels(product.rows, sizeof...(Rows));
  const Scalar* weights = product.packed;
  for (Index p = 0; p < panels.count; ++p) {
    Scalar* out = product.out + panels.first_row(p) * product.width;
    fetch(product.ahead, p, panels.count);
    for (Index column = 0; column < product.width; column += Vectors * Lanes) {
      tiles[panels.rows(p) - 1](product, weights, product.state + column, out + column);
    }
    weights += panels.rows(p) * product.depth;
  }
}

/// A panel of the result for width 1, whose vectors run over its rows.
template <class Scalar, int Vectors>
void multiply_vector_panel(const Product<Scalar>& product, const Scalar* weights, Scalar* out, Index rows) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  using Wide = Vector<Scalar, lanes>;
  Wide sums[Vectors] = {};
  for (Index s = 0; s < product.source_count; ++s) {
    const Source source = product.sources[s];
    for (Index k = 0; k < source.size; ++k, weights += Vectors * lanes) {
      const Scalar activity = product.state[source.start + k];
      for (int v = 0; v < Vectors; ++v) sums[v] += *reinterpret_cast<const Wide*>(weights + v * lanes) * activity;
    }
  }
  for (Index r = 0; r < rows; ++r) out[r] = sums[r / lanes][r % lanes];
}

/// Width 1: panels of four vectors, [depth x rows], the last one of as few as its rows need.
template <class Scalar>
void multiply_vector(const Product<Scalar>& product) {
  constexpr Index lanes = vector_bytes / sizeof(Scalar), height = 4 * lanes;
  const Scalar* weights = product.packed;
  for (Index first = 0; first < product.rows; first += height, weights += height * product.depth) {
    const Index rest = product.rows - first, rows = rest < height ? rest : height;
    Scalar* out = product.out + first;
    if (rows > 3 * lanes) {
      multiply_vector_panel<Scalar, 4>(product, weights, out, rows);
    } else if (rows > 2 * lanes) {
      multiply_vector_panel<Scalar, 3>(product, weights, out, rows);
    } else if (rows > lanes) {
      multiply_vector_panel<Scalar, 2>(product, weights, out, rows);
    } else {
      multiply_vector_panel<Scalar, 1>(product, weights, out, rows);
    }
  }
}

template <class Scalar>
void multiply(const Product<Scalar>& product) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  constexpr int narrow = lanes < 8 ? lanes : 8;
  using Rows = std::make_integer_sequence<int, tile_rows>;
  if (product.width == 1) {
    multiply_vector(product);
  } else if (product.width >= 2 * lanes) {
    multiply_rows<Scalar, 2, lanes>(product, Rows{});
  } else if (product.width == lanes) {
    multiply_rows<Scalar, 1, lanes>(product, Rows{});
  } else {
    multiply_rows<Scalar, 1, narrow>(product, Rows{});
  }
}
