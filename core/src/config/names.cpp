#include "mrnn/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace mrnn {
namespace {

constexpr std::size_t longest_name = 256;  // that is compared with others

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

/// Edit distance in half steps: 2 for a letter inserted, left out, exchanged or swapped with its
/// neighbour (optimal string alignment), 1 for a letter in the other case.
std::size_t half_steps(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = 2 * j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = 2 * i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char x = a[i - 1], y = b[j - 1];
      const std::size_t exchange = x == y ? 0 : lower(x) == lower(y) ? 1 : 2;
      row[j] = std::min({last[j] + 2, row[j - 1] + 2, last[j - 1] + exchange});
      if (i > 1 && j > 1 && x == b[j - 2] && a[i - 2] == y) row[j] = std::min(row[j], before_last[j - 2] + 2);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

/// Is it made of letters of the word, the first one among them, in their order?
bool abbreviates(std::string_view name, std::string_view word) {
  if (name.size() < 2 || word.empty() || lower(name.front()) != lower(word.front())) return false;
  std::size_t found = 0;
  for (const char letter : word) {
    if (found < name.size() && lower(letter) == lower(name[found])) ++found;
  }
  return found == name.size();
}

/// Is a part one of the words, or several in a row, that underscores divide a name into?
bool is_word_of(std::string_view part, std::string_view name) {
  const auto divided = [](std::string_view words) { return "_" + std::string(words) + "_"; };
  return !part.empty() && divided(name).find(divided(part)) != std::string::npos;
}

/// The only candidate that says the same in a shorter or a longer way; empty where there are none or several.
std::string shorter_or_longer(std::string_view name, std::span<const std::string> candidates) {
  std::string found;
  for (const std::string& candidate : candidates) {
    if (std::max(name.size(), candidate.size()) > longest_name) continue;
    if (!abbreviates(name, candidate) && !is_word_of(candidate, name) && !is_word_of(name, candidate)) continue;
    if (!found.empty()) return "";
    found = candidate;
  }
  return found;
}

}  // namespace

bool is_name(std::string_view name) noexcept {
  const auto follows = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), follows);
}

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
  std::size_t least = std::numeric_limits<std::size_t>::max();
  std::string found;
  for (const std::string& candidate : candidates) {
    const std::size_t longer = std::max(name.size(), candidate.size());
    const std::size_t shorter = std::min(name.size(), candidate.size());
    // A third of the letters may differ, one at least; that also spares us the table for a monstrous name.
    const std::size_t near = std::max<std::size_t>(2, 2 * longer / 3);
    if (2 * (longer - shorter) > near || longer > longest_name) continue;
    const std::size_t distance = half_steps(name, candidate);
    if (distance > near && !same_but_for_case(name, candidate)) continue;
    if (distance >= 2 * longer || distance >= least) continue;
    least = distance;
    found = candidate;
  }
  return found.empty() ? shorter_or_longer(name, candidates) : found;
}

std::string unknown_name(std::string_view kind, std::string_view name, std::span<const std::string> candidates) {
  std::string text =
      "no " + std::string(kind) + " called \"" + std::string(name) + "\"; available: " + list_words(candidates);
  const std::string near = nearest(name, candidates);
  if (!near.empty()) text += ". Did you mean \"" + near + "\"?";
  return text;
}

std::string join(std::span<const std::string> words, std::string_view separator) {
  if (words.empty()) return "";
  std::string text = words.front();
  for (const std::string& word : words.subspan(1)) text.append(separator).append(word);
  return text;
}

std::string list_words(std::span<const std::string> words, std::string_view separator) {
  return words.empty() ? "none" : join(words, separator);
}

std::string number_words(double value, int digits) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}g}", value, digits);
}

}  // namespace mrnn
