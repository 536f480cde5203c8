#include "tensor_list.hpp"

#include <algorithm>
#include <set>

#include "resident_plan.hpp"
#include "tensor_plan.hpp"

namespace mrnn::cuda {

TensorList tensor_list(const TileList& list, Index block_rows) {
  TensorList tensor;
  std::vector<std::set<std::int32_t>> blocks;
  const Index rows = list.row_tiles * gpu::tile_rows;
  for (Index first = 0; first < rows; first += block_rows) {
    std::set<std::int32_t>& columns = blocks.emplace_back();
    const Index last = std::min(first + block_rows, rows) - 1;
    for (Index tile = first / gpu::tile_rows; tile <= last / gpu::tile_rows; ++tile) {
      const auto k = static_cast<std::size_t>(tile);
      columns.insert(list.column.begin() + list.start[k], list.column.begin() + list.end[k]);
    }
    tensor.start.push_back(static_cast<std::int32_t>(tensor.tiles()));
    tensor.row.resize(tensor.row.size() + columns.size(), static_cast<std::int32_t>(first));
    tensor.most = std::max<Size>(tensor.most, std::ssize(columns));
  }
  tensor.start.push_back(static_cast<std::int32_t>(tensor.tiles()));
  for (const std::set<std::int32_t>& columns : blocks) {
    tensor.column.insert(tensor.column.end(), columns.begin(), columns.end());
    tensor.column.resize(tensor.column.size() + static_cast<std::size_t>(tensor.most) - columns.size(), 0);
  }
  return tensor;
}

std::vector<TensorLists> tensor_lists_wanted(const SessionOptions& options, const TileList& drive,
                                             const TileList& adjoint) {
  if (options.products == Products::ieee) return {};
  std::vector<TensorLists> lists;
  for (const Index rows : {Index{gpu::tensor_rows}, Index{gpu::resident_rows[0]}, Index{gpu::resident_rows[1]}}) {
    lists.push_back({rows, {tensor_list(drive, rows), tensor_list(adjoint, rows)}});
  }
  return lists;
}

std::size_t tensor_image_bytes(const TensorList& list, Index block_rows) {
  // Two numbers of two bytes for each weight.
  return static_cast<std::size_t>(list.tiles() * block_rows * gpu::chunk_columns) * 4;
}

std::size_t tensor_vector_bytes(const gpu::StepPlan& plan, Index units, Index lanes) {
  if (!gpu::has_tensor_tiles(plan)) return 0;
  if (plan.design == gpu::StepPlan::Design::tensor_tiles) return static_cast<std::size_t>(2 * units * lanes) * 4;
  const Size groups = gpu::resident_groups(plan, lanes);
  return static_cast<std::size_t>(2 * units * groups * plan.lanes + groups) * 4;
}

}  // namespace mrnn::cuda
