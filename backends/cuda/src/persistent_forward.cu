#include <type_traits>

#include "persistent_support.hpp"

namespace mrnn::gpu {
namespace {

/// Numbers in shared memory: two states, the sums of the warps, two sets of normals, and two barriers.
template <int Lanes>
constexpr std::size_t shared_numbers(int rows) {
  return static_cast<std::size_t>(2 * rows + block_warps * persistent_rows + 2 * persistent_rows) * Lanes + 4;
}

/// Normals of the block's units at a step, row by row.
template <int Lanes>
__device__ inline void draw_block(const Model<float>& model, int first_unit, int first_lane, int step, float* eta) {
  for (int k = threadIdx.x; k < persistent_rows / 4 * Lanes; k += block_threads) {
    const int lane = k % Lanes, row = k / Lanes * 4;
    const Four<float> four = draw_four(model, first_unit + row, first_lane + lane, step);
    for (int i = 0; i < 4; ++i) eta[(row + i) * Lanes + lane] = four.value[i];
  }
}

/// Input channels of the lanes at a slot, beneath the activity.
template <int Lanes>
__device__ inline void take_inputs(const ForwardRun<float>& run, int slot, int first_lane, float* state) {
  const Model<float>& model = run.model;
  for (int k = threadIdx.x; k < model.inputs * Lanes; k += block_threads) {
    const int lane = k % Lanes, row = model.units.padded + k / Lanes;
    state[row * Lanes + lane] =
        run.trajectory.state[state_place(run.trajectory, model.batch, slot, first_lane + lane) + row];
  }
}

template <int Quads, int Lanes>
__global__ void __launch_bounds__(block_threads, 1) persistent_forward(ForwardRun<float> run, int cluster, int first,
                                                                       int last) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  constexpr int results = results_per_thread<Lanes>;
  const Model<float>& model = run.model;
  const Trajectory<float>& t = run.trajectory;
  const int block = static_cast<int>(blockIdx.x) % cluster;
  const int first_lane = static_cast<int>(blockIdx.x) / cluster * Lanes, first_unit = block * persistent_rows;
  float* states = shared_memory<float>();
  float* room = states + 2 * t.rows * Lanes;
  float* eta = room + block_warps * persistent_rows * Lanes;
  constexpr int eta_size = persistent_rows * Lanes;

  KeptWeights<Quads> weights;
  weights.load(model.drive_map, model.drive_weights, model.drive_quads, block,
               model.units.padded / tile_rows);
  for (int k = threadIdx.x; k < t.rows * Lanes; k += block_threads) {
    const int lane = k % Lanes, row = k / Lanes;
    states[(first % 2 * t.rows + row) * Lanes + lane] =
        t.state[state_place(t, model.batch, first, first_lane + lane) + row];
    states[((first + 1) % 2 * t.rows + row) * Lanes + lane] = 0.0F;
  }
  UnitConstants<float> constants[results];
  UnitState<float> unit_state[results];
#pragma unroll
  for (int j = 0; j < results; ++j) {
    const int place = threadIdx.x + j * block_threads, unit = first_unit + place / Lanes;
    const int lane = first_lane + place % Lanes;
    if (place >= persistent_rows * Lanes || unit >= model.units.count) continue;
    constants[j] = constants_of(model.units, unit);
    unit_state[j].x = t.x[first * t.x_stride + unit + Size{model.units.padded} * lane];
    unit_state[j].h = t.state[state_place(t, model.batch, first, lane) + unit];
  }
  const int first_step = *t.first;
  const bool noisy = model.noise || model.schedule.adds_noise;
  if (noisy) draw_block<Lanes>(model, first_unit, first_lane, first_step + first, eta + first % 2 * eta_size);
  Exchange exchange;
  exchange.begin(eta + 2 * eta_size, cluster, model.units.padded * Lanes * static_cast<int>(sizeof(float)));
  for (int slot = first; slot < last; ++slot) {
    const int now = slot % 2, next = (slot + 1) % 2;
    if (slot > first) exchange.wait(now);
    if (slot + 1 < last) exchange.expect(next);
    if (slot + 1 < last) take_inputs<Lanes>(run, slot + 1, first_lane, states + next * t.rows * Lanes);
    float sums[2][Lanes] = {};
    weights.template multiply<Lanes>(states + now * t.rows * Lanes, sums);
    store_sums<Lanes>(room, sums);
    __syncthreads();
#pragma unroll
    for (int j = 0; j < results; ++j) {
      const int place = threadIdx.x + j * block_threads, unit = first_unit + place / Lanes;
      const int lane = first_lane + place % Lanes;
      if (place >= persistent_rows * Lanes || unit >= model.units.padded) continue;  // whole warps
      const bool exists = unit < model.units.count;
      const Moment at = {unit, lane, first_step + slot};
      if (exists) {
        const float sum = sum_of_warps<Lanes>(room, place);
        const float normal = noisy ? eta[now * eta_size + place] : 0.0F;
        unit_state[j] = step_unit(model, constants[j], at, sum, normal, unit_state[j]);
      }
      if (slot + 1 < last) exchange.send(states + (next * t.rows + unit) * Lanes + place % Lanes, unit_state[j].h, next);
      if (!exists) continue;
      t.state[state_place(t, model.batch, slot + 1, lane) + unit] = unit_state[j].h;
      if (t.x_stride > 0 || slot + 1 == last) {
        t.x[(slot + 1) * t.x_stride + unit + Size{model.units.padded} * lane] = unit_state[j].x;
      }
      if (!is_finite(unit_state[j])) atomicMin(run.failure, failure_key(at.step, model.batch.trial[lane], unit));
    }
    if (noisy && slot + 1 < last) {
      draw_block<Lanes>(model, first_unit, first_lane, first_step + slot + 1, eta + next * eta_size);
    }
  }
  exchange.end();
#endif
}

}  // namespace

void run_persistent(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last) {
  with_quads(run.model.drive_quads.quads, [&](auto quads) {
    with_lanes(plan.lanes, [&](auto lanes) {
      constexpr int Quads = decltype(quads)::value, Lanes = decltype(lanes)::value;
      const auto blocks = static_cast<unsigned>(run.model.batch.lanes / Lanes * plan.cluster);
      launch_clusters(stream, persistent_forward<Quads, Lanes>, blocks, plan.cluster,
                      shared_numbers<Lanes>(run.trajectory.rows) * sizeof(float), run, plan.cluster, first, last);
    });
  });
}

}  // namespace mrnn::gpu
