#include "outside.hpp"

#include "step_epilogues.hpp"

namespace mrnn::gpu {
namespace {

template <class Scalar>
__device__ inline Four<Scalar> load_four(const Scalar* from) {
  return *reinterpret_cast<const Four<Scalar>*>(from);
}
template <class Scalar>
__device__ inline void store_four(Scalar* to, const Four<Scalar>& four) {
  *reinterpret_cast<Four<Scalar>*>(to) = four;
}

/// UnitConstants of 4 units, without their activations.
template <class Scalar>
struct FourConstants {
  Four<Scalar> alpha, bias, noise, noise_gain, variance, added_gain;

  __device__ FourConstants(const Units<Scalar>& units, int unit)
      : alpha(load_four(units.alpha + unit)),
        bias(load_four(units.bias + unit)),
        noise(load_four(units.noise + unit)),
        noise_gain(load_four(units.noise_gain + unit)),
        variance(load_four(units.variance + unit)),
        added_gain(load_four(units.added_gain + unit)) {}
  __device__ UnitConstants<Scalar> of(int k) const {
    return {Activation::linear,  alpha.value[k],    bias.value[k],      noise.value[k],
            noise_gain.value[k], variance.value[k], added_gain.value[k]};
  }
};

/// Adds the products of the columns of a matrix from `padded` on, `count` of them, to the sums of 4 rows.
template <class Scalar>
__device__ inline void add_columns(const TileMap& map, const Scalar* image, int row, int padded, int count,
                                   const Scalar* vector, Scalar (&sums)[4]) {
  const std::int32_t* chunks = map.chunk + row / tile_rows * map.column_chunks;
  for (int first = 0; first < count; first += chunk_columns) {
    const int chunk = chunks[(padded + first) / chunk_columns];
    if (chunk < 0) continue;
    const Scalar* weights = image + Size{chunk} * chunk_size + row % tile_rows;
    for (int k = 0; k < chunk_columns && first + k < count; ++k) {
      const Four<Scalar> four = load_four(weights + k * tile_rows);
      const Scalar value = vector[first + k];
#pragma unroll
      for (int r = 0; r < 4; ++r) sums[r] += four.value[r] * value;
    }
  }
}

/// 4 units of a lane, those of this thread, at the slot of its block.
struct FourUnits {
  int unit, lane, slot;

  template <class Scalar>
  __device__ FourUnits(const Model<Scalar>& model, int first) {
    const auto number = static_cast<unsigned>(thread_number()), fours = static_cast<unsigned>(model.units.padded) / 4;
    unit = static_cast<int>(number % fours) * 4;
    lane = static_cast<int>(number / fours);
    slot = first + static_cast<int>(blockIdx.y);
  }
  template <class Scalar>
  __device__ bool exists(const Model<Scalar>& model) const {
    return lane < model.batch.lanes && unit < model.units.count;
  }
};

/// Calls submit(grid, first slot) for slots [first, last), as many at once as a grid may have.
template <class Scalar, class Submit>
void for_slots(const Model<Scalar>& model, int first, int last, Submit&& submit) {
  constexpr int most_slots = 32768;
  for (int slot = first; slot < last; slot += most_slots) {
    dim3 grid = blocks_for(Size{model.units.padded / 4} * model.batch.lanes);
    grid.y = static_cast<unsigned>(last - slot < most_slots ? last - slot : most_slots);
    submit(grid, slot);
  }
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) outside_kernel(ForwardRun<Scalar> run, int first) {
  const Model<Scalar>& model = run.model;
  const Trajectory<Scalar>& t = run.trajectory;
  const FourUnits at(model, first);
  if (!at.exists(model)) return;
  const int step = *t.first + at.slot;
  Scalar sums[4] = {};
  add_columns(model.drive_map, weights_in_force(model, model.drive_weights, model.drive_size, at.lane, step), at.unit,
              model.units.padded, model.inputs,
              t.state + state_place(t, model.batch, at.slot, at.lane) + model.units.padded, sums);
  const Four<Scalar> eta = draw_four(model, at.unit, at.lane, step);
  const FourConstants<Scalar> constants(model.units, at.unit);
  Four<Scalar> out;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const int unit = at.unit + k;
    out.value[k] = unit < model.units.count
                       ? outside_of(model, constants.of(k), {unit, at.lane, step}, sums[k], eta.value[k])
                       : Scalar(0);
  }
  store_four(t.state + state_place(t, model.batch, at.slot + 1, at.lane) + at.unit, out);
}

/// What comes back to a unit besides W^T delta + W_out^T dL/dz.
template <class Scalar>
__device__ inline Scalar added_back(const BackwardRun<Scalar>& run, int unit, int lane, int step, Scalar h,
                                    const Scalar* outputs) {
  const RatePenalties<Scalar>& penalties = run.penalties;
  Scalar sum = 0;
  if (penalties.identity_start != nullptr) {
    for (int k = penalties.identity_start[unit]; k < penalties.identity_start[unit + 1]; ++k) {
      sum += outputs[penalties.identity_channel[k]];
    }
  }
  if (step >= 0 && run.model.batch.own[lane] != 0) sum += rate_penalty(penalties, unit, h);
  return sum;
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) outside_back_kernel(BackwardRun<Scalar> run, int first) {
  const Model<Scalar>& model = run.model;
  const Trajectory<Scalar>& t = run.trajectory;
  const Adjoint<Scalar>& adjoint = run.adjoint;
  const FourUnits at(model, first);
  if (!at.exists(model)) return;
  const Size place = adjoint.rows * (at.lane + Size{model.batch.lanes} * at.slot);
  const Scalar* outputs = adjoint.delta + place + model.units.padded;
  Scalar sums[4] = {};
  // Readouts have no variants.
  add_columns(model.adjoint_map, model.adjoint_weights, at.unit, model.units.padded, model.outputs, outputs, sums);
  const Four<Scalar> h = load_four(t.state + state_place(t, model.batch, at.slot, at.lane) + at.unit);
  Four<Scalar> out;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const int unit = at.unit + k;
    out.value[k] = unit < model.units.count
                       ? sums[k] + added_back(run, unit, at.lane, *t.first + at.slot - 1, h.value[k], outputs)
                       : Scalar(0);
  }
  store_four(adjoint.delta + place - Size{adjoint.rows} * model.batch.lanes + at.unit, out);
}

}  // namespace

template <class Scalar>
void make_outside(const Stream& stream, const ForwardRun<Scalar>& run, int first, int last) {
  for_slots(run.model, first, last,
            [&](dim3 grid, int slot) { launch(stream, outside_kernel<Scalar>, grid, 0, run, slot); });
}

template <class Scalar>
void make_outside_back(const Stream& stream, const BackwardRun<Scalar>& run, int first, int last) {
  for_slots(run.model, first, last + 1,
            [&](dim3 grid, int slot) { launch(stream, outside_back_kernel<Scalar>, grid, 0, run, slot); });
}

template void make_outside(const Stream&, const ForwardRun<float>&, int, int);
template void make_outside(const Stream&, const ForwardRun<double>&, int, int);
template void make_outside_back(const Stream&, const BackwardRun<float>&, int, int);
template void make_outside_back(const Stream&, const BackwardRun<double>&, int, int);

}  // namespace mrnn::gpu
