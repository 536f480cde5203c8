// Many rounds in one kernel, seen from the device: clocks, bounded waits and the data that are exchanged.

#pragma once

#include "rounds.hpp"

namespace exchange {

/// Threads of a block that takes part in an exchange.
constexpr int block_threads = 256;
/// What a block sends in a round: 256 float32, in 64 pieces of 16 bytes.
constexpr int block_values = 256;
constexpr int block_pieces = 64;

__device__ inline long long global_nanoseconds() {
  long long now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now)::"memory");
  return now;
}

/// Bounds a wait: after about two seconds the kernel ends with a trap, instead of holding the device for ever.
class Patience {
 public:
  __device__ void spend() {
    if (++tries_ % 256 != 0) return;
    const long long now = clock64();
    if (since_ == 0) since_ = now;
    if (now - since_ > 4000000000LL) __trap();
  }

 private:
  unsigned tries_ = 0;
  long long since_ = 0;
};

/// Calls round(r) for all rounds and notes the time of those after the warm-up.
template <class Round>
__device__ void run_rounds(const Rounds& rounds, Round round) {
  Span begun{0, 0};
  const int all = rounds.warm_up + rounds.timed;
#pragma unroll 1
  for (int r = 0; r < all; ++r) {
    if (r == rounds.warm_up) begun = {clock64(), global_nanoseconds()};
    round(r);
  }
  if (threadIdx.x == 0) {
    rounds.spans[blockIdx.x] = {clock64() - begun.cycles, global_nanoseconds() - begun.nanoseconds};
  }
}

/// Whether the data of this round are verified: all rounds, or the last one, which the time of 10,000 does not show.
template <bool every_round>
__device__ bool verifies(const Rounds& rounds, int round) {
  return every_round || round == rounds.warm_up + rounds.timed - 1;
}

/// The bits of a random float32 in [1, 2), the same wherever they are computed. What depends on the round is two
/// instructions, which hardly lengthen it.
__device__ inline unsigned random_bits(unsigned sender, unsigned place, unsigned round) {
  unsigned bits = (sender * block_values + place) * 0x9E3779B1u;
  bits = (bits ^ bits >> 15) * 0x2C1B3C6Du;
  return 0x3F800000u | ((bits + round * 0x85EBCA77u) >> 9);
}

/// Four values that block `sender` sends in a round.
__device__ inline uint4 random_piece(unsigned sender, unsigned piece, unsigned round) {
  const unsigned place = 4 * piece;
  return {random_bits(sender, place, round), random_bits(sender, place + 1, round),
          random_bits(sender, place + 2, round), random_bits(sender, place + 3, round)};
}

/// Has the value computed here, where a network computes something else, and not after the wait that follows.
__device__ inline void compute_now(uint4& piece) {
  asm volatile("" : "+r"(piece.x), "+r"(piece.y), "+r"(piece.z), "+r"(piece.w));
}

__device__ inline bool differ(const uint4& left, const uint4& right) {
  return left.x != right.x || left.y != right.y || left.z != right.z || left.w != right.w;
}

}  // namespace exchange
