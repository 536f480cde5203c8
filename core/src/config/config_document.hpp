#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mrnn {

/// What is behind all ConfigNodes of one configuration: its values, and which keys were asked for.
struct ConfigDocument {
  toml::table root;  ///< moved, never copied: copies of toml++ nodes lose their positions
  std::string origin;
  std::string text;                                                       ///< as given
  std::vector<std::string> overrides;                                     ///< as given
  std::filesystem::path folder;                                           ///< what relative paths start from
  std::map<const toml::node*, std::set<std::string, std::less<>>> asked;  ///< keys read, per table
  std::map<std::string, std::filesystem::path> paths;                     ///< read, by dotted key

  /// `file:line:column` of a value, `--set a.b=value` for one that an override brought, the origin for the root.
  std::string position(const toml::node& node) const;
};

/// Parses `text` and applies the overrides, in order.
/// @throws ConfigError with position where it is not TOML, or where an override reaches nothing.
void parse_document(ConfigDocument& document, std::string_view text, std::span<const std::string> overrides);

/// Line (from 1) of the first key with more parts than can be nested safely, 0 where there is none.
int line_of_too_deep_key(std::string_view text);

/// Applies one `a.b=value` text.
void apply_override(toml::table& root, const std::string& text);

/// "a string", "an integer", ... for messages.
std::string_view describe(const toml::node& node);

/// What an element of an array of tables is called by: its `name`, else its `plugin`, else "".
std::string element_label(const toml::node& element);

}  // namespace mrnn
