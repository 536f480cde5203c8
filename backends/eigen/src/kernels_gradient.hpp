// The gradient of weights, products over steps and trials, included after kernels_rows.hpp; the same rules hold.

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
void add_outer_block(const OuterProduct<Scalar>& product) {
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

/// Some columns after the other: so many that what all rows read of the right factor stays in the second cache, and the
/// result too, from one position to the next.
template <class Scalar, int Width>
void add_outer_product_of(const OuterProduct<Scalar>& product) {
  constexpr Index most_columns = 256, most_pieces = 32;
  Source pieces[most_pieces];
  OuterProduct<Scalar> block = product;
  block.sources = pieces;
  block.source_count = 0;
  Index columns = 0;
  for (Index s = 0; s < product.source_count; ++s) {
    const Source source = product.sources[s];
    for (Index first = 0; first < source.size;) {
      const Index rest = source.size - first, room = most_columns - columns, size = rest < room ? rest : room;
      pieces[block.source_count++] = {source.start + first, size};
      first += size;
      columns += size;
      const bool last = s + 1 == product.source_count && first == source.size;
      if (columns < most_columns && block.source_count < most_pieces && !last) continue;
      add_outer_block<Scalar, Width>(block);
      block.out += columns * product.rows;
      block.source_count = columns = 0;
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
