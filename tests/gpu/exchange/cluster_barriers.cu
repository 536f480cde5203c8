// How many clusters the device holds, and the latency of their hardware barrier.

#include <cooperative_groups.h>

#include "cluster.cuh"
#include "sections.hpp"

namespace exchange {

namespace {

enum class Kind { sync, split, relaxed, overlapped };

/// Multiply-adds in a chain, each of which waits for the one before, that `overlapped` puts between arriving and
/// waiting.
constexpr int overlapped_steps = 64;

template <Kind kind>
__global__ void __launch_bounds__(block_threads, 1)
    cluster_barrier([[maybe_unused]] Rounds rounds, [[maybe_unused]] float* values) {
#ifdef EXCHANGE_CLUSTERS
  float* own = values + blockIdx.x * block_threads + threadIdx.x;
  float value = *own;
  const float factor = 0.5f + 0.25f * value;
  run_rounds(rounds, [&](int) {
    if constexpr (kind == Kind::sync) {
      cooperative_groups::this_cluster().sync();
    } else {
      if constexpr (kind == Kind::relaxed) cluster_arrive_relaxed();
      if constexpr (kind != Kind::relaxed) cluster_arrive_release();
      if constexpr (kind == Kind::overlapped) {
#pragma unroll
        for (int step = 0; step < overlapped_steps; ++step) value = fmaf(value, factor, 0.125f);
        // The chain ends here, before the wait.
        asm volatile("" : "+f"(value));
      }
      cluster_wait_acquire();
    }
  });
  *own = value;
#endif
}

Launch cluster_launch(const Device& device, int size, std::size_t shared_bytes) {
  Launch launch;
  launch.blocks = size;
  launch.threads = block_threads;
  launch.shared_bytes = device.at_most(shared_bytes);
  launch.cluster = size;
  return launch;
}

void report_residency(const Device& device, Report& report, int size, std::size_t kilobytes) {
  const std::string setting = std::to_string(size) + " blocks, " + std::to_string(kilobytes) + " KiB each";
  const Launch launch = cluster_launch(device, size, kilobytes * 1024);
  const void* kernel = reinterpret_cast<const void*>(cluster_barrier<Kind::sync>);
  prepare(kernel, launch);
  const int clusters = resident_clusters(device, kernel, launch);
  const double count = static_cast<double>(clusters);
  report.measured("resident clusters", setting, {count, count, count}, "clusters", {count * size, "blocks"},
                  clusters == 0 ? "not available" : "");
}

template <Kind kind>
void measure_barrier(const Device& device, Report& report, const std::string& what, int size) {
  Launch launch = cluster_launch(device, size, persistent_bytes);
  const void* kernel = reinterpret_cast<const void*>(cluster_barrier<kind>);
  prepare(kernel, launch);
  const int clusters = resident_clusters(device, kernel, launch);
  const std::string setting = std::to_string(clusters) + " clusters of " + std::to_string(size) + " blocks";
  if (clusters == 0) return report.skipped(what, setting, "the device takes no cluster of this size");
  launch.blocks = clusters * size;
  RoundsRunner runner(device, launch.blocks);
  std::vector<float> start(static_cast<std::size_t>(launch.blocks * block_threads));
  for (std::size_t place = 0; place < start.size(); ++place) start[place] = static_cast<float>(place % 977) / 977.0f;
  Buffer<float> values(start.size());
  values.write(start);
  runner.report(report, what, setting, [&](const Rounds& rounds) {
    launch_kernel(device, cluster_barrier<kind>, launch, rounds, values.data());
  });
}

}  // namespace

void measure_residency(const Device& device, Report& report) {
  if (!device.has_clusters()) return report.skipped("clusters", "", "they need compute capability 9.0");
  for (const std::size_t kilobytes : {200, 100}) {
    for (const int size : cluster_sizes) report_residency(device, report, size, kilobytes);
  }
}

void measure_cluster_barriers(const Device& device, Report& report) {
  if (!device.has_clusters()) return report.skipped("cluster barriers", "", "they need compute capability 9.0");
  for (const int size : cluster_sizes) measure_barrier<Kind::sync>(device, report, "cluster.sync", size);
  for (const int size : cluster_sizes) {
    measure_barrier<Kind::split>(device, report, "arrive.release, wait.acquire", size);
  }
  for (const int size : cluster_sizes) {
    measure_barrier<Kind::relaxed>(device, report, "arrive.relaxed, wait.acquire", size);
  }
  const std::string chain = "arrive, " + std::to_string(overlapped_steps) + " FFMA in a chain, wait";
  for (const int size : cluster_sizes) measure_barrier<Kind::overlapped>(device, report, chain, size);
}

}  // namespace exchange
