#pragma once

#include <vector>

#include "fragment_lists.hpp"
#include "layout.hpp"
#include "persistent.hpp"
#include "tensor_list.hpp"

namespace mrnn::cuda {

/// A batch on a network, as far as it matters for how its steps are made.
struct StepProblem {
  gpu::Size units = 0;
  gpu::Size trials = 0;
  double density = 1.0;  ///< share of the chunks of weights that exist
  bool single = true;    ///< precision
  bool scaled = false;   ///< some trials see scaled weights
  /// Ways to share the units out over a cluster (see QuadList), forward and backward alike.
  struct Sharing {
    int sharers = 16, blocks = 1, quads = 1;
  };
  std::vector<Sharing> sharings;
  /// The same for kernels on tensor cores (see FragmentLists).
  struct Fragments {
    int blocks = 1, tiles = 1, results = 4;
  };
  std::vector<Fragments> fragments = {};
  /// Blocks that keep their weights in shared memory: how many share the units, and tiles of each at most (see
  /// TensorLists).
  struct Resident {
    int list = 1, rows = 32, blocks = 1, tiles = 1;
  };
  std::vector<Resident> residents = {};
  gpu::Size row_tiles =
      0;  ///< tiles [64 x 16] of the block of rows that has most, for kernels per step on tensor cores
  gpu::Products products = gpu::Products::ieee;  ///< wanted
};

/// What a plan needs to know of a network. Precision, products and the batch are still to be said.
StepProblem problem_of(Index units, const TileList& drive, const QuadLists& quads,
                       const std::vector<FragmentLists>& fragments, const std::vector<TensorLists>& tensor);

/// How the products of the steps are made. A matter of the problem and the device alone: nothing is tried out.
gpu::StepPlan choose_plan(const StepProblem& problem, const gpu::DeviceLimits& limits);

}  // namespace mrnn::cuda
