#pragma once

#include "mrnn/network_spec.hpp"

namespace mrnn::eigen {

/// Rows of the state that a product reads: [start, start + size).
struct Source {
  Index start = 0;
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
  Index vector_panel_rows = 1;  ///< highest panel for width 1
  void (*multiply)(const Product<Scalar>&) = nullptr;
  /// @return false where an activity is no longer finite
  bool (*update)(const Update<Scalar>&) = nullptr;
};

/// Widths the kernels are made for.
inline constexpr Index widest_slice = 32;

/// For the best instruction set of this machine.
template <class Scalar>
const Kernels<Scalar>& kernels();

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
