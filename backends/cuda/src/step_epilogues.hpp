#pragma once

#include "elementwise.hpp"
#include "kernel_support.hpp"
#include "steps.hpp"

/// What follows the products of a step, for each unit and lane.
namespace mrnn::gpu {

template <class Scalar>
MRNN_HOST_DEVICE inline Size state_place(const Trajectory<Scalar>& t, const Batch<Scalar>& batch, int slot, int lane) {
  return t.rows * (lane + Size{batch.lanes} * slot);
}

/// Ends a step of one unit that starts from `slot`; `sum` is W h + W_in v.
template <class Scalar>
__device__ inline void finish_step(const ForwardRun<Scalar>& run, int slot, int unit, int lane, Scalar sum,
                                   Scalar eta) {
  const Trajectory<Scalar>& t = run.trajectory;
  const Batch<Scalar>& batch = run.model.batch;
  const int step = *t.first + slot;
  const Size before = state_place(t, batch, slot, lane) + unit, after = before + Size{t.rows} * batch.lanes;
  const Size x = slot * t.x_stride + unit + Size{run.model.units.padded} * lane;
  const UnitState<Scalar> next = step_unit(run.model, constants_of(run.model.units, unit), {unit, lane, step}, sum, eta,
                                           UnitState<Scalar>{t.x[x], t.state[before]});
  t.x[x + t.x_stride] = next.x;
  t.state[after] = next.h;
  if (!is_finite(next)) atomicMin(run.failure, failure_key(step, batch.trial[lane], unit));
}

/// Ends a step back of one unit from `slot`; `sum` is W^T delta + W_out^T dL/dz of that slot.
template <class Scalar>
__device__ inline void finish_step_back(const BackwardRun<Scalar>& run, int slot, int unit, int lane, Scalar sum) {
  const Trajectory<Scalar>& t = run.trajectory;
  const Adjoint<Scalar>& adjoint = run.adjoint;
  const Batch<Scalar>& batch = run.model.batch;
  const int padded = run.model.units.padded, step = *t.first + slot - 1;
  const Size delta = Size{adjoint.rows} * (lane + Size{batch.lanes} * slot);
  const RatePenalties<Scalar>& penalties = run.penalties;
  if (penalties.identity_start != nullptr) {
    for (int k = penalties.identity_start[unit]; k < penalties.identity_start[unit + 1]; ++k) {
      sum += adjoint.delta[delta + padded + penalties.identity_channel[k]];
    }
  }
  const Size x = slot * t.x_stride + unit + Size{padded} * lane;
  const UnitState<Scalar> state = {t.x[x], t.state[state_place(t, batch, slot, lane) + unit]};
  if (step >= 0 && batch.own[lane] != 0) sum += rate_penalty(penalties, unit, state.h);
  const Size carried = slot * adjoint.carried_stride + unit + Size{padded} * lane;
  const UnitAdjoint<Scalar> next = step_unit_back(run.model, constants_of(run.model.units, unit), {unit, lane, step}, sum,
                                                  adjoint.carried[carried], state);
  adjoint.carried[carried - adjoint.carried_stride] = next.carried;
  adjoint.delta[delta - Size{adjoint.rows} * batch.lanes + unit] = next.delta;
}

/// Normals of 4 units of a lane at a step, zero where no noise acts.
template <class Scalar>
__device__ inline Four<Scalar> draw_four(const Model<Scalar>& model, int first_unit, int lane, int step) {
  Four<Scalar> four = {};
  if (!model.noise && !model.schedule.adds_noise) return four;
  draw_normals(model.seed, NoiseStream::recurrent, model.batch.ids[lane], static_cast<std::uint32_t>(first_unit / 4),
               static_cast<std::uint32_t>(step), four.value);
  return four;
}

/// Weights that a tile of lanes sees at a step.
template <class Scalar>
__device__ inline const Scalar* weights_in_force(const Model<Scalar>& model, const Scalar* images, Size size,
                                                 int first_lane, int step) {
  const Schedule& schedule = model.schedule;
  if (schedule.variant == nullptr) return images;
  const int last = model.batch.steps - 1;
  const int interval = schedule.interval[step < last ? step : last];
  return images + schedule.variant[interval * schedule.lane_tiles + first_lane / lane_tile] * size;
}

}  // namespace mrnn::gpu
