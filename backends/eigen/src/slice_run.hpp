#pragma once

#include <vector>

#include "model.hpp"
#include "packed_weights.hpp"
#include "slices.hpp"

namespace mrnn::eigen {

/// The arrays one thread works in; as large as the widest slice needs. Rows have their trials side by side.
template <class Scalar>
struct Workspace {
  using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;

  Workspace(const Model<Scalar>& model, Index width);
  static std::size_t bytes(const Model<Scalar>& model, Index width);

  std::array<Array, 2> state;  ///< h of step t - 1 and t, then the inputs [(N + I) x width]
  Array x;                     ///< [N x width]
  Array drive;                 ///< of one band
  Array eta;                   ///< standard normals, zero where no unit is noisy [N x width]
  Array amplitude;             ///< of eta, where it differs between trials [N x width]
  Array added;                 ///< all that adds to x, where it is more than noise [N x width]
  Array input_eta;             ///< [I x width]
  Array gathered;              ///< for the library
};

/// What is kept of a slice: per recorded step, [selected units (K for y) x width].
template <class Scalar>
struct Recording {
  std::vector<Scalar> x, h, y;
};

/// The weights a segment runs with.
template <class Scalar>
struct SegmentWeights {
  const PackedWeights<Scalar>* drive = nullptr;
  const PackedWeights<Scalar>* readout = nullptr;
};

/// Everything a slice is run with. All must outlive the run.
template <class Scalar>
struct SliceTask {
  const Model<Scalar>& model;
  const Trials& trials;
  const Slice& slice;
  const std::vector<SegmentWeights<Scalar>>& weights;  ///< per segment
  const Record& record;                                ///< units and steps filled in
  Noise noise = Noise::off;
  std::uint64_t seed = 0;
};

/// Numbers of a recording, so that it can be made before the run.
template <class Scalar>
void make_room(const SliceTask<Scalar>& task, Recording<Scalar>& recording);

/// Runs all steps of one slice. Allocates nothing until it has to throw.
/// @throws RunError where the activity is no longer finite
template <class Scalar>
void run_slice(const SliceTask<Scalar>& task, Workspace<Scalar>& workspace, Recording<Scalar>& recording);

}  // namespace mrnn::eigen
