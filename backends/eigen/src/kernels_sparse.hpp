// What is computed element by element, of weights most of which are zero. Included after kernels_gradient.hpp; the same
// rules hold.

// --- Products -------------------------------------------------------------------------------------------

/// Adds what the groups of rows read, Vectors x Lanes trials at a time.
template <class Scalar, int Vectors, int Lanes>
void multiply_sparse_with(const SparseProduct<Scalar>& product) {
  using Wide = Vector<Scalar, Lanes>;
  std::memset(product.out, 0, static_cast<std::size_t>(product.rows * product.width) * sizeof(Scalar));
  const Scalar* weights = product.weights;
  const std::int32_t* columns = product.columns;
  for (Index g = 0; g < product.group_count; ++g) {
    const SparseGroup& group = product.groups[g];
    for (Index lane = 0; lane < product.width; lane += Vectors * Lanes) {
      const Scalar* state = product.state + lane;
      Scalar* out = product.out + lane;
      Wide sums[sparse_rows][Vectors];
      for (int r = 0; r < sparse_rows; ++r) {
        const Scalar* sum = out + group.rows[r] * product.width;
        for (int v = 0; v < Vectors; ++v) sums[r][v] = *reinterpret_cast<const Wide*>(sum + v * Lanes);
      }
      for (Index k = 0; k < group.entries * sparse_rows; k += sparse_rows) {
        for (int r = 0; r < sparse_rows; ++r) {
          const Scalar* activity = state + columns[k + r] * product.width;
          for (int v = 0; v < Vectors; ++v) {
            sums[r][v] += weights[k + r] * *reinterpret_cast<const Wide*>(activity + v * Lanes);
          }
        }
      }
      for (int r = sparse_rows - 1; r >= 0; --r) {  // the first row last: others may stand in for it
        Scalar* sum = out + group.rows[r] * product.width;
        for (int v = 0; v < Vectors; ++v) *reinterpret_cast<Wide*>(sum + v * Lanes) = sums[r][v];
      }
    }
    weights += group.entries * sparse_rows;
    columns += group.entries * sparse_rows;
  }
}

template <class Scalar>
void multiply_sparse(const SparseProduct<Scalar>& product) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  constexpr int narrow = lanes < 8 ? lanes : 8;
  if (product.width >= 2 * lanes) {
    multiply_sparse_with<Scalar, 2, lanes>(product);
  } else if (product.width == lanes) {
    multiply_sparse_with<Scalar, 1, lanes>(product);
  } else {
    multiply_sparse_with<Scalar, 1, narrow>(product);
  }
}

// --- The gradient of weights few of which exist ----------------------------------------------------------

/// Adds to the wanted elements, a vector of them at a time.
template <class Scalar, int Width>
void add_elements(const OuterProduct<Scalar>& product) {
  constexpr int all_lanes = vector_bytes / sizeof(Scalar), lanes = Width < all_lanes ? Width : all_lanes;
  using Wide = Vector<Scalar, lanes>;
  for (Index first = 0; first < product.element_count; first += lanes) {
    const Index rest = product.element_count - first, count = rest < lanes ? rest : lanes;
    Wide sums[lanes];
#pragma GCC unroll 16
    for (int e = 0; e < lanes; ++e) {
      const Element element = product.elements[first + (e < count ? e : 0)];
      const Scalar *left = product.left + element.row * Width, *right = product.right + element.source * Width;
      Wide sum = {};
      for (Index p = 0; p < product.positions; ++p) {
        for (int lane = 0; lane < Width; lane += lanes) {
          sum += *reinterpret_cast<const Wide*>(left + lane) * *reinterpret_cast<const Wide*>(right + lane);
        }
        left += product.left_stride;
        right += product.right_stride;
      }
      sums[e] = sum;
    }
    fold<Scalar, lanes>(sums);
    Scalar* out = product.out + first;
    if (count == lanes) {
      *reinterpret_cast<Wide*>(out) += sums[0];
    } else {
      for (Index e = 0; e < count; ++e) out[e] += sums[0][e];
    }
  }
}

/// So few positions at a time that the left factor stays in the nearest cache while column after column picks from it.
template <class Scalar, int Width>
void add_elements_by_positions(const OuterProduct<Scalar>& product) {
  constexpr Index cached = Index{1} << 15;
  const Index fitting = cached / (product.rows * Width * static_cast<Index>(sizeof(Scalar)));
  const Index most = fitting < 1 ? 1 : fitting;
  OuterProduct<Scalar> part = product;
  for (Index position = 0; position < product.positions; position += most) {
    const Index rest = product.positions - position;
    part.left = product.left + position * product.left_stride;
    part.right = product.right + position * product.right_stride;
    part.positions = rest < most ? rest : most;
    add_elements<Scalar, Width>(part);
  }
}

template <class Scalar>
void add_sparse_outer_product(const OuterProduct<Scalar>& product) {
  switch (product.width) {
    case 1:
      return add_elements_by_positions<Scalar, 1>(product);
    case 8:
      return add_elements_by_positions<Scalar, 8>(product);
    case 16:
      return add_elements_by_positions<Scalar, 16>(product);
    default:
      return add_elements_by_positions<Scalar, widest_slice>(product);
  }
}
