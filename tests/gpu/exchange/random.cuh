// Random values on the device. Zeros would let the device run faster than it does on data.

#pragma once

#include <cstddef>

#include "device.hpp"

namespace exchange {

/// A random value in (-1, 1) for each place.
__device__ inline float random_value(unsigned long long place, unsigned seed) {
  unsigned bits = static_cast<unsigned>(place) * 0x9E3779B1u + seed * 0x85EBCA77u;
  bits = (bits ^ bits >> 16) * 0x7FEB352Du;
  bits = (bits ^ bits >> 15) * 0x846CA68Bu;
  bits ^= bits >> 16;
  return (static_cast<float>(bits >> 8) + 0.5f) / 8388608.0f - 1.0f;
}

template <class T>
__global__ void fill_random_kernel(T* values, std::size_t count, unsigned seed) {
  const std::size_t all = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t place = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; place < count;
       place += all) {
    values[place] = static_cast<T>(random_value(place, seed));
  }
}

template <class T>
void fill_random(const Device& device, T* values, std::size_t count, unsigned seed) {
  Launch launch;
  launch.blocks = 8 * device.processors;
  launch_kernel(device, fill_random_kernel<T>, launch, values, count, seed);
}

}  // namespace exchange
