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

#else

void check_cluster_launch(cudaError_t status);

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

#endif

}  // namespace mrnn::gpu
