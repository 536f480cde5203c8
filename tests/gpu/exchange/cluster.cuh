// Instructions of clusters: barriers, distributed shared memory and barriers that count bytes. Compute capability 9.0.

#pragma once

#include "rounds.cuh"

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define EXCHANGE_CLUSTERS 1
#endif

namespace exchange {

#ifdef EXCHANGE_CLUSTERS

__device__ inline void cluster_arrive_release() {
  asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
}

__device__ inline void cluster_arrive_relaxed() {
  asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
}

__device__ inline void cluster_wait_acquire() {
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}

/// This block's place in its cluster, and the blocks of the cluster.
__device__ inline unsigned cluster_rank() {
  unsigned rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}

__device__ inline unsigned cluster_size() {
  unsigned size;
  asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
  return size;
}

/// A pointer to shared memory as the 32-bit address that the instructions here take.
__device__ inline unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

/// The address of the same place in the shared memory of another block of the cluster.
__device__ inline unsigned address_in(unsigned address, unsigned rank) {
  unsigned result;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(result) : "r"(address), "r"(rank));
  return result;
}

__device__ inline void store_remote(unsigned to, const uint4& piece) {
  asm volatile("st.shared::cluster.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(piece.x), "r"(piece.y), "r"(piece.z),
               "r"(piece.w)
               : "memory");
}

/// Writes to another block and counts the bytes at that block's barrier.
__device__ inline void store_counted(unsigned to, const uint4& piece, unsigned barrier) {
  asm volatile(
      "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(to),
      "r"(piece.x), "r"(piece.y), "r"(piece.z), "r"(piece.w), "r"(barrier)
      : "memory");
}

/// Copies from this block's shared memory to another block's and counts the bytes at that block's barrier.
__device__ inline void copy_counted(unsigned to, unsigned from, unsigned bytes, unsigned barrier) {
  asm volatile("cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to),
               "r"(from), "r"(bytes), "r"(barrier)
               : "memory");
}

__device__ inline void fence_for_copies() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/// A barrier whose phase ends when one thread has arrived and all bytes it expects are there.
__device__ inline void barrier_initialise(unsigned barrier) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier) : "memory");
}

/// Shows the barriers to the other blocks; a barrier of the cluster must follow.
__device__ inline void barriers_publish() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ inline void barrier_expect(unsigned barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

/// Whose writes a wait makes visible beside the counted bytes. That of the cluster empties the first-level cache.
enum class Scope { block, cluster };

#define EXCHANGE_TRY_WAIT(scope)                \
  asm volatile(                                 \
      "{\n"                                     \
      ".reg .pred complete;\n"                  \
      "mbarrier.try_wait.parity.acquire." scope \
      ".shared::cta.b64 complete, [%1], %2;\n"  \
      "selp.u32 %0, 1, 0, complete;\n"          \
      "}"                                       \
      : "=r"(passed)                            \
      : "r"(barrier), "r"(parity)               \
      : "memory")

template <Scope scope>
__device__ bool barrier_passed(unsigned barrier, unsigned parity) {
  unsigned passed;
  if constexpr (scope == Scope::block) {
    EXCHANGE_TRY_WAIT("cta");
  } else {
    EXCHANGE_TRY_WAIT("cluster");
  }
  return passed != 0;
}

template <Scope scope>
__device__ void barrier_wait(unsigned barrier, unsigned parity) {
  Patience patience;
  while (!barrier_passed<scope>(barrier, parity)) patience.spend();
}

#endif

/// Sizes of clusters that are measured; 16 needs the device's consent.
constexpr int cluster_sizes[] = {2, 4, 8, 16};

}  // namespace exchange
