#pragma once

#include "persistent.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {

/// Numbers from memory that a thread asks for two turns before it needs them. They go to shared memory: in registers
/// they would share the few counters by which a warp waits for loads with those from shared memory, and these would
/// wait for them.
///
/// @tparam Count  of each turn    @tparam After  turns that have been asked for after the one that is got
template <int Count, int After>
class FetchedAhead {
 public:
  /// @param room  Count * fetched_turns * block_threads numbers of shared memory
  __device__ explicit FetchedAhead(float* room) : own_(room + threadIdx.x) {}

  /// Asks for what turn after turn needs.
  template <class From>
  __device__ void ask(From&& from) {
#pragma unroll
    for (int k = 0; k < Count; ++k) copy(own_ + (asked_ * Count + k) * block_threads, from(k));
    commit();
    asked_ = (asked_ + 1) % fetched_turns;
  }
  /// What was asked for the next turn.
  __device__ void get(float (&numbers)[Count]) {
    wait();
#pragma unroll
    for (int k = 0; k < Count; ++k) numbers[k] = own_[(got_ * Count + k) * block_threads];
    got_ = (got_ + 1) % fetched_turns;
  }

 private:
#ifdef MRNN_EMULATED
  static void copy(float* to, const float* from) {
    *to = *from;
  }
  static void commit() {}
  static void wait() {}
#else
  __device__ static void copy(float* to, const float* from) {
#if __CUDA_ARCH__ >= 900
    asm volatile(
        "cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(to))),
        "l"(__cvta_generic_to_global(from))
        : "memory");
#endif
  }
  __device__ static void commit() {
#if __CUDA_ARCH__ >= 900
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
  }
  __device__ static void wait() {
#if __CUDA_ARCH__ >= 900
    asm volatile("cp.async.wait_group %0;" ::"n"(After) : "memory");
#endif
  }
#endif

  float* own_;
  unsigned asked_ = 0, got_ = 0;
};

}  // namespace mrnn::gpu
