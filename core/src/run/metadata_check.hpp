#pragma once

#include <optional>
#include <string>

#include "mrnn/export.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

// What is known of each trial is looked up by the number of the trial, so there must be one value for each. It comes
// from plugins and files, and is checked where it enters.

/// What does not fit to the number of trials or steps among ids, numbers, texts and epochs, in words: `the metadata
/// "condition" have 27 values for 3000 trials`.
MRNN_EXPORT std::optional<std::string> metadata_problem(const Trials& trials);

/// The same, and of the sequences and the initial states too. Their numbers of channels are not looked at.
MRNN_EXPORT std::optional<std::string> shape_problem(const Trials& trials);

}  // namespace mrnn
