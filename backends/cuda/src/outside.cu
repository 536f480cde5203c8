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

/// Columns of a matrix from `padded` on, as far as they concern the 4 rows of a thread, which keeps the first few: it
/// goes through several slots.
template <class Scalar>
class Columns {
 public:
  __device__ Columns(const TileMap& map, int row, int padded, int count)
      : chunks_(map.chunk + row / tile_rows * map.column_chunks + padded / chunk_columns),
        row_(row % tile_rows),
        count_(count) {}

  __device__ void keep(const Scalar* image) {
    image_ = image;
    const int chunk = count_ > 0 ? chunks_[0] : -1;
#pragma unroll
    for (int k = 0; k < kept; ++k) {
      has_[k] = chunk >= 0 && k < count_;
      if (has_[k]) weights_[k] = load_four(image + Size{chunk} * chunk_size + row_ + k * tile_rows);
    }
  }
  /// Adds the products with a vector to the sums of the 4 rows.
  __device__ void add_to(Scalar (&sums)[4], const Scalar* vector) const {
#pragma unroll
    for (int k = 0; k < kept; ++k) {
      if (has_[k]) add(sums, weights_[k], vector[k]);
    }
    for (int k = kept; k < count_; ++k) {
      const int chunk = chunks_[k / chunk_columns];
      if (chunk < 0) continue;
      const Scalar* own = image_ + Size{chunk} * chunk_size + row_;
      add(sums, load_four(own + k % chunk_columns * tile_rows), vector[k]);
    }
  }

 private:
  static constexpr int kept = 4;

  __device__ static void add(Scalar (&sums)[4], const Four<Scalar>& weights, Scalar value) {
#pragma unroll
    for (int r = 0; r < 4; ++r) sums[r] += weights.value[r] * value;
  }

  const std::int32_t* chunks_;
  int row_, count_;
  const Scalar* image_ = nullptr;
  Four<Scalar> weights_[kept];
  bool has_[kept];
};

/// Slots that a thread goes through, one after the other: what stays the same is loaded once.
constexpr int slots_of_thread = 4;

/// 4 units of a lane, those of this thread, at the first slots of its block.
struct FourUnits {
  int unit, lane, slot, last;

  template <class Scalar>
  __device__ FourUnits(const Model<Scalar>& model, int first, int end) {
    const auto number = static_cast<unsigned>(thread_number()), fours = static_cast<unsigned>(model.units.padded) / 4;
    unit = static_cast<int>(number % fours) * 4;
    lane = static_cast<int>(number / fours);
    slot = first + static_cast<int>(blockIdx.y) * slots_of_thread;
    last = slot + slots_of_thread < end ? slot + slots_of_thread : end;
  }
  template <class Scalar>
  __device__ bool exists(const Model<Scalar>& model) const {
    return lane < model.batch.lanes && unit < model.units.count;
  }
};

/// Calls submit(grid, first, last) for all slots [first, last), as many at once as a grid may have.
template <class Scalar, class Submit>
void for_slots(const Model<Scalar>& model, int first, int last, Submit&& submit) {
  constexpr int most_slots = 32768 * slots_of_thread;
  for (int slot = first; slot < last; slot += most_slots) {
    const int end = last - slot < most_slots ? last : slot + most_slots;
    dim3 grid = blocks_for(Size{model.units.padded / 4} * model.batch.lanes);
    grid.y = static_cast<unsigned>((end - slot + slots_of_thread - 1) / slots_of_thread);
    submit(grid, slot, end);
  }
}

/// @tparam Plain  without interventions and stimulus: all lanes see the same weights at all steps
template <class Scalar, bool Plain>
__global__ void __launch_bounds__(block_threads) outside_kernel(ForwardRun<Scalar> run, int first, int end) {
  const Model<Scalar>& model = run.model;
  const Trajectory<Scalar>& t = run.trajectory;
  const FourUnits at(model, first, end);
  if (!at.exists(model)) return;
  const FourConstants<Scalar> constants(model.units, at.unit);
  const int step_of_first = *t.first, units = model.units.count;
  const bool is_rate = model.dynamics == Dynamics::rate;
  Columns<Scalar> inputs(model.drive_map, at.unit, model.units.padded, model.inputs);
  if (Plain) inputs.keep(model.drive_weights);
  Scalar* state = t.state + state_place(t, model.batch, at.slot, at.lane);
  const Size to_next = Size{t.rows} * model.batch.lanes;
  for (int slot = at.slot; slot < at.last; ++slot, state += to_next) {
    const int step = step_of_first + slot;
    if (!Plain) inputs.keep(weights_in_force(model, model.drive_weights, model.drive_size, at.lane, step));
    Scalar sums[4] = {};
    inputs.add_to(sums, state + model.units.padded);
    const Four<Scalar> eta = draw_four(model, at.unit, at.lane, step);
    Four<Scalar> out;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const UnitConstants<Scalar> own = constants.of(k);
      // As outside_of() has it.
      const Scalar plain = (is_rate ? Scalar(1) : own.alpha) * (sums[k] + own.bias) + own.noise * eta.value[k];
      out.value[k] = at.unit + k >= units ? Scalar(0)
                     : Plain              ? plain
                                          : outside_of(model, own, {at.unit + k, at.lane, step}, sums[k], eta.value[k]);
    }
    store_four(state + to_next + at.unit, out);
  }
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
__global__ void __launch_bounds__(block_threads) outside_back_kernel(BackwardRun<Scalar> run, int first, int end) {
  const Model<Scalar>& model = run.model;
  const Trajectory<Scalar>& t = run.trajectory;
  const Adjoint<Scalar>& adjoint = run.adjoint;
  const RatePenalties<Scalar>& penalties = run.penalties;
  const FourUnits at(model, first, end);
  if (!at.exists(model)) return;
  const int step_of_first = *t.first, units = model.units.count;
  const bool reads_h = penalties.l1 != Scalar(0) || penalties.l2 != Scalar(0) || penalties.rate != nullptr;
  // Readouts have no variants.
  Columns<Scalar> readouts(model.adjoint_map, at.unit, model.units.padded, model.outputs);
  readouts.keep(model.adjoint_weights);
  const Size to_next = Size{adjoint.rows} * model.batch.lanes;
  Scalar* delta = adjoint.delta + adjoint.rows * (at.lane + Size{model.batch.lanes} * at.slot);
  for (int slot = at.slot; slot < at.last; ++slot, delta += to_next) {
    const Scalar* outputs = delta + model.units.padded;
    Scalar sums[4] = {};
    readouts.add_to(sums, outputs);
    Four<Scalar> h = {};
    if (reads_h) h = load_four(t.state + state_place(t, model.batch, slot, at.lane) + at.unit);
    Four<Scalar> out;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const Scalar added = at.unit + k < units
                               ? added_back(run, at.unit + k, at.lane, step_of_first + slot - 1, h.value[k], outputs)
                               : Scalar(0);
      out.value[k] = at.unit + k < units ? sums[k] + added : Scalar(0);
    }
    store_four(delta - to_next + at.unit, out);
  }
}

}  // namespace

template <class Scalar>
void make_outside(const Stream& stream, const ForwardRun<Scalar>& run, int first, int last) {
  const bool plain = run.model.schedule.interval == nullptr && run.model.batch.stimulus == nullptr;
  for_slots(run.model, first, last, [&](dim3 grid, int slot, int end) {
    if (plain) return launch(stream, outside_kernel<Scalar, true>, grid, 0, run, slot, end);
    launch(stream, outside_kernel<Scalar, false>, grid, 0, run, slot, end);
  });
}

template <class Scalar>
void make_outside_back(const Stream& stream, const BackwardRun<Scalar>& run, int first, int last) {
  for_slots(run.model, first, last + 1, [&](dim3 grid, int slot, int end) {
    launch(stream, outside_back_kernel<Scalar>, grid, 0, run, slot, end);
  });
}

template void make_outside(const Stream&, const ForwardRun<float>&, int, int);
template void make_outside(const Stream&, const ForwardRun<double>&, int, int);
template void make_outside_back(const Stream&, const BackwardRun<float>&, int, int);
template void make_outside_back(const Stream&, const BackwardRun<double>&, int, int);

}  // namespace mrnn::gpu
