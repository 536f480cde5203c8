#pragma once

#include "kernel_support.hpp"
#include "persistent.hpp"

/// Kernels of clusters of blocks, block_threads threads each.
namespace mrnn::gpu {

#ifdef MRNN_EMULATED

template <class... Parameters, class... Arguments>
void launch_clusters(const Stream&, void (*kernel)(Parameters...), unsigned blocks, int cluster, std::size_t shared,
                     Arguments... arguments) {
  const emulation::Launch all = {dim3(blocks), block_threads, static_cast<unsigned>(cluster), shared};
  emulation::submit([=] { emulation::run(all, [=] { kernel(arguments...); }); });
}

/// Blocks of which so many wait for each other.
template <class... Parameters, class... Arguments>
void launch_together(const Stream&, void (*kernel)(Parameters...), unsigned blocks, int threads, int together,
                     std::size_t shared, Arguments... arguments) {
  const emulation::Launch all = {dim3(blocks), static_cast<unsigned>(threads), static_cast<unsigned>(together), shared};
  emulation::submit([=] { emulation::run(all, [=] { kernel(arguments...); }); });
}

#else

void check_cluster_launch(cudaError_t status);

/// How so many blocks are launched in clusters.
struct ClusterLaunch {
  cudaLaunchConfig_t config = {};
  cudaLaunchAttribute size = {};

  ClusterLaunch(unsigned blocks, int cluster, std::size_t shared) {
    config.gridDim = dim3(blocks);
    config.blockDim = dim3(block_threads);
    config.dynamicSmemBytes = shared;
    config.attrs = &size;
    config.numAttrs = 1;
    size.id = cudaLaunchAttributeClusterDimension;
    size.val.clusterDim.x = static_cast<unsigned>(cluster);
    size.val.clusterDim.y = size.val.clusterDim.z = 1;
  }
  ClusterLaunch(const ClusterLaunch&) = delete;
  ClusterLaunch& operator=(const ClusterLaunch&) = delete;
};

template <class... Parameters, class... Arguments>
void launch_clusters(const Stream& stream, void (*kernel)(Parameters...), unsigned blocks, int cluster,
                     std::size_t shared, Arguments... arguments) {
  check_cluster_launch(
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)));
  if (cluster > 8)
    check_cluster_launch(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  ClusterLaunch launch(blocks, cluster, shared);
  launch.config.stream = cuda_stream(stream);
  check_cluster_launch(cudaLaunchKernelEx(&launch.config, kernel, arguments...));
}

/// Blocks that wait for each other without being clusters: all of them run at the same time, or none.
template <class... Parameters, class... Arguments>
void launch_together(const Stream& stream, void (*kernel)(Parameters...), unsigned blocks, int threads, int,
                     std::size_t shared, Arguments... arguments) {
  check_cluster_launch(
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)));
  ClusterLaunch launch(blocks, 1, shared);
  launch.config.blockDim = dim3(static_cast<unsigned>(threads));
  launch.size.id = cudaLaunchAttributeCooperative;
  launch.size.val.cooperative = 1;
  launch.config.stream = cuda_stream(stream);
  check_cluster_launch(cudaLaunchKernelEx(&launch.config, kernel, arguments...));
}

#endif

}  // namespace mrnn::gpu
