#pragma once

#include <cstdint>

#include "mrnn/network_spec.hpp"

namespace mrnn::eigen {

/// Rows of the state that a product reads: [start, start + size).
struct Source {
  Index start = 0;
  Index size = 0;
};

/// Numbers that are wanted from memory next: asked for while a product is computed.
template <class Scalar>
struct Ahead {
  const Scalar* first = nullptr;
  Index size = 0;
};

/// One product, out = W state over the rows of a band. `state` is [rows x width] and `out` [rows of the
/// band x width], both with the trials of a row side by side. `packed` holds panels of at most panel_rows rows
/// (see PanelSizes), each [depth x rows of the panel], depth running through all sources.
template <class Scalar>
struct Product {
  const Scalar* packed = nullptr;
  const Source* sources = nullptr;
  Index source_count = 0;
  Index depth = 0;  ///< sum of the sizes of the sources
  const Scalar* state = nullptr;
  Scalar* out = nullptr;
  Index rows = 0;
  Index width = 1;
  Ahead<Scalar> ahead = {};
};

/// Rows of sparse weights that are computed side by side, and columns at a time: so many that what they read stays in
/// the nearest cache.
inline constexpr int sparse_rows = 4;
inline constexpr Index sparse_columns = 256;

/// Rows of a band within a block of columns. Where there are fewer, the first one fills their places.
struct SparseGroup {
  std::int32_t rows[sparse_rows] = {};
  std::int32_t entries = 0;  ///< of each row
};

/// The same product of weights most of which are zero: for each block of columns, in their order, groups of rows. A
/// group has as many entries for each of its rows as its fullest row needs, those of entry k side by side; what a row
/// has too many are zeros. An element is summed in the order of the sources, as by the other product, to the same bits.
template <class Scalar>
struct SparseProduct {
  const Scalar* weights = nullptr;        ///< [entries of all groups x sparse_rows]
  const std::int32_t* columns = nullptr;  ///< the row of the state each of them reads
  const SparseGroup* groups = nullptr;
  Index group_count = 0;
  const Scalar* state = nullptr;
  Scalar* out = nullptr;
  Index rows = 0;
  Index width = 1;
};

/// An element of a band's weights: its row within the band, and the row of the state that it reads.
struct Element {
  std::int32_t row = 0, source = 0;
};

/// One step of units [first, first + rows), which share an activation function. Arrays of the network
/// ([N], or [N x width] with the trials of a unit side by side) are given from unit 0, `drive` from unit `first`.
template <class Scalar>
struct Update {
  Dynamics dynamics = Dynamics::leaky;
  Activation activation = Activation::relu;
  Index first = 0, rows = 0, width = 1;
  const Scalar* drive = nullptr;      ///< W h + W_in v  [rows x width]
  const Scalar* bias = nullptr;       ///< [N]
  const Scalar* alpha = nullptr;      ///< [N]
  const Scalar* amplitude = nullptr;  ///< factor of `noise` [N]
  const Scalar* noise = nullptr;      ///< added to x after the factor [N x width], or null
  Scalar* x = nullptr;                ///< [N x width]; before: x_{t-1}, after: x_t
  const Scalar* h_before = nullptr;   ///< [N x width]
  Scalar* h_after = nullptr;          ///< [N x width]
};

/// One step of units [first, first + rows) backwards, which share an activation function; see docs/numerics.md. Arrays
/// are [N x width] and given from unit 0.
template <class Scalar>
struct AdjointUpdate {
  Dynamics dynamics = Dynamics::leaky;
  Activation activation = Activation::relu;
  Index first = 0, rows = 0, width = 1;
  const Scalar* back = nullptr;   ///< what comes back to h_t: W_out^T e_t + W^T delta_{t+1} + penalties
  const Scalar* alpha = nullptr;  ///< [N]
  const Scalar* h = nullptr;      ///< h_t
  const Scalar* x = nullptr;      ///< x_t; rate dynamics only
  Scalar* carried = nullptr;      ///< before: dL/dx_{t+1} (dL/dh_{t+1} for rate dynamics), after: of t
  Scalar* delta = nullptr;        ///< dL/d drive_t
  Scalar* delta_sum = nullptr;    ///< what delta is added to, or null
};

/// out += left right^T over positions and trials. `left` holds the rows of out, the sources of `right` its columns;
/// both are [rows x width] at each position, `stride` numbers apart.
template <class Scalar>
struct OuterProduct {
  const Scalar* left = nullptr;
  Index left_stride = 0;
  const Scalar* right = nullptr;
  Index right_stride = 0;
  const Source* sources = nullptr;
  Index source_count = 0;
  Index positions = 0, width = 1;
  Index rows = 0;
  Scalar* out = nullptr;              ///< [rows x depth], column by column; or a number for each of `elements`
  const Element* elements = nullptr;  ///< where only some are wanted: column by column
  Index element_count = 0;
};

/// Rows of the panels a band is cut into: as equal as can be, none higher than `limit`.
struct PanelSizes {
  PanelSizes(Index rows, Index limit) : count((rows + limit - 1) / limit), rows_(rows) {}
  Index first_row(Index panel) const { return rows_ * panel / count; }
  Index rows(Index panel) const { return first_row(panel + 1) - first_row(panel); }
  Index count;

 private:
  Index rows_;
};

/// The inner loops, compiled for one instruction set. They allocate nothing and throw nothing. Each
/// element of a product is summed in the order of the sources, so that its bits do not depend on the width.
template <class Scalar>
struct Kernels {
  const char* name = nullptr;   ///< of the instruction set
  Index panel_rows = 1;         ///< highest panel for widths above 1
  Index vector_panel_rows = 1;  ///< highest panel for width 1, where the last has as many quarters of it as it needs
  void (*multiply)(const Product<Scalar>&) = nullptr;
  void (*multiply_sparse)(const SparseProduct<Scalar>&) = nullptr;
  /// @return false where an activity is no longer finite
  bool (*update)(const Update<Scalar>&) = nullptr;
  void (*update_adjoint)(const AdjointUpdate<Scalar>&) = nullptr;
  void (*add_outer_product)(const OuterProduct<Scalar>&) = nullptr;
  /// The wanted elements alone.
  void (*add_sparse_outer_product)(const OuterProduct<Scalar>&) = nullptr;
};

/// Slices are 1, 8, 16 or this many trials wide.
inline constexpr Index widest_slice = 32;

/// For the best instruction set of this machine. Exported for the benchmarks.
template <class Scalar>
MRNN_EXPORT const Kernels<Scalar>& kernels();

// One per instruction set; null where the compiler's target has none of it. Exported for tests, which run all that
// the machine has.
struct KernelSet {
  const Kernels<float>* single = nullptr;
  const Kernels<double>* twofold = nullptr;
};
MRNN_EXPORT KernelSet baseline_kernels();
MRNN_EXPORT KernelSet avx2_kernels();
MRNN_EXPORT KernelSet avx512_kernels();

}  // namespace mrnn::eigen
