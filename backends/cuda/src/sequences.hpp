#pragma once

#include "device.hpp"
#include "types.hpp"

/// Kernels that work on many steps at once: whatever does not depend on the step before.
namespace mrnn::gpu {

/// x and h at slot 0, from the trials' initial states or from the network's [N].
template <class Scalar>
void begin_states(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory,
                  const double* initial_state);

/// v_t beneath h, at slots 0 .. count - 1.
template <class Scalar>
void prepare_inputs(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory, int count);

/// Where steps of chosen units go, [units x trials] per step.
template <class Scalar>
struct RowCopy {
  const Scalar* from = nullptr;  ///< [.. x lanes] per step
  Size lane_stride = 0, step_stride = 0;
  const std::int32_t* units = nullptr;  ///< chosen
  std::int32_t count = 0;               ///< of them
  std::int32_t steps = 0;
  Scalar* out = nullptr;
};
template <class Scalar>
void copy_rows(const Stream& stream, const Batch<Scalar>& batch, const RowCopy<Scalar>& copy);

/// Outputs of consecutive steps.
template <class Scalar>
struct Outputs {
  Batch<Scalar> batch;
  Output output;
  const Scalar* bias = nullptr;   ///< b_out [K]
  const Scalar* state = nullptr;  ///< h [rows x lanes] per step
  Size state_stride = 0;          ///< from lane to lane
  Scalar* z = nullptr;            ///< W_out h [K x lanes] per step
  Size z_stride = 0;              ///< from lane to lane
  std::int32_t steps = 0;
  std::int32_t first_step = 0;
  std::int32_t channels = 0;  ///< K
};
/// y of one output, [K x trials] per step.
template <class Scalar>
void record_output(const Stream& stream, const Outputs<Scalar>& outputs, Scalar* y);

/// dL/dz of one output in place of z, and what its steps add to the sum of its loss: *sum.
/// @param partial  room for most_partials numbers
template <class Scalar>
void output_loss(const Stream& stream, const Outputs<Scalar>& outputs, double* partial, double* sum);
constexpr int most_partials = 4096;

/// *sum += values[0] + values[1] + ... in a fixed order.
void add_sum(const Stream& stream, const double* values, Size count, double* sum);

/// Sums over columns of what rows hold, added to sums [rows]. Columns of lanes without a trial of their own are left
/// out.
template <class Scalar>
struct RowSums {
  enum class Of : std::uint8_t { values, magnitudes, squares };
  Of of = Of::values;
  const Scalar* data = nullptr;  ///< [rows x columns]
  Size stride = 0;
  std::int32_t rows = 0;
  Size columns = 0;  ///< lanes x slots
};
/// @param partial  room for row_partials(rows) numbers
template <class Scalar>
void add_row_sums(const Stream& stream, const Batch<Scalar>& batch, const RowSums<Scalar>& rows, double* partial,
                  double* sums);
/// Parts that columns are summed in: as many as keep all processors busy, so more where there are few rows.
constexpr int row_splits(Size rows) {
  constexpr Size blocks = 1024, fewest = 64, most = 512;
  const Size splits = blocks / ((rows + warp_threads - 1) / warp_threads + 1);
  return static_cast<int>(splits < fewest ? fewest : splits < most ? splits : most);
}
constexpr Size row_partials(Size rows) {
  return rows * row_splits(rows);
}

/// dL/dalpha of steps [0, count) of the trajectory, added to sums [N].
template <class Scalar>
void add_alpha_slopes(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory,
                      const Adjoint<Scalar>& adjoint, int count, double* partial, double* sums);

/// Pascanu's Omega between consecutive steps (see docs/numerics.md).
template <class Scalar>
struct Vanishing {
  Model<Scalar> model;
  Trajectory<Scalar> trajectory;
  Adjoint<Scalar> adjoint;
  std::int32_t first = 0, count = 0;  ///< slots
  Scalar* back = nullptr;     ///< W^T delta [padded units x lanes] per slot; becomes what takes the place of h_{s-1}
  double* omega = nullptr;    ///< per column, room
  double* counted = nullptr;  ///< per column, room
};
/// Adds to *omega_sum and *count_sum.
template <class Scalar>
void find_vanishing(const Stream& stream, const Vanishing<Scalar>& vanishing, double* omega_sum, double* count_sum);

/// delta of the columns that see the weights `variant`, zero elsewhere: out [rows x lanes] per slot.
template <class Scalar>
void keep_variant(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory,
                  const Adjoint<Scalar>& adjoint, int first, int count, int variant, Scalar* out);

}  // namespace mrnn::gpu
