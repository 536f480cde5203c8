#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

/// Runs kernels on the host, so that everything about them but their speed and their races is tested without a device:
/// each thread of a block, or of a cluster of blocks, is a fibre that runs until it waits for others.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

extern dim3 threadIdx, blockIdx, gridDim;

namespace mrnn::emulation {

/// Memory that ends where the program may not go on: a kernel that reads or writes beyond its end, by more than what
/// rounds its size up to 16 bytes, is a fault of memory.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t bytes);
  ~GuardedMemory();
  GuardedMemory(GuardedMemory&& other) noexcept;
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::size_t size_ = 0, mapped_ = 0;
  char *first_ = nullptr, *data_ = nullptr;
};

struct Launch {
  dim3 grid;
  unsigned threads = 1;
  unsigned cluster = 1;  ///< blocks, along x, that run together
  std::size_t shared = 0;
};

/// Does something now, or, while a graph is recorded, when it is replayed.
void submit(std::function<void()> work);
/// What `submissions` submits, to be done later, any number of times.
std::function<void()> record(const std::function<void()>& submissions);

/// Runs `kernel` for all threads of the grid. Throws std::logic_error where threads of a block wait at different
/// places for ever.
void run(const Launch& launch, const std::function<void()>& kernel);

void* shared_memory();
/// That of another block of the cluster, at the same place.
void* shared_memory_of(unsigned block, void* own);

enum class Scope { warp, block, cluster };
void wait(Scope scope);
/// Room for what the threads of a warp hand each other.
void* warp_slot(unsigned thread);

template <class Type>
Type exchange(Type value, unsigned from) {
  std::memcpy(warp_slot(threadIdx.x % 32), &value, sizeof value);
  wait(Scope::warp);
  std::memcpy(&value, warp_slot(from), sizeof value);
  wait(Scope::warp);
  return value;
}

}  // namespace mrnn::emulation

inline void __syncthreads() {
  mrnn::emulation::wait(mrnn::emulation::Scope::block);
}
inline void __syncwarp() {
  mrnn::emulation::wait(mrnn::emulation::Scope::warp);
}
template <class Type>
Type __shfl_down_sync(unsigned, Type value, int distance) {
  const unsigned from = threadIdx.x % 32 + static_cast<unsigned>(distance);
  return mrnn::emulation::exchange(value, from < 32 ? from : threadIdx.x % 32);
}
template <class Type>
Type __shfl_xor_sync(unsigned, Type value, int mask) {
  return mrnn::emulation::exchange(value, (threadIdx.x % 32) ^ static_cast<unsigned>(mask));
}
template <class Type>
Type __shfl_sync(unsigned, Type value, int from) {
  return mrnn::emulation::exchange(value, static_cast<unsigned>(from) % 32);
}
inline unsigned long long atomicMin(unsigned long long* place, unsigned long long value) {
  const unsigned long long before = *place;
  if (value < before) *place = value;
  return before;
}
