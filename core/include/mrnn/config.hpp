#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// What stands under a key of a configuration.
enum class ConfigKind : std::uint8_t { absent, text, number, flag, list, table, other };

/// One table of a configuration file.
///
/// Every getter records the key it read, and finish() rejects the keys nobody read, so that a
/// misspelt key is an error and never a silently ignored setting. Errors are ConfigErrors that begin
/// `file:line:column: dotted.key:`. A node is a cheap handle: copies share the record of what was read.
class MRNN_EXPORT ConfigNode {
 public:
  /// Reads a TOML file. @throws FileError (missing, unreadable), ConfigError (not TOML).
  /// `overrides` are `a.b=value` texts as given to --set; `simulation.control.trials=5` reaches
  /// into a table of an array by the `name` in it; a value that is not TOML is taken as a string.
  static ConfigNode read_file(const std::filesystem::path& file, std::span<const std::string> overrides = {});

  /// Parses TOML text; `origin` stands in for the file name in messages.
  static ConfigNode parse(std::string_view text, std::string origin = "configuration",
                          std::filesystem::path folder = ".", std::span<const std::string> overrides = {});

  ConfigNode(const ConfigNode&);
  ConfigNode& operator=(const ConfigNode&);
  ConfigNode(ConfigNode&&) noexcept;
  ConfigNode& operator=(ConfigNode&&) noexcept;
  ~ConfigNode();

  bool has(std::string_view key) const;
  /// For keys that accept more than one kind of value: `kind(key) == ConfigKind::table`.
  ConfigKind kind(std::string_view key) const;

  std::string text(std::string_view key) const;
  std::string text(std::string_view key, std::string_view fallback) const;
  /// One of `accepted`; the message lists them and the nearest.
  std::string choice(std::string_view key, std::span<const std::string> accepted,
                     std::optional<std::string> fallback = std::nullopt) const;
  /// Any finite number, integer or floating.
  double number(std::string_view key) const;
  double number(std::string_view key, double fallback) const;
  /// A finite number above zero.
  double positive(std::string_view key) const;
  double positive(std::string_view key, double fallback) const;
  /// A finite number of 0 or more.
  double at_least_zero(std::string_view key, double fallback) const;
  /// A finite number within [low, high].
  double within(std::string_view key, double low, double high, std::optional<double> fallback = std::nullopt) const;
  /// So large that nobody counts further, and far enough from overflow for what is computed from it.
  static constexpr std::int64_t most_count = 1'000'000'000'000'000;
  /// An integer within [least, most].
  std::int64_t count(std::string_view key, std::int64_t least = 1, std::int64_t most = most_count) const;
  std::int64_t count_or(std::string_view key, std::int64_t fallback, std::int64_t least = 1,
                        std::int64_t most = most_count) const;
  /// The key of random numbers: any integer of 0 or more.
  std::uint64_t seed(std::string_view key, std::uint64_t fallback) const;
  bool flag(std::string_view key, bool fallback) const;

  /// A string or an array of strings.
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback) const;
  /// A number or an array of numbers.
  std::vector<double> numbers(std::string_view key) const;
  std::vector<double> numbers(std::string_view key, std::vector<double> fallback) const;
  /// A path, relative to the folder of the configuration file unless absolute.
  std::filesystem::path path(std::string_view key) const;
  /// All that path() has given out so far, of every table of this configuration, by dotted key.
  const std::map<std::string, std::filesystem::path>& paths() const noexcept;

  /// The table under `key`; table() fails where it is absent.
  ConfigNode table(std::string_view key) const;
  std::optional<ConfigNode> find_table(std::string_view key) const;
  /// The tables of an array of tables (`[[region]]`), empty where it is absent.
  std::vector<ConfigNode> list(std::string_view key) const;

  /// This table laid over another of the same configuration: its keys, and those of `base` that it lacks. Tables and
  /// arrays under a key are replaced whole.
  ConfigNode over(const ConfigNode& base) const;

  /// Every value of this table and those in it as text, by its dotted key: `simulation[0].record[1]`, `"h"`. They do
  /// not count as read. Two configurations that say the same give the same.
  std::vector<std::pair<std::string, std::string>> flatten() const;

  /// The folder that relative paths start from.
  const std::filesystem::path& folder() const noexcept;
  /// The whole text of the configuration as it was given, and the overrides applied to it.
  const std::string& source() const noexcept;
  const std::vector<std::string>& overrides() const noexcept;

  /// The keys of this table that are present, sorted (they do not count as read).
  std::vector<std::string> keys() const;

  /// `file:line:column` of a key of this table, or of the table itself for "".
  std::string where(std::string_view key = "") const;
  /// Dotted name of a key of this table, for instance `region[0].tau`.
  std::string dotted(std::string_view key = "") const;

  /// Throws a ConfigError at a key of this table ("": the table itself).
  [[noreturn]] void fail(std::string_view key, std::string_view problem) const;

  /// Throws for the first key that nobody read, with the keys that were asked for and the nearest.
  void finish() const;

 private:
  struct State;
  explicit ConfigNode(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  ///< shared by copies of this node, so that they know what was read
};

}  // namespace mrnn
