#pragma once

#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// The trials of all parts, one after the other, as one batch of the longest's steps. Shorter ones are continued with
/// zeros, mask included. Metadata that a part lacks are NaN and ""; epochs it lacks are [0, 0).
/// @throws RunError where some parts set initial states and others do not, or numbers of channels differ.
MRNN_EXPORT Trials join_trials(const std::vector<Trials>& parts);

/// Trials [first, first + count) of a sequence.
MRNN_EXPORT Sequence columns(const Sequence& all, Index first, Index count);
/// What comes before step `steps`.
MRNN_EXPORT Sequence first_steps(const Sequence& all, Index steps);
/// The same of inputs, stimulus, targets, mask and epochs; interventions are left out.
MRNN_EXPORT Trials first_steps(const Trials& all, Index steps);

}  // namespace mrnn
