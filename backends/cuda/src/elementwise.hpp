#pragma once

#include <cmath>

#include "acting.hpp"
#include "mrnn/formulas.hpp"
#include "philox.hpp"
#include "types.hpp"

/// What kernels do with one unit of one lane, for host and device alike.
namespace mrnn::gpu {

/// What stays the same of a unit over all steps (see Units).
template <class Scalar>
struct UnitConstants {
  Activation phi = Activation::relu;
  Scalar alpha = 1, bias = 0, noise = 0, noise_gain = 0, variance = 0, added_gain = 0;
};

template <class Scalar>
MRNN_HOST_DEVICE inline UnitConstants<Scalar> constants_of(const Units<Scalar>& units, int unit) {
  return {static_cast<Activation>(units.activation[unit]),
          units.alpha[unit],
          units.bias[unit],
          units.noise[unit],
          units.noise_gain[unit],
          units.variance[unit],
          units.added_gain[unit]};
}

/// Factor of eta in x.
template <class Scalar>
MRNN_HOST_DEVICE inline Scalar noise_factor(const Model<Scalar>& model, const UnitConstants<Scalar>& constants,
                                            Scalar added_variance) {
  if (added_variance == Scalar(0)) return model.noise ? constants.noise : Scalar(0);
  const Scalar own = model.noise ? constants.variance : Scalar(0);
  return std::sqrt(own + added_variance) * constants.noise_gain;
}

/// s_t without weights: the stimulus and the drives.
template <class Scalar>
MRNN_HOST_DEVICE inline Scalar stimulus_of(const Model<Scalar>& model, int unit, int lane, int step,
                                           const Acted<Scalar>& acted) {
  if (model.batch.stimulus == nullptr) return acted.drive;
  const Size column = model.batch.trial[lane] + Size{model.batch.trials} * step;
  return model.batch.stimulus[unit + model.units.count * column] + acted.drive;
}

/// Where and when: a unit of a lane at a step.
struct Moment {
  int unit = 0, lane = 0, step = 0;
};

template <class Scalar>
struct UnitState {
  Scalar x = 0, h = 0;
};

/// What a step adds to W h (leaky, elman: to alpha W h) besides the state before: `inputs` is W_in v.
template <class Scalar>
MRNN_HOST_DEVICE inline Scalar outside_of(const Model<Scalar>& model, const UnitConstants<Scalar>& constants, Moment at,
                                          Scalar inputs, Scalar eta) {
  const Acted<Scalar> acted = acting_on<Scalar>(model.schedule, at.unit, at.lane, at.step);
  const Scalar gain = model.dynamics == Dynamics::rate ? Scalar(1) : constants.alpha;
  Scalar added = noise_factor(model, constants, acted.variance) * eta;
  if (model.batch.stimulus != nullptr || model.schedule.interval != nullptr) {
    added += constants.added_gain * stimulus_of(model, at.unit, at.lane, at.step, acted);
  }
  return gain * (inputs + constants.bias) + added;
}

/// One step of a unit: `sum` is W h, `outside` what outside_of() says.
template <class Scalar>
MRNN_HOST_DEVICE inline UnitState<Scalar> step_from_outside(const Model<Scalar>& model, Activation phi, Scalar alpha,
                                                            Moment at, Scalar sum, Scalar outside,
                                                            UnitState<Scalar> before) {
  UnitState<Scalar> after;
  if (model.dynamics == Dynamics::rate) {
    after.x = sum + outside;
    after.h = formulas::leak_towards(alpha, before.h, formulas::activate(phi, after.x));
  } else {
    after.x = alpha * sum + ((Scalar(1) - alpha) * before.x + outside);
    after.h = formulas::activate(phi, after.x);
  }
  if (model.schedule.interval != nullptr) {
    const Acted<Scalar> acted = acting_on<Scalar>(model.schedule, at.unit, at.lane, at.step);
    if (acted.held) after.h = acted.value;
  }
  return after;
}

/// delta and the adjoint state of a unit after one step back (docs/numerics.md).
template <class Scalar>
struct UnitAdjoint {
  Scalar delta = 0, carried = 0;
};

/// `back` is W^T delta + W_out^T dL/dz and what penalties add; `after` the state that it belongs to, and `at` the step
/// that made it, or -1.
template <class Scalar>
MRNN_HOST_DEVICE inline UnitAdjoint<Scalar> step_unit_back(const Model<Scalar>& model,
                                                           const UnitConstants<Scalar>& constants, Moment at,
                                                           Scalar back, Scalar carried, UnitState<Scalar> after) {
  const Scalar alpha = constants.alpha;
  const Activation phi = constants.phi;
  const bool rate = model.dynamics == Dynamics::rate;
  // The activity of held units depends on nothing: nothing comes back through it.
  const bool held = at.step >= 0 && acting_on<Scalar>(model.schedule, at.unit, at.lane, at.step).held;
  if (held) back = Scalar(0);
  if (held && rate) carried = Scalar(0);
  UnitAdjoint<Scalar> result;
  if (rate) {
    result.carried = (Scalar(1) - alpha) * carried + back;
    result.delta = alpha * formulas::slope_of_activity(phi, formulas::activate(phi, after.x)) * result.carried;
  } else {
    result.carried = (Scalar(1) - alpha) * carried + formulas::slope_of_activity(phi, after.h) * back;
    result.delta = alpha * result.carried;
  }
  return result;
}

/// What the penalties on rates add to dL/dh of a unit.
template <class Scalar>
MRNN_HOST_DEVICE inline Scalar rate_penalty(const RatePenalties<Scalar>& penalties, int unit, Scalar h) {
  const Scalar sign = static_cast<Scalar>((h > Scalar(0)) - (h < Scalar(0)));
  return penalties.l1 * sign + penalties.l2 * h + (penalties.rate == nullptr ? Scalar(0) : penalties.rate[unit]);
}

/// What step s adds to dL/dalpha of a unit, over dL/dx_s (dL/dh_s): `noise` is what noise added to x.
template <class Scalar>
MRNN_HOST_DEVICE inline Scalar alpha_slope(Dynamics dynamics, const UnitConstants<Scalar>& constants,
                                           UnitState<Scalar> before, Scalar x, Scalar noise) {
  if (dynamics == Dynamics::rate) {
    return formulas::activate(constants.phi, x) - before.h -
           formulas::activation_slope(constants.phi, x) * noise / Scalar(2);
  }
  return (x - before.x - noise / Scalar(2)) / constants.alpha;
}

/// Where activity is no longer finite, as a number of which the smallest says the earliest step, then trial, then
/// unit.
MRNN_HOST_DEVICE inline unsigned long long failure_key(int step, int trial, int unit) {
  return (static_cast<unsigned long long>(step) << 42) | (static_cast<unsigned long long>(trial) << 22) |
         static_cast<unsigned long long>(unit);
}
constexpr unsigned long long no_failure = ~0ULL;

template <class Scalar>
MRNN_HOST_DEVICE inline bool is_finite(UnitState<Scalar> state) {
  return state.x - state.x == Scalar(0) && state.h - state.h == Scalar(0);
}

}  // namespace mrnn::gpu
