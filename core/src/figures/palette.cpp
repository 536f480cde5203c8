#include "figures/palette.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mrnn/figure.hpp"

namespace mrnn {
namespace {

// Okabe & Ito (2008), their yellow replaced by an olive that shows on white.
constexpr std::array<Rgb, 8> okabe_ito{Rgb{0, 114, 178}, Rgb{213, 94, 0},   Rgb{0, 158, 115},  Rgb{204, 121, 167},
                                       Rgb{230, 159, 0}, Rgb{86, 180, 233}, Rgb{148, 148, 38}, Rgb{85, 85, 85}};

// ColorBrewer RdBu with grey, which shows on white, for its middle.
constexpr std::array<Rgb, 9> centred{Rgb{5, 48, 97},     Rgb{33, 102, 172},  Rgb{67, 147, 195},
                                     Rgb{146, 197, 222}, Rgb{136, 136, 136}, Rgb{244, 165, 130},
                                     Rgb{214, 96, 77},   Rgb{178, 24, 43},   Rgb{103, 0, 31}};
/// Viridis without its last colours, which are too pale for lines.
constexpr std::size_t ordered_map_size = 9;

/// Indices from here on are those of ordered_colour(), then of centred_colour(), in so many steps each.
constexpr int first_ordered = 1 << 20, ordered_steps = 1000, first_centred = first_ordered + ordered_steps + 1;

int mix(int from, int to, double share) {
  return static_cast<int>(std::lround(from + (to - from) * share));
}

Rgb from_hex(const std::string& text) {
  const auto part = [&](std::size_t first) { return std::stoi(text.substr(first, 2), nullptr, 16); };
  return {part(1), part(3), part(5)};
}

/// Between the colours of a map of that size, of which `colour` gives one.
template <class Colour>
Rgb along(std::size_t size, double share, const Colour& colour) {
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(size - 1);
  const auto below = std::min(static_cast<std::size_t>(place), size - 2);
  const Rgb from = colour(below), to = colour(below + 1);
  const double rest = place - static_cast<double>(below);
  return {mix(from.red, to.red, rest), mix(from.green, to.green, rest), mix(from.blue, to.blue, rest)};
}

Rgb scale_colour(int step) {
  if (step <= ordered_steps) {
    return along(ordered_map_size, static_cast<double>(step) / ordered_steps,
                 [](std::size_t k) { return from_hex(sequential_map()[k]); });
  }
  return along(centred.size(), static_cast<double>(step - (first_centred - first_ordered)) / ordered_steps,
               [](std::size_t k) { return centred[k]; });
}

}  // namespace

Rgb palette_colour(int index) {
  switch (index) {
    case black:
      return {34, 34, 34};
    case white:
      return {255, 255, 255};
    case light_grey:
      return {221, 221, 221};
    default:
      break;
  }
  if (index < 0) return {136, 136, 136};
  if (index >= first_ordered) return scale_colour(index - first_ordered);
  const auto count = static_cast<int>(okabe_ito.size());
  const Rgb colour = okabe_ito[static_cast<std::size_t>(index % count)];
  switch (palette_round(index)) {
    case 1:
      return {mix(colour.red, 0, 0.4), mix(colour.green, 0, 0.4), mix(colour.blue, 0, 0.4)};
    case 2:
      return tinted(colour, 0.55);
    default:
      return colour;
  }
}

int palette_round(int index) {
  return index < 0 || index >= first_ordered ? 0 : index / static_cast<int>(okabe_ito.size()) % 3;
}

int ordered_colour(double share) {
  return first_ordered + static_cast<int>(std::lround(ordered_steps * std::clamp(share, 0.0, 1.0)));
}

int centred_colour(double share) {
  return first_centred + static_cast<int>(std::lround(ordered_steps * 0.5 * (std::clamp(share, -1.0, 1.0) + 1.0)));
}

Rgb tinted(Rgb colour, double share) {
  const double white_share = 1.0 - std::clamp(share, 0.0, 1.0);
  return {mix(colour.red, 255, white_share), mix(colour.green, 255, white_share), mix(colour.blue, 255, white_share)};
}

std::string hex(Rgb colour, double transparency) {
  const auto alpha = static_cast<int>(std::lround(255.0 * std::clamp(transparency, 0.0, 1.0)));
  const std::string rgb = fmt::format("{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
  return alpha == 0 ? "#" + rgb : fmt::format("#{:02x}{}", alpha, rgb);
}

const std::vector<std::string>& sequential_map() {
  static const std::vector<std::string> viridis{"#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c",
                                                "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725"};
  return viridis;
}

const std::vector<std::string>& diverging_map() {
  static const std::vector<std::string> red_blue{"#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7",
                                                 "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"};
  return red_blue;
}

}  // namespace mrnn
