// What puts sums over lanes beside one another, and a few rows of the gradient of weights, which are such sums.
// Included after kernels_forward.hpp; the same rules hold.

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
