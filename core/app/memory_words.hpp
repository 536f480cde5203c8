#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mrnn/experiment.hpp"

/// `12.1 MB`.
std::string megabytes(std::size_t bytes);

/// What a run takes of memory, part by part, and of the disk, beside what is free; what does not fit, and what would.
/// @param free  bytes of the host; 0: not known
std::string memory_words(const mrnn::Experiment& experiment, std::size_t free);

/// What does not fit, and what would.
std::vector<std::string> memory_warnings(const mrnn::Experiment& experiment, std::size_t free);
