// Every block sends one kilobyte to its group through global memory, and gathers what the group sent in shared memory.
//
// Two buffers take turns. A block writes round r + 2 over round r only after all its threads hold the group's round
// r + 1, which the group sent after it had gathered round r.

#include "group_barrier.cuh"
#include "sections.hpp"

namespace exchange {

namespace {

/// Loads of one thread that are under way together.
constexpr int in_flight = 8;

__device__ uint4 load_relaxed(const uint4* from) {
  uint4 piece;
  asm volatile("ld.relaxed.gpu.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(piece.x), "=r"(piece.y), "=r"(piece.z), "=r"(piece.w)
               : "l"(from)
               : "memory");
  return piece;
}

__device__ void store_relaxed(uint4* to, const uint4& piece) {
  asm volatile("st.relaxed.gpu.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(piece.x), "r"(piece.y),
               "r"(piece.z), "r"(piece.w)
               : "memory");
}

/// Plain values behind the counter barrier.
struct Plain {
  static constexpr int pieces = block_pieces;
  static constexpr bool barrier = true;
  __device__ static uint4 pack(unsigned sender, int piece, int round) { return random_piece(sender, piece, round); }
  __device__ static bool fresh(const uint4&, int) { return true; }
  __device__ static uint4 load(const uint4* from) { return load_relaxed(from); }
  __device__ static void store(uint4* to, const uint4& piece) { store_relaxed(to, piece); }
  __device__ static void keep(uint4* gathered, int piece, const uint4& words) { gathered[piece] = words; }
};

/// The last bit of every value tells this round from the one two before: no more bytes, one bit of precision less. Each
/// word carries its own tag, so it does not matter whether the 16 bytes arrive together.
struct TagBit {
  static constexpr int pieces = block_pieces;
  static constexpr bool barrier = false;
  __device__ static unsigned tag(int round) { return 1u ^ (static_cast<unsigned>(round) >> 1 & 1u); }
  __device__ static uint4 pack(unsigned sender, int piece, int round) {
    const uint4 words = random_piece(sender, piece, round);
    const unsigned bit = tag(round);
    return {(words.x & ~1u) | bit, (words.y & ~1u) | bit, (words.z & ~1u) | bit, (words.w & ~1u) | bit};
  }
  __device__ static bool fresh(const uint4& words, int round) {
    const unsigned all = words.x & words.y & words.z & words.w, any = words.x | words.y | words.z | words.w;
    return ((tag(round) == 1u ? all : ~any) & 1u) != 0;
  }
  __device__ static uint4 load(const uint4* from) { return load_relaxed(from); }
  __device__ static void store(uint4* to, const uint4& piece) { store_relaxed(to, piece); }
  __device__ static void keep(uint4* gathered, int piece, const uint4& words) { gathered[piece] = words; }
};

/// Every value travels with the number of its round, in one access of 8 bytes: exact, twice the bytes.
struct TagWord {
  static constexpr int pieces = 2 * block_pieces;
  static constexpr bool barrier = false;
  __device__ static uint4 pack(unsigned sender, int piece, int round) {
    const unsigned place = 2 * static_cast<unsigned>(piece), tag = static_cast<unsigned>(round) + 1u;
    return {random_bits(sender, place, round), tag, random_bits(sender, place + 1, round), tag};
  }
  __device__ static bool fresh(const uint4& words, int round) {
    const unsigned tag = static_cast<unsigned>(round) + 1u;
    return words.y == tag && words.w == tag;
  }
  __device__ static uint4 load(const uint4* from) {
    unsigned long long first, second;
    asm volatile("ld.relaxed.gpu.global.v2.u64 {%0, %1}, [%2];" : "=l"(first), "=l"(second) : "l"(from) : "memory");
    return {static_cast<unsigned>(first), static_cast<unsigned>(first >> 32), static_cast<unsigned>(second),
            static_cast<unsigned>(second >> 32)};
  }
  __device__ static void store(uint4* to, const uint4& piece) {
    const unsigned long long first = piece.x | static_cast<unsigned long long>(piece.y) << 32;
    const unsigned long long second = piece.z | static_cast<unsigned long long>(piece.w) << 32;
    asm volatile("st.relaxed.gpu.global.v2.u64 [%0], {%1, %2};" ::"l"(to), "l"(first), "l"(second) : "memory");
  }
  __device__ static void keep(uint4* gathered, int piece, const uint4& words) {
    reinterpret_cast<uint2*>(gathered)[piece] = {words.x, words.z};
  }
};

/// Waits for the pieces this thread gathers in a round. Loads that found an old piece are repeated.
template <class Packing>
__device__ void gather(const Rounds& rounds, const uint4* sent, uint4* gathered, int group, int round, bool verify) {
  constexpr int at_once = block_threads / Packing::pieces;  // blocks whose pieces the threads read side by side
  const int piece = static_cast<int>(threadIdx.x) % Packing::pieces,
            first = static_cast<int>(threadIdx.x) / Packing::pieces;
  for (int base = first; base < group; base += at_once * in_flight) {
    uint4 words[in_flight] = {};
#pragma unroll
    for (int k = 0; k < in_flight; ++k) {
      const int from = base + k * at_once;
      if (from < group) words[k] = Packing::load(sent + from * Packing::pieces + piece);
    }
    Patience patience;
    for (bool complete = false; !complete;) {
      complete = true;
#pragma unroll
      for (int k = 0; k < in_flight; ++k) {
        const int from = base + k * at_once;
        if (from >= group || Packing::fresh(words[k], round)) continue;
        words[k] = Packing::load(sent + from * Packing::pieces + piece);
        complete = false;
      }
      if (!complete) patience.spend();
    }
#pragma unroll
    for (int k = 0; k < in_flight; ++k) {
      const int from = base + k * at_once;
      if (from >= group) continue;
      Packing::keep(gathered + from * block_pieces, piece, words[k]);
      const unsigned sender = blockIdx.x / group * group + from;
      if (verify && differ(words[k], Packing::pack(sender, piece, round))) atomicAdd(rounds.wrong, 1u);
    }
  }
}

/// `buffers` holds two rounds of all blocks' pieces.
template <class Packing, bool every_round>
__global__ void __launch_bounds__(block_threads, 1)
    exchange_kernel(Rounds rounds, uint4* buffers, unsigned* flags, int group) {
  extern __shared__ uint4 gathered[];
  const int piece = static_cast<int>(threadIdx.x);
  const int own = static_cast<int>(blockIdx.x) * Packing::pieces;
  const int of_group = static_cast<int>(blockIdx.x) / group * group * Packing::pieces;
  uint4 next = Packing::pack(blockIdx.x, piece, 0);
  run_rounds(rounds, [&](int round) {
    uint4* sent = buffers + (round & 1) * static_cast<int>(gridDim.x) * Packing::pieces;
    if (piece < Packing::pieces) {
      Packing::store(sent + own + piece, next);
      next = Packing::pack(blockIdx.x, piece, round + 1);
      compute_now(next);
    }
    if constexpr (Packing::barrier) counter_barrier(flags, group, round);
    gather<Packing>(rounds, sent + of_group, gathered, group, round, verifies<every_round>(rounds, round));
    __syncthreads();
  });
}

template <class Packing>
void measure_exchange(const Device& device, Report& report, const std::string& what, int group) {
  const int groups = device.processors / group;
  const std::string setting = std::to_string(groups) + " groups of " + std::to_string(group) + " blocks";
  if (groups == 0) return report.skipped(what, setting, "the device has fewer multiprocessors");
  if (static_cast<std::size_t>(group) * block_pieces * sizeof(uint4) > device.shared_bytes) {
    return report.skipped(what, setting, "the shared memory of a block is too small");
  }
  Launch launch;
  launch.blocks = groups * group;
  launch.threads = block_threads;
  launch.shared_bytes = device.at_most(persistent_bytes);
  launch.cooperative = true;
  RoundsRunner runner(device, launch.blocks);
  Buffer<uint4> buffers(static_cast<std::size_t>(2 * launch.blocks * Packing::pieces));
  Buffer<unsigned> flags(static_cast<std::size_t>(groups * flag_stride));
  const auto start = [&](auto kernel, const Rounds& rounds) {
    // Tags of an earlier launch would pass for new ones.
    buffers.clear(device.stream);
    flags.clear(device.stream);
    prepare(reinterpret_cast<const void*>(kernel), launch);
    launch_kernel(device, kernel, launch, rounds, buffers.data(), flags.data(), group);
  };
  runner.verify(what, [&](const Rounds& rounds) { start(exchange_kernel<Packing, true>, rounds); });
  runner.report(report, what, setting, [&](const Rounds& rounds) { start(exchange_kernel<Packing, false>, rounds); });
}

}  // namespace

void measure_exchange_behind_barrier(const Device& device, Report& report) {
  for (const int group : group_sizes) measure_exchange<Plain>(device, report, "1 KB, one counter", group);
}

void measure_tagged_exchange(const Device& device, Report& report) {
  for (const int group : group_sizes) measure_exchange<TagBit>(device, report, "1 KB, tag in the last bit", group);
  for (const int group : group_sizes) measure_exchange<TagWord>(device, report, "1 KB, tag beside each value", group);
}

}  // namespace exchange
