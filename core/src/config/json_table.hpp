#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mrnn {

/// Parses JSON text, keeping the order of keys.
/// @throws ConfigError `origin:line:column: message` for what is no JSON, for the same key twice in one object, and for
/// nesting that no network needs.
nlohmann::ordered_json parse_json(std::string_view text, const std::string& origin);

/// What is wrong with a document. The library's words for a value of a wrong type are about its own functions.
std::string json_problem(const nlohmann::ordered_json::exception& error);

/// One object of a JSON file, with the manners of ConfigNode: the keys read are recorded, and finish() rejects
/// the others. A key whose value is null counts as absent; keys that begin with `__comment` are ignored.
/// Refers to the parsed document, which must outlive it.
class JsonTable {
 public:
  /// @param path  of this object within the file, for messages; empty for the whole
  JsonTable(const nlohmann::ordered_json& value, std::string origin, std::string path);

  bool has(std::string_view key) { return find(key) != nullptr; }
  std::string text(std::string_view key);
  std::string text(std::string_view key, std::string_view fallback);
  double number(std::string_view key, double fallback);
  double within(std::string_view key, double low, double high, double fallback);
  std::int64_t count(std::string_view key);
  bool flag(std::string_view key, bool fallback);
  /// The objects of an array; none where it is absent, null, or an empty object.
  std::vector<JsonTable> list(std::string_view key);
  /// The numbers of an object, in the file's order; none where it is absent or null.
  std::vector<std::pair<std::string, double>> named_numbers(std::string_view key);
  /// Accepts a key whatever its value, without using it.
  void ignore(std::string_view key) { asked_.emplace(key); }

  /// `net.json: recurrent_regions[0]`, to stand before what is said of it.
  std::string where() const { return path_.empty() ? origin_ : origin_ + ": " + path_; }
  [[noreturn]] void fail(std::string_view key, std::string problem) const;
  /// Throws for the first key that nobody read.
  void finish() const;

 private:
  const nlohmann::ordered_json* find(std::string_view key);
  const nlohmann::ordered_json& required(std::string_view key, std::string_view accepted);
  [[noreturn]] void fail_type(const nlohmann::ordered_json& value, std::string_view key,
                              std::string_view accepted) const;
  std::string dotted(std::string_view key) const;

  const nlohmann::ordered_json* value_;
  std::string origin_, path_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace mrnn
