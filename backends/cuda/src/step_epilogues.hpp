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

/// A unit of a lane at a slot, and what is loaded for it ahead of the product that its step waits for.
template <class Scalar>
struct StepPlace {
  int slot, unit, lane;
  UnitState<Scalar> before = {};
  Scalar outside = 0;  ///< see make_outside()

  __device__ Size x_place(const ForwardRun<Scalar>& run) const {
    return slot * run.trajectory.x_stride + unit + Size{run.model.units.padded} * lane;
  }
  __device__ Scalar* state_after(const ForwardRun<Scalar>& run) const {
    return run.trajectory.state + state_place(run.trajectory, run.model.batch, slot + 1, lane) + unit;
  }
  __device__ void load(const ForwardRun<Scalar>& run) {
    before.x = run.trajectory.x[x_place(run)];
    before.h = run.trajectory.state[state_place(run.trajectory, run.model.batch, slot, lane) + unit];
    outside = *state_after(run);
  }
  /// Ends the step and returns h; `sum` is W h.
  __device__ Scalar finish(const ForwardRun<Scalar>& run, int step, Scalar sum) const {
    const auto phi = static_cast<Activation>(run.model.units.activation[unit]);
    const UnitState<Scalar> next =
        step_from_outside(run.model, phi, run.model.units.alpha[unit], {unit, lane, step}, sum, outside, before);
    run.trajectory.x[x_place(run) + run.trajectory.x_stride] = next.x;
    *state_after(run) = next.h;
    if (!is_finite(next)) atomicMin(run.failure, failure_key(step, run.model.batch.trial[lane], unit));
    return next.h;
  }
};

/// The same for a step back.
template <class Scalar>
struct StepBackPlace {
  int slot, unit, lane;
  UnitState<Scalar> state = {};
  Scalar carried = 0, outside = 0;

  __device__ Size padded_place(const BackwardRun<Scalar>& run) const {
    return unit + Size{run.model.units.padded} * lane;
  }
  __device__ void load(const BackwardRun<Scalar>& run) {
    state.x = run.trajectory.x[slot * run.trajectory.x_stride + padded_place(run)];
    state.h = run.trajectory.state[state_place(run.trajectory, run.model.batch, slot, lane) + unit];
    carried = run.adjoint.carried[slot * run.adjoint.carried_stride + padded_place(run)];
    outside = *delta_before(run);
  }
  __device__ Scalar* delta_before(const BackwardRun<Scalar>& run) const {
    return run.adjoint.delta + Size{run.adjoint.rows} * (lane + Size{run.model.batch.lanes} * (slot - 1)) + unit;
  }
  /// Ends the step and returns delta; `sum` is W^T delta of the slot, `step` the one before it.
  __device__ Scalar finish(const BackwardRun<Scalar>& run, const UnitConstants<Scalar>& constants, int step,
                           Scalar sum) const {
    const UnitAdjoint<Scalar> next =
        step_unit_back(run.model, constants, {unit, lane, step}, sum + outside, carried, state);
    run.adjoint.carried[(slot - 1) * run.adjoint.carried_stride + padded_place(run)] = next.carried;
    *delta_before(run) = next.delta;
    return next.delta;
  }
};

/// The same of a plain model (see Model::plain): what else there may be is left out.
struct PlainStepPlace {
  int slot, unit, lane;
  float x = 0, outside = 0, alpha = 0;

  __device__ void load(const ForwardRun<float>& run) {
    const StepPlace<float> place = {slot, unit, lane};
    x = run.trajectory.x[place.x_place(run)];
    outside = *place.state_after(run);
    alpha = run.model.units.alpha[unit];
  }
  __device__ float finish(const ForwardRun<float>& run, float sum) const {
    const StepPlace<float> place = {slot, unit, lane};
    const float after = alpha * sum + ((1.0F - alpha) * x + outside), h = fmaxf(after, 0.0F);
    run.trajectory.x[place.x_place(run) + run.trajectory.x_stride] = after;
    *place.state_after(run) = h;
    if (__builtin_expect(!is_finite(UnitState<float>{after, h}), 0)) {
      atomicMin(run.failure, failure_key(*run.trajectory.first + slot, run.model.batch.trial[lane], unit));
    }
    return h;
  }
};

struct PlainStepBackPlace {
  int slot, unit, lane;
  float h = 0, carried = 0, outside = 0, alpha = 0;

  __device__ void load(const BackwardRun<float>& run) {
    const StepBackPlace<float> place = {slot, unit, lane};
    h = run.trajectory.state[state_place(run.trajectory, run.model.batch, slot, lane) + unit];
    carried = run.adjoint.carried[slot * run.adjoint.carried_stride + place.padded_place(run)];
    outside = *place.delta_before(run);
    alpha = run.model.units.alpha[unit];
  }
  __device__ float finish(const BackwardRun<float>& run, float sum) const {
    const StepBackPlace<float> place = {slot, unit, lane};
    const float before = (1.0F - alpha) * carried + (h > 0.0F ? sum + outside : 0.0F), delta = alpha * before;
    run.adjoint.carried[(slot - 1) * run.adjoint.carried_stride + place.padded_place(run)] = before;
    *place.delta_before(run) = delta;
    return delta;
  }
};

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
