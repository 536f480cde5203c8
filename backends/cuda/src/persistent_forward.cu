#include <type_traits>

#include "persistent_support.hpp"

namespace mrnn::gpu {
namespace {

/// Numbers in shared memory: two states, the sums of the warps, two sets of normals, and two barriers.
template <int Lanes>
constexpr std::size_t shared_numbers(int rows) {
  return static_cast<std::size_t>(2 * rows + block_warps * persistent_rows + 2 * persistent_rows) * lane_stride<Lanes> +
         4;
}

/// Normals of the block's units at a step, row by row. Drawn by the last threads first: those that have no results to
/// end where the lanes are few.
template <int Lanes>
__device__ inline void draw_block(const Model<float>& model, int first_unit, int first_lane, int step, float* eta) {
  for (int k = block_threads - 1 - static_cast<int>(threadIdx.x); k < persistent_rows / 4 * Lanes; k += block_threads) {
    const int lane = k % Lanes, row = k / Lanes * 4;
    if (first_lane + lane >= model.batch.lanes) continue;
    const Four<float> four = draw_four(model, first_unit + row, first_lane + lane, step);
    for (int i = 0; i < 4; ++i) eta[(row + i) * lane_stride<Lanes> + lane] = four.value[i];
  }
}

/// Brings the input channels of each slot beneath its activity, loaded a step before they are stored.
template <int Lanes>
struct InputFeed {
  const ForwardRun<float>& run;
  int first_lane;
  float ahead = 0;

  __device__ float load(int k, int slot) const {
    const int lane = first_lane + k % Lanes, row = run.model.units.padded + k / Lanes;
    if (lane >= run.model.batch.lanes) return 0.0F;
    return run.trajectory.state[state_place(run.trajectory, run.model.batch, slot, lane) + row];
  }
  __device__ int count() const { return run.model.inputs * Lanes; }

  /// For the slot to be stored next.
  __device__ void fetch(int slot) {
    if (static_cast<int>(threadIdx.x) < count()) ahead = load(threadIdx.x, slot);
  }
  __device__ void store(int slot, float* state) const {
    const int row = run.model.units.padded;
    for (int k = threadIdx.x; k < count(); k += block_threads) {
      const float value = k < block_threads ? ahead : load(k, slot);
      state[(row + k / Lanes) * lane_stride<Lanes> + k % Lanes] = value;
    }
  }
};

template <int Pairs, int Lanes>
__global__ void __launch_bounds__(block_threads, 1)
    persistent_forward(ForwardRun<float> run, int cluster, int first, int last) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  constexpr int results = results_per_thread<Lanes>, stride = lane_stride<Lanes>;
  const Model<float>& model = run.model;
  const Trajectory<float>& t = run.trajectory;
  const int block = static_cast<int>(blockIdx.x) % cluster;
  const int first_lane = static_cast<int>(blockIdx.x) / cluster * Lanes, first_unit = block * persistent_rows;
  float* states = shared_memory<float>();
  float* room = states + 2 * t.rows * stride;
  float* eta = room + block_warps * persistent_rows * stride;
  constexpr int eta_size = persistent_rows * stride;

  KeptWeights<Pairs> weights;
  weights.load(model.drive_map, model.drive_weights, model.drive_pairs, block, model.units.padded / tile_rows);
  for (int k = threadIdx.x; k < t.rows * stride; k += block_threads) {
    const int lane = first_lane + k % stride, row = k / stride;
    const bool exists = k % stride < Lanes && lane < model.batch.lanes;
    states[first % 2 * t.rows * stride + k] = exists ? t.state[state_place(t, model.batch, first, lane) + row] : 0.0F;
    states[(first + 1) % 2 * t.rows * stride + k] = 0.0F;
  }
  UnitConstants<float> constants[results];
  UnitState<float> unit_state[results];
#pragma unroll
  for (int j = 0; j < results; ++j) {
    const Place<Lanes> at(threadIdx.x + j * block_threads, first_unit, first_lane, model.units, model.batch.lanes);
    if (!at.exists) continue;
    constants[j] = constants_of(model.units, at.unit);
    unit_state[j].x = t.x[first * t.x_stride + at.unit + Size{model.units.padded} * at.lane];
    unit_state[j].h = t.state[state_place(t, model.batch, first, at.lane) + at.unit];
  }
  const int first_step = *t.first;
  const bool noisy = model.noise || model.schedule.adds_noise;
  if (noisy) draw_block<Lanes>(model, first_unit, first_lane, first_step + first, eta + first % 2 * eta_size);
  InputFeed<Lanes> feed = {run, first_lane};
  if (first + 1 < last) feed.fetch(first + 1);
  Exchange exchange;
  exchange.begin(eta + 2 * eta_size, cluster, model.units.padded * row_bytes<Lanes>);
  for (int slot = first; slot < last; ++slot) {
    const int now = slot % 2, next = (slot + 1) % 2;
    const bool goes_on = slot + 1 < last;
    float* following = states + next * t.rows * stride;
    if (slot > first) exchange.wait(now);
    if (goes_on) {
      exchange.expect(next);
      feed.store(slot + 1, following);
    }
    if (slot + 2 < last) feed.fetch(slot + 2);
    float sums[kept_rows][Lanes] = {};
    weights.template multiply<Lanes>(states + now * t.rows * stride, sums);
    store_sums<Lanes>(room, sums);
    __syncthreads();
#pragma unroll
    for (int j = 0; j < results; ++j) {
      const int place = threadIdx.x + j * block_threads;
      const Place<Lanes> at(place, first_unit, first_lane, model.units, model.batch.lanes);
      if (!at.within) continue;
      const int step = first_step + slot;
      if (at.exists) {
        const float normal = noisy ? eta[now * eta_size + place] : 0.0F;
        unit_state[j] = step_unit(model, constants[j], {at.unit, at.lane, step}, sum_of_warps<Lanes>(room, place),
                                  normal, unit_state[j]);
      }
      if (goes_on) exchange.template send<Lanes>(following + at.shared, unit_state[j].h, next);
      if (!at.exists) continue;
      t.state[state_place(t, model.batch, slot + 1, at.lane) + at.unit] = unit_state[j].h;
      if (t.x_stride > 0 || !goes_on) {
        t.x[(slot + 1) * t.x_stride + at.unit + Size{model.units.padded} * at.lane] = unit_state[j].x;
      }
      if (!is_finite(unit_state[j])) atomicMin(run.failure, failure_key(step, model.batch.trial[at.lane], at.unit));
    }
    if (noisy && goes_on) {
      draw_block<Lanes>(model, first_unit, first_lane, first_step + slot + 1, eta + next * eta_size);
    }
  }
  exchange.end();
#endif
}

}  // namespace

void run_persistent(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last) {
  with_pairs(run.model.drive_pairs.pairs, [&](auto pairs) {
    with_lanes(plan.lanes, [&](auto lanes) {
      constexpr int Pairs = decltype(pairs)::value, Lanes = decltype(lanes)::value;
      launch_clusters(stream, persistent_forward<Pairs, Lanes>,
                      cluster_blocks<Lanes>(run.model.batch.lanes, plan.cluster), plan.cluster,
                      shared_numbers<Lanes>(run.trajectory.rows) * sizeof(float), run, plan.cluster, first, last);
    });
  });
}

}  // namespace mrnn::gpu
