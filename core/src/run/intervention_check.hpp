#pragma once

#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// @throws ShapeError where some of the units lie outside the `limit` there are
void expect_within(const Selection& units, Index limit, const std::string& name);

/// @throws ShapeError where an intervention does not fit the network or the trials, or holds values that are not finite
void check_intervention(const Intervention& intervention, const Network& network, const Trials& trials);

}  // namespace mrnn
