#include "tensor_list.hpp"

#include <algorithm>
#include <set>

#include "tensor_plan.hpp"

namespace mrnn::cuda {

TensorList tensor_list(const TileList& list) {
  constexpr Index tiles_of_block = gpu::tensor_rows / gpu::tile_rows;
  TensorList tensor;
  std::vector<std::set<std::int32_t>> blocks;
  for (Index first = 0; first < list.row_tiles; first += tiles_of_block) {
    std::set<std::int32_t>& columns = blocks.emplace_back();
    for (Index tile = first; tile < std::min(first + tiles_of_block, list.row_tiles); ++tile) {
      const auto k = static_cast<std::size_t>(tile);
      columns.insert(list.column.begin() + list.start[k], list.column.begin() + list.end[k]);
    }
    tensor.start.push_back(static_cast<std::int32_t>(tensor.tiles()));
    tensor.row.resize(tensor.row.size() + columns.size(), static_cast<std::int32_t>(first * gpu::tile_rows));
    tensor.most = std::max<Size>(tensor.most, std::ssize(columns));
  }
  tensor.start.push_back(static_cast<std::int32_t>(tensor.tiles()));
  for (const std::set<std::int32_t>& columns : blocks) {
    tensor.column.insert(tensor.column.end(), columns.begin(), columns.end());
    tensor.column.resize(tensor.column.size() + static_cast<std::size_t>(tensor.most) - columns.size(), 0);
  }
  return tensor;
}

std::size_t tensor_image_bytes(const TensorList& list) {
  // Two numbers of two bytes for each weight.
  return static_cast<std::size_t>(list.tiles() * gpu::tensor_rows * gpu::chunk_columns) * 4;
}

std::size_t tensor_vector_bytes(Index units, Index lanes) {
  return static_cast<std::size_t>(2 * units * lanes) * 4;
}

}  // namespace mrnn::cuda
