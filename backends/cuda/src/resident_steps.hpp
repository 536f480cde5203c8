#pragma once

#include <type_traits>

#include "cluster_launch.hpp"
#include "resident_block.hpp"
#include "tensor_steps.hpp"

namespace mrnn::gpu {

/// All steps of a way through the trajectory, forward or back, by blocks that all run at the same time.
template <class Way, int RowTiles, int LaneTiles>
__global__ void __launch_bounds__(resident_teams* block_threads, 1)
    resident_steps(const __grid_constant__ Way way, const TensorTiles tiles, const ResidentShape shape) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  ResidentBlock<Way, RowTiles, LaneTiles> block(way, tiles, shape);
  block.run();
#endif
}

/// Calls `with` with the fragments of a block's units and of the lanes of a group.
template <class With>
void with_resident_tiles(const TensorTiles& tiles, const StepPlan& plan, With&& with) {
  const auto with_lanes = [&](auto row_tiles) {
    if (plan.lanes <= fragment_lanes) {
      with(row_tiles, std::integral_constant<int, 1>());
    } else if (plan.lanes <= 2 * fragment_lanes) {
      with(row_tiles, std::integral_constant<int, 2>());
    } else {
      with(row_tiles, std::integral_constant<int, most_resident_lanes / fragment_lanes>());
    }
  };
  if (tiles.block_rows == fragment_rows) return with_lanes(std::integral_constant<int, 1>());
  with_lanes(std::integral_constant<int, 2>());
}

/// Runs so many steps of a way, from the vectors at `from`, `stride` from lane to lane.
template <class Way>
void run_resident_way(const Stream& stream, const Way& way, const TensorTiles& tiles, const StepPlan& plan,
                      const float* from, int stride, int count) {
  const Model<float>& model = way.model();
  const int groups = resident_groups(plan, model.batch.lanes);
  ResidentShape shape;
  shape.blocks = tiles.row_blocks;
  shape.groups = plan.groups;
  shape.count = count;
  shape.lane_tiles = groups * plan.lanes / fragment_lanes;
  shape.buffer = Size{model.units.padded} / fragment_rows * shape.lane_tiles * warp_threads;
  shape.vectors = static_cast<FragmentOfUnits*>(way.run.vectors);
  shape.arrived = reinterpret_cast<unsigned*>(shape.vectors + 2 * shape.buffer);
  make_vectors(stream, {from, stride, model.units.padded, model.batch.lanes, shape.lane_tiles}, way.run.vectors,
               shape.arrived, groups);
  const auto blocks = static_cast<unsigned>(shape.blocks * resident_lane_blocks(plan, model.batch.lanes));
  with_resident_tiles(tiles, plan, [&](auto row_tiles, auto lane_tiles) {
    constexpr int of_rows = decltype(row_tiles)::value, of_lanes = decltype(lane_tiles)::value;
    launch_together(
        stream, resident_steps<Way, of_rows, of_lanes>, blocks, resident_teams * block_threads, shape.blocks,
        resident_bytes(of_rows * fragment_rows, tiles.most, of_lanes * fragment_lanes, plan.groups), way, tiles, shape);
  });
}

}  // namespace mrnn::gpu
