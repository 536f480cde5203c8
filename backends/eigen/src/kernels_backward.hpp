// The inner loops of backward(), included after kernels_body.hpp; the same rules hold.

// --- Element-wise ---------------------------------------------------------------------------------------

/// leaky: D_t = phi'(x_t) back + (1 - alpha) D_{t+1}, delta = alpha D_t, where phi' is a function of h.
/// rate: G_t = back + (1 - alpha) G_{t+1}, delta = alpha phi'(x_t) G_t.
template <Dynamics dynamics, class Phi, class Scalar>
void update_adjoint_rows(const AdjointUpdate<Scalar>& u) {
  for (Index unit = u.first; unit < u.first + u.rows; ++unit) {
    const Scalar alpha = u.alpha[unit];
    const Scalar* __restrict back = u.back + unit * u.width;
    const Scalar* __restrict h = u.h + unit * u.width;
    const Scalar* __restrict x = dynamics == Dynamics::rate ? u.x + unit * u.width : nullptr;
    Scalar* __restrict carried = u.carried + unit * u.width;
    Scalar* __restrict delta = u.delta + unit * u.width;
    for (Index k = 0; k < u.width; ++k) {
      if constexpr (dynamics == Dynamics::rate) {
        carried[k] = fused(Scalar(1) - alpha, carried[k], back[k]);
        delta[k] = alpha * Phi::slope(Phi::of(x[k])) * carried[k];
      } else {
        carried[k] = fused(Scalar(1) - alpha, carried[k], Phi::slope(h[k]) * back[k]);
        delta[k] = alpha * carried[k];
      }
    }
  }
}

template <Dynamics dynamics, class Scalar>
void update_adjoint_dynamics(const AdjointUpdate<Scalar>& u) {
  switch (u.activation) {
    case Activation::relu:
      return update_adjoint_rows<dynamics, Relu>(u);
    case Activation::tanh:
      return update_adjoint_rows<dynamics, Tanh>(u);
    case Activation::sigmoid:
      return update_adjoint_rows<dynamics, Sigmoid>(u);
    case Activation::softplus:
      return update_adjoint_rows<dynamics, Softplus>(u);
    case Activation::linear:
      return update_adjoint_rows<dynamics, Linear>(u);
    case Activation::retanh:
      return update_adjoint_rows<dynamics, Retanh>(u);
  }
}

template <class Scalar>
void update_adjoint(const AdjointUpdate<Scalar>& u) {
  if (u.dynamics == Dynamics::rate) {
    update_adjoint_dynamics<Dynamics::rate>(u);
  } else {
    update_adjoint_dynamics<Dynamics::leaky>(u);
  }
}

// --- Products over steps and trials -----------------------------------------------------------------------

/// Sum of the lanes in a fixed order: halves onto each other.
template <class Scalar, int Lanes>
Scalar sum_of_lanes(Vector<Scalar, Lanes> wide) {
  if constexpr (Lanes == 1) {
    return wide[0];
  } else {
    Vector<Scalar, Lanes / 2> low, high;
    std::memcpy(&low, &wide, sizeof low);
    std::memcpy(&high, reinterpret_cast<const char*>(&wide) + sizeof low, sizeof high);
    return sum_of_lanes<Scalar, Lanes / 2>(low + high);
  }
}

/// What takes the place of a row, and of the row `half` below it, when the blocks beside the diagonal of a square of
/// 2 half x 2 half change places: elements of the two rows, one after the other.
template <class Integer, int Size, int half>
struct Exchange {
  alignas(Size * sizeof(Integer)) Integer upper[Size] = {};
  alignas(Size * sizeof(Integer)) Integer lower[Size] = {};
  constexpr Exchange() {
    for (int j = 0; j < Size; ++j) {
      upper[j] = (j & half) != 0 ? Size + j - half : j;
      lower[j] = (j & half) != 0 ? Size + j : j + half;
    }
  }
};
template <class Integer, int Size, int half>
constexpr Exchange<Integer, Size, half> exchange;

/// Turns a square: row i becomes column i.
template <class Scalar, int Size, int half = 1>
inline void turn(Vector<Scalar, Size> (&rows)[Size]) {
  using Integer = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;
  using Mask = Vector<Integer, Size>;
  const Mask upper = *reinterpret_cast<const Mask*>(exchange<Integer, Size, half>.upper);
  const Mask lower = *reinterpret_cast<const Mask*>(exchange<Integer, Size, half>.lower);
#pragma GCC unroll 16
  for (int i = 0; i < Size; ++i) {
    if ((i & half) != 0) continue;
    const Vector<Scalar, Size> one = rows[i], other = rows[i + half];
    rows[i] = shuffle<Scalar, Size>(one, other, upper);
    rows[i + half] = shuffle<Scalar, Size>(one, other, lower);
  }
  if constexpr (2 * half < Size) turn<Scalar, Size, 2 * half>(rows);
}

/// Steps times trials that are summed before they are added to the result: so many that a panel of the left factor
/// stays in the nearest cache.
constexpr Index outer_depth = 256;

/// `height` rows of the left factor from `first` on, those beyond its end zero: [positions x Width x height], a step
/// and trial after the other.
template <class Scalar, int Width>
void pack_left(const OuterProduct<Scalar>& product, Index position, Index count, Index first, Index height,
               Scalar* out) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  constexpr int size = Width < lanes ? Width : lanes;
  using Wide = Vector<Scalar, size>;
  for (Index p = 0; p < count; ++p, out += Width * height) {
    const Scalar* left = product.left + (position + p) * product.left_stride + first * Width;
    for (Index row = 0; row < height; row += size) {
      for (int lane = 0; lane < Width; lane += size) {
        Wide square[size];
        for (int i = 0; i < size; ++i) {
          square[i] =
              first + row + i < product.rows ? *reinterpret_cast<const Wide*>(left + (row + i) * Width + lane) : Wide{};
        }
        if constexpr (size > 1) turn<Scalar, size>(square);
        for (int i = 0; i < size; ++i) *reinterpret_cast<Wide*>(out + (lane + i) * height + row) = square[i];
      }
    }
  }
}

/// A tile of the result, Vectors x lanes rows by Columns columns, held in registers.
template <class Scalar>
struct OuterTile {
  const Scalar* left;   ///< packed
  const Scalar* right;  ///< first of the columns
  Index right_stride, positions, width;
  Scalar* out;  ///< first of its rows and columns
  Index rows;   ///< of it that exist
  Index stride;
};

template <class Scalar, int Vectors, int Columns>
void add_outer_tile(const OuterTile<Scalar>& tile) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  using Wide = Vector<Scalar, lanes>;
  Wide sums[Columns][Vectors] = {};
  // An address is one of these plus once or twice the width.
  constexpr int bases = (Columns + 2) / 3;
  const Index width = tile.width, jump = tile.right_stride - width;
  const Scalar *left = tile.left, *right[bases];
  for (int b = 0; b < bases; ++b) right[b] = tile.right + 3 * b * width;
  for (int c = 0; c < Columns; ++c) {
    for (int v = 0; v < Vectors; ++v) __builtin_prefetch(tile.out + c * tile.stride + v * lanes, 1);
  }
  for (Index p = 0; p < tile.positions; ++p) {
    for (Index lane = 0; lane < width; ++lane, left += Vectors * lanes) {
      Wide of_left[Vectors];
      for (int v = 0; v < Vectors; ++v) of_left[v] = *reinterpret_cast<const Wide*>(left + v * lanes);
      for (int c = 0; c < Columns; ++c) {
        const Scalar of_right = right[c / 3][c % 3 * width];
        for (int v = 0; v < Vectors; ++v) sums[c][v] += of_right * of_left[v];
      }
      for (int b = 0; b < bases; ++b) ++right[b];
    }
    for (int b = 0; b < bases; ++b) right[b] += jump;
  }
  for (int c = 0; c < Columns; ++c) {
    for (int v = 0; v < Vectors; ++v) {
      Scalar* out = tile.out + c * tile.stride + v * lanes;
      if (tile.rows >= (v + 1) * lanes) {
        *reinterpret_cast<Wide*>(out) += sums[c][v];
      } else {
        for (int r = 0; r < tile.rows - v * lanes; ++r) out[r] += sums[c][v][r];
      }
    }
  }
}

template <class Scalar, int Vectors, int... Columns>
void add_outer_columns(const OuterProduct<Scalar>& product, OuterTile<Scalar> tile,
                       std::integer_sequence<int, Columns...>) {
  using Tile = void (*)(const OuterTile<Scalar>&);
  static constexpr Tile tiles[] = {add_outer_tile<Scalar, Vectors, Columns + 1>...};
  const Scalar* right = tile.right;
  for (Index s = 0; s < product.source_count; ++s) {
    const Source source = product.sources[s];
    const PanelSizes panels(source.size, sizeof...(Columns));
    for (Index p = 0; p < panels.count; ++p) {
      tile.right = right + (source.start + panels.first_row(p)) * product.width;
      tiles[panels.rows(p) - 1](tile);
      tile.out += panels.rows(p) * tile.stride;
    }
  }
}

/// Rows outside, so that a panel of the left factor stays in the nearest cache, and is packed once.
template <class Scalar, int Width>
void add_outer_product_of(const OuterProduct<Scalar>& product) {
  constexpr Index lanes = vector_bytes / sizeof(Scalar), at_once = outer_depth / Width;
  using Columns = std::make_integer_sequence<int, tile_rows>;
  alignas(vector_bytes) Scalar packed[outer_depth * 2 * lanes];
  for (Index position = 0; position < product.positions; position += at_once) {
    const Index rest = product.positions - position, count = rest < at_once ? rest : at_once;
    const Scalar* right = product.right + position * product.right_stride;
    for (Index first = 0; first < product.rows; first += 2 * lanes) {
      const Index rows = product.rows - first;
      const OuterTile<Scalar> tile = {packed, right,       product.right_stride, count, Width, product.out + first,
                                      rows,   product.rows};
      if (rows > lanes) {
        pack_left<Scalar, Width>(product, position, count, first, 2 * lanes, packed);
        add_outer_columns<Scalar, 2>(product, tile, Columns{});
      } else {
        pack_left<Scalar, Width>(product, position, count, first, lanes, packed);
        add_outer_columns<Scalar, 1>(product, tile, Columns{});
      }
    }
  }
}

/// Elements of a row that are summed side by side.
constexpr int sparse_entries = 8;

/// Adds the sum of each vector's lanes, halves onto each other, to a number of `out`.
template <class Scalar, int Lanes>
inline void add_sums_of_lanes(const Vector<Scalar, Lanes> (&sums)[sparse_entries], Index count, Scalar* out) {
  if constexpr (Lanes > sparse_entries) {
    Vector<Scalar, Lanes / 2> halves[sparse_entries];
    for (int e = 0; e < sparse_entries; ++e) {
      Vector<Scalar, Lanes / 2> low, high;
      std::memcpy(&low, &sums[e], sizeof low);
      std::memcpy(&high, reinterpret_cast<const char*>(&sums[e]) + sizeof low, sizeof high);
      halves[e] = low + high;
    }
    add_sums_of_lanes<Scalar, Lanes / 2>(halves, count, out);
  } else if constexpr (Lanes == sparse_entries) {
    using Wide = Vector<Scalar, Lanes>;
    Wide square[Lanes];
    for (int e = 0; e < Lanes; ++e) square[e] = sums[e];
    turn<Scalar, Lanes>(square);
    for (int half = Lanes / 2; half > 0; half /= 2) {
      for (int k = 0; k < half; ++k) square[k] += square[k + half];
    }
    if (count == Lanes) {
      *reinterpret_cast<Wide*>(out) += square[0];
    } else {
      for (Index e = 0; e < count; ++e) out[e] += square[0][e];
    }
  } else {
    for (Index e = 0; e < count; ++e) out[e] += sum_of_lanes<Scalar, Lanes>(sums[e]);
  }
}

template <class Scalar, int Lanes>
void add_sparse_outer_product_with(const OuterProduct<Scalar>& product) {
  using Wide = Vector<Scalar, Lanes>;
  for (Index row = 0; row < product.rows; ++row) {
    const Scalar* left = product.left + row * product.width;
    const Index end = product.starts[row + 1];
    for (Index start = product.starts[row]; start < end; start += sparse_entries) {
      const Index count = end - start < sparse_entries ? end - start : sparse_entries;
      const Scalar* right[sparse_entries];
      for (int e = 0; e < sparse_entries; ++e) {
        const std::int32_t column = product.entries[start + (e < count ? e : count - 1)];
        right[e] = product.right + product.columns[column] * product.width;
      }
      Wide sums[sparse_entries] = {};
      Index from_left = 0, from_right = 0;
      for (Index p = 0; p < product.positions; ++p) {
        for (Index lane = 0; lane < product.width; lane += Lanes) {
          const Wide of_left = *reinterpret_cast<const Wide*>(left + from_left + lane);
          for (int e = 0; e < sparse_entries; ++e) {
            sums[e] += of_left * *reinterpret_cast<const Wide*>(right[e] + from_right + lane);
          }
        }
        from_left += product.left_stride;
        from_right += product.right_stride;
      }
      Wide ready[sparse_entries];  // apart from the sums, which stay in registers
      for (int e = 0; e < sparse_entries; ++e) ready[e] = sums[e];
      add_sums_of_lanes<Scalar, Lanes>(ready, count, product.out + start);
    }
  }
}

/// A few positions at a time, so that what their rows pick from stays in the second cache.
template <class Scalar>
void add_sparse_outer_product(const OuterProduct<Scalar>& product) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  constexpr int narrow = lanes < 8 ? lanes : 8;
  constexpr Index cached = Index{1} << 19;
  const Index fitting = cached / (product.right_stride * static_cast<Index>(sizeof(Scalar)));
  OuterProduct<Scalar> part = product;
  for (Index position = 0; position < product.positions; position += part.positions) {
    const Index rest = product.positions - position, most = fitting < 4 ? 4 : fitting;
    part.left = product.left + position * product.left_stride;
    part.right = product.right + position * product.right_stride;
    part.positions = rest < most ? rest : most;
    if (product.width == 1) {
      add_sparse_outer_product_with<Scalar, 1>(part);
    } else if (product.width % lanes == 0) {
      add_sparse_outer_product_with<Scalar, lanes>(part);
    } else {
      add_sparse_outer_product_with<Scalar, narrow>(part);
    }
  }
}

template <class Scalar>
void add_outer_product(const OuterProduct<Scalar>& product) {
  switch (product.width) {
    case 1:
      return add_outer_product_of<Scalar, 1>(product);
    case 8:
      return add_outer_product_of<Scalar, 8>(product);
    case 16:
      return add_outer_product_of<Scalar, 16>(product);
    default:
      return add_outer_product_of<Scalar, widest_slice>(product);
  }
}

template <class Scalar>
constexpr Kernels<Scalar> table{instruction_set,
                                tile_rows,
                                4 * vector_bytes / static_cast<int>(sizeof(Scalar)),
                                multiply<Scalar>,
                                multiply_sparse<Scalar>,
                                update<Scalar>,
                                update_adjoint<Scalar>,
                                add_outer_product<Scalar>,
                                add_sparse_outer_product<Scalar>};
