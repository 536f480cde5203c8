#pragma once

#include "cluster_barriers.hpp"
#include "persistent.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {

/// The result that a thread ends a step with: a row of its warp, and a lane of the group. Several threads have the same
/// where there are more threads than results.
template <int Sharers, int Lanes>
struct Result {
  static constexpr int threads = Sharers / kept_rows;  ///< of each row
  static constexpr int copies = threads / Lanes;
  static_assert(copies >= 1);
  int thread, row, lane, copy;
  bool first;  ///< of the copies

  __device__ Result()
      : thread(static_cast<int>(threadIdx.x) % warp_threads),
        row(thread / threads),
        lane(thread % threads / copies),
        copy(thread % copies),
        first(copy == 0) {}
};

#ifdef MRNN_EMULATED

/// Stands for the exchange below: values are put in place at once, and waiting is for everybody.
template <int Sharers, int Lanes, bool Alone>
struct Exchange {
  float* own = nullptr;
  int cluster = 1;

  void begin(float* vectors, void*, const PersistentShape& shape, int, int, int, int place) {
    own = vectors + place;
    cluster = Alone ? 1 : shape.cluster;
    emulation::wait(emulation::Scope::cluster);
  }
  void expect(int) {}
  void send(int start, float value, int, const PersistentShape&) {
    if (!Result<Sharers, Lanes>().first) return;
    for (int block = 0; block < cluster; ++block) {
      *static_cast<float*>(emulation::shared_memory_of(static_cast<unsigned>(block), own + start)) = value;
    }
  }
  void wait(int, int) { emulation::wait(emulation::Scope::cluster); }
  void idle(int turns) {
    for (int k = 0; k < turns; ++k) wait(0, 0);
  }
  void end() { emulation::wait(emulation::Scope::cluster); }
};

#else

/// How the blocks of a cluster hand each other what they have computed: values are written into the shared memory of
/// all of them, and a barrier of each buffer there counts the bytes that have come. Nothing waits for stores to global
/// memory, and no warp for others of its block. A warp writes into a buffer only after it has got from each other warp
/// what that computed from the buffer before, so that nobody reads what is overwritten.
///
/// @tparam Alone  a cluster of one block
template <int Sharers, int Lanes, bool Alone>
struct Exchange {
  using Place = Result<Sharers, Lanes>;
  /// Threads that hold the results of four rows of a lane: they share out the blocks these are sent to.
  static constexpr int senders = 4 * Place::copies, most_sent = (largest_persistent_cluster + senders - 1) / senders;

  float* own = nullptr;        ///< the place of this thread's result in the first buffer
  std::uint32_t barriers = 0;  ///< address in shared memory of the first
  /// Of four rows, or the thread's own, in the first buffer of each block that this thread sends to.
  std::uint32_t to[most_sent] = {};
  std::uint32_t barrier[most_sent] = {};  ///< of its first barrier
  int bytes = 0, from = 0, working = 0;
  int first_thread = 0;  ///< of the block
  bool first = false;    ///< of the copies of a result

  /// @param vectors  the first buffer    @param room  8 bytes of shared memory for each of `count` buffers
  /// @param bytes_  that come for each of them    @param working_  threads of the block that take part
  /// @param place  of this thread's result in a buffer
  __device__ void begin(float* vectors, void* room, const PersistentShape& shape, int count, int bytes_, int working_,
                        int place) {
    const int cluster = Alone ? 1 : shape.cluster;
    own = vectors + place;
    bytes = in_register(bytes_);
    working = in_register(working_);
    const Place result;
    from = result.thread - result.row % 4 * Place::threads - result.copy;
    first_thread = in_register(threadIdx.x == 0 ? 1 : 0);
    first = result.first;
    barriers = static_cast<std::uint32_t>(__cvta_generic_to_shared(room));
#if __CUDA_ARCH__ >= 900
    const int shift = shape.sends_own ? 0 : result.row % 4;
    const auto here = static_cast<std::uint32_t>(__cvta_generic_to_shared(own - shift));
    const int sender = shape.sends_own ? result.copy : result.row % 4 * Place::copies + result.copy;
#pragma unroll
    for (int k = 0; k < most_sent; ++k) {
      const int block = sender + k * senders;
      if (block >= cluster) continue;
      to[k] = address_in(here, block);
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

  /// Called by whole warps: each thread with its result.
  /// @param start  of the buffer, in numbers from the first    @param shape  for all threads
  __device__ void send(int start, float value, int buffer, const PersistentShape& shape) {
    if constexpr (Alone) {
      if (first) own[start] = value;
    } else if (shape.sends_own) {
      send_one(to[0] + 4 * static_cast<std::uint32_t>(start), value,
               barrier[0] + 8 * static_cast<std::uint32_t>(buffer));
    } else {
      float four[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) four[k] = __shfl_sync(0xFFFFFFFFU, value, from + k * Place::threads);
#pragma unroll
      for (int k = 0; k < most_sent; ++k) {
        if (k > 0 && k >= shape.sent) break;
        send_four(to[k], 4 * static_cast<std::uint32_t>(start), four,
                  barrier[k] + 8 * static_cast<std::uint32_t>(buffer));
      }
    }
  }

  /// Until all of a buffer has come; `parity` is that of how often it has come before. What is there at the beginning
  /// has come an odd number of times.
  __device__ void wait(int buffer, int parity) {
    if (Alone) {
      asm volatile("bar.sync 1, %0;" ::"r"(working) : "memory");
    } else {
      wait_for_bytes(barriers + 8 * buffer, parity);
    }
  }

  /// What a warp does that has nothing to do in so many turns of the others of its block.
  __device__ void idle(int) {}

  /// All blocks wait for each other: nobody leaves while others write into its memory.
  __device__ void end() {
    meet_all<Alone>();
  }

 private:
  __device__ static void send_one(std::uint32_t to, float value, std::uint32_t barrier) {
#if __CUDA_ARCH__ >= 900
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.f32 [%0], %1, [%2];" ::"r"(to), "f"(value),
                 "r"(barrier)
                 : "memory");
#endif
  }
  /// Nothing where there is no block to send to.
  __device__ static void send_four(std::uint32_t to, std::uint32_t start, const float (&four)[4],
                                   std::uint32_t barrier) {
#if __CUDA_ARCH__ >= 900
    asm volatile(
        "{\n.reg .pred p;\n"
        "setp.ne.u32 p, %0, 0;\n"
        "@p st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [%1], {%2, %3, %4, %5}, [%6];\n}" ::"r"(to),
        "r"(to + start), "f"(four[0]), "f"(four[1]), "f"(four[2]), "f"(four[3]), "r"(barrier)
        : "memory");
#endif
  }
};

#endif

}  // namespace mrnn::gpu
