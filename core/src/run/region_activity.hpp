#pragma once

#include <string>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/simulation.hpp"
#include "report/report.hpp"

namespace mrnn {

/// How active each region was; empty where h was not recorded.
std::vector<RegionActivity> region_activity(const Network& network, const Simulation& simulation);

/// `silent throughout: all 40 units of striatum, 60 of 80 of cortex`, of regions with more silent units than others;
/// empty where there are none. Regions that a manipulation holds at some activity are not spoken of.
std::string silent_words(const Network& network, const Simulation& simulation,
                         const std::vector<RegionActivity>& activity);

}  // namespace mrnn
