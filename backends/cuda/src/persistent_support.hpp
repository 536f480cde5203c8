#pragma once

#include "persistent.hpp"
#include "step_epilogues.hpp"

namespace mrnn::gpu {

#ifdef MRNN_EMULATED

template <class... Parameters, class... Arguments>
void launch_clusters(const Stream&, void (*kernel)(Parameters...), unsigned blocks, int cluster, std::size_t shared,
                     Arguments... arguments) {
  const emulation::Launch all = {dim3(blocks), block_threads, static_cast<unsigned>(cluster), shared};
  emulation::submit([=] { emulation::run(all, [=] { kernel(arguments...); }); });
}

/// Stands for the exchange below: values are put in place at once, and waiting is for everybody.
struct Exchange {
  int cluster;

  void begin(void*, int cluster_, int) {
    cluster = cluster_;
    emulation::wait(emulation::Scope::cluster);
  }
  void expect(int) {}
  void send(float* place, float value, int) {
    for (int block = 0; block < cluster; ++block) {
      *static_cast<float*>(emulation::shared_memory_of(static_cast<unsigned>(block), place)) = value;
    }
  }
  void wait(int) { emulation::wait(emulation::Scope::cluster); }
  void end() { emulation::wait(emulation::Scope::cluster); }
};

#else

void check_cluster_launch(cudaError_t status);
int largest_shared_bytes();

template <class... Parameters, class... Arguments>
void launch_clusters(const Stream& stream, void (*kernel)(Parameters...), unsigned blocks, int cluster,
                     std::size_t shared, Arguments... arguments) {
  check_cluster_launch(
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)));
  if (cluster > 8) check_cluster_launch(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(blocks);
  config.blockDim = dim3(block_threads);
  config.dynamicSmemBytes = shared;
  config.stream = cuda_stream(stream);
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
  attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
  config.attrs = &attribute;
  config.numAttrs = 1;
  check_cluster_launch(cudaLaunchKernelEx(&config, kernel, arguments...));
}

/// How the blocks of a cluster hand each other what they have computed: values are written into the shared memory of all
/// of them, and a barrier in each counts the bytes that have come. Nothing waits for stores to global memory. A block
/// writes into a buffer only after it has got from each other block what that block computed from the buffer before, so
/// that nobody reads what is overwritten.
struct Exchange {
  std::uint32_t barriers = 0;  ///< address in shared memory of two, one for each of two buffers
  std::uint32_t parities = 0;
  int cluster = 1, bytes = 0;

  /// @param room  16 bytes of shared memory    @param bytes_  that come for each buffer
  __device__ void begin(void* room, int cluster_, int bytes_) {
    barriers = static_cast<std::uint32_t>(__cvta_generic_to_shared(room));
    cluster = cluster_;
    bytes = bytes_;
#if __CUDA_ARCH__ >= 900
    if (threadIdx.x == 0) {
      for (int k = 0; k < 2; ++k) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barriers + 8 * k) : "memory");
      asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
#endif
    end();
  }

  /// Says, once for each buffer and time, that something will come.
  __device__ void expect(int buffer) {
#if __CUDA_ARCH__ >= 900
    if (cluster == 1 || threadIdx.x != 0) return;
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barriers + 8 * buffer), "r"(bytes)
                 : "memory");
#endif
  }

  /// Called by whole warps, thread by thread with places one after the other: four threads share out who sends the
  /// values of all of them to which block.
  __device__ void send(float* place, float value, int buffer) {
    if (cluster == 1) {
      *place = value;
      return;
    }
#if __CUDA_ARCH__ >= 900
    const int thread = threadIdx.x % warp_threads, first = thread & ~3;
    float four[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) four[k] = __shfl_sync(0xFFFFFFFFU, value, first + k);
    const auto own = static_cast<std::uint32_t>(__cvta_generic_to_shared(place - thread % 4));
    for (int block = thread % 4; block < cluster; block += 4) {
      std::uint32_t there = 0, barrier = 0;
      asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(own), "r"(block));
      asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(barrier) : "r"(barriers + 8 * buffer), "r"(block));
      asm volatile(
          "st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(there),
          "f"(four[0]), "f"(four[1]), "f"(four[2]), "f"(four[3]), "r"(barrier)
          : "memory");
    }
#endif
  }

  /// Until all of a buffer has come.
  __device__ void wait(int buffer) {
    if (cluster == 1) {
      __syncthreads();
      return;
    }
#if __CUDA_ARCH__ >= 900
    const std::uint32_t parity = (parities >> buffer) & 1U;
    std::uint32_t done = 0;
    while (done == 0) {
      asm volatile(
          "{\n.reg .pred p;\n"
          "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
          "selp.u32 %0, 1, 0, p;\n}"
          : "=r"(done)
          : "r"(barriers + 8 * buffer), "r"(parity)
          : "memory");
    }
    parities ^= 1U << buffer;
#endif
  }

  /// All blocks wait for each other: nobody leaves while others write into its memory.
  __device__ void end() {
#if __CUDA_ARCH__ >= 900
    if (cluster > 1) {
      cooperative_groups::this_cluster().sync();
      return;
    }
#endif
    __syncthreads();
  }
};

#endif

/// Lanes of a row, as wide as they can be loaded at once.
template <int Lanes>
struct alignas(Lanes >= 4 ? 16 : 4 * Lanes) LaneValues {
  float value[Lanes];
};

/// The weights that a thread keeps: two rows, 32 apart, of its warp's quads of columns.
template <int Quads>
struct KeptWeights {
  float low[Quads][4], high[Quads][4];
  int column[Quads];

  /// @param tiles  tiles of rows that there are
  __device__ void load(const TileMap& map, const float* image, const QuadTable& quads, int block, int tiles) {
    const int thread = threadIdx.x % warp_threads, warp = threadIdx.x / warp_threads;
#pragma unroll
    for (int q = 0; q < Quads; ++q) {
      const int place = (block * block_warps + warp) * quads.quads + q;
      const int first = q < quads.quads ? quads.column[place] : -1;
      column[q] = first < 0 ? 0 : first;
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        low[q][k] = first < 0 || 2 * block >= tiles ? 0.0F : weight(map, image, 2 * block, first + k, thread);
        high[q][k] = first < 0 || 2 * block + 1 >= tiles ? 0.0F : weight(map, image, 2 * block + 1, first + k, thread);
      }
    }
  }

  /// Adds the products with vectors [rows x Lanes], lanes side by side.
  template <int Lanes>
  __device__ void multiply(const float* vectors, float (&sums)[2][Lanes]) const {
#pragma unroll
    for (int q = 0; q < Quads; ++q) {
      const float* from = vectors + column[q] * Lanes;
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const LaneValues<Lanes> lanes = *reinterpret_cast<const LaneValues<Lanes>*>(from + k * Lanes);
#pragma unroll
        for (int lane = 0; lane < Lanes; ++lane) {
          sums[0][lane] += low[q][k] * lanes.value[lane];
          sums[1][lane] += high[q][k] * lanes.value[lane];
        }
      }
    }
  }

 private:
  __device__ static float weight(const TileMap& map, const float* image, int tile, int column, int row) {
    const int chunk = map.chunk[tile * map.column_chunks + column / chunk_columns];
    return chunk < 0 ? 0.0F : image[Size{chunk} * chunk_size + column % chunk_columns * tile_rows + row];
  }
};

/// Sums of the warps, row by row with the lanes side by side [block_warps x persistent_rows x Lanes].
template <int Lanes>
__device__ inline void store_sums(float* room, const float (&sums)[2][Lanes]) {
  const int thread = threadIdx.x % warp_threads, warp = threadIdx.x / warp_threads;
  float* mine = room + warp * persistent_rows * Lanes;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    LaneValues<Lanes> values;
#pragma unroll
    for (int lane = 0; lane < Lanes; ++lane) values.value[lane] = sums[half][lane];
    *reinterpret_cast<LaneValues<Lanes>*>(mine + (thread + half * warp_threads) * Lanes) = values;
  }
}

template <int Lanes>
__device__ inline float sum_of_warps(const float* room, int place) {
  float sum = 0;
#pragma unroll
  for (int warp = 0; warp < block_warps; ++warp) sum += room[warp * persistent_rows * Lanes + place];
  return sum;
}

/// Results that a thread ends: places tid, tid + block_threads, ... of [persistent_rows x Lanes].
template <int Lanes>
constexpr int results_per_thread = (persistent_rows * Lanes + block_threads - 1) / block_threads;

/// Calls `with` with the smallest number of quads that kernels are compiled for and that is enough.
template <class With>
void with_quads(int quads, With&& with) {
  if (quads <= 3) {
    with(std::integral_constant<int, 3>());
  } else if (quads <= 5) {
    with(std::integral_constant<int, 5>());
  } else if (quads <= 9) {
    with(std::integral_constant<int, 9>());
  } else if (quads <= 13) {
    with(std::integral_constant<int, 13>());
  } else {
    with(std::integral_constant<int, most_quads>());
  }
}

template <class With>
void with_lanes(int lanes, With&& with) {
  if (lanes == 2) {
    with(std::integral_constant<int, 2>());
  } else if (lanes == 4) {
    with(std::integral_constant<int, 4>());
  } else {
    with(std::integral_constant<int, 8>());
  }
}

}  // namespace mrnn::gpu
