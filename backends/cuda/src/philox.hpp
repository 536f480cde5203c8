#pragma once

#include <cstdint>

#include "mrnn/box_muller.hpp"

namespace mrnn::gpu {

/// Streams of random.hpp that kernels draw from.
enum class NoiseStream : std::uint32_t { recurrent = 6, input = 7 };

/// Philox4x32-10 (Salmon et al. 2011), the same words as mrnn::philox().
struct PhiloxWords {
  std::uint32_t word[4];
};

MRNN_HOST_DEVICE inline PhiloxWords philox(std::uint64_t seed, PhiloxWords counter) {
  auto low_key = static_cast<std::uint32_t>(seed), high_key = static_cast<std::uint32_t>(seed >> 32);
  std::uint32_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53U} * c0, second = std::uint64_t{0xCD9E8D57U} * c2;
    c0 = static_cast<std::uint32_t>(second >> 32) ^ c1 ^ low_key;
    c1 = static_cast<std::uint32_t>(second);
    c2 = static_cast<std::uint32_t>(first >> 32) ^ c3 ^ high_key;
    c3 = static_cast<std::uint32_t>(first);
    low_key += 0x9E3779B9U;
    high_key += 0xBB67AE85U;
  }
  return {{c0, c1, c2, c3}};
}

/// Standard normals of units 4 block .. 4 block + 3 of a trial at a step, as mrnn::fill_normals() makes them.
template <class Scalar>
MRNN_HOST_DEVICE inline void draw_normals(std::uint64_t seed, NoiseStream stream, std::uint64_t id, std::uint32_t block,
                                          std::uint32_t step, Scalar (&out)[4]) {
  const auto tag = (static_cast<std::uint32_t>(stream) << 24) | static_cast<std::uint32_t>((id >> 32) & 0xFFFFFFU);
  const PhiloxWords words = philox(seed, {{block, step, static_cast<std::uint32_t>(id), tag}});
  formulas::box_muller(words.word[0], words.word[1], out[0], out[1]);
  formulas::box_muller(words.word[2], words.word[3], out[2], out[3]);
}

}  // namespace mrnn::gpu
