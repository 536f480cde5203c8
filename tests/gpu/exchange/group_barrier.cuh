// Barriers within groups of blocks through flags in global memory. All blocks must be resident.

#pragma once

#include "rounds.cuh"

namespace exchange {

/// Words between the flags of two groups: no two groups share a line of the cache.
constexpr int flag_stride = 256;

__device__ inline unsigned load_acquire(const unsigned* flag) {
  unsigned value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(flag) : "memory");
  return value;
}

__device__ inline void store_release(unsigned* flag, unsigned value) {
  asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(flag), "r"(value) : "memory");
}

__device__ inline void add_release(unsigned* flag, unsigned value) {
  asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(flag), "r"(value) : "memory");
}

/// One counter for the group, which only grows: `group` more with every round.
__device__ inline void counter_barrier(unsigned* flags, int group, int round) {
  unsigned* counter = flags + blockIdx.x / group * flag_stride;
  __syncthreads();
  if (threadIdx.x == 0) {
    add_release(counter, 1u);
    const unsigned target = static_cast<unsigned>(group) * static_cast<unsigned>(round + 1);
    Patience patience;
    while (load_acquire(counter) < target) patience.spend();
  }
  __syncthreads();
}

/// One flag for each block, its rounds so far; as many threads wait, each for one block. No atomic operation.
__device__ inline void flag_array_barrier(unsigned* flags, int group, int round) {
  unsigned* of_group = flags + blockIdx.x / group * flag_stride;
  const unsigned target = static_cast<unsigned>(round + 1);
  __syncthreads();
  if (threadIdx.x == 0) store_release(of_group + blockIdx.x % group, target);
  if (threadIdx.x < group) {
    Patience patience;
    while (load_acquire(of_group + threadIdx.x) < target) patience.spend();
  }
  __syncthreads();
}

/// Sizes of groups that are measured: those side by side fill the device.
constexpr int group_sizes[] = {8, 16, 32, 64, 128};

}  // namespace exchange
