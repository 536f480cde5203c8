#include "mrnn/network_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/network_reader.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// A network file in TOML may have [network] settings, which those of the configuration win over key by key,
/// but it names no further files. It may be a whole experiment, of which other tables are of no concern here.
NetworkSource read_network_file(const std::filesystem::path& file) {
  const ConfigNode root = ConfigNode::read_file(file);
  NetworkSource source;
  if (const auto network = root.find_table("network")) {
    for (const char* key : {"file", "weights"}) {
      if (network->has(key)) network->fail(key, "belongs into the configuration, not into a network file");
    }
    read_network_table(*network, source);
    network->finish();
  }
  read_parts(root, source);
  for (const char* other :
       {"experiment", "backend", "plugins", "task", "train", "manipulation", "simulation", "analysis"}) {
    root.has(other);
  }
  root.finish();
  return source;
}

NetworkSource read_described_elsewhere(const ConfigNode& network) {
  const std::filesystem::path file = network.path("file");
  std::string extension = file.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (extension != ".json" && extension != ".toml") {
    network.fail("file", fmt::format("is \"{}\"; a network is described in .toml or .json (mRNNTorch)", file.string()));
  }
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    throw FileError(file, fmt::format("no such file (network.file in {})", network.where("file")));
  }
  return extension == ".json" ? import_mrnntorch(file) : read_network_file(file);
}

/// The position of a key, or of the innermost part of the description around it that has one.
std::string position_of(const NetworkSource& source, std::string key) {
  while (!key.empty()) {
    if (const auto found = source.where.find(key); found != source.where.end()) return found->second;
    const std::size_t end = key.find_last_of(".[");
    key.resize(end == std::string::npos ? 0 : end);
  }
  const auto found = source.where.find("network");
  return found == source.where.end() ? "" : found->second;
}

/// A key as the file that it stands in counts its tables.
std::string own_key(const NetworkSource& source, const std::string& key) {
  for (std::string table = key; !table.empty();) {
    if (const auto found = source.tables.find(table); found != source.tables.end()) {
      return found->second + key.substr(table.size());
    }
    const std::size_t end = table.find_last_of(".[");
    table.resize(end == std::string::npos ? 0 : end);
  }
  return key;
}

/// What is said of another table names it by its number in its file, and says where that is.
std::string own_words(const NetworkSource& source, const std::string& key, std::string problem) {
  const std::string mark = "(connection[";
  const std::size_t begin = problem.find(mark);
  if (begin == std::string::npos) return problem;
  const std::size_t end = problem.find(')', begin);
  const std::string table = problem.substr(begin + 1, end - begin - 1);
  const std::string where = position_of(source, table);
  const bool same = where == position_of(source, key) && own_key(source, table) == own_key(source, key);
  return problem.replace(begin + 1, end - begin - 1,
                         same ? std::string("of the same table") : own_key(source, table) + ", " + where);
}

}  // namespace

ConfigError located(const NetworkSource& source, const ConfigError& error) {
  if (!error.where().empty()) return error;
  return {position_of(source, error.key()), own_key(source, error.key()),
          own_words(source, error.key(), error.problem())};
}

NetworkSource read_network(const ConfigNode& root) {
  NetworkSource source;
  const auto network = root.find_table("network");
  if (network && network->has("file")) source = read_described_elsewhere(*network);
  source.where.try_emplace("network", root.where());  // until there is a [network]
  if (network) {
    network->has("weights");  // a known key; whoever runs the network reads it
    read_network_table(*network, source);
    network->finish();
  }
  read_parts(root, source);
  return source;
}

Network build_network(const NetworkSource& source, std::uint64_t seed) {
  try {
    return build_network(source.spec, seed);
  } catch (const ConfigError& error) {
    throw located(source, error);
  }
}

}  // namespace mrnn
