#pragma once

#include <cstddef>
#include <string>

#include "mrnn/experiment.hpp"

/// `12.1 MB`.
std::string megabytes(std::size_t bytes);

/// What a run takes of memory, part by part, beside what is free; what does not fit, and what would.
/// @param free  bytes of the host; 0: not known
std::string memory_words(const mrnn::Experiment& experiment, std::size_t free);
