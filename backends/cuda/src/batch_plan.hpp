#pragma once

#include <cstdint>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"
#include "types.hpp"

namespace mrnn::cuda {

/// Which lane each trial runs in. Trials that see the same weights at every step lie side by side, and such a group
/// fills whole tiles of lanes; lanes without a trial of their own repeat the group's last.
struct Lanes {
  std::vector<std::int32_t> trial;  ///< of each lane
  std::vector<std::int32_t> lane;   ///< of each trial
  std::vector<std::uint8_t> own;    ///< of each lane: it is its trial's
  std::vector<std::uint64_t> ids;   ///< of each lane

  Index count() const noexcept { return static_cast<Index>(trial.size()); }
};
/// @param tile  lanes that groups are padded to
Lanes make_lanes(const Trials& trials, Index tile);

/// The tables of gpu::Schedule, and the sets of weight scalings that occur, the empty one first.
struct ScheduleTables {
  std::vector<std::int32_t> interval, start, variant;
  std::vector<gpu::Acting> acting;
  std::vector<double> numbers;
  std::vector<std::uint8_t> flags;
  std::vector<std::vector<const ScaleWeights*>> scalings = {{}};
  bool adds_noise = false;
};
/// Empty where the trials have no interventions. @param padded_units  of the network on the device
ScheduleTables make_schedule(const Trials& trials, const Lanes& lanes, Index padded_units);

}  // namespace mrnn::cuda
