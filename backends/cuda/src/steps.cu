#include "steps.hpp"

#include <type_traits>

#include "fragment_plan.hpp"
#include "outside.hpp"
#include "parts.hpp"
#include "persistent.hpp"
#include "resident_plan.hpp"
#include "step_epilogues.hpp"
#include "tensor_steps.hpp"
#include "tile_product.hpp"

namespace mrnn::gpu {
namespace {

/// Blocks: tiles of rows x tiles of lanes.
template <class Scalar, int Lanes>
__global__ void __launch_bounds__(block_threads) step_tile(ForwardRun<Scalar> run, int slot) {
  const Model<Scalar>& model = run.model;
  const int first_row = blockIdx.x * tile_rows, first_lane = blockIdx.y * Lanes;
  const int step = *run.trajectory.first + slot;
  const int unit = first_row + static_cast<int>(threadIdx.x) % warp_threads;
  const bool has_unit = unit < model.units.count;
  StepPlace<Scalar> places[Lanes / 8];
#pragma unroll
  for (int j = 0; j < Lanes / 8; ++j) {
    places[j] = {slot, unit, first_lane + static_cast<int>(threadIdx.x) / warp_threads + 8 * j};
    if (has_unit && places[j].lane < model.batch.lanes) places[j].load(run);
  }
  const Scalar* weights = weights_in_force(model, model.drive_weights, model.drive_size, first_lane, step);
  const Vectors<Scalar> vectors = {run.trajectory.state + state_place(run.trajectory, model.batch, slot, first_lane),
                                   run.trajectory.rows, model.batch.lanes - first_lane};
  Scalar sums[Lanes / 8];
  multiply_tile<Scalar, Lanes>(model.drive_tiles, weights, vectors, shared_memory<Scalar>(), sums);
  if (!has_unit) return;
#pragma unroll
  for (int j = 0; j < Lanes / 8; ++j) {
    if (places[j].lane < model.batch.lanes) places[j].finish(run, step, sums[j]);
  }
}

template <class Scalar, int Lanes>
__global__ void __launch_bounds__(block_threads) step_tile_back(BackwardRun<Scalar> run, int slot) {
  Scalar* shared = shared_memory<Scalar>();
  const Model<Scalar>& model = run.model;
  const int first_row = blockIdx.x * tile_rows, first_lane = blockIdx.y * Lanes;
  const int step = *run.trajectory.first + slot;
  const Scalar* weights = weights_in_force(model, model.adjoint_weights, model.adjoint_size, first_lane, step);
  const Vectors<Scalar> vectors = {
      run.adjoint.delta + Size{run.adjoint.rows} * (first_lane + Size{model.batch.lanes} * slot), run.adjoint.rows,
      model.batch.lanes - first_lane};
  Scalar sums[Lanes / 8];
  const int unit = first_row + static_cast<int>(threadIdx.x) % warp_threads;
  const bool has_unit = unit < model.units.count;
  const UnitConstants<Scalar> constants = has_unit ? constants_of(model.units, unit) : UnitConstants<Scalar>{};
  StepBackPlace<Scalar> places[Lanes / 8];
#pragma unroll
  for (int j = 0; j < Lanes / 8; ++j) {
    places[j] = {slot, unit, first_lane + static_cast<int>(threadIdx.x) / warp_threads + 8 * j};
    if (has_unit && places[j].lane < model.batch.lanes) places[j].load(run);
  }
  multiply_tile<Scalar, Lanes>(model.adjoint_tiles, weights, vectors, shared, sums);
  if (!has_unit) return;
#pragma unroll
  for (int j = 0; j < Lanes / 8; ++j) {
    if (places[j].lane < model.batch.lanes) places[j].finish(run, constants, step - 1, sums[j]);
  }
}

/// Blocks: tiles of rows x tiles of lanes x slots.
template <class Scalar>
__global__ void __launch_bounds__(block_threads) adjoint_tile(BackwardRun<Scalar> run, int first_slot, Scalar* out) {
  constexpr int Lanes = lane_tile;
  const Model<Scalar>& model = run.model;
  const int first_row = blockIdx.x * tile_rows, first_lane = blockIdx.y * Lanes, place = blockIdx.z;
  const int slot = first_slot + place, step = *run.trajectory.first + slot;
  const Scalar* weights = weights_in_force(model, model.adjoint_weights, model.adjoint_size, first_lane, step);
  const Vectors<Scalar> vectors = {
      run.adjoint.delta + Size{run.adjoint.rows} * (first_lane + Size{model.batch.lanes} * slot), run.adjoint.rows,
      model.batch.lanes - first_lane};
  Scalar sums[Lanes / 8];
  multiply_tile<Scalar, Lanes>(model.adjoint_tiles, weights, vectors, shared_memory<Scalar>(), sums);
  const int unit = first_row + static_cast<int>(threadIdx.x) % warp_threads;
  const int lane = first_lane + static_cast<int>(threadIdx.x) / warp_threads;
  out[unit + Size{model.units.padded} * (lane + Size{model.batch.lanes} * place)] = sums[0];
}

/// A thread for 4 units of a lane.
template <class Scalar>
__global__ void __launch_bounds__(block_threads) step_elements(ForwardRun<Scalar> run, int slot) {
  const Model<Scalar>& model = run.model;
  const int fours = model.units.padded / 4;
  const Size number = thread_number();
  const int unit = static_cast<int>(number % fours) * 4, lane = static_cast<int>(number / fours);
  if (lane >= model.batch.lanes || unit >= model.units.count) return;
  const int step = *run.trajectory.first + slot;
  StepPlace<Scalar> places[4];
  Scalar sums[4] = {};
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    places[k] = {slot, unit + k, lane};
    if (unit + k >= model.units.count) continue;
    places[k].load(run);
    sums[k] = run.drive[unit + k + Size{model.units.padded} * lane];
  }
  Scalar after[4] = {};
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    if (unit + k < model.units.count) after[k] = places[k].finish(run, step, sums[k]);
  }
  if (run.parts == nullptr) return;
  store_four_parts(run.parts + unit + 3 * Size{model.units.padded} * lane, model.units.padded, Side::right, after);
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) step_elements_back(BackwardRun<Scalar> run, int slot) {
  const Model<Scalar>& model = run.model;
  const Size number = thread_number();
  const int unit = static_cast<int>(number % model.units.padded);
  const int lane = static_cast<int>(number / model.units.padded);
  if (lane >= model.batch.lanes || unit >= model.units.count) return;
  StepBackPlace<Scalar> place = {slot, unit, lane};
  place.load(run);
  const Scalar before = place.finish(run, constants_of(model.units, unit), *run.trajectory.first + slot - 1,
                                     run.back[unit + Size{model.units.padded} * lane]);
  if (run.parts == nullptr) return;
  store_parts(run.parts + unit + 3 * Size{model.units.padded} * lane, model.units.padded, Side::right,
              static_cast<float>(before));
}

template <class Scalar>
dim3 tile_grid(const Tiles& tiles, const Batch<Scalar>& batch, int lanes) {
  return dim3(static_cast<unsigned>(tiles.row_tiles), static_cast<unsigned>((batch.lanes + lanes - 1) / lanes));
}

template <class Scalar, int Lanes>
void step_by_tiles(const Stream& stream, const ForwardRun<Scalar>& run, int first, int last) {
  constexpr std::size_t shared = tile_shared<Lanes> * sizeof(Scalar);
  const dim3 grid = tile_grid(run.model.drive_tiles, run.model.batch, Lanes);
  static_assert(shared <= 48 * 1024);
  for (int slot = first; slot < last; ++slot) launch(stream, step_tile<Scalar, Lanes>, grid, shared, run, slot);
}

template <class Scalar, int Lanes>
void step_by_tiles_back(const Stream& stream, const BackwardRun<Scalar>& run, int first, int last) {
  constexpr std::size_t shared = tile_shared<Lanes> * sizeof(Scalar);
  const dim3 grid = tile_grid(run.model.adjoint_tiles, run.model.batch, Lanes);
  for (int slot = last; slot >= first; --slot) launch(stream, step_tile_back<Scalar, Lanes>, grid, shared, run, slot);
}

/// Products of all weights with the vectors of a slot, one after the other: the element-wise kernel of each leaves the
/// parts of the next one's vectors.
template <class Scalar>
struct DenseProducts {
  const Model<Scalar>& model;
  Products products;
  const Scalar* weights;  ///< [padded units x padded units]
  const Bf16* weight_parts;
  Bf16* parts;  ///< of the vectors
  Scalar* out;

  /// Those of the first slot. @param stride  from vector to vector
  void begin(const Stream& stream, const Scalar* vectors, Size stride) const {
    if constexpr (std::is_same_v<Scalar, float>) {
      const Size rows = model.units.padded;
      if (products != Products::bf16x3) return;
      make_parts(stream, {Side::right, vectors, stride, rows, model.batch.lanes, parts, 3 * rows, rows});
    }
  }
  void make(const Stream& stream, const Scalar* vectors, Size stride) const {
    if constexpr (std::is_same_v<Scalar, float>) {
      if (products == Products::bf16x3) return submit<Bf16>(stream, weight_parts, {parts, 3 * rows()}, 3 * rows());
    }
    submit<Scalar>(stream, weights, {vectors, stride}, rows());
  }

 private:
  Size rows() const { return model.units.padded; }

  template <class Factor>
  void submit(const Stream& stream, const Factor* left, const Operand<Factor>& right, Size depth) const {
    MatrixProduct<Scalar, Factor> product;
    product.a = {left, rows()};
    product.b = right;
    product.out = out;
    product.out_stride = product.rows = rows();
    product.columns = model.batch.lanes;
    product.depth = depth;
    product.tf32 = products == Products::tf32;
    multiply(stream, product);
  }
};

template <class Scalar>
void step_densely(const Stream& stream, const ForwardRun<Scalar>& run, const StepPlan& plan, int first, int last) {
  const Model<Scalar>& model = run.model;
  const Trajectory<Scalar>& t = run.trajectory;
  const DenseProducts<Scalar> products = {model,     plan.products, model.dense_drive, model.drive_parts,
                                          run.parts, run.drive};
  const auto vectors = [&](int slot) { return t.state + state_place(t, model.batch, slot, 0); };
  products.begin(stream, vectors(first), t.rows);
  for (int slot = first; slot < last; ++slot) {
    products.make(stream, vectors(slot), t.rows);
    launch(stream, step_elements<Scalar>, blocks_for(Size{model.units.padded / 4} * model.batch.lanes), 0, run, slot);
  }
}

template <class Scalar>
void step_densely_back(const Stream& stream, const BackwardRun<Scalar>& run, const StepPlan& plan, int first,
                       int last) {
  const Model<Scalar>& model = run.model;
  const Adjoint<Scalar>& adjoint = run.adjoint;
  const DenseProducts<Scalar> products = {model,     plan.products, model.dense_adjoint, model.adjoint_parts,
                                          run.parts, run.back};
  const auto vectors = [&](int slot) { return adjoint.delta + Size{adjoint.rows} * model.batch.lanes * slot; };
  products.begin(stream, vectors(last), adjoint.rows);
  for (int slot = last; slot >= first; --slot) {
    products.make(stream, vectors(slot), adjoint.rows);
    launch(stream, step_elements_back<Scalar>, blocks_for(Size{model.units.padded} * model.batch.lanes), 0, run, slot);
  }
}

}  // namespace

template <class Scalar>
void run_forward(const Stream& stream, const ForwardRun<Scalar>& run, const StepPlan& plan, int first, int last) {
  make_outside(stream, run, first, last);
  if constexpr (std::is_same_v<Scalar, float>) {
    if (plan.design == StepPlan::Design::persistent) return run_persistent(stream, run, plan, first, last);
    if (plan.design == StepPlan::Design::fragments) return run_fragments(stream, run, plan, first, last);
    if (plan.design == StepPlan::Design::resident_tiles) return run_resident(stream, run, plan, first, last);
    if (plan.design == StepPlan::Design::tensor_tiles) return step_on_tensor_cores(stream, run, plan, first, last);
    if (plan.design == StepPlan::Design::tiles && plan.lanes == wide_tile) {
      return step_by_tiles<Scalar, wide_tile>(stream, run, first, last);
    }
  }
  if (plan.design == StepPlan::Design::dense) {
    step_densely(stream, run, plan, first, last);
  } else {
    step_by_tiles<Scalar, lane_tile>(stream, run, first, last);
  }
}

template <class Scalar>
void run_backward(const Stream& stream, const BackwardRun<Scalar>& run, const StepPlan& plan, int first, int last) {
  make_outside_back(stream, run, first, last);
  if constexpr (std::is_same_v<Scalar, float>) {
    if (plan.design == StepPlan::Design::persistent) return run_persistent_back(stream, run, plan, first, last);
    if (plan.design == StepPlan::Design::fragments) return run_fragments_back(stream, run, plan, first, last);
    if (plan.design == StepPlan::Design::resident_tiles) return run_resident_back(stream, run, plan, first, last);
    if (plan.design == StepPlan::Design::tensor_tiles) {
      return step_back_on_tensor_cores(stream, run, plan, first, last);
    }
    if (plan.design == StepPlan::Design::tiles && plan.lanes == wide_tile) {
      return step_by_tiles_back<Scalar, wide_tile>(stream, run, first, last);
    }
  }
  if (plan.design == StepPlan::Design::dense) {
    step_densely_back(stream, run, plan, first, last);
  } else {
    step_by_tiles_back<Scalar, lane_tile>(stream, run, first, last);
  }
}

template <class Scalar>
void multiply_adjoint(const Stream& stream, const BackwardRun<Scalar>& run, int first, int last, Scalar* out) {
  const Size size = Size{run.model.units.padded} * run.model.batch.lanes;
  constexpr int most_slots = 32768;  // of a grid
  for (int start = first; start <= last; start += most_slots) {
    dim3 grid = tile_grid(run.model.adjoint_tiles, run.model.batch, lane_tile);
    grid.z = static_cast<unsigned>(last + 1 - start < most_slots ? last + 1 - start : most_slots);
    launch(stream, adjoint_tile<Scalar>, grid, tile_shared<lane_tile> * sizeof(Scalar), run, start,
           out + size * (start - first));
  }
}

template void run_forward(const Stream&, const ForwardRun<float>&, const StepPlan&, int, int);
template void run_forward(const Stream&, const ForwardRun<double>&, const StepPlan&, int, int);
template void run_backward(const Stream&, const BackwardRun<float>&, const StepPlan&, int, int);
template void run_backward(const Stream&, const BackwardRun<double>&, const StepPlan&, int, int);
template void multiply_adjoint(const Stream&, const BackwardRun<float>&, int, int, float*);
template void multiply_adjoint(const Stream&, const BackwardRun<double>&, int, int, double*);

}  // namespace mrnn::gpu
