#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "layout.hpp"
#include "mrnn/session.hpp"
#include "steps.hpp"

namespace mrnn::cuda {

/// The tiles of a matrix that exist, block of rows by block of rows (see gpu::TensorTiles).
struct TensorList {
  std::vector<std::int32_t> start, row, column;
  Size most = 0;  ///< tiles of a block

  Size tiles() const noexcept { return static_cast<Size>(row.size()); }
};

/// Of the columns that are units. @param block_rows  of a block
TensorList tensor_list(const TileList& list, Index block_rows);

/// Of W and of W^T, for blocks of so many rows.
struct TensorLists {
  Index block_rows = 0;
  std::array<TensorList, 2> sides;  ///< drive and adjoint

  Size most() const noexcept { return std::max(sides[0].most, sides[1].most); }
};

/// Those of a session: none where it makes no products on tensor cores; else first for StepPlan::Design::tensor_tiles,
/// then for the blocks of resident_tiles.
std::vector<TensorLists> tensor_lists_wanted(const SessionOptions& options, const TileList& drive,
                                             const TileList& adjoint);

/// Bytes of the weights of a list, and of the vectors of so many units and lanes with what blocks count in.
std::size_t tensor_image_bytes(const TensorList& list, Index block_rows);
std::size_t tensor_vector_bytes(const gpu::StepPlan& plan, Index units, Index lanes);

}  // namespace mrnn::cuda
