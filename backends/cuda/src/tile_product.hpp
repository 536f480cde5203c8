#pragma once

#include "kernel_support.hpp"

namespace mrnn::gpu {

/// Shared numbers that a tile needs: what its warps keep of the vectors, and later their sums.
template <int Lanes>
constexpr int tile_shared = tile_rows * Lanes * block_warps;

/// Vectors [rows x lanes] that a tile multiplies.
template <class Scalar>
struct Vectors {
  const Scalar* data = nullptr;  ///< of the first lane of the tile
  Size stride = 0;               ///< from lane to lane
  int lanes = 0;                 ///< how many there are from here on
  int columns = 1 << 30;         ///< chunks from this column on are left out
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

/// A tile of rows times a tile of lanes. The warps share the chunks, and their sums are added in their order: thread t
/// gets row t % 32 of the lanes t / 32 + 8 j.
template <class Scalar, int Lanes>
__device__ inline void multiply_tile(const Tiles& tiles, const Scalar* weights, const Vectors<Scalar>& vectors,
                                     Scalar* shared, Scalar (&out)[Lanes / 8]) {
  const int thread = threadIdx.x % warp_threads, warp = threadIdx.x / warp_threads;
  Scalar sums[Lanes] = {};
  Scalar* staged = shared + warp * chunk_columns * Lanes;
  const std::int32_t end = tiles.start[blockIdx.x + 1];
  for (std::int32_t chunk = tiles.start[blockIdx.x] + warp; chunk < end; chunk += block_warps) {
    const std::int32_t column = tiles.column[chunk];
    if (column >= vectors.columns) continue;
    add_chunk<Scalar, Lanes>(weights + Size{chunk} * chunk_size, vectors.data + column, vectors.stride, vectors.lanes,
                             staged, sums);
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

}  // namespace mrnn::gpu
