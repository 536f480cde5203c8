#pragma once

#include <functional>
#include <string>

#include "mrnn/export.hpp"
#include "mrnn/ranks.hpp"

namespace mrnn {

/// Does what each rank does for itself. Where it fails on some, all throw what the first of them threw, so that none is
/// left waiting for the others.
MRNN_EXPORT void together(Ranks& ranks, const std::function<void()>& work);

/// Does it hold on any rank?
MRNN_EXPORT bool any(Ranks& ranks, bool here);

/// @throws RunError naming the first rank whose text is not that of rank 0, and `what` it is: `the configuration`.
MRNN_EXPORT void expect_same(Ranks& ranks, const std::string& what, const std::string& text);

}  // namespace mrnn
