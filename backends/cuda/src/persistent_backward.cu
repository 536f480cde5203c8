#include <type_traits>

#include "persistent_support.hpp"

namespace mrnn::gpu {
namespace {

/// Numbers in shared memory: two vectors of what comes back, the sums of the warps, and two barriers.
template <int Lanes>
constexpr std::size_t shared_numbers(int rows) {
  return static_cast<std::size_t>(2 * rows + block_warps * persistent_rows) * lane_stride<Lanes> + 4;
}

[[maybe_unused]] __device__ inline Size delta_place(const BackwardRun<float>& run, int slot, int lane) {
  return run.adjoint.rows * (lane + Size{run.model.batch.lanes} * slot);
}

/// Brings dL/dz of each slot beneath delta, loaded a step before it is stored.
template <int Lanes>
struct OutputFeed {
  const BackwardRun<float>& run;
  int first_lane;
  float ahead = 0;

  __device__ float load(int k, int slot) const {
    const int lane = first_lane + k % Lanes, row = run.model.units.padded + k / Lanes;
    return lane < run.model.batch.lanes ? run.adjoint.delta[delta_place(run, slot, lane) + row] : 0.0F;
  }
  __device__ int count() const { return run.model.outputs * Lanes; }

  /// For the slot to be stored next.
  __device__ void fetch(int slot) {
    if (static_cast<int>(threadIdx.x) < count()) ahead = load(threadIdx.x, slot);
  }
  __device__ void store(int slot, float* vectors) const {
    const int row = run.model.units.padded;
    for (int k = threadIdx.x; k < count(); k += block_threads) {
      const float value = k < block_threads ? ahead : load(k, slot);
      vectors[(row + k / Lanes) * lane_stride<Lanes> + k % Lanes] = value;
    }
  }
};

/// The state that belongs to a slot.
[[maybe_unused]] __device__ inline UnitState<float> state_at(const BackwardRun<float>& run, int slot, int unit,
                                                             int lane) {
  const Trajectory<float>& t = run.trajectory;
  UnitState<float> state;
  state.h = t.state[state_place(t, run.model.batch, slot, lane) + unit];
  if (run.model.dynamics == Dynamics::rate)
    state.x = t.x[slot * t.x_stride + unit + Size{run.model.units.padded} * lane];
  return state;
}

/// What comes back to a unit besides W^T delta + W_out^T dL/dz; `vectors` are those of the slot.
template <int Lanes>
__device__ inline float added_back(const BackwardRun<float>& run, const Place<Lanes>& at, int step, float h,
                                   const float* vectors) {
  const RatePenalties<float>& penalties = run.penalties;
  float sum = 0;
  if (penalties.identity_start != nullptr) {
    const float* outputs = vectors + run.model.units.padded * lane_stride<Lanes> + at.shared % lane_stride<Lanes>;
    for (int k = penalties.identity_start[at.unit]; k < penalties.identity_start[at.unit + 1]; ++k) {
      sum += outputs[penalties.identity_channel[k] * lane_stride<Lanes>];
    }
  }
  if (step >= 0 && run.model.batch.own[at.lane] != 0) sum += rate_penalty(penalties, at.unit, h);
  return sum;
}

template <int Pairs, int Lanes>
__global__ void __launch_bounds__(block_threads, 1)
    persistent_backward(BackwardRun<float> run, int cluster, int first, int last) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  constexpr int results = results_per_thread<Lanes>, stride = lane_stride<Lanes>;
  const Model<float>& model = run.model;
  const Adjoint<float>& adjoint = run.adjoint;
  const int block = static_cast<int>(blockIdx.x) % cluster, padded = model.units.padded;
  const int first_lane = static_cast<int>(blockIdx.x) / cluster * Lanes, first_unit = block * persistent_rows;
  float* vectors = shared_memory<float>();
  float* room = vectors + 2 * adjoint.rows * stride;

  KeptWeights<Pairs> weights;
  weights.load(model.adjoint_map, model.adjoint_weights, model.adjoint_pairs, block, padded / tile_rows);
  for (int k = threadIdx.x; k < adjoint.rows * stride; k += block_threads) {
    const int lane = first_lane + k % stride, row = k / stride;
    const bool exists = k % stride < Lanes && lane < model.batch.lanes;
    vectors[last % 2 * adjoint.rows * stride + k] = exists ? adjoint.delta[delta_place(run, last, lane) + row] : 0.0F;
    vectors[(last + 1) % 2 * adjoint.rows * stride + k] = 0.0F;
  }
  UnitConstants<float> constants[results];
  UnitState<float> state[results];
  float carried[results] = {};
#pragma unroll
  for (int j = 0; j < results; ++j) {
    const Place<Lanes> at(threadIdx.x + j * block_threads, first_unit, first_lane, model.units, model.batch.lanes);
    if (!at.exists) continue;
    constants[j] = constants_of(model.units, at.unit);
    carried[j] = adjoint.carried[last * adjoint.carried_stride + at.unit + Size{padded} * at.lane];
    state[j] = state_at(run, last, at.unit, at.lane);
  }
  const int first_step = *run.trajectory.first;
  OutputFeed<Lanes> feed = {run, first_lane};
  if (last > first) feed.fetch(last - 1);
  Exchange exchange;
  exchange.begin(room + block_warps * persistent_rows * stride, cluster, padded * row_bytes<Lanes>);
  for (int slot = last; slot >= first; --slot) {
    const int now = slot % 2, next = (slot + 1) % 2, step = first_step + slot - 1;
    const bool goes_on = slot > first;
    const float* here = vectors + now * adjoint.rows * stride;
    float* following = vectors + next * adjoint.rows * stride;
    if (slot < last) exchange.wait(now);
    UnitState<float> ahead[results];
    if (goes_on) {
      exchange.expect(next);
      feed.store(slot - 1, following);
#pragma unroll
      for (int j = 0; j < results; ++j) {
        const Place<Lanes> at(threadIdx.x + j * block_threads, first_unit, first_lane, model.units, model.batch.lanes);
        if (at.exists) ahead[j] = state_at(run, slot - 1, at.unit, at.lane);
      }
    }
    if (slot - 1 > first) feed.fetch(slot - 2);
    float sums[kept_rows][Lanes] = {};
    weights.template multiply<Lanes>(here, sums);
    store_sums<Lanes>(room, sums);
    __syncthreads();
#pragma unroll
    for (int j = 0; j < results; ++j) {
      const int place = threadIdx.x + j * block_threads;
      const Place<Lanes> at(place, first_unit, first_lane, model.units, model.batch.lanes);
      if (!at.within) continue;
      UnitAdjoint<float> result;
      if (at.exists) {
        const float back = sum_of_warps<Lanes>(room, place) + added_back<Lanes>(run, at, step, state[j].h, here);
        result = step_unit_back(model, constants[j], {at.unit, at.lane, step}, back, carried[j], state[j]);
        carried[j] = result.carried;
        state[j] = ahead[j];
      }
      if (goes_on) exchange.template send<Lanes>(following + at.shared, result.delta, next);
      if (!at.exists) continue;
      adjoint.delta[delta_place(run, slot - 1, at.lane) + at.unit] = result.delta;
      if (adjoint.carried_stride > 0 || !goes_on) {
        adjoint.carried[(slot - 1) * adjoint.carried_stride + at.unit + Size{padded} * at.lane] = result.carried;
      }
    }
  }
  exchange.end();
#endif
}

}  // namespace

void run_persistent_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                         int last) {
  with_pairs(run.model.adjoint_pairs.pairs, [&](auto pairs) {
    with_lanes(plan.lanes, [&](auto lanes) {
      constexpr int Pairs = decltype(pairs)::value, Lanes = decltype(lanes)::value;
      launch_clusters(stream, persistent_backward<Pairs, Lanes>,
                      cluster_blocks<Lanes>(run.model.batch.lanes, plan.cluster), plan.cluster,
                      shared_numbers<Lanes>(run.adjoint.rows) * sizeof(float), run, plan.cluster, first, last);
    });
  });
}

}  // namespace mrnn::gpu
