#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "mrnn/config.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// A description and where in which file each part of it stands, so that what build_network() finds wrong
/// with `connection[3].from` can be said with file, line and column.
struct NetworkSource {
  NetworkSpec spec;
  std::map<std::string, std::string> where;  ///< `connection[3].from` or `connection[3]` -> `net.toml:12:8`
  /// `connection[3]` -> `connection[1]`: the table of its file that it stands in, where the number of that is another.
  std::map<std::string, std::string> tables = {};
};

/// Reads [network], [[region]], [[input]], [[connection]], [[output]] of a configuration, with
/// `network.file` (TOML or mRNNTorch JSON) first and the tables of the configuration added to it.
/// @throws ConfigError, FileError.
MRNN_EXPORT NetworkSource read_network(const ConfigNode& root);

/// Imports a network in either dialect of mRNNTorch's JSON (docs/mrnntorch.md has the table of keys).
/// @throws FileError (missing), ConfigError naming file and key, and line where JSON itself is broken.
MRNN_EXPORT NetworkSource import_mrnntorch(const std::filesystem::path& file);

/// The regions, inputs, connections and outputs of a description as TOML that read_network() reads back
/// to the same description.
MRNN_EXPORT std::string to_toml(const NetworkSpec& spec);

/// build_network() with positions put into its ConfigErrors.
MRNN_EXPORT Network build_network(const NetworkSource& source, std::uint64_t seed);

}  // namespace mrnn
