// Overrides given on the command line: `--set a.b=value`.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "config/config_document.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

constexpr std::size_t most_parts = 32;

/// A value on its way into the configuration. It is kept inside the table it was parsed in, because only
/// moving keeps the position, which is how messages name the override.
class Override {
 public:
  explicit Override(const std::string& text) : where_("--set " + text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      throw ConfigError(where_, "", "there is no \"=\"; an override is written key=value, as in network.dt=5");
    }
    split(std::string_view(text).substr(0, equals));
    value_ = parse_value(std::string_view(text).substr(equals + 1));
  }

  const std::vector<std::string>& parts() const { return parts_; }
  std::string dotted(std::size_t count) const { return join(std::span(parts_).first(count), "."); }
  [[noreturn]] void fail(std::size_t parts, const std::string& problem) const {
    throw ConfigError(where_, dotted(parts), problem);
  }

  void put_into(toml::table& table, const std::string& key) { put_into(table, key, value_); }
  void put_into(toml::array& array, std::size_t index) {
    array.erase(array.cbegin() + static_cast<std::ptrdiff_t>(index));
    value_.get("value")->visit(
        [&](auto& value) { array.insert(array.cbegin() + static_cast<std::ptrdiff_t>(index), std::move(value)); });
  }
  /// A table that was not there; its position is this override.
  toml::table& add_table(toml::table& table, const std::string& key) const {
    toml::table empty = toml::parse("value = {}", where_);
    put_into(table, key, empty);
    return *table.get(key)->as_table();
  }

 private:
  static void put_into(toml::table& table, const std::string& key, toml::table& holder) {
    holder.get("value")->visit([&](auto& value) { table.insert_or_assign(key, std::move(value)); });
  }

  void split(std::string_view keys) {
    std::size_t begin = 0;
    while (true) {
      const std::size_t dot = std::min(keys.find('.', begin), keys.size());
      std::string_view part = keys.substr(begin, dot - begin);
      while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
      while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
      if (part.empty()) throw ConfigError(where_, "", "a part of the key is empty; an override is written key=value");
      parts_.emplace_back(part);
      if (parts_.size() > most_parts) throw ConfigError(where_, "", "the key has too many parts");
      if (dot == keys.size()) return;
      begin = dot + 1;
    }
  }

  /// `{ value = ... }`, with the text as a TOML value, or else as a string.
  toml::table parse_value(std::string_view text) const {
    const bool one_line = text.find('\n') == std::string_view::npos;
    if (one_line && line_of_too_deep_key(text) == 0) {
      try {
        return toml::parse("value = " + std::string(text), where_);
      } catch (const toml::parse_error&) {  // not TOML, so a string without its quotes
      }
    }
    toml::table holder = toml::parse("value = ''", where_);
    **holder.get("value")->as_string() = std::string(text);
    return holder;
  }

  std::string where_;
  std::vector<std::string> parts_;
  toml::table value_;  ///< `{ value = ... }`
};

std::optional<std::size_t> as_index(const std::string& part) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
  return index;
}

/// The element that part `depth` of the key names, by its label or its number.
std::size_t find_element(const toml::array& array, const Override& change, std::size_t depth) {
  const std::string& part = change.parts()[depth];
  if (const auto index = as_index(part)) {
    if (*index < array.size()) return *index;
    change.fail(depth, fmt::format("there is no element {}; there are {}, counted from 0", part, array.size()));
  }
  std::vector<std::string> labels;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::string label = element_label(array[i]);
    if (label.empty()) continue;
    if (label == part && found) {
      change.fail(depth, fmt::format("more than one is called \"{}\"; name it by its number, counted from 0", part));
    }
    if (label == part) found = i;
    labels.push_back(label);
  }
  if (found) return *found;
  if (labels.empty() && !array.empty()) {
    change.fail(depth, fmt::format("the elements have no names; name one by its number, 0 to {}", array.size() - 1));
  }
  change.fail(depth, unknown_name(change.parts()[depth - 1], part, labels));
}

/// `region.gpe.units=5` is about an element of [[region]], so it cannot make [region] where there is none.
void check_array_is_there(const toml::table& root, const Override& change) {
  constexpr std::array arrays = {"region", "input", "connection", "output", "manipulation", "simulation", "analysis"};
  const auto& parts = change.parts();
  if (parts.size() < 2 || root.contains(parts[0])) return;
  if (std::find(arrays.begin(), arrays.end(), parts[0]) == arrays.end()) return;
  change.fail(1, unknown_name(parts[0], parts[1], {}) + fmt::format("; there is no [[{}]]", parts[0]));
}

/// A configuration without [[simulation]] means one called `control`; it can be reached before it exists.
void add_default_simulation(toml::table& root, Override& change) {
  const auto& parts = change.parts();
  if (parts.size() < 3 || parts[0] != "simulation" || parts[1] != "control" || root.contains("simulation")) return;
  root.insert("simulation", toml::array{});
  toml::array& simulations = *root.get("simulation")->as_array();
  simulations.push_back(toml::table{});
  simulations[0].as_table()->insert("name", "control");
}

}  // namespace

void apply_override(toml::table& root, const std::string& text) {
  Override change(text);
  add_default_simulation(root, change);
  check_array_is_there(root, change);
  const auto& parts = change.parts();
  toml::node* here = &root;
  for (std::size_t depth = 0; depth < parts.size(); ++depth) {
    const bool last = depth + 1 == parts.size();
    if (toml::table* table = here->as_table()) {
      if (last) return change.put_into(*table, parts[depth]);
      toml::node* next = table->get(parts[depth]);
      here = next ? next : &change.add_table(*table, parts[depth]);
    } else if (toml::array* array = here->as_array()) {
      const std::size_t index = find_element(*array, change, depth);
      if (last) return change.put_into(*array, index);
      here = array->get(index);
    } else {
      change.fail(depth, fmt::format("is {}; nothing below it can be set", describe(*here)));
    }
  }
}

}  // namespace mrnn
