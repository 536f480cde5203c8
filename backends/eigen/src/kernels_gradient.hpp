// The gradient of weights, products over steps and trials, included after kernels_body.hpp; the same rules hold.

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

/// Leaves in row 0 the sum of each row's lanes, beside one another, each added up in the same order.
template <class Scalar, int Size, int half = 1>
inline void fold(Vector<Scalar, Size> (&rows)[Size]) {
  using Integer = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;
  using Mask = Vector<Integer, Size>;
  if constexpr (half < Size) {
    const Mask upper = *reinterpret_cast<const Mask*>(exchange<Integer, Size, half>.upper);
    const Mask lower = *reinterpret_cast<const Mask*>(exchange<Integer, Size, half>.lower);
#pragma GCC unroll 16
    for (int i = 0; i < Size; i += 2 * half) {
      rows[i] =
          shuffle<Scalar, Size>(rows[i], rows[i + half], upper) + shuffle<Scalar, Size>(rows[i], rows[i + half], lower);
    }
    fold<Scalar, Size, 2 * half>(rows);
  }
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

/// A few rows of the result, `Rows` of them by Lanes / Rows columns at a time: each element a sum of products over the
/// lanes, so that rows that would not fill a vector waste none. Those beyond `rows` repeat the last one.
template <class Scalar, int Lanes, int Rows>
void add_outer_rows(const OuterProduct<Scalar>& product, Index first, Index rows) {
  using Wide = Vector<Scalar, Lanes>;
  constexpr int columns = Lanes / Rows;
  const Scalar* left[Rows];
  for (int r = 0; r < Rows; ++r) left[r] = product.left + (first + (r < rows ? r : rows - 1)) * product.width;
  Scalar* out = product.out + first;
  for (Index s = 0; s < product.source_count; ++s) {
    const Source source = product.sources[s];
    for (Index column = 0; column < source.size; column += columns) {
      const Index count = source.size - column < columns ? source.size - column : columns;
      const Scalar* right[columns];
      for (int c = 0; c < columns; ++c) {
        right[c] = product.right + (source.start + column + (c < count ? c : count - 1)) * product.width;
      }
      Wide sums[Lanes] = {};
      Index from_left = 0, from_right = 0;
      for (Index p = 0; p < product.positions; ++p) {
        for (Index lane = 0; lane < product.width; lane += Lanes) {
          Wide of_left[Rows];
          for (int r = 0; r < Rows; ++r) of_left[r] = *reinterpret_cast<const Wide*>(left[r] + from_left + lane);
          for (int c = 0; c < columns; ++c) {
            const Wide of_right = *reinterpret_cast<const Wide*>(right[c] + from_right + lane);
            for (int r = 0; r < Rows; ++r) sums[c * Rows + r] += of_left[r] * of_right;
          }
        }
        from_left += product.left_stride;
        from_right += product.right_stride;
      }
      Wide folded[Lanes];  // apart from the sums, which stay in registers
      for (int e = 0; e < Lanes; ++e) folded[e] = sums[e];
      fold<Scalar, Lanes>(folded);
      for (int c = 0; c < count; ++c) {
        for (int r = 0; r < rows && r < Rows; ++r) out[c * product.rows + r] += folded[0][c * Rows + r];
      }
      out += count * product.rows;
    }
  }
}

/// Rows from `first` on, four at a time.
template <class Scalar, int Lanes>
void add_last_outer_rows(const OuterProduct<Scalar>& product, Index first) {
  for (; product.rows - first > 2; first += 4) {
    add_outer_rows<Scalar, Lanes, 4>(product, first, product.rows - first < 4 ? product.rows - first : 4);
  }
  if (product.rows - first == 2) add_outer_rows<Scalar, Lanes, 2>(product, first, 2);
  if (product.rows - first == 1) add_outer_rows<Scalar, Lanes, 1>(product, first, 1);
}

/// Rows outside, so that a panel of the left factor stays in the nearest cache, and is packed once.
template <class Scalar, int Width>
void add_outer_product_of(const OuterProduct<Scalar>& product) {
  constexpr Index lanes = vector_bytes / sizeof(Scalar), at_once = outer_depth / Width;
  using Columns = std::make_integer_sequence<int, tile_rows>;
  alignas(vector_bytes) Scalar packed[outer_depth * 2 * lanes];
  // Rows that fill at most half a vector are left to add_last_outer_rows().
  constexpr bool split = Width % lanes == 0 && lanes >= 4;
  const Index odd = product.rows % lanes, last = split && odd <= lanes / 2 ? product.rows - odd : product.rows;
  for (Index position = 0; position < product.positions; position += at_once) {
    const Index rest = product.positions - position, count = rest < at_once ? rest : at_once;
    const Scalar* right = product.right + position * product.right_stride;
    for (Index first = 0; first < last; first += 2 * lanes) {
      const Index rows = last - first;
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
    if constexpr (split) {
      OuterProduct<Scalar> part = product;
      part.left += position * product.left_stride;
      part.right = right;
      part.positions = count;
      add_last_outer_rows<Scalar, lanes>(part, last);
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
