#pragma once

#include "cluster_barriers.hpp"
#include "fragments.hpp"

namespace mrnn::gpu {

/// Where the results of a thread go in a buffer of fragments, in bytes: unit `row` of a tile, a lane.
__device__ inline int fragment_place(int row, int lane) {
  constexpr int tile_bytes = warp_threads * static_cast<int>(sizeof(FragmentOfUnits));
  return row / fragment_rows * tile_bytes +
         (4 * lane + row % fragment_rows / 4) * static_cast<int>(sizeof(FragmentOfUnits));
}

#ifdef MRNN_EMULATED

/// Stands for the exchange below: values are put in place at once, and waiting is for everybody.
template <bool Alone>
struct FragmentExchange {
  unsigned char* buffers = nullptr;
  int row = 0, lane = 0, cluster = 1;

  void begin(unsigned char* buffers_, void*, int cluster_, int, int, int, int row_, int lane_) {
    buffers = buffers_;
    row = row_;
    lane = lane_;
    cluster = cluster_;
    emulation::wait(emulation::Scope::cluster);
  }
  void expect(int) {}
  void send(int start, int result, float value, int, bool sends, int) {
    if (!sends) return;
    const int here = row + 8 * (result / 2);
    unsigned char* four = buffers + start + fragment_place(here, lane + result % 2);
    for (int block = 0; block < cluster; ++block) {
      put_unit(emulation::shared_memory_of(static_cast<unsigned>(block), four), here, value);
    }
  }
  void wait(int, int) { emulation::wait(emulation::Scope::cluster); }
  static void meet(int, int) { emulation::wait(emulation::Scope::block); }
  void idle(int turns, int waits) {
    for (int k = 0; k < turns; ++k) {
      wait(0, 0);
      meet(0, 0);
    }
    for (int k = 0; k < waits; ++k) wait(0, 0);
  }
  void end() { emulation::wait(emulation::Scope::cluster); }
};

#else

/// How the blocks of a cluster hand each other what they have computed, see Exchange. What is sent is what threads will
/// multiply: four neighbouring units of a lane as hi and lo, put together by the four threads that have computed them,
/// which share out the blocks to send it to.
///
/// @tparam Alone  a cluster of one block
template <bool Alone>
struct FragmentExchange {
  static constexpr int senders = 4, most_sent = largest_persistent_cluster / senders;

  std::uint32_t own = 0;                  ///< address of the four of this thread's first result in the first buffer
  std::uint32_t barriers = 0;             ///< of the first
  std::uint32_t to[most_sent] = {};       ///< own in each block that this thread sends to
  std::uint32_t barrier[most_sent] = {};  ///< its first barrier
  int bytes = 0, working = 0, first_thread = 0;
  int from = 0;  ///< first of the threads whose units are put together
  int unit = 0;  ///< of this thread, among the four

  /// @param buffers  all of them    @param room  8 bytes of shared memory for each of `count` buffers
  /// @param bytes_  that come for each    @param working_  threads of the block that take part
  /// @param row, lane  of this thread's first result
  __device__ void begin(unsigned char* buffers, void* room, int cluster, int count, int bytes_, int working_, int row,
                        int lane) {
    bytes = in_register(bytes_);
    working = in_register(working_);
    first_thread = in_register(threadIdx.x == 0 ? 1 : 0);
    const FragmentPlace place;
    unit = place.group % 4;
    from = place.thread - 4 * unit;
    barriers = static_cast<std::uint32_t>(__cvta_generic_to_shared(room));
    own = static_cast<std::uint32_t>(__cvta_generic_to_shared(buffers + fragment_place(row, lane)));
#if __CUDA_ARCH__ >= 900
#pragma unroll
    for (int k = 0; k < most_sent; ++k) {
      const int block = unit + k * senders;
      if (block >= cluster) continue;
      to[k] = address_in(own, block);
      barrier[k] = address_in(barriers, block);
    }
    if (threadIdx.x == 0) make_barriers(barriers, count);
#endif
    end();
  }

  /// Says, once for each buffer and time, that something will come.
  __device__ void expect(int buffer) {
    if (!Alone) expect_bytes(barriers + 8 * buffer, bytes, first_thread);
  }

  /// Called by whole warps: each thread with its result, which counts where `sends`.
  /// @param start  of the buffer, in bytes from the first    @param result  of the thread
  /// @param sent  how often, each time to another block: the same for all threads
  __device__ void send(int start, int result, float value, int buffer, bool sends, int sent) {
    // Eight rows further are two fours, the next lane has four of them.
    const int place = (result / 2 * 2 + result % 2 * 4) * static_cast<int>(sizeof(FragmentOfUnits));
    const ThreeParts parts = parts_of(Side::right, value);
    if constexpr (Alone) {
      if (!sends) return;
      const std::uint32_t to_unit = own + static_cast<std::uint32_t>(start + place + 2 * unit);
      asm volatile("st.shared.b16 [%0], %1;" ::"r"(to_unit), "h"(parts.part[0].bits) : "memory");
      asm volatile("st.shared.b16 [%0], %1;" ::"r"(to_unit + 8), "h"(parts.part[1].bits) : "memory");
    } else {
      const std::uint32_t both = pair_of(parts.part[0], parts.part[1]);
      std::uint32_t four[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) four[k] = __shfl_sync(0xFFFFFFFFU, both, from + 4 * k);
      const std::uint32_t high[2] = {__byte_perm(four[0], four[1], 0x5410), __byte_perm(four[2], four[3], 0x5410)};
      const std::uint32_t low[2] = {__byte_perm(four[0], four[1], 0x7632), __byte_perm(four[2], four[3], 0x7632)};
      if (!sends || to[0] == 0) return;
#pragma unroll
      for (int k = 0; k < most_sent; ++k) {
        if (k > 0 && k >= sent) break;
        send_four(to[k] + static_cast<std::uint32_t>(start + place), high, low,
                  barrier[k] + 8 * static_cast<std::uint32_t>(buffer));
      }
    }
  }

  /// Until all of a buffer has come, see Exchange.
  __device__ void wait(int buffer, int parity) {
    if (Alone) {
      meet(block_warps + 1, working);
    } else {
      wait_for_bytes(barriers + 8 * buffer, parity);
    }
  }

  /// So many threads of the block wait for each other.
  __device__ static void meet(int barrier, int threads) {
    meet_threads(barrier, threads);
  }

  /// What a warp does that has nothing to do in so many turns of the others of its block, and while they wait so often.
  __device__ void idle(int, int) {}

  /// All blocks wait for each other: nobody leaves while others write into its memory.
  __device__ void end() {
    meet_all<Alone>();
  }

 private:
  __device__ static void send_four(std::uint32_t to, const std::uint32_t (&high)[2], const std::uint32_t (&low)[2],
                                   std::uint32_t barrier) {
#if __CUDA_ARCH__ >= 900
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(to),
                 "r"(high[0]), "r"(high[1]), "r"(low[0]), "r"(low[1]), "r"(barrier)
                 : "memory");
#endif
  }
};

#endif

}  // namespace mrnn::gpu
