#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// What a random number is for. Streams never overlap.
enum class Stream : std::uint8_t {
  initial_weights = 1,
  connectivity = 2,
  training_trials = 3,
  validation_trials = 4,
  simulation_trials = 5,
  recurrent_noise = 6,
  input_noise = 7,
  analyses = 8,
  manipulations = 9,
};

/// Four words of Philox4x32-10 (Salmon et al. 2011): key = the 64-bit seed, low word first;
/// counter = (c0, c1, low word of id, stream << 24 | bits 32..55 of id).
MRNN_EXPORT std::array<std::uint32_t, 4> philox(std::uint64_t seed, Stream stream, std::uint64_t id, std::uint32_t c0,
                                                std::uint32_t c1) noexcept;

/// A 64-bit number for a name (FNV-1a), to be used as an id.
MRNN_EXPORT std::uint64_t name_id(std::string_view name) noexcept;

/// Standard normals for the units of one trial at one step: unit 4 k + w takes the w-th of the four
/// normals made from philox(seed, stream, trial, k, step) = (a, b, c, d) by Box-Muller:
/// u = (a + 1) / 2^32 in (0, 1], v = b / 2^32, r = sqrt(-2 ln u), r cos(2 pi v), r sin(2 pi v); then c, d.
/// `out` has any size; the value of a unit depends on nothing but (seed, stream, trial, step, unit).
MRNN_EXPORT void fill_normals(std::uint64_t seed, Stream stream, std::uint64_t trial, std::uint32_t step,
                              std::span<double> out) noexcept;
MRNN_EXPORT void fill_normals(std::uint64_t seed, Stream stream, std::uint64_t trial, std::uint32_t step,
                              std::span<float> out) noexcept;

/// The units [first_unit, first_unit + units) of one step, for fill_normals() over many trials.
struct NormalBlock {
  std::uint64_t seed = 0;
  Stream stream = Stream::recurrent_noise;
  std::uint32_t step = 0;
  std::int64_t first_unit = 0;  ///< a multiple of 4
  std::int64_t units = 0;
};

/// The same numbers for many trials at once: `out` is [units x trials] with the trials of a unit side by side.
/// The same bits on every processor.
MRNN_EXPORT void fill_normals(const NormalBlock& block, std::span<const std::uint64_t> trials,
                              std::span<double> out) noexcept;
MRNN_EXPORT void fill_normals(const NormalBlock& block, std::span<const std::uint64_t> trials,
                              std::span<float> out) noexcept;

/// A sequence of random numbers for host-side drawing (weights, masks, trials): the k-th value of
/// (seed, stream, id) is always the same. Cheap to make; not shared between threads.
class MRNN_EXPORT RandomStream {
 public:
  RandomStream(std::uint64_t seed, Stream stream, std::uint64_t id) noexcept;
  RandomStream(std::uint64_t seed, Stream stream, std::string_view name) noexcept;

  std::uint32_t word() noexcept;
  double uniform() noexcept;                         ///< in [0, 1), 53 bits
  double uniform(double low, double high) noexcept;  ///< in [low, high)
  double normal() noexcept;
  double gamma(double shape, double scale) noexcept;  ///< Marsaglia & Tsang 2000
  std::uint64_t below(std::uint64_t limit) noexcept;  ///< in [0, limit), without bias; limit >= 1
  /// `chosen` of 0..from-1 without replacement, ascending.
  std::vector<std::int64_t> choose(std::int64_t from, std::int64_t chosen);

 private:
  std::uint64_t seed_, id_, position_ = 0;
  Stream stream_;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
};

}  // namespace mrnn
