#include "mrnn/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>

namespace mrnn {

std::array<std::uint32_t, 4> philox(std::uint64_t seed, Stream stream, std::uint64_t id, std::uint32_t c0,
                                    std::uint32_t c1) noexcept {
  const philox4x32_key_t key = {{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto high = static_cast<std::uint32_t>((id >> 32) & 0xFFFFFFU);
  const philox4x32_ctr_t counter = {
      {c0, c1, static_cast<std::uint32_t>(id), (static_cast<std::uint32_t>(stream) << 24) | high}};
  const philox4x32_ctr_t words = philox4x32(counter, key);
  return {words.v[0], words.v[1], words.v[2], words.v[3]};
}

std::uint64_t name_id(std::string_view name) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
  return hash;
}

RandomStream::RandomStream(std::uint64_t seed, Stream stream, std::uint64_t id) noexcept
    : seed_(seed), id_(id), stream_(stream) {}

RandomStream::RandomStream(std::uint64_t seed, Stream stream, std::string_view name) noexcept
    : RandomStream(seed, stream, name_id(name)) {}

std::uint32_t RandomStream::word() noexcept {
  if (used_ == 4) {
    words_ =
        philox(seed_, stream_, id_, static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(position_ >> 32));
    ++position_;
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

double RandomStream::uniform() noexcept {
  const std::uint64_t high = word();
  const std::uint64_t low = word();
  return static_cast<double>(((high << 32) | low) >> 11) * 0x1p-53;
}

double RandomStream::uniform(double low, double high) noexcept {
  return low + (high - low) * uniform();
}

double RandomStream::normal() noexcept {
  // Two doubles, not two words, so that the tails of large weight matrices are fine-grained.
  const double u = 1.0 - uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
}

double RandomStream::gamma(double shape, double scale) noexcept {
  if (shape < 1.0) return gamma(shape + 1.0, scale) * std::pow(1.0 - uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double z = normal();
    const double v = std::pow(1.0 + c * z, 3.0);
    if (v > 0.0 && std::log(1.0 - uniform()) < 0.5 * z * z + d - d * v + d * std::log(v)) return d * v * scale;
  }
}

std::uint64_t RandomStream::below(std::uint64_t limit) noexcept {
  const std::uint64_t rejected = (0 - limit) % limit;  // 2^64 mod limit
  for (;;) {
    const std::uint64_t high = word();
    const std::uint64_t value = (high << 32) | word();
    if (value >= rejected) return value % limit;
  }
}

std::vector<std::int64_t> RandomStream::choose(std::int64_t from, std::int64_t chosen) {
  // Selection sampling (Knuth, TAOCP 2, algorithm S): ascending by construction.
  std::vector<std::int64_t> all;
  all.reserve(static_cast<std::size_t>(chosen));
  for (std::int64_t candidate = 0; candidate < from && std::ssize(all) < chosen; ++candidate) {
    const auto remaining = static_cast<std::uint64_t>(from - candidate);
    if (below(remaining) < static_cast<std::uint64_t>(chosen - std::ssize(all))) all.push_back(candidate);
  }
  return all;
}

}  // namespace mrnn
