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
  template <int Lanes>
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
  if (cluster > 8)
    check_cluster_launch(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
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

/// How the blocks of a cluster hand each other what they have computed: values are written into the shared memory of
/// all of them, and a barrier in each counts the bytes that have come. Nothing waits for stores to global memory. A
/// block writes into a buffer only after it has got from each other block what that block computed from the buffer
/// before, so that nobody reads what is overwritten.
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
      for (int k = 0; k < 2; ++k)
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barriers + 8 * k) : "memory");
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
  /// values of all of them to which block. Of the last four of eight lanes it may be the first alone that matters.
  template <int Lanes>
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
      if (Lanes == 5 && (thread & 4) != 0) {
        asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.f32 [%0], %1, [%2];" ::"r"(there),
                     "f"(four[0]), "r"(barrier)
                     : "memory");
        continue;
      }
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

/// Numbers from row to row where the lanes of a row lie side by side: rows begin where they can be loaded at once.
template <int Lanes>
constexpr int lane_stride = Lanes <= 2 ? Lanes : (Lanes <= 4 ? 4 : 8);

template <int Count>
struct alignas(Count >= 4 ? 16 : 4 * Count) Side {
  float value[Count];
};

/// The lanes of a row.
template <int Lanes>
__device__ inline void load_lanes(const float* row, float (&lanes)[Lanes]) {
  constexpr int first = Lanes == 3 ? 4 : (Lanes < 4 ? Lanes : 4), rest = Lanes - first;
  const Side<first> low = *reinterpret_cast<const Side<first>*>(row);
#pragma unroll
  for (int lane = 0; lane < first && lane < Lanes; ++lane) lanes[lane] = low.value[lane];
  if constexpr (rest > 0) {
    const Side<rest> high = *reinterpret_cast<const Side<rest>*>(row + first);
#pragma unroll
    for (int lane = 0; lane < rest; ++lane) lanes[first + lane] = high.value[lane];
  }
}

/// Rows of a block whose weights a thread keeps, 16 apart; the two halves of a warp have columns of their own.
constexpr int kept_rows = 4, half_warp = warp_threads / 2;

/// The weights that a thread keeps: its rows of pairs of neighbouring columns.
template <int Pairs>
struct KeptWeights {
  float weight[Pairs][2][kept_rows];
  int column[Pairs];

  /// @param tiles  tiles of rows that there are
  __device__ void load(const TileMap& map, const float* image, const PairTable& pairs, int block, int tiles) {
    const int half = static_cast<int>(threadIdx.x) / half_warp, row = static_cast<int>(threadIdx.x) % half_warp;
#pragma unroll
    for (int p = 0; p < Pairs; ++p) {
      const int place = (block * 2 * block_warps + half) * pairs.pairs + p;
      const int first = p < pairs.pairs ? pairs.column[place] : -1;
      column[p] = first < 0 ? 0 : first;
#pragma unroll
      for (int k = 0; k < 2; ++k) {
#pragma unroll
        for (int r = 0; r < kept_rows; ++r) {
          const int block_row = row + r * half_warp, tile = 2 * block + block_row / tile_rows;
          weight[p][k][r] =
              first < 0 || tile >= tiles ? 0.0F : element(map, image, tile, first + k, block_row % tile_rows);
        }
      }
    }
  }

  /// Adds the products with vectors [rows x lane_stride].
  template <int Lanes>
  __device__ void multiply(const float* vectors, float (&sums)[kept_rows][Lanes]) const {
#pragma unroll
    for (int p = 0; p < Pairs; ++p) {
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        float lanes[Lanes];
        load_lanes<Lanes>(vectors + (column[p] + k) * lane_stride<Lanes>, lanes);
#pragma unroll
        for (int r = 0; r < kept_rows; ++r) {
#pragma unroll
          for (int lane = 0; lane < Lanes; ++lane) sums[r][lane] += weight[p][k][r] * lanes[lane];
        }
      }
    }
  }

 private:
  __device__ static float element(const TileMap& map, const float* image, int tile, int column, int row) {
    const int chunk = map.chunk[tile * map.column_chunks + column / chunk_columns];
    return chunk < 0 ? 0.0F : image[Size{chunk} * chunk_size + column % chunk_columns * tile_rows + row];
  }
};

/// Sums of the warps, row by row [block_warps x persistent_rows x lane_stride]: the halves of a warp add theirs up, and
/// each stores two of the four rows.
template <int Lanes>
__device__ inline void store_sums(float* room, const float (&sums)[kept_rows][Lanes]) {
  constexpr int stride = lane_stride<Lanes>;
  const int thread = threadIdx.x % warp_threads, warp = threadIdx.x / warp_threads;
  const bool high = thread >= half_warp;
  float* mine = room + (warp * persistent_rows + thread % half_warp) * stride;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    Side<stride> both = {};
#pragma unroll
    for (int lane = 0; lane < Lanes; ++lane) {
      const float given = high ? sums[r][lane] : sums[r + 2][lane];
      const float kept = high ? sums[r + 2][lane] : sums[r][lane];
      both.value[lane] = kept + __shfl_xor_sync(0xFFFFFFFFU, given, half_warp);
    }
    *reinterpret_cast<Side<stride>*>(mine + (r + (high ? 2 : 0)) * half_warp * stride) = both;
  }
}

template <int Lanes>
__device__ inline float sum_of_warps(const float* room, int place) {
  float sum = 0;
#pragma unroll
  for (int warp = 0; warp < block_warps; ++warp) sum += room[warp * persistent_rows * lane_stride<Lanes> + place];
  return sum;
}

/// Results that a thread ends: places tid, tid + block_threads, ... of [persistent_rows x lane_stride].
template <int Lanes>
constexpr int results_per_thread = (persistent_rows * lane_stride<Lanes> + block_threads - 1) / block_threads;

/// Bytes that come to a block for each row of the network.
template <int Lanes>
constexpr int row_bytes = Lanes == 5 ? 20 : 4 * lane_stride<Lanes>;

/// A place of the results of a block.
template <int Lanes>
struct Place {
  int unit, lane;  ///< of the network and the batch
  int shared;      ///< in the vectors of the cluster
  bool within;     ///< a row of the network, padding included; the same for whole warps
  bool exists;     ///< a unit and a lane that there are

  __device__ Place(int number, int first_unit, int first_lane, const Units<float>& units, int lanes) {
    constexpr int stride = lane_stride<Lanes>;
    unit = first_unit + number / stride;
    lane = first_lane + number % stride;
    shared = unit * stride + number % stride;
    within = number < persistent_rows * stride && unit < units.padded;
    exists = within && unit < units.count && number % stride < Lanes && lane < lanes;
  }
};

/// Calls `with` with the smallest number of pairs that kernels are compiled for and that is enough.
template <class With>
void with_pairs(int pairs, With&& with) {
  if (pairs <= 3) {
    with(std::integral_constant<int, 3>());
  } else if (pairs <= 5) {
    with(std::integral_constant<int, 5>());
  } else if (pairs <= 9) {
    with(std::integral_constant<int, 9>());
  } else {
    with(std::integral_constant<int, most_pairs>());
  }
}

template <class With>
void with_lanes(int lanes, With&& with) {
  switch (lanes) {
    case 1:
      return with(std::integral_constant<int, 1>());
    case 2:
      return with(std::integral_constant<int, 2>());
    case 3:
      return with(std::integral_constant<int, 3>());
    case 4:
      return with(std::integral_constant<int, 4>());
    case 5:
      return with(std::integral_constant<int, 5>());
    default:
      return with(std::integral_constant<int, 8>());
  }
}

/// Blocks of all clusters.
template <int Lanes>
unsigned cluster_blocks(int lanes, int cluster) {
  return static_cast<unsigned>((lanes + Lanes - 1) / Lanes * cluster);
}

}  // namespace mrnn::gpu
