#pragma once

#include <vector>

#include "fragment_plan.hpp"
#include "layout.hpp"
#include "mrnn/session.hpp"

namespace mrnn::cuda {

/// How a matrix is shared out among the warps of a cluster (see gpu::FragmentTable).
struct FragmentList {
  std::vector<gpu::FragmentTable::Warp> warp;
  std::vector<std::int32_t> column;
  int tiles = 0;    ///< of each warp
  int results = 0;  ///< of each warp at most
};

/// Of W and of W^T, for clusters of so many blocks.
struct FragmentLists {
  int blocks = 0;
  FragmentList drive, adjoint;
};

/// Ways to share out the units of a network, from small to large clusters; the larger ones leave each warp less to do.
/// None where no cluster can hold the network.
std::vector<FragmentLists> fragment_lists(Index units, const TileList& drive, const TileList& adjoint);

/// Those of a session: none where it makes no products on tensor cores.
std::vector<FragmentLists> fragments_wanted(const Network& network, const SessionOptions& options,
                                            const TileList& drive, const TileList& adjoint);

}  // namespace mrnn::cuda
