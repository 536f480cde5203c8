// Normal numbers in bulk. Compiled without contraction to fused operations (see core/CMakeLists.txt), so that
// single precision gives the same bits with every instruction set and in every position.

#include <algorithm>
#include <array>
#include <cstddef>

#include "mrnn/formulas.hpp"
#include "mrnn/random.hpp"

// One version per instruction set, chosen when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define MRNN_FOR_EACH_PROCESSOR [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define MRNN_FOR_EACH_PROCESSOR
#endif

namespace mrnn {
namespace {

/// Counters worked on side by side. Loops over them are made of one vector each.
constexpr int lanes = 16;
using Words = std::uint32_t[lanes];

struct Key {
  std::uint32_t low, high;
};

/// Philox4x32-10, Salmon et al. (2011), in every lane; random_test.cpp compares it with Random123.
[[gnu::always_inline]] inline void philox_lanes(Key key, Words& c0, Words& c1, Words& c2, Words& c3) {
  for (int round = 0; round < 10; ++round) {
    for (int k = 0; k < lanes; ++k) {
      const std::uint64_t first = std::uint64_t{0xD2511F53U} * c0[k];
      const std::uint64_t second = std::uint64_t{0xCD9E8D57U} * c2[k];
      c0[k] = static_cast<std::uint32_t>(second >> 32) ^ c1[k] ^ key.low;
      c1[k] = static_cast<std::uint32_t>(second);
      c2[k] = static_cast<std::uint32_t>(first >> 32) ^ c3[k] ^ key.high;
      c3[k] = static_cast<std::uint32_t>(first);
    }
    key.low += 0x9E3779B9U;
    key.high += 0xBB67AE85U;
  }
}

/// Four normals of each counter.
template <class Scalar>
[[gnu::always_inline]] inline void normals_of(Key key, Words& c0, Words& c1, Words& c2, Words& c3,
                                              Scalar (&out)[4][lanes]) {
  philox_lanes(key, c0, c1, c2, c3);
  for (int k = 0; k < lanes; ++k) formulas::box_muller(c0[k], c1[k], out[0][k], out[1][k]);
  for (int k = 0; k < lanes; ++k) formulas::box_muller(c2[k], c3[k], out[2][k], out[3][k]);
}

Key key_of(std::uint64_t seed) {
  return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
}

/// Fourth word of the counter: stream and high bits of the trial.
[[gnu::always_inline]] inline std::uint32_t tag(Stream stream, std::uint64_t trial) {
  return (static_cast<std::uint32_t>(stream) << 24) | static_cast<std::uint32_t>((trial >> 32) & 0xFFFFFFU);
}

/// Lanes are trials. `out` is [units x trials] with the trials of a unit side by side.
template <class Scalar>
[[gnu::always_inline]] inline void across_trials(const NormalBlock& block, std::span<const std::uint64_t> trials,
                                                 Scalar* out) {
  const Key key = key_of(block.seed);
  const auto width = static_cast<std::int64_t>(trials.size());
  for (std::int64_t start = 0; start < width; start += lanes) {
    const auto here = static_cast<int>(std::min<std::int64_t>(lanes, width - start));
    Words low = {}, high = {};
    for (int k = 0; k < here; ++k) {
      const std::uint64_t trial = trials[static_cast<std::size_t>(start + k)];
      low[k] = static_cast<std::uint32_t>(trial);
      high[k] = tag(block.stream, trial);
    }
    for (std::int64_t unit = 0; unit < block.units; unit += 4) {
      Words c0, c1, c2, c3;
      Scalar four[4][lanes];
      for (int k = 0; k < lanes; ++k) {
        c0[k] = static_cast<std::uint32_t>((block.first_unit + unit) / 4);
        c1[k] = block.step;
        c2[k] = low[k];
        c3[k] = high[k];
      }
      normals_of(key, c0, c1, c2, c3, four);
      Scalar* row = out + unit * width + start;
      for (int w = 0; w < 4 && unit + w < block.units; ++w, row += width) {
        if (here == lanes) {
          for (int k = 0; k < lanes; ++k) row[k] = four[w][k];
        } else {
          for (int k = 0; k < here; ++k) row[k] = four[w][k];
        }
      }
    }
  }
}

/// Lanes are the units of one trial, four units each.
template <class Scalar>
[[gnu::always_inline]] inline void across_units(const NormalBlock& block, std::uint64_t trial, Scalar* out) {
  const Key key = key_of(block.seed);
  for (std::int64_t start = 0; start < block.units; start += 4 * lanes) {
    Words c0, c1, c2, c3;
    Scalar four[4][lanes];
    for (int k = 0; k < lanes; ++k) {
      c0[k] = static_cast<std::uint32_t>((block.first_unit + start) / 4 + k);
      c1[k] = block.step;
      c2[k] = static_cast<std::uint32_t>(trial);
      c3[k] = tag(block.stream, trial);
    }
    normals_of(key, c0, c1, c2, c3, four);
    const std::int64_t here = std::min<std::int64_t>(4 * lanes, block.units - start);
    for (std::int64_t unit = 0; unit < here; ++unit) out[start + unit] = four[unit % 4][unit / 4];
  }
}

MRNN_FOR_EACH_PROCESSOR void fill_trials(const NormalBlock& block, std::span<const std::uint64_t> trials, float* out) {
  across_trials(block, trials, out);
}
MRNN_FOR_EACH_PROCESSOR void fill_units(const NormalBlock& block, std::uint64_t trial, float* out) {
  across_units(block, trial, out);
}
void fill_trials(const NormalBlock& block, std::span<const std::uint64_t> trials, double* out) {
  across_trials(block, trials, out);
}
void fill_units(const NormalBlock& block, std::uint64_t trial, double* out) {
  across_units(block, trial, out);
}

template <class Scalar>
void fill(const NormalBlock& block, std::span<const std::uint64_t> trials, std::span<Scalar> out) {
  if (trials.size() == 1) {
    fill_units(block, trials.front(), out.data());
  } else {
    fill_trials(block, trials, out.data());
  }
}

}  // namespace

void fill_normals(const NormalBlock& block, std::span<const std::uint64_t> trials, std::span<double> out) noexcept {
  fill(block, trials, out);
}

void fill_normals(const NormalBlock& block, std::span<const std::uint64_t> trials, std::span<float> out) noexcept {
  fill(block, trials, out);
}

void fill_normals(std::uint64_t seed, Stream stream, std::uint64_t trial, std::uint32_t step,
                  std::span<double> out) noexcept {
  fill_units({seed, stream, step, 0, std::ssize(out)}, trial, out.data());
}

void fill_normals(std::uint64_t seed, Stream stream, std::uint64_t trial, std::uint32_t step,
                  std::span<float> out) noexcept {
  fill_units({seed, stream, step, 0, std::ssize(out)}, trial, out.data());
}

}  // namespace mrnn
