#pragma once

#include <vector>

#include "layout.hpp"

namespace mrnn::cuda {

/// The tiles of a matrix that exist, block of rows by block of rows (see gpu::TensorTiles).
struct TensorList {
  std::vector<std::int32_t> start, row, column;
  Size most = 0;  ///< tiles of a block

  Size tiles() const noexcept { return static_cast<Size>(row.size()); }
};

/// Of the columns that are units.
TensorList tensor_list(const TileList& list);

/// Bytes of the weights of a list, and of the vectors of so many units and lanes.
std::size_t tensor_image_bytes(const TensorList& list);
std::size_t tensor_vector_bytes(Index units, Index lanes);

}  // namespace mrnn::cuda
