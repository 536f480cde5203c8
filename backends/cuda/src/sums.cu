#include "sequences.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {
namespace {

__global__ void __launch_bounds__(block_threads) add_sum_kernel(const double* values, Size count, double* sum) {
  double* scratch = shared_memory<double>();
  double mine = 0.0;
  for (Size k = threadIdx.x; k < count; k += block_threads) mine += values[k];
  const double total = block_sum(mine, scratch);
  if (threadIdx.x == 0) *sum += total;
}

/// What 4 rows hold in a column.
template <class Scalar>
struct MatrixTerm {
  Batch<Scalar> batch;
  RowSums<Scalar> rows;

  __device__ void add(int row, Size column, int lane, double (&sums)[4]) const {
    const bool own = batch.own[lane] != 0;
    const Four<Scalar> stored = *reinterpret_cast<const Four<Scalar>*>(rows.data + row + rows.stride * column);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const double value = own ? static_cast<double>(stored.value[k]) : 0.0;
      if (rows.of == RowSums<Scalar>::Of::magnitudes) {
        sums[k] += value < 0.0 ? -value : value;
      } else {
        sums[k] += rows.of == RowSums<Scalar>::Of::squares ? value * value : value;
      }
    }
  }
};

/// What a step adds to dL/dalpha of a unit.
template <class Scalar>
struct AlphaTerm {
  Model<Scalar> model;
  Trajectory<Scalar> t;
  Adjoint<Scalar> adjoint;

  __device__ void add(int first, Size column, int lane, double (&sums)[4]) const {
    if (model.batch.own[lane] == 0) return;
    const int slot = static_cast<int>(column / model.batch.lanes), step = *t.first + slot;
    const Four<Scalar> eta = draw_four(model, first, lane, step);
    for (int k = 0; k < 4 && first + k < model.units.count; ++k) {
      const int unit = first + k;
      const Size x = slot * t.x_stride + unit + Size{model.units.padded} * lane;
      const UnitState<Scalar> before = {t.x[x], t.state[state_place(t, model.batch, slot, lane) + unit]};
      const Acted<Scalar> acted = acting_on<Scalar>(model.schedule, unit, lane, step);
      const UnitConstants<Scalar> constants = constants_of(model.units, unit);
      const Scalar noise = noise_factor(model, constants, acted.variance) * eta.value[k];
      const Scalar carried = adjoint.carried[slot * adjoint.carried_stride + unit + Size{model.units.padded} * lane];
      sums[k] +=
          static_cast<double>(carried * alpha_slope(model.dynamics, constants, before, t.x[x + t.x_stride], noise));
    }
  }
};

/// Threads that share the rows of a tile, and columns that a block takes at once.
constexpr int row_threads = tile_rows / 4, block_columns = block_threads / row_threads;

/// Blocks: tiles of rows x splits of the columns. A thread takes 4 rows of every column of its own.
template <class Term>
__global__ void __launch_bounds__(block_threads)
    row_sums_kernel(Term term, int rows, int lanes, Size columns, double* partial) {
  double* shared = shared_memory<double>();
  const int thread = static_cast<int>(threadIdx.x),
            row = static_cast<int>(blockIdx.x) * tile_rows + thread % row_threads * 4;
  constexpr int ahead = 2;  // loads that do not wait for each other
  double sums[ahead][4] = {};
  if (row < rows) {
    const Size stride = Size{gridDim.y} * block_columns;
    Size column = Size{blockIdx.y} * block_columns + thread / row_threads;
    // Divided once: that takes longer than a load.
    const int lane_stride = static_cast<int>(stride % lanes);
    int lane = static_cast<int>(column % lanes);
    const auto next_lane = [&] {
      const int here = lane;
      lane += lane_stride;
      if (lane >= lanes) lane -= lanes;
      return here;
    };
    for (; column + (ahead - 1) * stride < columns; column += ahead * stride) {
#pragma unroll
      for (int k = 0; k < ahead; ++k) term.add(row, column + k * stride, next_lane(), sums[k]);
    }
    for (; column < columns; column += stride) term.add(row, column, next_lane(), sums[0]);
  }
#pragma unroll
  for (int k = 0; k < 4; ++k) shared[thread * 4 + k] = sums[0][k] + sums[1][k];
  __syncthreads();
  const int own = static_cast<int>(blockIdx.x) * tile_rows + thread;
  if (thread >= tile_rows || own >= rows) return;
  double total = 0.0;
  for (int k = 0; k < block_columns; ++k) total += shared[k * tile_rows + thread];
  partial[Size{blockIdx.y} * rows + own] = total;
}

/// A warp for each row.
__global__ void __launch_bounds__(block_threads)
    add_splits_kernel(const double* partial, int splits, int rows, double* sums) {
  const Size row = thread_number() / warp_threads;
  if (row >= rows) return;
  const int thread = static_cast<int>(threadIdx.x) % warp_threads;
  double total = 0.0;
  for (int split = thread; split < splits; split += warp_threads) total += partial[Size{split} * rows + row];
  for (int distance = warp_threads / 2; distance > 0; distance /= 2) {
    total += __shfl_down_sync(0xFFFFFFFFU, total, distance);
  }
  if (thread == 0) sums[row] += total;
}

template <class Term>
void add_rows(const Stream& stream, const Term& term, int rows, int lanes, Size columns, double* partial,
              double* sums) {
  if (rows == 0 || columns == 0) return;
  const Size fitting = columns / 128;
  const int most = row_splits(rows), splits = fitting < 1 ? 1 : static_cast<int>(fitting < most ? fitting : most);
  const dim3 grid(static_cast<unsigned>((rows + warp_threads - 1) / warp_threads), static_cast<unsigned>(splits));
  launch(stream, row_sums_kernel<Term>, grid, 4 * block_threads * sizeof(double), term, rows, lanes, columns, partial);
  launch(stream, add_splits_kernel, blocks_for(Size{rows} * warp_threads), 0, static_cast<const double*>(partial),
         splits, rows, sums);
}

/// Blocks: columns, lanes within slots.
template <class Scalar>
__global__ void __launch_bounds__(block_threads) vanishing_kernel(Vanishing<Scalar> v) {
  double* scratch = shared_memory<double>();
  const Model<Scalar>& model = v.model;
  const int lane = static_cast<int>(blockIdx.x) % model.batch.lanes;
  const int place = static_cast<int>(blockIdx.x) / model.batch.lanes, slot = v.first + place;
  const int step = *v.trajectory.first + slot, padded = model.units.padded;
  const Size column = blockIdx.x;
  Scalar* out = v.back + padded * column;
  const Scalar* carried = v.adjoint.carried + slot * v.adjoint.carried_stride + Size{padded} * lane;
  const Scalar* h = v.trajectory.state + state_place(v.trajectory, model.batch, slot, lane);
  const bool rate = model.dynamics == Dynamics::rate;
  const bool between = step > 0 && step < model.batch.steps && model.batch.own[lane] != 0;
  double numerator = 0.0, denominator = 0.0;
  // D_s dx_s/dx_{s-1}, and its part that W goes through.
  const auto next = [&](int unit, Scalar& through) {
    const Scalar leak = (Scalar(1) - model.units.alpha[unit]) * carried[unit];
    if (acting_on<Scalar>(model.schedule, unit, lane, step - 1).held) {
      through = Scalar(0);
      return rate ? Scalar(0) : leak;
    }
    const auto phi = static_cast<Activation>(model.units.activation[unit]);
    through = rate ? Scalar(1) : formulas::slope_of_activity(phi, h[unit]);
    return through * out[unit] + leak;
  };
  for (int unit = threadIdx.x; between && unit < model.units.count; unit += block_threads) {
    Scalar through = 0;
    const Scalar value = next(unit, through);
    numerator += static_cast<double>(value * value);
    denominator += static_cast<double>(carried[unit] * carried[unit]);
  }
  double* totals = scratch + block_warps;
  const double n = block_sum(numerator, scratch), d = block_sum(denominator, scratch);
  if (threadIdx.x == 0) {
    totals[0] = n;
    totals[1] = d;
  }
  __syncthreads();
  constexpr double smallest = 1e-20;
  const bool counts = between && totals[1] >= smallest;
  const double excess = counts ? totals[0] / totals[1] - 1.0 : 0.0;
  const auto factor = counts ? static_cast<Scalar>(4.0 * excess / totals[1]) : Scalar(0);
  for (int unit = threadIdx.x; unit < padded; unit += block_threads) {
    Scalar through = 0;
    const Scalar value = counts && unit < model.units.count ? next(unit, through) : Scalar(0);
    out[unit] = through * (factor * value);
  }
  if (threadIdx.x != 0) return;
  v.omega[column] = excess * excess;
  v.counted[column] = counts ? 1.0 : 0.0;
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads)
    keep_variant_kernel(Model<Scalar> model, Trajectory<Scalar> t, Adjoint<Scalar> adjoint, int first, int count,
                        int variant, Scalar* out) {
  const Size number = thread_number();
  const Size column = number / adjoint.rows;
  const int lane = static_cast<int>(column % model.batch.lanes), place = static_cast<int>(column / model.batch.lanes);
  if (place >= count) return;
  const int step = *t.first + first + place, last = model.batch.steps - 1;
  const Schedule& schedule = model.schedule;
  const int interval = schedule.interval[step < last ? step : last];
  const bool kept = schedule.variant[interval * schedule.lane_tiles + lane / lane_tile] == variant;
  out[number] = kept ? adjoint.delta[number + Size{adjoint.rows} * model.batch.lanes * first] : Scalar(0);
}

}  // namespace

void add_sum(const Stream& stream, const double* values, Size count, double* sum) {
  launch(stream, add_sum_kernel, dim3(1), block_warps * sizeof(double), values, count, sum);
}

template <class Scalar>
void add_row_sums(const Stream& stream, const Batch<Scalar>& batch, const RowSums<Scalar>& rows, double* partial,
                  double* sums) {
  add_rows(stream, MatrixTerm<Scalar>{batch, rows}, rows.rows, batch.lanes, rows.columns, partial, sums);
}

template <class Scalar>
void add_alpha_slopes(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory,
                      const Adjoint<Scalar>& adjoint, int count, double* partial, double* sums) {
  add_rows(stream, AlphaTerm<Scalar>{model, trajectory, adjoint}, model.units.count, model.batch.lanes,
           Size{model.batch.lanes} * count, partial, sums);
}

template <class Scalar>
void find_vanishing(const Stream& stream, const Vanishing<Scalar>& vanishing, double* omega_sum, double* count_sum) {
  const Size columns = Size{vanishing.model.batch.lanes} * vanishing.count;
  launch(stream, vanishing_kernel<Scalar>, dim3(static_cast<unsigned>(columns)), (block_warps + 2) * sizeof(double),
         vanishing);
  add_sum(stream, vanishing.omega, columns, omega_sum);
  add_sum(stream, vanishing.counted, columns, count_sum);
}

template <class Scalar>
void keep_variant(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory,
                  const Adjoint<Scalar>& adjoint, int first, int count, int variant, Scalar* out) {
  launch(stream, keep_variant_kernel<Scalar>, blocks_for(Size{adjoint.rows} * model.batch.lanes * count), 0, model,
         trajectory, adjoint, first, count, variant, out);
}

template void add_row_sums(const Stream&, const Batch<float>&, const RowSums<float>&, double*, double*);
template void add_row_sums(const Stream&, const Batch<double>&, const RowSums<double>&, double*, double*);
template void add_alpha_slopes(const Stream&, const Model<float>&, const Trajectory<float>&, const Adjoint<float>&, int,
                               double*, double*);
template void add_alpha_slopes(const Stream&, const Model<double>&, const Trajectory<double>&, const Adjoint<double>&,
                               int, double*, double*);
template void find_vanishing(const Stream&, const Vanishing<float>&, double*, double*);
template void find_vanishing(const Stream&, const Vanishing<double>&, double*, double*);
template void keep_variant(const Stream&, const Model<float>&, const Trajectory<float>&, const Adjoint<float>&, int,
                           int, int, float*);
template void keep_variant(const Stream&, const Model<double>&, const Trajectory<double>&, const Adjoint<double>&, int,
                           int, int, double*);

}  // namespace mrnn::gpu
