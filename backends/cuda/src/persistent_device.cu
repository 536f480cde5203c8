#include "cluster_launch.hpp"

namespace mrnn::gpu {
namespace {

/// As much shared memory as the persistent kernels ask for at most, in registers as they use them.
constexpr int shared_bytes_of_probe = static_cast<int>(most_persistent_bytes);

__global__ void __launch_bounds__(block_threads, 1) probe() {}

/// Clusters of so many blocks that run at the same time; 0 where there are none of this size.
int persistent_clusters(int cluster) {
  TogetherLaunch launch(static_cast<unsigned>(cluster), block_threads, shared_bytes_of_probe);
  launch.in_clusters(cluster);
  int clusters = 0;
  const bool known =
      cudaFuncSetAttribute(probe, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes_of_probe) == cudaSuccess &&
      cudaFuncSetAttribute(probe, cudaFuncAttributeNonPortableClusterSizeAllowed, 1) == cudaSuccess &&
      cudaOccupancyMaxActiveClusters(&clusters, probe, &launch.config) == cudaSuccess;
  if (!known) cudaGetLastError();
  return known ? clusters : 0;
}

/// Shared memory that a block may ask for.
std::size_t shared_bytes_of_block() {
  int device = 0, bytes = 0;
  const bool known = cudaGetDevice(&device) == cudaSuccess &&
                     cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device) == cudaSuccess;
  if (!known) cudaGetLastError();
  return known ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

void check_together(cudaError_t status) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  throw DeviceFailure{std::string("a kernel whose blocks wait for each other was refused: ") +
                      cudaGetErrorString(status)};
}

DeviceLimits device_limits() {
  static const DeviceLimits limits = [] {
    DeviceLimits asked;
    const DeviceProperties device = device_properties();
    if (!device.usable) return asked;
    asked.processors = device.processors;
    asked.shared_bytes = shared_bytes_of_block();
    for (int k = 0; k < largest_persistent_cluster && device.major >= 9; ++k) {
      asked.clusters[static_cast<std::size_t>(k)] = persistent_clusters(k + 1);
    }
    return asked;
  }();
  return limits;
}

}  // namespace mrnn::gpu
