#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"

namespace mrnn::eigen {

/// An intervention and the lanes of a slice that it acts on.
struct LaneIntervention {
  const Intervention* intervention = nullptr;
  std::vector<Index> lanes;
};

/// Steps of a slice between which no intervention begins or ends.
struct Segment {
  StepRange steps;
  std::vector<const ScaleWeights*> scalings;             ///< in force, for all lanes alike
  std::vector<LaneIntervention> drives, clamps, noises;  ///< in force, in the order given
  std::array<std::vector<UnitRange>, 2> noisy_units;     ///< where normals are needed, with Noise off and on
};

/// Trials that one thread runs together over all steps, side by side in lanes. Whom a trial shares a slice
/// with is a matter of the batch alone, never of the number of threads. All trials of a slice see the same
/// weights at every step. Lanes without a trial of their own repeat the last one.
struct Slice {
  Index count = 0;                 ///< lanes with a trial of their own
  std::vector<Index> trials;       ///< per lane, index in the batch
  std::vector<std::uint64_t> ids;  ///< per lane
  std::vector<Segment> segments;   ///< tile all steps

  Index width() const noexcept { return static_cast<Index>(trials.size()); }
};

/// Lanes of the slices of a batch of that many trials. Exported for tests.
MRNN_EXPORT Index slice_width(const Network& network, Index trials);

/// @param trials  must outlive the slices
std::vector<Slice> make_slices(const Network& network, const Trials& trials);

}  // namespace mrnn::eigen
