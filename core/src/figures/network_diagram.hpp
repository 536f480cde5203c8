#pragma once

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// The regions on a ring, inputs and outputs outside it, connections as arrows: excitatory ones vermilion with
/// an arrow head, inhibitory ones blue with a round one, the wider the more weights. Called
/// `network-diagram`.
MRNN_EXPORT Figure network_diagram(const Network& network);

}  // namespace mrnn
