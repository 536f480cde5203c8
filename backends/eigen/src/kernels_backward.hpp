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

/// A tile of the result, whose sums over positions and trials are held in registers, one for each lane.
template <class Scalar, int Lanes>
void add_outer_tile(const OuterProduct<Scalar>& product, Index first_row, Index first_column) {
  using Wide = Vector<Scalar, Lanes>;
  // What lies beyond the result repeats its last row or column, and is not stored.
  const Scalar *left[outer_rows], *right[outer_columns];
  for (int r = 0; r < outer_rows; ++r) {
    const Index row = first_row + r < product.rows ? first_row + r : product.rows - 1;
    left[r] = product.left + row * product.width;
  }
  for (int c = 0; c < outer_columns; ++c) {
    const Index column = first_column + c < product.depth ? first_column + c : product.depth - 1;
    right[c] = product.right + product.columns[column] * product.width;
  }
  Wide sums[outer_rows][outer_columns] = {};
  Index from_left = 0, from_right = 0;
  for (Index p = 0; p < product.positions; ++p, from_left += product.left_stride, from_right += product.right_stride) {
    for (Index lane = 0; lane < product.width; lane += Lanes) {
      Wide of_right[outer_columns];
      for (int c = 0; c < outer_columns; ++c) {
        of_right[c] = *reinterpret_cast<const Wide*>(right[c] + from_right + lane);
      }
      for (int r = 0; r < outer_rows; ++r) {
        const Wide of_left = *reinterpret_cast<const Wide*>(left[r] + from_left + lane);
        for (int c = 0; c < outer_columns; ++c) sums[r][c] += of_left * of_right[c];
      }
    }
  }
  const Index rows = product.rows - first_row < outer_rows ? product.rows - first_row : outer_rows;
  const Index columns = product.depth - first_column < outer_columns ? product.depth - first_column : outer_columns;
  for (Index r = 0; r < rows; ++r) {
    Scalar* out = product.out + (first_row + r) * product.depth + first_column;
    for (Index c = 0; c < columns; ++c) out[c] += sum_of_lanes<Scalar, Lanes>(sums[r][c]);
  }
}

/// Columns outside, so that a tile's stay in the nearest cache; rows in blocks that stay in the next.
template <class Scalar, int Lanes>
void add_outer_product_with(const OuterProduct<Scalar>& product) {
  constexpr Index near_bytes = 128 * 1024;
  const Index row_bytes = product.positions * product.width * static_cast<Index>(sizeof(Scalar));
  const Index fitting = near_bytes / row_bytes / outer_rows * outer_rows;
  const Index block = fitting < outer_rows ? outer_rows : fitting;
  for (Index start = 0; start < product.rows; start += block) {
    const Index end = start + block < product.rows ? start + block : product.rows;
    for (Index column = 0; column < product.depth; column += outer_columns) {
      for (Index row = start; row < end; row += outer_rows) add_outer_tile<Scalar, Lanes>(product, row, column);
    }
  }
}

/// Elements of a row that are summed side by side.
constexpr int sparse_entries = 8;

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
      Scalar* out = product.out + row * product.depth;
      for (Index e = 0; e < count; ++e) {
        out[product.entries[start + e]] += sum_of_lanes<Scalar, Lanes>(sums[e]);
      }
    }
  }
}

/// Calls the loop for the vectors that fit the width.
template <class Scalar>
void add_sparse_outer_product(const OuterProduct<Scalar>& product) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  constexpr int narrow = lanes < 8 ? lanes : 8;
  if (product.positions == 0 || product.depth == 0) return;
  if (product.width == 1) {
    add_sparse_outer_product_with<Scalar, 1>(product);
  } else if (product.width % lanes == 0) {
    add_sparse_outer_product_with<Scalar, lanes>(product);
  } else {
    add_sparse_outer_product_with<Scalar, narrow>(product);
  }
}

template <class Scalar>
void add_outer_product(const OuterProduct<Scalar>& product) {
  constexpr int lanes = vector_bytes / sizeof(Scalar);
  constexpr int narrow = lanes < 8 ? lanes : 8;
  if (product.positions == 0 || product.depth == 0) return;
  if (product.width == 1) {
    add_outer_product_with<Scalar, 1>(product);
  } else if (product.width % lanes == 0) {
    add_outer_product_with<Scalar, lanes>(product);
  } else {
    add_outer_product_with<Scalar, narrow>(product);
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
