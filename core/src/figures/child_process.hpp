#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// Files that stand for a program's standard streams.
struct Streams {
  std::filesystem::path in, out, error;
};

/// How a program ended.
struct Ending {
  bool ended_well = false;
  std::string how;  ///< "", `could not be started: ...`, `ended with status 1`, `was stopped after 60 s`
};

/// Runs a program without a shell and waits for it, at most `limit`; then it is killed.
MRNN_EXPORT Ending run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                               const Streams& streams, std::chrono::milliseconds limit);

}  // namespace mrnn
