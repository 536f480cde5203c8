// The inner loops, included inside the anonymous namespace of each kernels_*.cpp after `vector_bytes`,
// `tile_rows` and the choice of the instruction set. Nothing here may call a function that another file could
// also define: the linker would merge code of different instruction sets.

template <class Scalar, int Lanes>
using Vector [[gnu::vector_size(Lanes * sizeof(Scalar)), gnu::aligned(alignof(Scalar))]] = Scalar;

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

// --- Products -------------------------------------------------------------------------------------------

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

// --- Element-wise ---------------------------------------------------------------------------------------

/// Equations of one unit and trial: x_t and h_t from the drive, with amplitude * eta added to x.
template <Dynamics dynamics, class Phi, class Scalar>
inline int step(Scalar alpha, Scalar drive, Scalar amplitude, Scalar eta, Scalar& x, Scalar before, Scalar& after) {
  if constexpr (dynamics == Dynamics::rate) {
    x = fused(amplitude, eta, drive);
    after = fused(alpha, Phi::of(x), (Scalar(1) - alpha) * before);
    return static_cast<int>(!(x - x == Scalar(0))) | static_cast<int>(!(after - after == Scalar(0)));
  } else {
    x = fused(alpha, drive, fused(Scalar(1) - alpha, x, amplitude * eta));
    after = Phi::of(x);
    return static_cast<int>(!(x - x == Scalar(0)));
  }
}

/// Rows one after the other, vectors over the trials of a row.
template <Dynamics dynamics, class Phi, bool noisy, class Scalar>
bool update_rows(const Update<Scalar>& u) {
  int lost = 0;
  for (Index row = 0; row < u.rows; ++row) {
    const Index unit = u.first + row;
    const Scalar alpha = u.alpha[unit], bias = u.bias[unit], amplitude = noisy ? u.amplitude[unit] : Scalar(0);
    const Scalar* __restrict drive = u.drive + row * u.width;
    const Scalar* __restrict noise = noisy ? u.noise + unit * u.width : nullptr;
    const Scalar* __restrict before = u.h_before + unit * u.width;
    Scalar* __restrict x = u.x + unit * u.width;
    Scalar* __restrict after = u.h_after + unit * u.width;
    for (Index k = 0; k < u.width; ++k) {
      const Scalar eta = noisy ? noise[k] : Scalar(0);
      lost |= step<dynamics, Phi>(alpha, drive[k] + bias, amplitude, eta, x[k], before[k], after[k]);
    }
  }
  return lost == 0;
}

/// Width 1: vectors over the units.
template <Dynamics dynamics, class Phi, bool noisy, class Scalar>
bool update_column(const Update<Scalar>& u) {
  const Scalar* __restrict alpha = u.alpha + u.first;
  const Scalar* __restrict bias = u.bias + u.first;
  const Scalar* __restrict amplitude = noisy ? u.amplitude + u.first : nullptr;
  const Scalar* __restrict noise = noisy ? u.noise + u.first : nullptr;
  const Scalar* __restrict before = u.h_before + u.first;
  Scalar* __restrict x = u.x + u.first;
  Scalar* __restrict after = u.h_after + u.first;
  const Scalar* __restrict drive = u.drive;
  const Index rows = u.rows;
  int lost = 0;
#pragma GCC ivdep  // more pointers than the compiler will check
  for (Index k = 0; k < rows; ++k) {
    const Scalar factor = noisy ? amplitude[k] : Scalar(0);
    const Scalar eta = noisy ? noise[k] : Scalar(0);
    lost |= step<dynamics, Phi>(alpha[k], drive[k] + bias[k], factor, eta, x[k], before[k], after[k]);
  }
  return lost == 0;
}

template <Dynamics dynamics, class Phi, class Scalar>
bool update_with(const Update<Scalar>& u) {
  if (u.width == 1) {
    return u.noise == nullptr ? update_column<dynamics, Phi, false>(u) : update_column<dynamics, Phi, true>(u);
  }
  return u.noise == nullptr ? update_rows<dynamics, Phi, false>(u) : update_rows<dynamics, Phi, true>(u);
}

template <Dynamics dynamics, class Scalar>
bool update_dynamics(const Update<Scalar>& u) {
  switch (u.activation) {
    case Activation::relu:
      return update_with<dynamics, Relu>(u);
    case Activation::tanh:
      return update_with<dynamics, Tanh>(u);
    case Activation::sigmoid:
      return update_with<dynamics, Sigmoid>(u);
    case Activation::softplus:
      return update_with<dynamics, Softplus>(u);
    case Activation::linear:
      return update_with<dynamics, Linear>(u);
    case Activation::retanh:
      return update_with<dynamics, Retanh>(u);
  }
  return false;
}

/// Elman dynamics are leaky dynamics with alpha = 1.
template <class Scalar>
bool update(const Update<Scalar>& u) {
  return u.dynamics == Dynamics::rate ? update_dynamics<Dynamics::rate>(u) : update_dynamics<Dynamics::leaky>(u);
}
