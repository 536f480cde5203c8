#pragma once

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "temporary_folder.hpp"

namespace test {

/// What a program left behind. `status` is its exit status, or 128 + the signal that ended it.
struct Outcome {
  int status = -1;
  std::string out, err;
  std::size_t peak = 0;  ///< most bytes that were resident at a time, of the program or one that it started
};

struct ProgramOptions {
  std::filesystem::path folder = ".";                          ///< working directory
  std::optional<rlim_t> file_size = {};                        ///< bytes a file may have: stands in for a full disk
  std::optional<std::chrono::milliseconds> signal_after = {};  ///< sends `signal` after that long
  int signal = SIGINT;
  bool terminal = false;  ///< the standard error is a terminal; its lines end in CR LF then
};

std::string text_of(const std::filesystem::path& file);

/// Runs a program to its end, without a shell.
Outcome run(const std::string& program, const std::vector<std::string>& arguments, const ProgramOptions& options = {});

/// Runs `mrnn` with the plugins of this build.
Outcome mrnn(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

}  // namespace test
