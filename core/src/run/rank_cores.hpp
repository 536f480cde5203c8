#pragma once

#include "mrnn/export.hpp"
#include "mrnn/ranks.hpp"

namespace mrnn {

/// The processor cores that are for each of the ranks: ranks that may use the same ones share them.
MRNN_EXPORT int cores_of_rank(Ranks& ranks);

}  // namespace mrnn
