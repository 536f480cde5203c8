#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/ranks.hpp"
#include "mrnn/runtime.hpp"

/// What the command line of `mrnn` asked for.
struct Arguments {
  std::filesystem::path config;
  std::vector<std::string> overrides;           ///< --set
  std::optional<std::filesystem::path> output;  ///< --output
  std::optional<std::string> backend;           ///< --backend
  std::optional<int> threads;                   ///< --threads
  std::vector<std::filesystem::path> plugin_path;
  bool resume = false, overwrite = false, quiet = false;
  bool mpi = false;               ///< train with the other processes of an MPI job
  std::string kind;               ///< of `list`; empty: all
  std::filesystem::path in, out;  ///< of `convert`
  std::filesystem::path folder;   ///< of `report`
  std::string command;            ///< the whole command line, for the report
};

/// Each runs one command and returns the exit status. They throw mrnn::Error.
int run_command(const Arguments& arguments);
int check_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int convert_command(const Arguments& arguments);
int report_command(const Arguments& arguments);

/// The processes of the MPI job that this one is of. @throws RunError where this program has no MPI.
std::unique_ptr<mrnn::Ranks> open_mpi();

/// From now on what does not fit into the memory of this machine is an error, where the experiment works there: the
/// driver of a device reserves far more than it takes.
void limit_memory(const Arguments& arguments, const mrnn::ConfigNode& config);

/// Registers the built-in backend and loads the plugins of the search path.
/// @param config  the configuration, for [plugins] path; null: none
void load_plugins(mrnn::Runtime& runtime, const Arguments& arguments, const mrnn::ConfigNode* config);
