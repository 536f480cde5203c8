#include "persistent.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {
namespace {

__device__ inline Four<float> load_four(const float* from) {
  return *reinterpret_cast<const Four<float>*>(from);
}
__device__ inline void store_four(float* to, const Four<float>& four) {
  *reinterpret_cast<Four<float>*>(to) = four;
}

/// UnitConstants of 4 units, without their activations.
struct FourConstants {
  Four<float> alpha, bias, noise, noise_gain, variance, added_gain;

  __device__ FourConstants(const Units<float>& units, int unit)
      : alpha(load_four(units.alpha + unit)),
        bias(load_four(units.bias + unit)),
        noise(load_four(units.noise + unit)),
        noise_gain(load_four(units.noise_gain + unit)),
        variance(load_four(units.variance + unit)),
        added_gain(load_four(units.added_gain + unit)) {}
  __device__ UnitConstants<float> of(int k) const {
    return {Activation::linear,  alpha.value[k],    bias.value[k],      noise.value[k],
            noise_gain.value[k], variance.value[k], added_gain.value[k]};
  }
};

/// Adds the products of the columns of a matrix from `padded` on, `count` of them, to the sums of 4 rows.
__device__ inline void add_columns(const TileMap& map, const float* image, int row, int padded, int count,
                                   const float* vector, float (&sums)[4]) {
  const std::int32_t* chunks = map.chunk + row / tile_rows * map.column_chunks;
  for (int first = 0; first < count; first += chunk_columns) {
    const int chunk = chunks[(padded + first) / chunk_columns];
    if (chunk < 0) continue;
    const float* weights = image + Size{chunk} * chunk_size + row % tile_rows;
    for (int k = 0; k < chunk_columns && first + k < count; ++k) {
      const Four<float> four = load_four(weights + k * tile_rows);
      const float value = vector[first + k];
#pragma unroll
      for (int r = 0; r < 4; ++r) sums[r] += four.value[r] * value;
    }
  }
}

/// 4 units of a lane, those of this thread, at the slot of its block.
struct FourUnits {
  int unit, lane, slot;

  __device__ FourUnits(const Model<float>& model, int first) {
    const auto number = static_cast<unsigned>(thread_number()), fours = static_cast<unsigned>(model.units.padded) / 4;
    unit = static_cast<int>(number % fours) * 4;
    lane = static_cast<int>(number / fours);
    slot = first + static_cast<int>(blockIdx.y);
  }
  __device__ bool exists(const Model<float>& model) const {
    return lane < model.batch.lanes && unit < model.units.count;
  }
};

/// Calls submit(grid, first slot) for slots [first, last), as many at once as a grid may have.
template <class Submit>
void for_slots(const Model<float>& model, int first, int last, Submit&& submit) {
  constexpr int most_slots = 32768;
  for (int slot = first; slot < last; slot += most_slots) {
    dim3 grid = blocks_for(Size{model.units.padded / 4} * model.batch.lanes);
    grid.y = static_cast<unsigned>(last - slot < most_slots ? last - slot : most_slots);
    submit(grid, slot);
  }
}

__global__ void __launch_bounds__(block_threads) outside_kernel(ForwardRun<float> run, int first) {
  const Model<float>& model = run.model;
  const Trajectory<float>& t = run.trajectory;
  const FourUnits at(model, first);
  if (!at.exists(model)) return;
  const int step = *t.first + at.slot;
  float sums[4] = {};
  add_columns(model.drive_map, model.drive_weights, at.unit, model.units.padded, model.inputs,
              t.state + state_place(t, model.batch, at.slot, at.lane) + model.units.padded, sums);
  const Four<float> eta = draw_four(model, at.unit, at.lane, step);
  const FourConstants constants(model.units, at.unit);
  Four<float> out;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const int unit = at.unit + k;
    out.value[k] = unit < model.units.count
                       ? outside_of(model, constants.of(k), {unit, at.lane, step}, sums[k], eta.value[k])
                       : 0.0F;
  }
  store_four(t.state + state_place(t, model.batch, at.slot + 1, at.lane) + at.unit, out);
}

/// What comes back to a unit besides W^T delta + W_out^T dL/dz.
__device__ inline float added_back(const BackwardRun<float>& run, int unit, int lane, int step, float h,
                                   const float* outputs) {
  const RatePenalties<float>& penalties = run.penalties;
  float sum = 0;
  if (penalties.identity_start != nullptr) {
    for (int k = penalties.identity_start[unit]; k < penalties.identity_start[unit + 1]; ++k) {
      sum += outputs[penalties.identity_channel[k]];
    }
  }
  if (step >= 0 && run.model.batch.own[lane] != 0) sum += rate_penalty(penalties, unit, h);
  return sum;
}

__global__ void __launch_bounds__(block_threads) outside_back_kernel(BackwardRun<float> run, int first) {
  const Model<float>& model = run.model;
  const Trajectory<float>& t = run.trajectory;
  const Adjoint<float>& adjoint = run.adjoint;
  const FourUnits at(model, first);
  if (!at.exists(model)) return;
  const Size place = adjoint.rows * (at.lane + Size{model.batch.lanes} * at.slot);
  const float* outputs = adjoint.delta + place + model.units.padded;
  float sums[4] = {};
  add_columns(model.adjoint_map, model.adjoint_weights, at.unit, model.units.padded, model.outputs, outputs, sums);
  const Four<float> h = load_four(t.state + state_place(t, model.batch, at.slot, at.lane) + at.unit);
  Four<float> out;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const int unit = at.unit + k;
    out.value[k] = unit < model.units.count
                       ? sums[k] + added_back(run, unit, at.lane, *t.first + at.slot - 1, h.value[k], outputs)
                       : 0.0F;
  }
  store_four(adjoint.delta + place - Size{adjoint.rows} * model.batch.lanes + at.unit, out);
}

}  // namespace

void make_outside(const Stream& stream, const ForwardRun<float>& run, int first, int last) {
  for_slots(run.model, first, last, [&](dim3 grid, int slot) { launch(stream, outside_kernel, grid, 0, run, slot); });
}

void make_outside_back(const Stream& stream, const BackwardRun<float>& run, int first, int last) {
  for_slots(run.model, first, last + 1,
            [&](dim3 grid, int slot) { launch(stream, outside_back_kernel, grid, 0, run, slot); });
}

}  // namespace mrnn::gpu
