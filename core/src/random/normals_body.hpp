// Normal numbers in bulk, included inside the anonymous namespace of each normals_*.cpp after `vector_bytes`,
// `Wide`, `multiply_low()` and the choice of the instruction set. Compiled without contraction to fused
// operations (core/CMakeLists.txt), so that single precision has the same bits with every instruction set
// and in every position.

/// Counters worked on side by side.
constexpr int lanes = 16;
using Words = std::uint32_t[lanes];

/// A Philox counter per lane, and afterwards its four words.
struct Counters {
  alignas(64) Words c0, c1, c2, c3;
};

/// 64-bit lanes of a vector. The low halves hold the words; the high halves hold what products leave there.
constexpr int wide_lanes = vector_bytes / 8;
constexpr int chains = lanes / wide_lanes;
using Narrow [[gnu::vector_size(vector_bytes / 2)]] = std::uint32_t;

inline Wide widen(const std::uint32_t* words) {
  Narrow narrow;
  std::memcpy(&narrow, words, sizeof narrow);
  return __builtin_convertvector(narrow, Wide);
}

inline void narrow(const Wide& wide, std::uint32_t* words) {
  const Narrow low = __builtin_convertvector(wide, Narrow);
  std::memcpy(words, &low, sizeof low);
}

/// Philox4x32-10, Salmon et al. (2011), in every lane. The vectors are independent of each other, so that
/// the processor can work on one while it waits for the products of another.
inline void philox_lanes(std::uint64_t seed, Counters& counters) {
  Wide c0[chains], c1[chains], c2[chains], c3[chains];
  for (int k = 0; k < chains; ++k) {
    c0[k] = widen(counters.c0 + k * wide_lanes);
    c1[k] = widen(counters.c1 + k * wide_lanes);
    c2[k] = widen(counters.c2 + k * wide_lanes);
    c3[k] = widen(counters.c3 + k * wide_lanes);
  }
  const Wide first_factor = Wide{} + 0xD2511F53U, second_factor = Wide{} + 0xCD9E8D57U;
  auto low_key = static_cast<std::uint32_t>(seed), high_key = static_cast<std::uint32_t>(seed >> 32);
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 8
    for (int k = 0; k < chains; ++k) {
      const Wide first = multiply_low(c0[k], first_factor);
      const Wide second = multiply_low(c2[k], second_factor);
      c0[k] = (second >> 32) ^ c1[k] ^ (Wide{} + low_key);
      c1[k] = second;
      c2[k] = (first >> 32) ^ c3[k] ^ (Wide{} + high_key);
      c3[k] = first;
    }
    low_key += 0x9E3779B9U;
    high_key += 0xBB67AE85U;
  }
  for (int k = 0; k < chains; ++k) {
    narrow(c0[k], counters.c0 + k * wide_lanes);
    narrow(c1[k], counters.c1 + k * wide_lanes);
    narrow(c2[k], counters.c2 + k * wide_lanes);
    narrow(c3[k], counters.c3 + k * wide_lanes);
  }
}

/// Four normals of each counter.
template <class Scalar>
inline void normals_of(std::uint64_t seed, Counters& counters, Scalar (&out)[4][lanes]) {
  philox_lanes(seed, counters);
  for (int k = 0; k < lanes; ++k) formulas::box_muller(counters.c0[k], counters.c1[k], out[0][k], out[1][k]);
  for (int k = 0; k < lanes; ++k) formulas::box_muller(counters.c2[k], counters.c3[k], out[2][k], out[3][k]);
}

/// Fourth word of the counter: stream and high bits of the trial.
inline std::uint32_t tag(Stream stream, std::uint64_t trial) {
  return (static_cast<std::uint32_t>(stream) << 24) | static_cast<std::uint32_t>((trial >> 32) & 0xFFFFFFU);
}

/// `Trials` trials from `start` on, side by side in the lanes, with lanes / Trials blocks of four units.
template <int Trials, class Scalar>
inline void across_some_trials(const NormalBlock& block, std::span<const std::uint64_t> trials, std::int64_t start,
                               Scalar* out) {
  const auto width = static_cast<std::int64_t>(trials.size());
  const auto here = width - start < Trials ? static_cast<int>(width - start) : Trials;
  Counters fixed = {};
  for (int k = 0; k < lanes; ++k) {
    const int lane = k % Trials < here ? k % Trials : 0;
    const std::uint64_t trial = trials[static_cast<std::size_t>(start + lane)];
    fixed.c0[k] = static_cast<std::uint32_t>(block.first_unit / 4 + k / Trials);
    fixed.c1[k] = block.step;
    fixed.c2[k] = static_cast<std::uint32_t>(trial);
    fixed.c3[k] = tag(block.stream, trial);
  }
  constexpr int groups = lanes / Trials;
  for (std::int64_t unit = 0; unit < block.units; unit += 4 * groups) {
    Counters counters = fixed;
    for (int k = 0; k < lanes; ++k) counters.c0[k] += static_cast<std::uint32_t>(unit / 4);
    alignas(64) Scalar four[4][lanes];
    normals_of(block.seed, counters, four);
    for (int row = 0; row < 4 * groups && unit + row < block.units; ++row) {
      const Scalar* from = four[row % 4] + row / 4 * Trials;
      Scalar* to = out + (unit + row) * width + start;
      if (here == Trials) {
        std::memcpy(to, from, sizeof(Scalar) * Trials);
      } else {
        for (int k = 0; k < here; ++k) to[k] = from[k];
      }
    }
  }
}

/// Lanes are trials. `out` is [units x trials] with the trials of a unit side by side.
template <class Scalar>
void across_trials(const NormalBlock& block, std::span<const std::uint64_t> trials, Scalar* out) {
  const auto width = static_cast<std::int64_t>(trials.size());
  for (std::int64_t start = 0; start < width; start += lanes) {
    if (width - start <= 8) {
      across_some_trials<8>(block, trials, start, out);
    } else {
      across_some_trials<lanes>(block, trials, start, out);
    }
  }
}

/// Lanes are the units of one trial, four units each.
template <class Scalar>
void across_units(const NormalBlock& block, std::uint64_t trial, Scalar* out) {
  for (std::int64_t start = 0; start < block.units; start += 4 * lanes) {
    Counters counters;
    for (int k = 0; k < lanes; ++k) {
      counters.c0[k] = static_cast<std::uint32_t>((block.first_unit + start) / 4 + k);
      counters.c1[k] = block.step;
      counters.c2[k] = static_cast<std::uint32_t>(trial);
      counters.c3[k] = tag(block.stream, trial);
    }
    alignas(64) Scalar four[4][lanes];
    normals_of(block.seed, counters, four);
    alignas(64) Scalar in_order[4 * lanes];
    for (int k = 0; k < lanes; ++k) {
      for (int w = 0; w < 4; ++w) in_order[4 * k + w] = four[w][k];
    }
    const std::int64_t rest = block.units - start;
    std::memcpy(out + start, in_order, sizeof(Scalar) * static_cast<std::size_t>(rest < 4 * lanes ? rest : 4 * lanes));
  }
}
