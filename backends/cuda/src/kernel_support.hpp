#pragma once

#include "device.hpp"

/// What kernels are written with. In the tests the host plays the device: see tests/gpu/emulation.
#ifdef MRNN_EMULATED
#include "emulation.hpp"
#else
#include <cooperative_groups.h>
#include <cuda_runtime.h>
#endif

namespace mrnn::gpu {

#ifdef MRNN_EMULATED

template <class... Parameters, class... Arguments>
void launch(const Stream&, void (*kernel)(Parameters...), dim3 grid, std::size_t shared, Arguments... arguments) {
  emulation::submit([=] { emulation::run({grid, block_threads, 1, shared}, [=] { kernel(arguments...); }); });
}
template <class... Parameters, class... Arguments>
void launch_threads(const Stream&, void (*kernel)(Parameters...), dim3 grid, int threads, Arguments... arguments) {
  const auto count = static_cast<unsigned>(threads);
  emulation::submit([=] { emulation::run({grid, count, 1, 0}, [=] { kernel(arguments...); }); });
}

/// The dynamic shared memory of the block.
template <class Type>
Type* shared_memory() {
  return static_cast<Type*>(emulation::shared_memory());
}

#else

cudaStream_t cuda_stream(const Stream& stream);
/// Throws DeviceFailure where the last launch failed.
void check_launch();

/// Threads: block_threads.
template <class... Parameters, class... Arguments>
void launch(const Stream& stream, void (*kernel)(Parameters...), dim3 grid, std::size_t shared,
            Arguments... arguments) {
  // clang-format off
  kernel<<<grid, block_threads, shared, cuda_stream(stream)>>>(arguments...);
  // clang-format on
  check_launch();
}

/// The same with another number of threads, without shared memory.
template <class... Parameters, class... Arguments>
void launch_threads(const Stream& stream, void (*kernel)(Parameters...), dim3 grid, int threads,
                    Arguments... arguments) {
  // clang-format off
  kernel<<<grid, static_cast<unsigned>(threads), 0, cuda_stream(stream)>>>(arguments...);
  // clang-format on
  check_launch();
}

template <class Type>
__device__ inline Type* shared_memory() {
  extern __shared__ __align__(16) unsigned char shared_bytes[];
  return reinterpret_cast<Type*>(shared_bytes);
}

#endif

/// Neighbouring numbers that are loaded and stored at once.
template <class Scalar>
struct alignas(16) Four {
  Scalar value[4];
};

/// Blocks that give every one of `count` items a thread.
inline dim3 blocks_for(Size count) {
  return dim3(static_cast<unsigned>((count + block_threads - 1) / block_threads));
}

/// Number of this thread among all of its grid.
__device__ inline Size thread_number() {
  return static_cast<Size>(blockIdx.x) * block_threads + threadIdx.x;
}

/// The value in a register of its own: one that comes from the parameters of a kernel, or is the number of a thread, is
/// else fetched anew each time, which takes longer than a multiplication. For whole warps.
__device__ inline int in_register(int value) {
  return __shfl_sync(0xFFFFFFFFU, value, static_cast<int>(threadIdx.x) % warp_threads);
}

/// Sum over the threads of a block in a fixed order, for thread 0. `scratch` [block_warps] is shared.
__device__ inline double block_sum(double value, double* scratch) {
  for (int distance = warp_threads / 2; distance > 0; distance /= 2) {
    value += __shfl_down_sync(0xFFFFFFFFU, value, distance);
  }
  if (threadIdx.x % warp_threads == 0) scratch[threadIdx.x / warp_threads] = value;
  __syncthreads();
  double sum = 0.0;
  if (threadIdx.x == 0) {
    for (int warp = 0; warp < block_warps; ++warp) sum += scratch[warp];
  }
  __syncthreads();
  return sum;
}

}  // namespace mrnn::gpu
