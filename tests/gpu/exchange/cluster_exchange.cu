// Every block of a cluster writes one kilobyte into the shared memory of all blocks of its cluster, itself among them.
//
// Two buffers take turns, each with its barrier. A block sends round r + 2 over round r only after it has all of round
// r + 1, which the others sent after their threads had met behind round r.

#include "cluster.cuh"
#include "sections.hpp"

namespace exchange {

namespace {

/// `counted_stores_wide` waits with an acquire of the cluster's scope, the other counted ones with that of the block.
enum class Transport { stores, counted_stores, counted_stores_wide, counted_copies };

constexpr int widest = 16;

/// The start of the dynamic shared memory.
struct Landing {
  uint4 received[2][widest][block_pieces];
  uint4 outgoing[2][block_pieces];  ///< what counted copies read
};

#ifdef EXCHANGE_CLUSTERS

constexpr unsigned block_bytes = block_values * sizeof(float);
constexpr unsigned buffer_bytes = widest * block_bytes;
/// Blocks that a block's threads write to side by side, and so the peers of one thread at most.
constexpr int at_once = block_threads / block_pieces;
constexpr int own_peers = widest / at_once;

/// What one thread knows of its cluster: addresses of its pieces and of the barriers in the blocks it writes to.
struct Peers {
  unsigned size, first, piece;
  unsigned places[own_peers], barriers[own_peers];  // of buffer 0

  __device__ Peers(unsigned received, unsigned barrier) {
    size = cluster_size();
    first = threadIdx.x / block_pieces;
    piece = threadIdx.x % block_pieces;
    const unsigned own = received + (cluster_rank() * block_pieces + piece) * sizeof(uint4);
#pragma unroll
    for (int k = 0; k < own_peers; ++k) {
      const unsigned peer = first + k * at_once;
      places[k] = address_in(own, peer < size ? peer : 0u);
      barriers[k] = address_in(barrier, peer < size ? peer : 0u);
    }
  }
};

template <Transport transport>
__device__ void send(const Peers& peers, const uint4& mine, unsigned buffer) {
#pragma unroll
  for (int k = 0; k < own_peers; ++k) {
    if (peers.first + k * at_once >= peers.size) continue;
    const unsigned to = peers.places[k] + buffer * buffer_bytes;
    if constexpr (transport == Transport::stores) store_remote(to, mine);
    if constexpr (transport != Transport::stores) store_counted(to, mine, peers.barriers[k] + buffer * 8u);
  }
}

/// One thread of the first warp for each peer copies what the block put in its outgoing buffer.
__device__ void send_copies(Landing& landing, unsigned first_barrier, const uint4& mine, unsigned buffer) {
  if (threadIdx.x < block_pieces) landing.outgoing[buffer][threadIdx.x] = mine;
  fence_for_copies();
  __syncthreads();
  if (threadIdx.x >= cluster_size()) return;
  const unsigned to = shared_address(landing.received[buffer][cluster_rank()]);
  copy_counted(address_in(to, threadIdx.x), shared_address(landing.outgoing[buffer]), block_bytes,
               address_in(first_barrier + buffer * 8u, threadIdx.x));
}

/// Compares the pieces of this thread's place from the senders that it shares with no other thread.
__device__ void verify(const Rounds& rounds, const Landing& landing, const Peers& peers, int round) {
  const unsigned first_block = blockIdx.x - cluster_rank();
  for (unsigned peer = peers.first; peer < peers.size; peer += at_once) {
    const uint4 sent = random_piece(first_block + peer, peers.piece, round);
    if (differ(landing.received[round & 1][peer][peers.piece], sent)) atomicAdd(rounds.wrong, 1u);
  }
}

/// Makes the two barriers before any block of the cluster writes to another.
__device__ void set_up(unsigned barrier) {
  if (threadIdx.x == 0) {
    barrier_initialise(barrier);
    barrier_initialise(barrier + 8u);
    barriers_publish();
  }
  __syncthreads();
  cluster_arrive_release();
  cluster_wait_acquire();
}

#endif

template <Transport transport, bool every_round>
__global__ void __launch_bounds__(block_threads, 1) cluster_kernel([[maybe_unused]] Rounds rounds) {
#ifdef EXCHANGE_CLUSTERS
  extern __shared__ uint4 dynamic[];
  Landing& landing = *reinterpret_cast<Landing*>(dynamic);
  __shared__ alignas(8) unsigned long long barriers[2];
  const unsigned barrier = shared_address(barriers);
  set_up(barrier);
  const Peers peers(shared_address(landing.received), barrier);
  uint4 next = random_piece(blockIdx.x, peers.piece, 0);
  run_rounds(rounds, [&](int round) {
    const unsigned buffer = static_cast<unsigned>(round) & 1u;
    if (transport != Transport::stores && threadIdx.x == 0) {
      barrier_expect(barrier + buffer * 8u, peers.size * block_bytes);
    }
    if constexpr (transport == Transport::counted_copies) send_copies(landing, barrier, next, buffer);
    if constexpr (transport != Transport::counted_copies) send<transport>(peers, next, buffer);
    next = random_piece(blockIdx.x, peers.piece, round + 1);
    compute_now(next);
    if constexpr (transport == Transport::stores) {
      cluster_arrive_release();
      cluster_wait_acquire();
    } else {
      constexpr Scope scope = transport == Transport::counted_stores_wide ? Scope::cluster : Scope::block;
      barrier_wait<scope>(barrier + buffer * 8u, static_cast<unsigned>(round) >> 1 & 1u);
    }
    if (verifies<every_round>(rounds, round)) {
      verify(rounds, landing, peers, round);
      __syncwarp();  // whole warps must arrive at the cluster's barrier
    }
    // No thread sends the next round, and none laps a barrier, while another still reads this one.
    if constexpr (transport != Transport::stores) __syncthreads();
  });
  // A block's shared memory lives until nobody writes to it.
  __syncwarp();
  cluster_arrive_release();
  cluster_wait_acquire();
#endif
}

template <Transport transport>
void measure_size(const Device& device, Report& report, const std::string& what, int size) {
  Launch launch;
  launch.blocks = launch.cluster = size;
  launch.threads = block_threads;
  launch.shared_bytes = device.at_most(persistent_bytes);
  const auto verifying = cluster_kernel<transport, true>, timed = cluster_kernel<transport, false>;
  prepare(reinterpret_cast<const void*>(verifying), launch);
  prepare(reinterpret_cast<const void*>(timed), launch);
  const int clusters = resident_clusters(device, reinterpret_cast<const void*>(timed), launch);
  const std::string setting = std::to_string(clusters) + " clusters of " + std::to_string(size) + " blocks";
  if (clusters == 0) return report.skipped(what, setting, "the device takes no cluster of this size");
  launch.blocks = clusters * size;
  RoundsRunner runner(device, launch.blocks);
  runner.verify(what, [&](const Rounds& rounds) { launch_kernel(device, verifying, launch, rounds); });
  runner.report(report, what, setting, [&](const Rounds& rounds) { launch_kernel(device, timed, launch, rounds); });
}

template <Transport transport>
void measure_transport(const Device& device, Report& report, const std::string& what) {
  if (!device.has_clusters()) return report.skipped(what, "", "clusters need compute capability 9.0");
  for (const int size : cluster_sizes) measure_size<transport>(device, report, what, size);
}

}  // namespace

void measure_cluster_stores(const Device& device, Report& report) {
  measure_transport<Transport::stores>(device, report, "1 KB, stores and cluster.sync");
}

void measure_cluster_counted_stores(const Device& device, Report& report) {
  measure_transport<Transport::counted_stores>(device, report, "1 KB, st.async, acquire.cta");
  measure_transport<Transport::counted_stores_wide>(device, report, "1 KB, st.async, acquire.cluster");
}

void measure_cluster_copies(const Device& device, Report& report) {
  measure_transport<Transport::counted_copies>(device, report, "1 KB, bulk copies, acquire.cta");
}

}  // namespace exchange
