#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mrnn/alignment.hpp"

namespace psth {

/// An epoch that lies at the same time in all trials that have it.
struct EpochMark {
  std::string name;
  mrnn::Window steps;  ///< after time zero
};

/// What a figure can mark because it is at the same time in all trials, in steps after time zero.
struct Landmarks {
  /// Where interventions begin or end within trials, and in which simulations (indices).
  std::map<mrnn::Index, std::set<std::size_t>> borders;
  std::vector<std::string> manipulations;  ///< they belong to; `an intervention` where the name is not known
  std::vector<EpochMark> epochs;           ///< ascending, none over another: that of most trials goes before
};

/// Those within the window. An intervention counts where all trials that its manipulation acts on have the border, but
/// for those that are not recorded then.
Landmarks find_landmarks(const std::vector<const mrnn::Simulation*>& simulations, const mrnn::Alignment& alignment,
                         const mrnn::Window& window);

}  // namespace psth
