#pragma once

#include "fragment_plan.hpp"
#include "kernel_support.hpp"
#include "parts.hpp"

namespace mrnn::gpu {

/// Where a thread of a warp is in what the warp multiplies on a tensor core: 16 rows and 16 columns of weights, by 8
/// lanes. It has two rows of the result, `group` and 8 further, and in each lanes 2 * quad and 2 * quad + 1. Of the
/// columns of a tile it has four neighbours: tensor cores count them otherwise, but only that both factors agree
/// matters.
struct FragmentPlace {
  int thread = static_cast<int>(threadIdx.x) % warp_threads, group = thread / 4, quad = thread % 4;
};

/// Two numbers of bfloat16, the first one in the lower half.
__device__ inline std::uint32_t pair_of(Bf16 first, Bf16 second) {
  return first.bits | static_cast<std::uint32_t>(second.bits) << 16;
}

/// Four neighbouring units of a lane, as hi and lo: what a thread reads of a tile.
struct alignas(16) FragmentOfUnits {
  std::uint32_t high[2], low[2];
};

#ifdef MRNN_EMULATED

/// Adds the product of one tile, as the tensor core does.
inline void multiply_tile(float (&sum)[4], const std::uint32_t (&weights)[4], const std::uint32_t (&units)[2]) {
  struct Held {
    std::uint32_t weights[4], units[2];
  };
  const Held mine = {{weights[0], weights[1], weights[2], weights[3]}, {units[0], units[1]}};
  std::memcpy(emulation::warp_slot(threadIdx.x % warp_threads), &mine, sizeof mine);
  emulation::wait(emulation::Scope::warp);
  const auto held_by = [](int thread) {
    return static_cast<const Held*>(emulation::warp_slot(static_cast<unsigned>(thread)));
  };
  const auto half = [](std::uint32_t pair, int k) {
    return value_of(Bf16{static_cast<std::uint16_t>(pair >> (16 * k))});
  };
  const FragmentPlace place;
  for (int r = 0; r < 4; ++r) {
    for (int k = 0; k < chunk_columns; ++k) {
      const int quad = k % 8 / 2, upper = k / 8;
      const std::uint32_t left = held_by(4 * place.group + quad)->weights[2 * upper + r / 2];
      const std::uint32_t right = held_by(4 * (2 * place.quad + r % 2) + quad)->units[upper];
      sum[r] += half(left, k % 2) * half(right, k % 2);
    }
  }
  emulation::wait(emulation::Scope::warp);
}

#else

__device__ inline void multiply_tile(float (&sum)[4], const std::uint32_t (&weights)[4],
                                     const std::uint32_t (&units)[2]) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(weights[0]), "r"(weights[1]), "r"(weights[2]), "r"(weights[3]), "r"(units[0]), "r"(units[1]));
#endif
}

#endif

/// Puts hi and lo of a unit into the four that a thread reads.
__device__ inline void put_unit(void* four, int unit, float value) {
  auto* parts = static_cast<Bf16*>(four) + unit % 4;
  const ThreeParts both = parts_of(Side::right, value);
  parts[0] = both.part[0];
  parts[4] = both.part[1];
}

/// Number k of the four pairs of weights that a thread has of a tile: of rows `group` and 8 further, columns 0 and 1 of
/// its four, then 2 and 3. @param own  the first row and column, in a chunk; null: zeros
__device__ inline void load_weights(const float* own, int k, std::uint32_t& high, std::uint32_t& low) {
  const float* two = own + (k / 2 * 2) * tile_rows + k % 2 * 8;
  const ThreeParts first = parts_of(Side::left, own == nullptr ? 0.0F : two[0]);
  const ThreeParts second = parts_of(Side::left, own == nullptr ? 0.0F : two[tile_rows]);
  high = pair_of(first.part[0], second.part[0]);
  low = pair_of(first.part[2], second.part[2]);
}

/// The weights that a warp keeps: tiles of its 16 rows, as hi and lo.
template <int Tiles>
struct Fragments {
  std::uint32_t high[Tiles][4], low[Tiles][4];
  int column[Tiles];

  /// @param warp  of the cluster    @param first_row  of the warp
  __device__ void load(const TileMap& map, const float* image, const FragmentTable& table, int warp, int first_row) {
    const FragmentPlace place;
    const int tile = first_row / tile_rows;
#pragma unroll
    for (int t = 0; t < Tiles; ++t) {
      const int first = t < table.tiles ? table.column[warp * table.tiles + t] : -1;
      column[t] = first < 0 ? 0 : first;
      const int chunk = first < 0 ? -1 : map.chunk[tile * map.column_chunks + first / chunk_columns];
      const float* own = image + Size{chunk < 0 ? 0 : chunk} * chunk_size + first_row % tile_rows + place.group +
                         Size{4 * place.quad} * tile_rows;
#pragma unroll
      for (int k = 0; k < 4; ++k) load_weights(chunk < 0 ? nullptr : own, k, high[t][k], low[t][k]);
    }
  }

  /// sums = the products with a buffer of fragments (see FragmentExchange): hi hi' + (hi lo' + lo hi').
  __device__ void multiply(const FragmentOfUnits* buffer, float (&sums)[4]) const {
    float crossed[4] = {}, other[4] = {};
#pragma unroll
    for (int k = 0; k < 4; ++k) sums[k] = 0.0F;
#pragma unroll
    for (int t = 0; t < Tiles; ++t) {
      const FragmentOfUnits units = buffer[2 * column[t] + FragmentPlace().thread];
      multiply_tile(sums, high[t], units.high);
      multiply_tile(crossed, high[t], units.low);
      multiply_tile(other, low[t], units.high);
    }
#pragma unroll
    for (int k = 0; k < 4; ++k) sums[k] += crossed[k] + other[k];
  }
};

}  // namespace mrnn::gpu
