// The sections of the program. Each measures on the open device and reports its rows; it throws when a CUDA call fails
// or exchanged data are wrong.

#pragma once

#include "device.hpp"
#include "report.hpp"

namespace exchange {

/// Barriers over a whole grid and within groups of blocks, through global memory.
void measure_grid_barriers(const Device& device, Report& report);

/// One kilobyte from every block to its group, through global memory: behind a barrier, or with tags in the data.
void measure_exchange_behind_barrier(const Device& device, Report& report);
void measure_tagged_exchange(const Device& device, Report& report);

/// How many clusters of each size the device holds at once.
void measure_residency(const Device& device, Report& report);

/// Hardware barriers within a cluster.
void measure_cluster_barriers(const Device& device, Report& report);

/// One kilobyte from every block to its cluster, through distributed shared memory: by stores and the cluster's
/// barrier, by stores that a barrier in shared memory counts, or by bulk copies that it counts.
void measure_cluster_stores(const Device& device, Report& report);
void measure_cluster_counted_stores(const Device& device, Report& report);
void measure_cluster_copies(const Device& device, Report& report);

/// Peak rates of float32 arithmetic, shared memory and the second-level cache.
void measure_rates(const Device& device, Report& report);

/// Matrix products by cuBLAS at the shapes of recurrent networks.
void measure_products(const Device& device, Report& report);

/// What it costs to launch one small kernel after another.
void measure_launches(const Device& device, Report& report);
/// The same where a kernel may start before the one ahead of it has ended.
void measure_programmatic_launches(const Device& device, Report& report);

/// Keeps all multiprocessors busy for about a fifth of a second: an idle device runs at a fraction of its clock.
void raise_clocks(const Device& device);

}  // namespace exchange
