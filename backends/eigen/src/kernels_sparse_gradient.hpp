// The gradient of weights few of which exist, included after kernels_gradient.hpp; the same rules hold.

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
