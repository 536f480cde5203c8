#include <type_traits>

#include "persistent_support.hpp"

namespace mrnn::gpu {
namespace {

template <int Lanes>
constexpr std::size_t shared_numbers(int rows) {
  return static_cast<std::size_t>(2 * rows + block_warps * persistent_rows) * Lanes + 4;
}

[[maybe_unused]] __device__ inline Size delta_place(const BackwardRun<float>& run, int slot, int lane) {
  return run.adjoint.rows * (lane + Size{run.model.batch.lanes} * slot);
}

/// dL/dz of the lanes at a slot, beneath delta.
template <int Lanes>
__device__ inline void take_outputs(const BackwardRun<float>& run, int slot, int first_lane, float* vectors) {
  const Model<float>& model = run.model;
  for (int k = threadIdx.x; k < model.outputs * Lanes; k += block_threads) {
    const int lane = k % Lanes, row = model.units.padded + k / Lanes;
    vectors[row * Lanes + lane] = run.adjoint.delta[delta_place(run, slot, first_lane + lane) + row];
  }
}

template <int Quads, int Lanes>
__global__ void __launch_bounds__(block_threads, 1) persistent_backward(BackwardRun<float> run, int cluster, int first,
                                                                        int last) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  constexpr int results = results_per_thread<Lanes>;
  const Model<float>& model = run.model;
  const Trajectory<float>& t = run.trajectory;
  const Adjoint<float>& adjoint = run.adjoint;
  const RatePenalties<float>& penalties = run.penalties;
  const int block = static_cast<int>(blockIdx.x) % cluster, padded = model.units.padded;
  const int first_lane = static_cast<int>(blockIdx.x) / cluster * Lanes, first_unit = block * persistent_rows;
  float* vectors = shared_memory<float>();
  float* room = vectors + 2 * adjoint.rows * Lanes;

  KeptWeights<Quads> weights;
  weights.load(model.adjoint_map, model.adjoint_weights, model.adjoint_quads, block,
               model.units.padded / tile_rows);
  for (int k = threadIdx.x; k < adjoint.rows * Lanes; k += block_threads) {
    const int lane = k % Lanes, row = k / Lanes;
    vectors[(last % 2 * adjoint.rows + row) * Lanes + lane] =
        adjoint.delta[delta_place(run, last, first_lane + lane) + row];
    vectors[((last + 1) % 2 * adjoint.rows + row) * Lanes + lane] = 0.0F;
  }
  UnitConstants<float> constants[results];
  float carried[results] = {};
#pragma unroll
  for (int j = 0; j < results; ++j) {
    const int place = threadIdx.x + j * block_threads, unit = first_unit + place / Lanes;
    const int lane = first_lane + place % Lanes;
    if (place >= persistent_rows * Lanes || unit >= model.units.count) continue;
    constants[j] = constants_of(model.units, unit);
    carried[j] = adjoint.carried[last * adjoint.carried_stride + unit + Size{padded} * lane];
  }
  const int first_step = *t.first;
  Exchange exchange;
  exchange.begin(room + block_warps * persistent_rows * Lanes, cluster,
                 padded * Lanes * static_cast<int>(sizeof(float)));
  for (int slot = last; slot >= first; --slot) {
    const int now = slot % 2, next = (slot + 1) % 2, step = first_step + slot - 1;
    if (slot < last) exchange.wait(now);
    if (slot > first) exchange.expect(next);
    UnitState<float> state[results];
#pragma unroll
    for (int j = 0; j < results; ++j) {
      const int place = threadIdx.x + j * block_threads, unit = first_unit + place / Lanes;
      const int lane = first_lane + place % Lanes;
      if (place >= persistent_rows * Lanes || unit >= model.units.count) continue;
      state[j].h = t.state[state_place(t, model.batch, slot, lane) + unit];
      if (model.dynamics == Dynamics::rate) state[j].x = t.x[slot * t.x_stride + unit + Size{padded} * lane];
    }
    if (slot > first) take_outputs<Lanes>(run, slot - 1, first_lane, vectors + next * adjoint.rows * Lanes);
    float sums[2][Lanes] = {};
    const float* here = vectors + now * adjoint.rows * Lanes;
    weights.template multiply<Lanes>(here, sums);
    store_sums<Lanes>(room, sums);
    __syncthreads();
#pragma unroll
    for (int j = 0; j < results; ++j) {
      const int place = threadIdx.x + j * block_threads, unit = first_unit + place / Lanes;
      const int lane = first_lane + place % Lanes;
      if (place >= persistent_rows * Lanes || unit >= padded) continue;  // whole warps
      const bool exists = unit < model.units.count;
      UnitAdjoint<float> result;
      if (exists) {
        float sum = sum_of_warps<Lanes>(room, place);
        if (penalties.identity_start != nullptr) {
          for (int k = penalties.identity_start[unit]; k < penalties.identity_start[unit + 1]; ++k) {
            sum += here[(padded + penalties.identity_channel[k]) * Lanes + place % Lanes];
          }
        }
        if (step >= 0 && model.batch.own[lane] != 0) sum += rate_penalty(penalties, unit, state[j].h);
        result = step_unit_back(model, constants[j], {unit, lane, step}, sum, carried[j], state[j]);
        carried[j] = result.carried;
      }
      if (slot > first) {
        exchange.send(vectors + (next * adjoint.rows + unit) * Lanes + place % Lanes, result.delta, next);
      }
      if (!exists) continue;
      adjoint.delta[delta_place(run, slot - 1, lane) + unit] = result.delta;
      if (adjoint.carried_stride > 0 || slot == first) {
        adjoint.carried[(slot - 1) * adjoint.carried_stride + unit + Size{padded} * lane] = result.carried;
      }
    }
  }
  exchange.end();
#endif
}

}  // namespace

void run_persistent_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                         int last) {
  with_quads(run.model.adjoint_quads.quads, [&](auto quads) {
    with_lanes(plan.lanes, [&](auto lanes) {
      constexpr int Quads = decltype(quads)::value, Lanes = decltype(lanes)::value;
      const auto blocks = static_cast<unsigned>(run.model.batch.lanes / Lanes * plan.cluster);
      launch_clusters(stream, persistent_backward<Quads, Lanes>, blocks, plan.cluster,
                      shared_numbers<Lanes>(run.adjoint.rows) * sizeof(float), run, plan.cluster, first, last);
    });
  });
}

}  // namespace mrnn::gpu
