#pragma once

#include <cstdint>

#include "kernel_support.hpp"

/// What blocks of a cluster hand each other lands in shared memory, where barriers count the bytes that have come.
/// Addresses are those of the shared memory of a block, or of the cluster. Compute capability 9.0.
namespace mrnn::gpu {

#ifndef MRNN_EMULATED

/// The same place in the shared memory of another block of the cluster.
__device__ inline std::uint32_t address_in(std::uint32_t address, int block) {
  std::uint32_t there = 0;
#if __CUDA_ARCH__ >= 900
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(block));
#endif
  return there;
}

/// Makes so many barriers, 8 bytes each, one after the other, before any block of the cluster sends.
__device__ inline void make_barriers(std::uint32_t first, int count) {
#if __CUDA_ARCH__ >= 900
  for (int k = 0; k < count; ++k)
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(first + 8 * k) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

/// Says, where `says` is not 0, that so many bytes will come.
__device__ inline void expect_bytes(std::uint32_t barrier, int bytes, int says) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{\n.reg .pred p;\n"
      "setp.ne.u32 p, %2, 0;\n"
      "@p mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\n}" ::"r"(barrier),
      "r"(bytes), "r"(says)
      : "memory");
#endif
}

/// Until all that was expected has come; `parity` is that of how often it has come before.
__device__ inline void wait_for_bytes(std::uint32_t barrier, int parity) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{\n.reg .pred p;\n"
      "again_%=:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
      "@!p bra again_%=;\n}" ::"r"(barrier),
      "r"(parity)
      : "memory");
#endif
}

/// So many threads of the block, whole warps, wait for each other.
__device__ inline void meet_threads(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

/// All threads of a cluster, or of the block that is alone, wait for each other.
template <bool Alone>
__device__ void meet_all() {
#if __CUDA_ARCH__ >= 900
  if (!Alone) {
    cooperative_groups::this_cluster().sync();
    return;
  }
#endif
  __syncthreads();
}

#endif

}  // namespace mrnn::gpu
