#include "config/config_document.hpp"

#include <fmt/format.h>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// TOML limits the nesting of brackets (toml++: 256) but not of dotted keys, and toml++ frees nested
/// tables by recursion: `a.a.a. ... = 1` of 100,000 parts would exhaust the stack.
constexpr int deepest_key = 32;

/// Walks over TOML text far enough to tell keys from strings and comments.
class KeyScanner {
 public:
  explicit KeyScanner(std::string_view text) : text_(text) {}

  /// Line (from 1) of the first key of more than `deepest_key` parts, 0 where there is none.
  int too_deep() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        skip_comment();
        continue;
      }
      if (c == '.') {
        if (++dots_ >= deepest_key) return line_;
      } else if (c == '=' || c == ',' || c == ']' || c == '[' || c == '{' || c == '}' || c == '\n') {
        dots_ = 0;
      }
      advance();
    }
    return 0;
  }

 private:
  void advance() {
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }
  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') advance();
  }
  /// A string ends at its own quote, or at three of them when it begins with three; toml++ says what is wrong
  /// with one that does not end.
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool multiline = text_.substr(at_, 3) == three;
    at_ += multiline ? 3 : 1;
    while (at_ < text_.size()) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        advance();
      } else if (multiline ? text_.substr(at_, 3) == three : text_[at_] == quote || text_[at_] == '\n') {
        at_ += multiline ? 3 : text_[at_] == quote ? 1 : 0;
        return;
      }
      advance();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int dots_ = 0;
};

}  // namespace

int line_of_too_deep_key(std::string_view text) {
  return KeyScanner(text).too_deep();
}

std::string ConfigDocument::position(const toml::node& node) const {
  const toml::source_region& source = node.source();
  if (&node == &root || !source.path) return origin;
  if (source.path != root.source().path) return *source.path;  // an override
  return fmt::format("{}:{}:{}", origin, source.begin.line, source.begin.column);
}

void parse_document(ConfigDocument& document, std::string_view text, std::span<const std::string> overrides) {
  document.text = text;
  document.overrides.assign(overrides.begin(), overrides.end());
  if (const int line = line_of_too_deep_key(text); line > 0) {
    throw ConfigError(fmt::format("{}:{}", document.origin, line), "",
                      fmt::format("a key of more than {} parts; tables cannot be nested so deep", deepest_key));
  }
  try {
    document.root = toml::parse(text, document.origin);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw ConfigError(fmt::format("{}:{}:{}", document.origin, at.line, at.column), "",
                      std::string(error.description()));
  }
  for (const std::string& text_of_override : overrides) apply_override(document.root, text_of_override);
}

std::string_view describe(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a decimal point";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

std::string element_label(const toml::node& element) {
  const toml::table* table = element.as_table();
  if (!table) return "";
  for (const char* key : {"name", "plugin"}) {
    if (const toml::node* label = table->get(key); label && label->is_string()) return **label->as_string();
  }
  return "";
}

}  // namespace mrnn
