#pragma once

#include "kernel_support.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {

/// Steps forward from a slot: what is multiplied is h, and x is kept.
///
/// @tparam Plain  see Model::plain: what else there may be is left out, for even a branch that is never taken takes
/// time
template <bool Plain>
struct ForwardWay {
  ForwardRun<float> run;
  int first = 0;  ///< slot

  /// What a thread knows of its unit.
  struct Own {
    int unit = 0, lane = 0;  ///< in the first group
    bool stores = false, keeps_x = false;
    int special = 0;  ///< rate dynamics, or interventions
    Activation phi = Activation::relu;
    float alpha = 1, leak = 0;
  };
  /// Where a state is made.
  struct Cursor {
    float *state = nullptr, *x = nullptr;
    int step = 0, lane = 0, group_lanes = 1, groups = 1;
    Size state_group = 0, state_step = 0, x_group = 0, x_step = 0;
    int next_state = 0, next_x = 0;  ///< from there to those of the next lane

    /// To the next group, or to the first of the next step.
    __device__ void move(bool to_step) {
      state += to_step ? state_step : state_group;
      x += to_step ? x_step : x_group;
      step += to_step ? 1 : 0;
      lane += to_step ? group_lanes * (1 - groups) : group_lanes;
    }
    /// That of another unit, so many lanes further.
    __device__ Cursor beside(int units, int lanes) const {
      Cursor other = *this;
      other.state += units + lanes * next_state;
      other.x += units + lanes * next_x;
      other.lane += lanes;
      return other;
    }
    /// There is no next lane.
    __device__ void is_last_lane() { next_state = next_x = 0; }
  };
  /// What is added to W h, which lies where the state will be (see make_outside()).
  static constexpr int fetched = 1;

  MRNN_HOST_DEVICE const Model<float>& model() const { return run.model; }
  __device__ const TileMap& map() const { return run.model.drive_map; }
  __device__ const float* weights() const { return run.model.drive_weights; }
  __device__ const QuadTable& table() const { return run.model.drive_quads; }

  __device__ float start(int row, int lane) const {
    return run.trajectory.state[state_place(run.trajectory, run.model.batch, first, lane) + row];
  }
  __device__ Own own(int unit, int lane, bool stores) const {
    const bool rate = run.model.dynamics == Dynamics::rate, acts = run.model.schedule.interval != nullptr;
    const bool keeps_x = stores && run.trajectory.x_stride > 0;
    const float alpha = run.model.units.alpha[unit];
    const auto phi = static_cast<Activation>(run.model.units.activation[unit]);
    return {unit, lane, stores, keeps_x, in_register(rate || acts ? 1 : 0), phi, alpha, 1.0F - alpha};
  }
  __device__ static Own storing(Own own, bool stores) {
    own.stores = stores;
    own.keeps_x = own.keeps_x && stores;
    return own;
  }
  __device__ Cursor cursor(const Own& own, int group_lanes, int groups) const {
    const Trajectory<float>& t = run.trajectory;
    const Size padded = run.model.units.padded, rows = t.rows, back = Size{group_lanes} * (groups - 1);
    Cursor cursor;
    cursor.state = t.state + state_place(t, run.model.batch, first + 1, own.lane) + own.unit;
    cursor.state_group = rows * group_lanes;
    cursor.state_step = rows * (run.model.batch.lanes - back);
    cursor.x = t.x + (first + 1) * t.x_stride + own.unit + padded * own.lane;
    cursor.x_group = padded * group_lanes;
    cursor.x_step = t.x_stride - padded * back;
    cursor.step = *t.first + first;
    cursor.lane = own.lane;
    cursor.group_lanes = group_lanes;
    cursor.groups = groups;
    cursor.next_state = t.rows;
    cursor.next_x = run.model.units.padded;
    return cursor;
  }
  __device__ float kept_at_start(const Own& own, int group, int group_lanes) const {
    const Trajectory<float>& t = run.trajectory;
    return t.x[first * t.x_stride + own.unit + Size{run.model.units.padded} * (own.lane + group * group_lanes)];
  }
  /// h of the state before, which its thread has stored.
  __device__ const float* before(const Cursor& at) const {
    return at.state - Size{run.trajectory.rows} * run.model.batch.lanes;
  }
  __device__ const float* source(const Own&, const Cursor& at, int) const { return at.state; }

  __device__ float finish(const Own& own, const Cursor& at, float sum, const float (&ahead)[fetched], const float* h,
                          float& x) const {
    if (!Plain && __builtin_expect(own.special != 0, 0)) {
      const UnitState<float> after = step_from_outside(run.model, own.phi, own.alpha, {own.unit, at.lane, at.step}, sum,
                                                       ahead[0], UnitState<float>{x, *h});
      x = after.x;
      return after.h;
    }
    x = own.alpha * sum + (own.leak * x + ahead[0]);
    float activity = fmaxf(x, 0.0F);
    if (!Plain && __builtin_expect(own.phi != Activation::relu, 0)) activity = formulas::activate(own.phi, x);
    return activity;
  }
  /// Whether it is of no use.
  __device__ bool store(const Own& own, const Cursor& at, bool is_last, float h, float x) const {
    if (own.stores) *at.state = h;
    if (own.keeps_x || (own.stores && is_last)) *at.x = x;
    return own.stores && !is_finite(UnitState<float>{x, h});
  }
  __device__ void report(const Own& own, const Cursor& at) const {
    atomicMin(run.failure, failure_key(at.step, run.model.batch.trial[at.lane], own.unit));
  }
};

}  // namespace mrnn::gpu
