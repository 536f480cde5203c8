#pragma once

#include "kernel_support.hpp"
#include "persistent.hpp"

/// Kernels whose blocks wait for each other.
namespace mrnn::gpu {

#ifdef MRNN_EMULATED

/// Blocks of which so many wait for each other.
template <class... Parameters, class... Arguments>
void launch_together(const Stream&, void (*kernel)(Parameters...), unsigned blocks, int threads, int together,
                     std::size_t shared, Arguments... arguments) {
  const emulation::Launch all = {dim3(blocks), static_cast<unsigned>(threads), static_cast<unsigned>(together), shared};
  emulation::submit([=] { emulation::run(all, [=] { kernel(arguments...); }); });
}

template <class... Parameters, class... Arguments>
void launch_clusters(const Stream& stream, void (*kernel)(Parameters...), unsigned blocks, int cluster,
                     std::size_t shared, Arguments... arguments) {
  launch_together(stream, kernel, blocks, block_threads, cluster, shared, arguments...);
}

#else

void check_together(cudaError_t status);

/// Blocks that wait for each other, in clusters or all.
struct TogetherLaunch {
  cudaLaunchConfig_t config = {};
  cudaLaunchAttribute attribute = {};

  TogetherLaunch(unsigned blocks, int threads, std::size_t shared) {
    config.gridDim = dim3(blocks);
    config.blockDim = dim3(static_cast<unsigned>(threads));
    config.dynamicSmemBytes = shared;
    config.attrs = &attribute;
    config.numAttrs = 1;
  }
  TogetherLaunch(const TogetherLaunch&) = delete;
  TogetherLaunch& operator=(const TogetherLaunch&) = delete;

  void in_clusters(int cluster) {
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
    attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
  }
  /// All of them run at the same time, or none.
  void all_at_once() {
    attribute.id = cudaLaunchAttributeCooperative;
    attribute.val.cooperative = 1;
  }

  template <class... Parameters, class... Arguments>
  void submit(const Stream& stream, void (*kernel)(Parameters...), Arguments... arguments) {
    check_together(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                        static_cast<int>(config.dynamicSmemBytes)));
    config.stream = cuda_stream(stream);
    check_together(cudaLaunchKernelEx(&config, kernel, arguments...));
  }
};

template <class... Parameters, class... Arguments>
void launch_clusters(const Stream& stream, void (*kernel)(Parameters...), unsigned blocks, int cluster,
                     std::size_t shared, Arguments... arguments) {
  if (cluster > 8) check_together(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  TogetherLaunch launch(blocks, block_threads, shared);
  launch.in_clusters(cluster);
  launch.submit(stream, kernel, arguments...);
}

/// Blocks that wait for each other without being clusters.
template <class... Parameters, class... Arguments>
void launch_together(const Stream& stream, void (*kernel)(Parameters...), unsigned blocks, int threads, int,
                     std::size_t shared, Arguments... arguments) {
  TogetherLaunch launch(blocks, threads, shared);
  launch.all_at_once();
  launch.submit(stream, kernel, arguments...);
}

#endif

}  // namespace mrnn::gpu
