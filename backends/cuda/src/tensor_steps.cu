#include "step_epilogues.hpp"
#include "tensor_steps.hpp"
#include "tensor_tiles.hpp"

namespace mrnn::gpu {
namespace {

/// A block for the weights of a tile; a warp for 16 of its rows.
__global__ void __launch_bounds__(tensor_fragments* warp_threads)
    weights_kernel(TensorTiles tiles, TileMap map, const float* image) {
  const FragmentPlace place;
  const int tile = static_cast<int>(blockIdx.x), fragment = static_cast<int>(threadIdx.x) / warp_threads;
  const int first_row = tiles.row[tile], row = first_row + fragment * fragment_rows,
            block = first_row / tiles.block_rows;
  const int column = tiles.column[block * tiles.most + tile - tiles.start[block]];
  const int chunk = row < tiles.rows ? map.chunk[row / tile_rows * map.column_chunks + column / chunk_columns] : -1;
  const float* own = image + Size{chunk < 0 ? 0 : chunk} * chunk_size + row % tile_rows + place.group +
                     Size{4 * place.quad} * tile_rows;
  FragmentOfWeights weights;
#pragma unroll
  for (int k = 0; k < 4; ++k) load_weights(chunk < 0 ? nullptr : own, k, weights.high[k], weights.low[k]);
  static_cast<FragmentOfWeights*>(
      tiles.image)[(Size{tile} * tiles.block_rows / fragment_rows + fragment) * warp_threads + place.thread] = weights;
}

/// A thread for four units of a lane.
__global__ void __launch_bounds__(block_threads)
    vectors_kernel(StateVectors vectors, FragmentOfUnits* to, unsigned* counters, int count) {
  const Size number = thread_number();
  if (number < count) counters[number] = 0;
  const int fours = vectors.units / 4, unit = static_cast<int>(number % fours) * 4;
  const int lane = static_cast<int>(number / fours);
  if (lane >= vectors.lanes) return;
  const auto four = *reinterpret_cast<const Four<float>*>(vectors.from + unit + Size{vectors.stride} * lane);
  FragmentOfUnits units;
#pragma unroll
  for (int k = 0; k < 4; ++k) put_unit(&units, k, four.value[k]);
  *vector_place(to, vectors.lane_tiles, unit, lane) = units;
}

/// What the kernels of both ways are made of. Blocks: rows x lanes; a thread ends the steps of a unit in some lanes.
/// `Place` is a StepPlace or a StepBackPlace.
template <int LaneTiles, class Place, class Run, class Finish>
__device__ void make_step(const Run& run, const TensorTiles& tiles, int slot, int next, const Finish& finish) {
  constexpr int lanes_at_once = block_threads / tensor_rows, of_thread = LaneTiles * fragment_lanes / lanes_at_once;
  const Model<float>& model = run.model;
  const int row = static_cast<int>(threadIdx.x) % tensor_rows, unit = static_cast<int>(blockIdx.x) * tensor_rows + row;
  const int own = static_cast<int>(threadIdx.x) / tensor_rows, lanes = model.batch.lanes;
  const int first_lane = static_cast<int>(blockIdx.y) * LaneTiles * fragment_lanes;
  const bool has_unit = unit < model.units.count;
  Place places[of_thread];
#pragma unroll
  for (int k = 0; k < of_thread; ++k) {
    places[k] = {slot, unit, first_lane + own + k * lanes_at_once};
    if (has_unit && places[k].lane < lanes) places[k].load(run);
  }
  const int lane_tiles = lanes / fragment_lanes;
  auto* vectors = static_cast<FragmentOfUnits*>(run.vectors);
  const Size size = Size{model.units.padded} / fragment_rows * lane_tiles * warp_threads;
  const TensorProduct<LaneTiles> product(tiles, vectors + (slot & 1) * size, first_lane / fragment_lanes, lane_tiles);
  product.store(shared_memory<float>());
  if (unit >= model.units.padded) return;
#pragma unroll
  for (int k = 0; k < of_thread; ++k) {
    if (places[k].lane >= lanes) continue;
    const float sum = TensorProduct<LaneTiles>::sum(shared_memory<float>(), row, own + k * lanes_at_once);
    const float value = has_unit ? finish(places[k], sum) : 0.0F;
    put_unit(vector_place(vectors + (next & 1) * size, lane_tiles, unit, places[k].lane), unit, value);
  }
}

template <int LaneTiles, bool Plain>
__global__ void __launch_bounds__(block_threads, 1)
    tensor_step(const __grid_constant__ ForwardRun<float> run, int slot) {
  if constexpr (Plain) {
    make_step<LaneTiles, PlainStepPlace>(run, run.model.drive_tensor, slot, slot + 1,
                                         [&](const auto& place, float sum) { return place.finish(run, sum); });
  } else {
    const int step = *run.trajectory.first + slot;
    make_step<LaneTiles, StepPlace<float>>(run, run.model.drive_tensor, slot, slot + 1,
                                           [&](const auto& place, float sum) { return place.finish(run, step, sum); });
  }
}

template <int LaneTiles, bool Plain>
__global__ void __launch_bounds__(block_threads, 1)
    tensor_step_back(const __grid_constant__ BackwardRun<float> run, int slot) {
  if constexpr (Plain) {
    make_step<LaneTiles, PlainStepBackPlace>(run, run.model.adjoint_tensor, slot, slot - 1,
                                             [&](const auto& place, float sum) { return place.finish(run, sum); });
  } else {
    const int step = *run.trajectory.first + slot - 1;
    make_step<LaneTiles, StepBackPlace<float>>(
        run, run.model.adjoint_tensor, slot, slot - 1, [&](const auto& place, float sum) {
          return place.finish(run, constants_of(run.model.units, place.unit), step, sum);
        });
  }
}

template <class Run>
void make_vectors_of_slot(const Stream& stream, const Run& run, const float* from, int stride, int slot) {
  const int padded = run.model.units.padded, lanes = run.model.batch.lanes, lane_tiles = lanes / fragment_lanes;
  const Size size = Size{padded} / fragment_rows * lane_tiles * warp_threads;
  make_vectors(stream, {from, stride, padded, lanes, lane_tiles},
               static_cast<FragmentOfUnits*>(run.vectors) + (slot & 1) * size, nullptr, 0);
}

/// Calls `with` with the tiles of lanes of a block, and whether the model is plain.
template <class With>
void with_kernel(const StepPlan& plan, bool plain, With&& with) {
  const auto with_tiles = [&](auto is_plain) {
    if (plan.lanes <= 8) {
      with(std::integral_constant<int, 1>(), is_plain);
    } else if (plan.lanes <= 16) {
      with(std::integral_constant<int, 2>(), is_plain);
    } else {
      with(std::integral_constant<int, 4>(), is_plain);
    }
  };
  if (plain) return with_tiles(std::true_type());
  with_tiles(std::false_type());
}

template <class Run>
dim3 tensor_grid(const Run& run, const TensorTiles& tiles, const StepPlan& plan) {
  const auto blocks = (run.model.batch.lanes + plan.lanes - 1) / plan.lanes;
  return dim3(static_cast<unsigned>(tiles.row_blocks), static_cast<unsigned>(blocks));
}

}  // namespace

void make_vectors(const Stream& stream, const StateVectors& vectors, void* to, unsigned* counters, int count) {
  const Size fours = Size{vectors.units} / 4 * vectors.lanes;
  launch(stream, vectors_kernel, blocks_for(fours < count ? count : fours), 0, vectors,
         static_cast<FragmentOfUnits*>(to), counters, count);
}

void make_tensor_image(const Stream& stream, const TensorTiles& tiles, const TileMap& map, const float* image) {
  if (tiles.tiles == 0) return;
  launch_threads(stream, weights_kernel, dim3(static_cast<unsigned>(tiles.tiles)),
                 tiles.block_rows / fragment_rows * warp_threads, tiles, map, image);
}

void step_on_tensor_cores(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first,
                          int last) {
  const Trajectory<float>& t = run.trajectory;
  make_vectors_of_slot(stream, run, t.state + state_place(t, run.model.batch, first, 0), t.rows, first);
  const dim3 grid = tensor_grid(run, run.model.drive_tensor, plan);
  with_kernel(plan, run.model.plain, [&](auto tiles, auto plain) {
    constexpr int lane_tiles = decltype(tiles)::value;
    constexpr bool is_plain = decltype(plain)::value;
    for (int slot = first; slot < last; ++slot) {
      launch(stream, tensor_step<lane_tiles, is_plain>, grid, tensor_shared(lane_tiles), run, slot);
    }
  });
}

void step_back_on_tensor_cores(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                               int last) {
  const Adjoint<float>& adjoint = run.adjoint;
  make_vectors_of_slot(stream, run, adjoint.delta + Size{adjoint.rows} * run.model.batch.lanes * last, adjoint.rows,
                       last);
  const dim3 grid = tensor_grid(run, run.model.adjoint_tensor, plan);
  with_kernel(plan, run.model.plain, [&](auto tiles, auto plain) {
    constexpr int lane_tiles = decltype(tiles)::value;
    constexpr bool is_plain = decltype(plain)::value;
    for (int slot = last; slot >= first; --slot) {
      launch(stream, tensor_step_back<lane_tiles, is_plain>, grid, tensor_shared(lane_tiles), run, slot);
    }
  });
}

}  // namespace mrnn::gpu
