#pragma once

#include "cluster_barriers.hpp"
#include "tensor_tiles.hpp"

/// What blocks hand each other through memory, where each of some blocks counts that it has written its part.
namespace mrnn::gpu {

#ifdef MRNN_EMULATED

/// Blocks that wait for each other are a cluster there.
inline void wait_for_blocks(const unsigned*, unsigned) {
  emulation::wait(emulation::Scope::cluster);
}
inline void count_block(unsigned*) {}
inline void meet_team(int) {
  emulation::wait(emulation::Scope::block);
}
inline void bring_near(const float*) {}

inline FragmentOfUnits units_of_others(const FragmentOfUnits* from) {
  return *from;
}

#else

/// Until so many blocks have counted; what they wrote before is there then.
__device__ inline void wait_for_blocks(const unsigned* arrived, unsigned count) {
  unsigned seen = 0;
#if __CUDA_ARCH__ >= 900
  do {
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];"
                 : "=r"(seen)
                 : "l"(__cvta_generic_to_global(arrived))
                 : "memory");
  } while (seen < count);
#endif
}

/// By one thread, after all of its block have met.
__device__ inline void count_block(unsigned* arrived) {
#if __CUDA_ARCH__ >= 900
  asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(__cvta_generic_to_global(arrived)) : "memory");
#endif
}

/// The threads of a team wait for each other.
__device__ inline void meet_team(int team) {
  meet_threads(1 + team, block_threads);
}

/// Into the cache of the device.
__device__ inline void bring_near(const float* from) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(__cvta_generic_to_global(from)));
}

/// Past the cache of the processor, which does not hear of what others write.
__device__ inline FragmentOfUnits units_of_others(const FragmentOfUnits* from) {
  FragmentOfUnits units;
  asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(units.high[0]), "=r"(units.high[1]), "=r"(units.low[0]), "=r"(units.low[1])
               : "l"(__cvta_generic_to_global(from))
               : "memory");
  return units;
}

#endif

/// Leaves what the tensor cores of others read of a unit in a lane. By whole warps, in which four neighbouring threads
/// have four neighbouring units of a lane.
/// @param four  of the thread's unit, see vector_place()
__device__ inline void put_units(FragmentOfUnits* four, float value) {
  const ThreeParts parts = parts_of(Side::right, value);
  const std::uint32_t own = pair_of(parts.part[0], parts.part[1]);
  const int thread = static_cast<int>(threadIdx.x) % warp_threads, unit = thread % 4;
  const int first = thread - unit + unit % 2 * 2;
  const std::uint32_t left = __shfl_sync(0xFFFFFFFFU, own, first), right = __shfl_sync(0xFFFFFFFFU, own, first + 1);
  // High of two units, or low.
  reinterpret_cast<std::uint32_t*>(four)[unit] =
      unit < 2 ? (left & 0xFFFFU) | right << 16 : left >> 16 | (right & 0xFFFF0000U);
}

}  // namespace mrnn::gpu
