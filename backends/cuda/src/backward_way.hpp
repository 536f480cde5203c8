#pragma once

#include "kernel_support.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {

/// Steps back from a slot: what is multiplied is delta, and dL/dx (dL/dh for rate dynamics) is kept.
///
/// @tparam Plain  as of ForwardWay
template <bool Plain>
struct BackwardWay {
  BackwardRun<float> run;
  int last = 0;  ///< slot

  /// What a thread knows of its unit.
  struct Own {
    int unit = 0, lane = 0;  ///< in the first group
    bool stores = false, keeps_carried = false;
    int rate = 0, special = 0;  ///< rate dynamics; those or interventions
    Activation phi = Activation::relu;
    float alpha = 1, leak = 0;
  };
  /// Where a step back reads the state of its slot, and where it leaves delta for the slot before.
  struct Cursor {
    float *delta = nullptr, *carried = nullptr;
    const float *state = nullptr, *x = nullptr;
    int step = 0, lane = 0, group_lanes = 1, groups = 1;
    Size delta_group = 0, delta_step = 0, carried_step = 0, state_group = 0, state_step = 0, units_group = 0,
         x_step = 0;
    int next_delta = 0, next_state = 0, next_units = 0;  ///< from there to those of the next lane

    /// To the next group, or to the first of the next step.
    __device__ void move(bool to_step) {
      delta += to_step ? delta_step : delta_group;
      carried += to_step ? carried_step : units_group;
      state += to_step ? state_step : state_group;
      x += to_step ? x_step : units_group;
      step -= to_step ? 1 : 0;
      lane += to_step ? group_lanes * (1 - groups) : group_lanes;
    }
    /// That of another unit, so many lanes further.
    __device__ Cursor beside(int units, int lanes) const {
      Cursor other = *this;
      other.delta += units + lanes * next_delta;
      other.carried += units + lanes * next_units;
      other.state += units + lanes * next_state;
      other.x += units + lanes * next_units;
      other.lane += lanes;
      return other;
    }
    /// There is no next lane.
    __device__ void is_last_lane() { next_delta = next_state = next_units = 0; }
  };
  /// What is added to W^T delta, which lies where delta will be (see make_outside_back()); h; x for rate dynamics.
  static constexpr int fetched = Plain ? 2 : 3;

  MRNN_HOST_DEVICE const Model<float>& model() const { return run.model; }
  __device__ const TileMap& map() const { return run.model.adjoint_map; }
  __device__ const float* weights() const { return run.model.adjoint_weights; }
  __device__ const QuadTable& table() const { return run.model.adjoint_quads; }

  __device__ float start(int row, int lane) const { return run.adjoint.delta[delta_place(last, lane) + row]; }
  __device__ Own own(int unit, int lane, bool stores) const {
    const bool rate = run.model.dynamics == Dynamics::rate, acts = run.model.schedule.interval != nullptr;
    const float alpha = run.model.units.alpha[unit];
    const auto phi = static_cast<Activation>(run.model.units.activation[unit]);
    const bool keeps_carried = stores && run.adjoint.carried_stride > 0;
    const int is_rate = in_register(rate ? 1 : 0), special = in_register(rate || acts ? 1 : 0);
    return {unit, lane, stores, keeps_carried, is_rate, special, phi, alpha, 1.0F - alpha};
  }
  __device__ static Own storing(Own own, bool stores) {
    own.stores = stores;
    own.keeps_carried = own.keeps_carried && stores;
    return own;
  }
  __device__ Cursor cursor(const Own& own, int group_lanes, int groups) const {
    const Trajectory<float>& t = run.trajectory;
    const Adjoint<float>& adjoint = run.adjoint;
    const Size padded = run.model.units.padded, back = Size{group_lanes} * (groups - 1), lanes = run.model.batch.lanes;
    const Size of_unit = own.unit + padded * own.lane;
    Cursor cursor;
    cursor.delta = adjoint.delta + delta_place(last - 1, own.lane) + own.unit;
    cursor.delta_group = Size{adjoint.rows} * group_lanes;
    cursor.delta_step = -Size{adjoint.rows} * (lanes + back);
    cursor.carried = adjoint.carried + (last - 1) * adjoint.carried_stride + of_unit;
    cursor.carried_step = -adjoint.carried_stride - padded * back;
    cursor.state = t.state + state_place(t, run.model.batch, last, own.lane) + own.unit;
    cursor.state_group = Size{t.rows} * group_lanes;
    cursor.state_step = -Size{t.rows} * (lanes + back);
    cursor.x = t.x + last * t.x_stride + of_unit;
    cursor.x_step = -t.x_stride - padded * back;
    cursor.units_group = padded * group_lanes;
    cursor.step = *t.first + last - 1;
    cursor.lane = own.lane;
    cursor.group_lanes = group_lanes;
    cursor.groups = groups;
    cursor.next_delta = adjoint.rows;
    cursor.next_state = t.rows;
    cursor.next_units = run.model.units.padded;
    return cursor;
  }
  __device__ float kept_at_start(const Own& own, int group, int group_lanes) const {
    const Adjoint<float>& adjoint = run.adjoint;
    return adjoint.carried[last * adjoint.carried_stride + own.unit +
                           Size{run.model.units.padded} * (own.lane + group * group_lanes)];
  }
  /// Not asked for.
  __device__ const float* before(const Cursor& at) const { return at.delta; }
  __device__ const float* source(const Own& own, const Cursor& at, int k) const {
    return k == 0 ? at.delta : k == 1 || own.rate == 0 ? at.state : at.x;
  }

  __device__ float finish(const Own& own, const Cursor& at, float sum, const float (&ahead)[fetched], const float*,
                          float& carried) const {
    const float back = sum + ahead[0], h = ahead[1];
    if (!Plain && __builtin_expect(own.special != 0, 0)) {
      const UnitAdjoint<float> result =
          step_unit_back(run.model, constants_of(run.model.units, own.unit), {own.unit, at.lane, at.step}, back,
                         carried, UnitState<float>{ahead[2], h});
      carried = result.carried;
      return result.delta;
    }
    float slope = h > 0.0F ? 1.0F : 0.0F;
    if (!Plain && __builtin_expect(own.phi != Activation::relu, 0)) slope = formulas::slope_of_activity(own.phi, h);
    carried = own.leak * carried + slope * back;
    return own.alpha * carried;
  }
  /// Whether it is of no use, which nobody asks on the way back.
  __device__ bool store(const Own& own, const Cursor& at, bool is_last, float delta, float carried) const {
    if (own.stores) *at.delta = delta;
    if (own.keeps_carried || (own.stores && is_last)) *at.carried = carried;
    return false;
  }
  __device__ void report(const Own&, const Cursor&) const {}

 private:
  __device__ Size delta_place(int slot, int lane) const {
    return run.adjoint.rows * (lane + Size{run.model.batch.lanes} * slot);
  }
};

}  // namespace mrnn::gpu
