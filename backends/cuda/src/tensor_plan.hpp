#pragma once

namespace mrnn::gpu {

/// Rows of a block of StepPlan::Design::tensor_tiles.
constexpr int tensor_rows = 64;
/// Lanes of a block at most; 8 and 16 are the others.
constexpr int most_tensor_lanes = 32;

}  // namespace mrnn::gpu
