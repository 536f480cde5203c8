#include "figures/figure_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace mrnn {
namespace {

/// Length in bytes of the UTF-8 character at `at`; 0 where the bytes are not UTF-8.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  std::size_t length = 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) length = 2;
  if (first >= 0xE0 && first < 0xF0) length = 3;
  if (first >= 0xF0 && first < 0xF5) length = 4;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = at + 1; i < at + length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(at + 1) < 0xA0) return 0;   // overlong
  if (first == 0xED && byte(at + 1) >= 0xA0) return 0;  // surrogates
  if (first == 0xF0 && byte(at + 1) < 0x90) return 0;
  if (first == 0xF4 && byte(at + 1) >= 0x90) return 0;
  return length;
}

/// U+0080 to U+009F, U+2028, U+2029 and U+FFFE, U+FFFF: control characters, line ends and what XML forbids.
bool is_unprintable(std::string_view character) {
  if (character.size() == 1) return static_cast<std::uint8_t>(character[0]) < 0x20 || character[0] == 0x7F;
  if (character.size() == 2) return character[0] == '\xC2' && static_cast<std::uint8_t>(character[1]) < 0xA0;
  return character == "\u2028" || character == "\u2029" || character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

/// The number of a valid UTF-8 character.
std::uint32_t code_point(std::string_view character) {
  constexpr std::array<std::uint32_t, 5> payload{0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<std::uint8_t>(character[0]) & payload[character.size()];
  for (const char byte : character.substr(1)) code = code << 6U | (static_cast<std::uint8_t>(byte) & 0x3FU);
  return code;
}

/// Whether the fonts DejaVu have it, which nearly every installation has: only the parts of Unicode whose letters are
/// of use in names and units.
bool is_common(std::uint32_t code) {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 22> common{{
      {0x20, 0x7E},     {0xA0, 0x2E9},    {0x300, 0x34F},   {0x370, 0x377},   {0x37A, 0x37F},   {0x384, 0x38A},
      {0x38C, 0x38C},   {0x38E, 0x3A1},   {0x3A3, 0x525},   {0x1D2C, 0x1D2E}, {0x1D43, 0x1D5B}, {0x1D62, 0x1D6A},
      {0x1E00, 0x1EFB}, {0x2000, 0x2064}, {0x2070, 0x2071}, {0x2074, 0x208E}, {0x2090, 0x209C}, {0x20A0, 0x20B5},
      {0x2100, 0x2109}, {0x210B, 0x2149}, {0x2150, 0x2185}, {0x2190, 0x2311},
  }};
  const auto holds = [&](const auto& part) { return part.first <= code && code <= part.second; };
  return std::ranges::any_of(common, holds) || (0x2500 <= code && code <= 0x269C);
}

/// Width in units of the font size.
double character_width(std::string_view character) {
  if (character == "\u2212") return 0.6;              // minus
  if (character.starts_with("\xE2\x81")) return 0.4;  // superscripts
  if (character.size() > 2) return 1.0;
  if (character.size() == 2) return 0.62;
  const char c = character[0];
  if (std::string_view("ijl'|.,:;!").find(c) != std::string_view::npos) return 0.26;
  if (std::string_view("ft()[]{}/\\-r` \"").find(c) != std::string_view::npos) return 0.33;
  if (std::string_view("mMW@%").find(c) != std::string_view::npos) return 0.88;
  if (c >= 'A' && c <= 'Z') return 0.7;
  if (std::string_view("w+=<>~").find(c) != std::string_view::npos) return 0.66;
  return 0.56;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const std::string_view character = text.substr(at, std::max<std::size_t>(length, 1));
    if (length == 0) {
      clean += '?';
    } else if (is_unprintable(character)) {
      clean += ' ';
    } else {
      clean += character;
    }
    at += character.size();
  }
  return clean;
}

std::string plain_letters(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const std::string_view character = text.substr(at, std::max<std::size_t>(length, 1));
    if (length > 0 && (is_unprintable(character) || is_common(code_point(character)))) {
      plain += character;
    } else {
      plain += '?';
    }
    at += character.size();
  }
  return plain;
}

double text_width(std::string_view text, Lettering lettering) {
  double width = 0.0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(character_length(text, at), 1);
    width += character_width(text.substr(at, length));
    at += length;
  }
  return width * lettering.size * (lettering.bold ? 1.08 : 1.0);
}

std::string fit_text(const std::string& text, double width, Lettering lettering) {
  if (text_width(text, lettering) <= width) return text;
  const std::string ellipsis = "\u2026";
  std::string fitted;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(character_length(text, at), 1);
    const std::string longer = fitted + text.substr(at, length);
    if (text_width(longer + ellipsis, lettering) > width) break;
    fitted = longer;
    at += length;
  }
  return fitted + ellipsis;
}

std::vector<std::string> wrap_text(const std::string& text, double width, Lettering lettering, std::size_t most) {
  std::vector<std::string> lines;
  std::string rest = text;
  while (!rest.empty() && lines.size() + 1 < most && text_width(rest, lettering) > width) {
    std::size_t cut = std::string::npos;
    for (std::size_t blank = rest.find(' '); blank != std::string::npos; blank = rest.find(' ', blank + 1)) {
      if (text_width(std::string_view(rest).substr(0, blank), lettering) > width) break;
      cut = blank;
    }
    if (cut == std::string::npos) break;
    lines.push_back(rest.substr(0, cut));
    rest.erase(0, cut + 1);
  }
  if (!rest.empty()) lines.push_back(fit_text(rest, width, lettering));
  return lines;
}

}  // namespace mrnn
