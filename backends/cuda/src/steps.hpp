#pragma once

#include "device.hpp"
#include "types.hpp"

namespace mrnn::gpu {

/// A run through consecutive slots.
template <class Scalar>
struct ForwardRun {
  Model<Scalar> model;
  Trajectory<Scalar> trajectory;
  unsigned long long* failure = nullptr;  ///< smallest failure_key() so far
  Scalar* drive = nullptr;  ///< room for the drive where it is a product of its own [padded units x lanes], or null
  Bf16* parts = nullptr;    ///< room for hi, lo and hi of a slot's h, one beneath the other [3 padded x lanes], or null
  void* vectors = nullptr;  ///< tensor_vector_bytes(): room for a slot's h and the next one's, as FragmentOfUnits
};

template <class Scalar>
struct BackwardRun {
  Model<Scalar> model;
  Trajectory<Scalar> trajectory;
  Adjoint<Scalar> adjoint;
  RatePenalties<Scalar> penalties;
  Scalar* back = nullptr;  ///< as ForwardRun::drive
  Bf16* parts = nullptr;   ///< likewise, of a slot's delta
  void* vectors = nullptr;
};

/// Lanes of the wide tiles, in single precision.
constexpr int wide_tile = 64;

/// How the products of the steps are made.
struct StepPlan {
  enum class Design : std::uint8_t {
    tiles,           ///< one kernel per step, over the chunks of weights that exist
    dense,           ///< a library product over all weights and an element-wise kernel, per step
    persistent,      ///< one kernel for all steps, weights in registers, activity exchanged within clusters of blocks
    fragments,       ///< the same on tensor cores
    tensor_tiles,    ///< one kernel per step on tensor cores, over the tiles of weights that exist
    resident_tiles,  ///< the same in one kernel, weights in shared memory, activity exchanged through memory
  };
  Design design = Design::tiles;
  int lanes = lane_tile;  ///< of a tile; where one kernel makes all steps: of a group, whose sums are made together
  // Where one kernel makes all steps:
  int cluster = 1;                     ///< blocks that share the units
  int groups = 1;                      ///< of lanes that these run in turn
  int sharers = 16;                    ///< persistent: threads that share the columns of a row
  int list = 0;                        ///< fragments: which of those that tell rows and tiles to warps; resident_tiles:
                                       ///< which of the TensorLists
  Products products = Products::ieee;  ///< dense, in single precision
};

/// In one kernel.
inline bool makes_all_steps(const StepPlan& plan) {
  return plan.design == StepPlan::Design::persistent || plan.design == StepPlan::Design::fragments ||
         plan.design == StepPlan::Design::resident_tiles;
}
/// Over the tiles of TensorLists.
inline bool has_tensor_tiles(const StepPlan& plan) {
  return plan.design == StepPlan::Design::tensor_tiles || plan.design == StepPlan::Design::resident_tiles;
}

/// Runs steps first .. last - 1 of the trajectory, by slot: state and x of slot + 1 from those of slot.
template <class Scalar>
void run_forward(const Stream& stream, const ForwardRun<Scalar>& run, const StepPlan& plan, int first, int last);

/// Goes back from slot last to slot first: delta and carried of slot - 1 from those of slot.
template <class Scalar>
void run_backward(const Stream& stream, const BackwardRun<Scalar>& run, const StepPlan& plan, int first, int last);

/// out = W^T delta of all slots [first, last], without the outputs' part [padded units x lanes] per slot.
template <class Scalar>
void multiply_adjoint(const Stream& stream, const BackwardRun<Scalar>& run, int first, int last, Scalar* out);

}  // namespace mrnn::gpu
