#include "mrnn/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <tuple>

#include "config/config_document.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {

/// A table, and the document it is part of. The record of the keys asked for is kept per table in the
/// document, so that two readers of one table (`[network]`) know of each other.
struct ConfigNode::State {
  std::shared_ptr<ConfigDocument> document;  ///< shared by all nodes of one configuration
  const toml::table* table = nullptr;
  std::string prefix;                 ///< dotted name of this table, empty for the root
  const toml::table* base = nullptr;  ///< beneath this table: has the keys that it lacks
  std::string base_prefix;

  const toml::node* get(std::string_view key) const {
    const toml::node* value = table->get(key);
    return !value && base ? base->get(key) : value;
  }
  const toml::node* look_up(std::string_view key) const {
    document->asked[table].emplace(key);
    if (base) document->asked[base].emplace(key);
    return get(key);
  }
  std::string dotted(std::string_view key) const {
    if (key.empty()) return prefix;
    const std::string& owner = base && !table->get(key) && base->get(key) ? base_prefix : prefix;
    return owner.empty() ? std::string(key) : owner + "." + std::string(key);
  }
  /// Keys of this table and the one beneath, in order of the alphabet.
  std::set<std::string> keys() const {
    std::set<std::string> all;
    for (const toml::table* part : {table, base}) {
      if (!part) continue;
      for (const auto& [key, value] : *part) all.emplace(key.str());
    }
    return all;
  }
  [[noreturn]] void reject(const toml::node& value, std::string key, std::string problem) const {
    throw ConfigError(document->position(value), std::move(key), std::move(problem));
  }
  [[noreturn]] void reject_type(const toml::node& value, std::string key, std::string_view accepted) const {
    reject(value, std::move(key), fmt::format("is {}; {} is accepted", describe(value), accepted));
  }
  /// Keys of this table that nobody has asked for yet.
  std::vector<std::string> unread() const {
    std::vector<std::string> keys;
    for (const std::string& name : this->keys()) {
      if (!document->asked[table].contains(name)) keys.push_back(name);
    }
    return keys;
  }
  const toml::node& required(std::string_view key, std::string_view accepted) const {
    const toml::node* value = look_up(key);
    if (!value) {
      const std::string misspelt = nearest(key, unread());
      const toml::node* at = misspelt.empty() ? nullptr : get(misspelt);
      throw ConfigError(document->position(at ? *at : *table), dotted(key),
                        fmt::format("is missing; {} is required{}", accepted,
                                    at ? fmt::format(". Is \"{}\" meant to be it?", misspelt) : ""));
    }
    return *value;
  }

  std::string as_text(const toml::node& value, const std::string& key) const {
    if (!value.is_string()) reject_type(value, key, "a string");
    return **value.as_string();
  }
  /// @param accepted  for the message when the value is of another type
  double as_number(const toml::node& value, const std::string& key, std::string_view accepted = "a number") const {
    if (value.is_integer()) return static_cast<double>(**value.as_integer());  // a boolean is none
    if (!value.is_floating_point()) reject_type(value, key, accepted);
    const double number = **value.as_floating_point();
    if (!std::isfinite(number)) reject(value, key, fmt::format("is {}; a finite number is accepted", number));
    return number;
  }
  double as_positive(const toml::node& value, const std::string& key) const {
    const double number = as_number(value, key, "a number above 0");
    if (number <= 0.0) reject(value, key, fmt::format("is {}; a number above 0 is accepted", number));
    return number;
  }
  std::int64_t as_count(const toml::node& value, const std::string& key, std::int64_t least, std::int64_t most) const {
    const std::string accepted = fmt::format("an integer of at least {}", least);
    if (!value.is_integer()) reject_type(value, key, accepted);
    const std::int64_t count = **value.as_integer();
    if (count < least) reject(value, key, fmt::format("is {}; {} is accepted", count, accepted));
    if (count > most) reject(value, key, fmt::format("is {}; at most {} is accepted", count, most));
    return count;
  }
  std::vector<std::string> as_texts(const toml::node& value, const std::string& key) const {
    if (value.is_string()) return {**value.as_string()};
    const toml::array* array = value.as_array();
    if (!array) reject_type(value, key, "a string or an array of strings");
    std::vector<std::string> texts;
    for (const toml::node& element : *array)
      texts.push_back(as_text(element, fmt::format("{}[{}]", key, texts.size())));
    return texts;
  }
  std::vector<double> as_numbers(const toml::node& value, const std::string& key) const {
    const toml::array* array = value.as_array();
    if (!array) return {as_number(value, key, "a number or an array of numbers")};
    std::vector<double> numbers;
    for (const toml::node& element : *array) {
      numbers.push_back(as_number(element, fmt::format("{}[{}]", key, numbers.size())));
    }
    return numbers;
  }
};

namespace {

std::string value_text(const toml::node& value) {
  std::ostringstream text;
  value.visit([&text](const auto& concrete) { text << concrete; });
  return text.str();
}

/// Adds the leaves below a node, each under its dotted key. Tables and arrays of nothing are leaves too.
void add_values(const toml::node& node, const std::string& name,
                std::vector<std::pair<std::string, std::string>>& values) {
  const toml::table* table = node.as_table();
  const toml::array* array = node.as_array();
  if (table && (!table->empty() || name.empty())) {
    for (const auto& [key, value] : *table) {
      add_values(value, name.empty() ? std::string(key.str()) : name + "." + std::string(key.str()), values);
    }
  } else if (array && !array->empty()) {
    for (std::size_t k = 0; k < array->size(); ++k) add_values((*array)[k], fmt::format("{}[{}]", name, k), values);
  } else {
    values.emplace_back(name, value_text(node));
  }
}

}  // namespace

ConfigNode ConfigNode::read_file(const std::filesystem::path& file, std::span<const std::string> overrides) {
  const std::string text = read_text_file(file);
  if (file.extension() == ".json") {
    throw ConfigError(file.string(), "",
                      "is JSON; a configuration in TOML names a network of mRNNTorch as network.file, and mrnn convert "
                      "makes TOML of it");
  }
  return parse(text, file.string(), file.has_parent_path() ? file.parent_path() : ".", overrides);
}

ConfigNode ConfigNode::parse(std::string_view text, std::string origin, std::filesystem::path folder,
                             std::span<const std::string> overrides) {
  auto document = std::make_shared<ConfigDocument>();
  document->origin = origin.empty() ? "configuration" : std::move(origin);
  document->folder = std::move(folder);
  parse_document(*document, text, overrides);
  auto state = std::make_shared<State>();
  state->table = &document->root;
  state->document = std::move(document);
  return ConfigNode(std::move(state));
}

ConfigNode::ConfigNode(std::shared_ptr<State> state) : state_(std::move(state)) {}
ConfigNode::ConfigNode(const ConfigNode&) = default;
ConfigNode& ConfigNode::operator=(const ConfigNode&) = default;
ConfigNode::ConfigNode(ConfigNode&&) noexcept = default;
ConfigNode& ConfigNode::operator=(ConfigNode&&) noexcept = default;
ConfigNode::~ConfigNode() = default;

bool ConfigNode::has(std::string_view key) const {
  return state_->look_up(key) != nullptr;
}

ConfigKind ConfigNode::kind(std::string_view key) const {
  const toml::node* value = state_->look_up(key);
  if (!value) return ConfigKind::absent;
  if (value->is_string()) return ConfigKind::text;
  if (value->is_number()) return ConfigKind::number;
  if (value->is_boolean()) return ConfigKind::flag;
  if (value->is_array()) return ConfigKind::list;
  return value->is_table() ? ConfigKind::table : ConfigKind::other;
}

std::string ConfigNode::text(std::string_view key) const {
  return state_->as_text(state_->required(key, "a string"), dotted(key));
}

std::string ConfigNode::text(std::string_view key, std::string_view fallback) const {
  const toml::node* value = state_->look_up(key);
  return value ? state_->as_text(*value, dotted(key)) : std::string(fallback);
}

std::string ConfigNode::choice(std::string_view key, std::span<const std::string> accepted,
                               std::optional<std::string> fallback) const {
  const std::string one_of = "one of " + join(accepted);
  if (!state_->look_up(key) && fallback) return *std::move(fallback);
  const toml::node& value = state_->required(key, one_of);
  if (!value.is_string()) state_->reject_type(value, dotted(key), one_of);
  const std::string chosen = **value.as_string();
  if (std::find(accepted.begin(), accepted.end(), chosen) != accepted.end()) return chosen;
  std::string problem = fmt::format("is \"{}\"; accepted: {}", chosen, join(accepted));
  if (const std::string near = nearest(chosen, accepted); !near.empty()) {
    problem += fmt::format(". Did you mean \"{}\"?", near);
  }
  state_->reject(value, dotted(key), std::move(problem));
}

double ConfigNode::number(std::string_view key) const {
  return state_->as_number(state_->required(key, "a number"), dotted(key));
}

double ConfigNode::number(std::string_view key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

double ConfigNode::positive(std::string_view key) const {
  return state_->as_positive(state_->required(key, "a number above 0"), dotted(key));
}

double ConfigNode::positive(std::string_view key, double fallback) const {
  return has(key) ? positive(key) : fallback;
}

double ConfigNode::at_least_zero(std::string_view key, double fallback) const {
  const double value = number(key, fallback);
  if (value < 0.0) fail(key, fmt::format("is {}; a number of 0 or more is accepted", value));
  return value;
}

double ConfigNode::within(std::string_view key, double low, double high, std::optional<double> fallback) const {
  if (!state_->look_up(key) && fallback) return *fallback;
  const std::string accepted = fmt::format("a number from {} to {}", low, high);
  const toml::node& value = state_->required(key, accepted);
  const double number = state_->as_number(value, dotted(key), accepted);
  if (number < low || number > high) {
    state_->reject(value, dotted(key), fmt::format("is {}; {} is accepted", number, accepted));
  }
  return number;
}

std::int64_t ConfigNode::count(std::string_view key, std::int64_t least, std::int64_t most) const {
  const toml::node& value = state_->required(key, fmt::format("an integer of at least {}", least));
  return state_->as_count(value, dotted(key), least, most);
}

std::int64_t ConfigNode::count_or(std::string_view key, std::int64_t fallback, std::int64_t least,
                                  std::int64_t most) const {
  return has(key) ? count(key, least, most) : fallback;
}

std::uint64_t ConfigNode::seed(std::string_view key, std::uint64_t fallback) const {
  if (!has(key)) return fallback;
  return static_cast<std::uint64_t>(count(key, 0, std::numeric_limits<std::int64_t>::max()));
}

bool ConfigNode::flag(std::string_view key, bool fallback) const {
  const toml::node* value = state_->look_up(key);
  if (!value) return fallback;
  if (!value->is_boolean()) state_->reject_type(*value, dotted(key), "true or false");
  return **value->as_boolean();
}

std::vector<std::string> ConfigNode::texts(std::string_view key) const {
  return state_->as_texts(state_->required(key, "a string or an array of strings"), dotted(key));
}

std::vector<std::string> ConfigNode::texts(std::string_view key, std::vector<std::string> fallback) const {
  return has(key) ? texts(key) : std::move(fallback);
}

std::vector<double> ConfigNode::numbers(std::string_view key) const {
  return state_->as_numbers(state_->required(key, "a number or an array of numbers"), dotted(key));
}

std::vector<double> ConfigNode::numbers(std::string_view key, std::vector<double> fallback) const {
  return has(key) ? numbers(key) : std::move(fallback);
}

std::filesystem::path ConfigNode::path(std::string_view key) const {
  const std::string name = text(key);
  if (name.empty()) fail(key, "is empty; a path is accepted");
  if (name.find('\0') != std::string::npos) fail(key, "contains a NUL character; a path is accepted");
  return state_->document->paths[dotted(key)] = state_->document->folder / name;  // an absolute one replaces the folder
}

const std::map<std::string, std::filesystem::path>& ConfigNode::paths() const noexcept {
  return state_->document->paths;
}

ConfigNode ConfigNode::table(std::string_view key) const {
  const toml::node& value = state_->required(key, fmt::format("a table [{}]", dotted(key)));
  if (!value.is_table()) state_->reject_type(value, dotted(key), "a table");
  return ConfigNode(std::make_shared<State>(State{state_->document, value.as_table(), dotted(key), nullptr, {}}));
}

std::optional<ConfigNode> ConfigNode::find_table(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return table(key);
}

std::vector<ConfigNode> ConfigNode::list(std::string_view key) const {
  const toml::node* value = state_->look_up(key);
  if (!value) return {};
  const toml::array* array = value->as_array();
  if (!array) state_->reject_type(*value, dotted(key), fmt::format("an array of tables ([[{}]])", dotted(key)));
  std::vector<ConfigNode> nodes;
  for (const toml::node& element : *array) {
    std::string name = fmt::format("{}[{}]", dotted(key), nodes.size());
    if (!element.is_table()) state_->reject_type(element, name, "a table");
    nodes.push_back(
        ConfigNode(std::make_shared<State>(State{state_->document, element.as_table(), std::move(name), nullptr, {}})));
  }
  return nodes;
}

ConfigNode ConfigNode::over(const ConfigNode& base) const {
  return ConfigNode(std::make_shared<State>(
      State{state_->document, state_->table, state_->prefix, base.state_->table, base.state_->prefix}));
}

std::vector<std::pair<std::string, std::string>> ConfigNode::flatten() const {
  std::vector<std::pair<std::string, std::string>> values;
  add_values(*state_->table, state_->prefix, values);
  return values;
}

const std::filesystem::path& ConfigNode::folder() const noexcept {
  return state_->document->folder;
}
const std::string& ConfigNode::source() const noexcept {
  return state_->document->text;
}
const std::vector<std::string>& ConfigNode::overrides() const noexcept {
  return state_->document->overrides;
}

std::vector<std::string> ConfigNode::keys() const {
  const std::set<std::string> all = state_->keys();
  return {all.begin(), all.end()};
}

std::string ConfigNode::where(std::string_view key) const {
  const toml::node* value = key.empty() ? nullptr : state_->get(key);
  return state_->document->position(value ? *value : *state_->table);
}

std::string ConfigNode::dotted(std::string_view key) const {
  return state_->dotted(key);
}

void ConfigNode::fail(std::string_view key, std::string_view problem) const {
  throw ConfigError(where(key), dotted(key), std::string(problem));
}

void ConfigNode::finish() const {
  const auto& asked = state_->document->asked[state_->table];
  std::vector<std::tuple<bool, toml::source_index, toml::source_index, std::string>> unread;
  for (const std::string& key : state_->unread()) {
    const toml::source_region& source = state_->get(key)->source();
    const bool from_override = source.path != state_->document->root.source().path;
    unread.emplace_back(from_override, source.begin.line, source.begin.column, key);
  }
  if (unread.empty()) return;
  // The first in the file, because the tables are sorted by key and readers of a message by line.
  const std::string key = std::get<std::string>(*std::min_element(unread.begin(), unread.end()));
  const std::vector<std::string> accepted(asked.begin(), asked.end());
  std::string problem =
      fmt::format("unknown key; {} accepts: {}", state_->prefix.empty() ? "the configuration" : "this table",
                  list_words(accepted, " "));
  if (const std::string near = nearest(key, accepted); !near.empty()) {
    problem += fmt::format(". Did you mean \"{}\"?", near);
  }
  fail(key, problem);
}

}  // namespace mrnn
