#pragma once

#include "kernel_support.hpp"
#include "steps.hpp"

namespace mrnn::gpu {

/// Groups of threads that share out the chunks of a wide tile, and rows and lanes of which each thread makes the sums.
constexpr int wide_groups = 4, wide_threads = block_threads / wide_groups, wide_rows = 8, wide_lanes = 4;
/// Numbers from lane to lane of the sums of a wide tile.
constexpr int wide_stride = tile_rows + 4;

/// Shared numbers that a tile needs: what its warps or groups keep of weights and vectors, and later their sums.
template <int Lanes>
constexpr int tile_shared = Lanes == wide_tile ? wide_groups* wide_tile* wide_stride : tile_rows* Lanes* block_warps;

/// Vectors [rows x lanes] that a tile multiplies.
template <class Scalar>
struct Vectors {
  const Scalar* data = nullptr;  ///< of the first lane of the tile
  Size stride = 0;               ///< from lane to lane
  int lanes = 0;                 ///< how many there are from here on
};

/// What a warp adds to its sums for one chunk; thread t of it has row t and all lanes of the tile.
template <class Scalar, int Lanes>
__device__ inline void add_chunk(const Scalar* weights, const Scalar* vectors, Size stride, int lanes, Scalar* staged,
                                 Scalar (&sums)[Lanes]) {
  const int thread = threadIdx.x % warp_threads;
  Scalar weight[chunk_columns];
#pragma unroll
  for (int k = 0; k < chunk_columns; ++k) weight[k] = weights[k * tile_rows + thread];
#pragma unroll
  for (int j = 0; j < Lanes / 8; ++j) {
    const int lane = (thread + j * warp_threads) / 4, row = thread % 4 * 4;
    Four<Scalar> four = {};
    if (lane < lanes) four = *reinterpret_cast<const Four<Scalar>*>(vectors + lane * stride + row);
    for (int i = 0; i < 4; ++i) staged[(row + i) * Lanes + lane] = four.value[i];
  }
  __syncwarp();
#pragma unroll
  for (int k = 0; k < chunk_columns; ++k) {
#pragma unroll
    for (int lane = 0; lane < Lanes; lane += 4) {
      const Four<Scalar> four = *reinterpret_cast<const Four<Scalar>*>(staged + k * Lanes + lane);
      for (int i = 0; i < 4; ++i) sums[lane + i] += weight[k] * four.value[i];
    }
  }
  __syncwarp();
}

/// A chunk on its way from memory to a group: 8 weights of a thread, and a lane of its vectors.
template <class Scalar>
struct WideChunk {
  Four<Scalar> weights[2] = {}, vectors[4] = {};

  __device__ void load(const Scalar* chunk, const Scalar* lane_vectors, bool has_lane) {
    const int thread = threadIdx.x % wide_threads;
#pragma unroll
    for (int k = 0; k < 2; ++k)
      weights[k] = *reinterpret_cast<const Four<Scalar>*>(chunk + 4 * (thread + k * wide_threads));
    if (!has_lane) return;
#pragma unroll
    for (int k = 0; k < 4; ++k) vectors[k] = *reinterpret_cast<const Four<Scalar>*>(lane_vectors + 4 * k);
  }
  /// @param staged  [chunk_columns x (tile_rows, then wide_tile)]
  __device__ void store(Scalar* staged) const {
    const int thread = threadIdx.x % wide_threads;
#pragma unroll
    for (int k = 0; k < 2; ++k) *reinterpret_cast<Four<Scalar>*>(staged + 4 * (thread + k * wide_threads)) = weights[k];
#pragma unroll
    for (int k = 0; k < chunk_columns; ++k) staged[chunk_size + k * wide_tile + thread] = vectors[k / 4].value[k % 4];
  }
};

/// As multiply_tile(), for many lanes: a thread makes the sums of wide_rows x wide_lanes, so that each number it loads
/// from shared memory is used often; the next chunk is fetched meanwhile.
template <class Scalar>
__device__ inline void multiply_wide(const Tiles& tiles, const Scalar* weights, const Vectors<Scalar>& vectors,
                                     Scalar* shared, Scalar (&out)[wide_tile / 8]) {
  const int group = threadIdx.x / wide_threads, thread = threadIdx.x % wide_threads;
  const int row = thread % 4 * wide_rows, lane = thread / 4 * wide_lanes;
  Scalar* staged = shared + group * (chunk_size + chunk_columns * wide_tile);
  const std::int32_t begin = tiles.start[blockIdx.x], end = tiles.end[blockIdx.x];
  const Scalar* own = vectors.data + thread * vectors.stride;
  Scalar sums[wide_lanes][wide_rows] = {};
  WideChunk<Scalar> ahead;
  const auto fetch = [&](std::int32_t chunk) {
    if (chunk < end) ahead.load(weights + Size{chunk} * chunk_size, own + tiles.column[chunk], thread < vectors.lanes);
  };
  fetch(begin + group);
  for (std::int32_t first = begin; first < end; first += wide_groups) {
    const std::int32_t chunk = first + group;
    if (chunk < end) ahead.store(staged);
    __syncthreads();
    fetch(chunk + wide_groups);
    if (chunk < end) {
#pragma unroll
      for (int k = 0; k < chunk_columns; ++k) {
        const Scalar* w = staged + k * tile_rows + row;
        const Four<Scalar> low = *reinterpret_cast<const Four<Scalar>*>(w),
                           high = *reinterpret_cast<const Four<Scalar>*>(w + 4);
        const Four<Scalar> h = *reinterpret_cast<const Four<Scalar>*>(staged + chunk_size + k * wide_tile + lane);
#pragma unroll
        for (int l = 0; l < wide_lanes; ++l) {
#pragma unroll
          for (int r = 0; r < 4; ++r) {
            sums[l][r] += low.value[r] * h.value[l];
            sums[l][r + 4] += high.value[r] * h.value[l];
          }
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int l = 0; l < wide_lanes; ++l) {
#pragma unroll
    for (int r = 0; r < wide_rows; ++r) shared[(group * wide_tile + lane + l) * wide_stride + row + r] = sums[l][r];
  }
  __syncthreads();
#pragma unroll
  for (int j = 0; j < wide_tile / 8; ++j) {
    const int place = (static_cast<int>(threadIdx.x) / warp_threads + 8 * j) * wide_stride + threadIdx.x % warp_threads;
    Scalar sum = 0;
    for (int part = 0; part < wide_groups; ++part) sum += shared[part * wide_tile * wide_stride + place];
    out[j] = sum;
  }
}

/// As multiply_tile(), for few lanes. The warps share the chunks, and their sums are added in their order: thread t
/// gets row t % 32 of the lanes t / 32 + 8 j.
template <class Scalar, int Lanes>
__device__ inline void multiply_narrow(const Tiles& tiles, const Scalar* weights, const Vectors<Scalar>& vectors,
                                       Scalar* shared, Scalar (&out)[Lanes / 8]) {
  const int thread = threadIdx.x % warp_threads, warp = threadIdx.x / warp_threads;
  Scalar sums[Lanes] = {};
  Scalar* staged = shared + warp * chunk_columns * Lanes;
  const std::int32_t end = tiles.end[blockIdx.x];
  for (std::int32_t chunk = tiles.start[blockIdx.x] + warp; chunk < end; chunk += block_warps) {
    add_chunk<Scalar, Lanes>(weights + Size{chunk} * chunk_size, vectors.data + tiles.column[chunk], vectors.stride,
                             vectors.lanes, staged, sums);
  }
  __syncthreads();
#pragma unroll
  for (int lane = 0; lane < Lanes; ++lane) shared[(warp * Lanes + lane) * tile_rows + thread] = sums[lane];
  __syncthreads();
#pragma unroll
  for (int j = 0; j < Lanes / 8; ++j) {
    const int place = (warp + 8 * j) * tile_rows + thread;
    Scalar sum = 0;
    for (int part = 0; part < block_warps; ++part) sum += shared[part * Lanes * tile_rows + place];
    out[j] = sum;
  }
}

/// A tile of rows times a tile of lanes: thread t gets row t % 32 of the lanes t / 32 + 8 j.
template <class Scalar, int Lanes>
__device__ inline void multiply_tile(const Tiles& tiles, const Scalar* weights, const Vectors<Scalar>& vectors,
                                     Scalar* shared, Scalar (&out)[Lanes / 8]) {
  if constexpr (Lanes == wide_tile) {
    multiply_wide(tiles, weights, vectors, shared, out);
  } else {
    multiply_narrow<Scalar, Lanes>(tiles, weights, vectors, shared, out);
  }
}

}  // namespace mrnn::gpu
