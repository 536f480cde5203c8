#include "config/json_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

using Json = nlohmann::ordered_json;

constexpr int deepest = 64;  // levels; a network description has four

/// `file:line:column` of a byte, counted from 1 as the parser does.
std::string position(std::string_view text, const std::string& origin, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : std::min(byte - 1, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return fmt::format("{}:{}:{}", origin, line, column);
}

/// The parser's words without its own numbering: `[json.exception.parse_error.101] parse error at line 1, column 2: `.
std::string without_prefix(std::string text) {
  if (const std::size_t bracket = text.find("] "); bracket != std::string::npos) text.erase(0, bracket + 2);
  if (text.starts_with("parse error")) {
    if (const std::size_t colon = text.find(": "); colon != std::string::npos) text.erase(0, colon + 2);
  }
  return text;
}

std::string_view describe(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "an integer";
    case Json::value_t::number_float:
      return "a number with a decimal point";
    default:
      return "null";
  }
}

/// Watches the parser go: it takes any depth and any repetition of a key, we do not.
class Watch {
 public:
  explicit Watch(std::string origin) : origin_(std::move(origin)) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (depth >= deepest) {
      throw ConfigError(origin_, "", fmt::format("is nested more than {} levels deep; no network is", deepest));
    }
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start) {
      if (keys_.size() <= level + 1) keys_.resize(level + 2);
      keys_[level + 1].clear();
    } else if (event == Json::parse_event_t::key) {
      const std::string& key = parsed.get_ref<const std::string&>();
      if (!keys_[level].insert(key).second) throw ConfigError(origin_, key, "is there twice in one object");
    }
    return true;
  }

 private:
  std::string origin_;
  std::vector<std::set<std::string>> keys_;  ///< of the objects being read, per depth
};

}  // namespace

Json parse_json(std::string_view text, const std::string& origin) {
  try {
    Watch watch(origin);
    return Json::parse(text, std::ref(watch));
  } catch (const Json::parse_error& error) {
    throw ConfigError(position(text, origin, error.byte), "", without_prefix(error.what()));
  } catch (const Json::exception& error) {  // a number beyond all range
    throw ConfigError(origin, "", without_prefix(error.what()));
  }
}

std::string json_problem(const Json::exception& error) {
  constexpr int index_beyond_end = 401, missing_key = 403;
  if (dynamic_cast<const Json::parse_error*>(&error) != nullptr) return "no JSON: " + without_prefix(error.what());
  if (error.id == missing_key) return without_prefix(error.what());
  return error.id == index_beyond_end ? "a list is too short" : "a value is of another type than is needed there";
}

JsonTable::JsonTable(const Json& value, std::string origin, std::string path)
    : value_(&value), origin_(std::move(origin)), path_(std::move(path)) {
  if (!value.is_object()) {
    throw ConfigError(origin_, path_, fmt::format("is {}; an object is accepted", describe(value)));
  }
}

std::string JsonTable::text(std::string_view key) {
  const Json& value = required(key, "a string");
  if (!value.is_string()) fail_type(value, key, "a string");
  return value.get<std::string>();
}

std::string JsonTable::text(std::string_view key, std::string_view fallback) {
  return has(key) ? text(key) : std::string(fallback);
}

double JsonTable::number(std::string_view key, double fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_number()) fail_type(*value, key, "a number");
  return value->get<double>();
}

double JsonTable::within(std::string_view key, double low, double high, double fallback) {
  const double value = number(key, fallback);
  if (value < low || value > high)
    fail(key, fmt::format("is {}; a number from {} to {} is accepted", value, low, high));
  return value;
}

std::int64_t JsonTable::count(std::string_view key) {
  constexpr std::string_view accepted = "an integer of at least 1";
  const Json& value = required(key, accepted);
  if (!value.is_number_integer()) fail_type(value, key, accepted);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    fail(key, fmt::format("is {}, which does not fit into 64 bits", value.get<std::uint64_t>()));
  }
  const auto count = value.get<std::int64_t>();
  if (count < 1) fail(key, fmt::format("is {}; {} is accepted", count, accepted));
  return count;
}

bool JsonTable::flag(std::string_view key, bool fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_boolean()) fail_type(*value, key, "true or false");
  return value->get<bool>();
}

std::vector<JsonTable> JsonTable::list(std::string_view key) {
  std::vector<JsonTable> tables;
  const Json* value = find(key);
  if (!value || (value->is_object() && value->empty())) return tables;
  if (!value->is_array()) fail_type(*value, key, "an array of objects");
  for (const Json& element : *value) {
    tables.emplace_back(element, origin_, fmt::format("{}[{}]", dotted(key), tables.size()));
  }
  return tables;
}

std::vector<std::pair<std::string, double>> JsonTable::named_numbers(std::string_view key) {
  std::vector<std::pair<std::string, double>> numbers;
  const Json* value = find(key);
  if (!value) return numbers;
  if (!value->is_object()) fail_type(*value, key, "an object of numbers");
  for (const auto& [name, number] : value->items()) {
    if (!number.is_number()) fail_type(number, std::string(key) + "." + name, "a number");
    numbers.emplace_back(name, number.get<double>());
  }
  return numbers;
}

void JsonTable::fail(std::string_view key, std::string problem) const {
  throw ConfigError(origin_, dotted(key), std::move(problem));
}

void JsonTable::finish() const {
  for (const auto& [key, value] : value_->items()) {
    if (asked_.contains(key) || key.starts_with("__comment")) continue;
    const std::vector<std::string> accepted(asked_.begin(), asked_.end());
    std::string problem = "unknown key; this object accepts: " + list_words(accepted, " ");
    if (const std::string near = nearest(key, accepted); !near.empty()) {
      problem += fmt::format(". Did you mean \"{}\"?", near);
    }
    fail(key, std::move(problem));
  }
}

const Json* JsonTable::find(std::string_view key) {
  asked_.emplace(key);
  const auto found = value_->find(std::string(key));
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

const Json& JsonTable::required(std::string_view key, std::string_view accepted) {
  const Json* value = find(key);
  if (!value) fail(key, fmt::format("is missing; {} is required", accepted));
  return *value;
}

void JsonTable::fail_type(const Json& value, std::string_view key, std::string_view accepted) const {
  fail(key, fmt::format("is {}; {} is accepted", describe(value), accepted));
}

std::string JsonTable::dotted(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

}  // namespace mrnn
