// The host's side of the device: checked calls, memory, launches, graphs and timers.

#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "report.hpp"

namespace exchange {

/// There is no device to measure on; the text says why.
struct NoDevice : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws the operation and CUDA's words for what went wrong with it.
void check(cudaError_t status, const char* operation);

/// The device the program measures on.
struct Device {
  std::string text;               ///< name, versions and sizes, in one line
  int processors = 0;             ///< multiprocessors
  int major = 0;                  ///< of its compute capability
  std::size_t shared_bytes = 0;   ///< shared memory that a block can ask for
  cudaStream_t stream = nullptr;  ///< the one stream of the program; lives as long as the process

  bool has_clusters() const { return major >= 9; }
  /// `wanted` bytes of shared memory, or what a block can have where that is less.
  std::size_t at_most(std::size_t wanted) const { return wanted < shared_bytes ? wanted : shared_bytes; }
};

/// Opens the first device and raises its clocks; throws NoDevice where there is none.
Device open_device();

/// Device memory for a fixed number of values, not initialised.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t size) : size_(size) { check(cudaMalloc(&data_, size * sizeof(T)), "allocating"); }
  ~Buffer() {
    if (cudaFree(data_) != cudaSuccess) std::fprintf(stderr, "exchange: freeing device memory failed\n");
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  void clear(cudaStream_t stream) { check(cudaMemsetAsync(data_, 0, size_ * sizeof(T), stream), "clearing"); }
  void write(const std::vector<T>& values) {
    check(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "copying to the device");
    // The copy may still be under way, and the stream does not wait for it.
    check(cudaDeviceSynchronize(), "waiting for the device");
  }
  /// Waits for all work on the device, then copies the first `count` values.
  std::vector<T> read(std::size_t count) const {
    check(cudaDeviceSynchronize(), "waiting for the device");
    std::vector<T> values(count);
    check(cudaMemcpy(values.data(), data_, count * sizeof(T), cudaMemcpyDeviceToHost), "copying from the device");
    return values;
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// How a kernel is launched.
struct Launch {
  int blocks = 1;
  int threads = 256;
  std::size_t shared_bytes = 0;  ///< dynamic shared memory of a block
  int cluster = 1;               ///< blocks of a cluster; 1 for none
  bool cooperative = false;      ///< all blocks are resident together, or the launch fails
  bool programmatic = false;     ///< may start before the kernel ahead of it has ended
};

/// Lets the kernel use this much shared memory, and clusters of more than 8 blocks.
void prepare(const void* kernel, const Launch& launch);

/// The number of the launch's clusters that the device holds at once; 0 where it takes none of this size.
int resident_clusters(const Device& device, const void* kernel, const Launch& launch);

/// Launches with one pointer to each argument.
void launch_with(const Device& device, const void* kernel, const Launch& launch, void** arguments);

template <class... Parameters, class... Arguments>
void launch_kernel(const Device& device, void (*kernel)(Parameters...), const Launch& launch, Arguments... arguments) {
  const auto call = [&](Parameters... converted) {
    void* pointers[] = {&converted..., nullptr};
    launch_with(device, reinterpret_cast<const void*>(kernel), launch, pointers);
  };
  call(arguments...);
}

/// The work a function puts on the stream, captured to be replayed.
class Graph {
 public:
  Graph(const Device& device, const std::function<void()>& work);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void replay() const;

 private:
  cudaStream_t stream_;
  cudaGraphExec_t instance_ = nullptr;
};

Sample summarise(std::vector<double> values);

/// Microseconds the work takes on the stream, over `times` runs after one that is not timed.
Sample time_work(const Device& device, int times, const std::function<void()>& work);

/// The sample with every number multiplied.
Sample scaled(const Sample& sample, double factor);

/// The rates that belong to times: `amount` over each of them.
Sample rate(double amount, const Sample& times);

}  // namespace exchange
