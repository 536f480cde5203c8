#pragma once

#include <functional>
#include <string>

#include "mrnn/export.hpp"
#include "mrnn/ranks.hpp"

namespace mrnn {

/// Does what each rank does for itself. Where it fails on some, all throw what the first of them threw, so that none is
/// left waiting for the others.
MRNN_EXPORT void together(Ranks& ranks, const std::function<void()>& work);

/// Work of all ranks, such as a training, with together() and the like within. Where one fails outside of these, so
/// that the others wait for it, all are ended at once.
MRNN_EXPORT void jointly(Ranks& ranks, const std::function<void()>& work);

/// Does it hold on any rank? Where it does, an error about it is one that all know of.
MRNN_EXPORT bool any(Ranks& ranks, bool here);

/// The ranks given, or, where there are none, this process alone.
Ranks& or_alone(Ranks* ranks);

/// @throws RunError naming the first rank whose text is not that of rank 0, and `what` it is: `the configuration`.
MRNN_EXPORT void expect_same(Ranks& ranks, const std::string& what, const std::string& text);

}  // namespace mrnn
