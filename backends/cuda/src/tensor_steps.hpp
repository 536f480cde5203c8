#pragma once

#include "steps.hpp"

namespace mrnn::gpu {

/// StepPlan::Design::tensor_tiles: a kernel per step, whose blocks multiply the tiles of weights that exist on tensor
/// cores. Weights and vectors lie in memory as tensor cores take them, as sums of two numbers of bfloat16; what ends a
/// step leaves its vectors so for the next.
void step_on_tensor_cores(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first,
                          int last);
void step_back_on_tensor_cores(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                               int last);

/// States of units, or their deltas, of some lanes.
struct StateVectors {
  const float* from = nullptr;
  int stride = 0;            ///< from lane to lane
  int units = 0, lanes = 0;  ///< padded
  int lane_tiles = 0;        ///< of what is made of them, which may have room for further lanes
};

/// Makes of them what tensor cores take (see vector_place()), and sets so many counters to zero.
void make_vectors(const Stream& stream, const StateVectors& vectors, void* to, unsigned* counters, int count);

/// Weights as the kernels above take them, from their chunks.
void make_tensor_image(const Stream& stream, const TensorTiles& tiles, const TileMap& map, const float* image);

}  // namespace mrnn::gpu
