// What this machine can do: single-precision multiply-adds and bytes read a second, on one thread and on all.
// Prints a line of JSON. The limits that floors are computed from.
//
// With --watch it answers every line that it reads with the instructions a second of the slowest thread at that moment,
// all of them at work: fewer than at other times tell that somebody else uses the machine as well.
//
// With --read MB it prints how many microseconds all threads take to read so many MB each, again and again: the floor
// of a step whose weights lie in the caches.

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr double seconds_wanted = 0.5, seconds_watched = 0.015;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A vector of so many bytes, and as many chains of it as registers hold beside two more.
template <int Bytes>
using Wide [[gnu::vector_size(Bytes)]] = float;

/// Independent chains of multiply-adds, more than the latency of two units needs; returns the operations done.
template <int Bytes, int Chains>
[[gnu::always_inline]] inline double multiply_adds(long rounds, float* sink) {
  Wide<Bytes> sums[Chains];
  for (int c = 0; c < Chains; ++c) sums[c] = Wide<Bytes>{} + static_cast<float>(c);
  const Wide<Bytes> factor = Wide<Bytes>{} + 0.999F, added = Wide<Bytes>{} + 0.001F;
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int c = 0; c < Chains; ++c) sums[c] = sums[c] * factor + added;
  }
  for (int c = 0; c < Chains; ++c) *sink += sums[c][0];
  return 2.0 * Bytes / sizeof(float) * Chains * static_cast<double>(rounds);
}

/// Sums an array; returns the bytes read.
template <int Bytes>
[[gnu::always_inline]] inline double read_bytes(const std::vector<float>& array, float* sink) {
  constexpr std::size_t step = Bytes / sizeof(float);
  Wide<Bytes> sums[8] = {};
  for (std::size_t k = 0; k + 8 * step <= array.size(); k += 8 * step) {
    for (std::size_t v = 0; v < 8; ++v) {
      Wide<Bytes> values;
      __builtin_memcpy(&values, array.data() + k + v * step, sizeof values);
      sums[v] += values;
    }
  }
  for (const Wide<Bytes>& sum : sums) *sink += sum[0];
  return static_cast<double>(array.size() * sizeof(float));
}

/// The two for one instruction set.
struct Loops {
  double (*multiply_adds)(long rounds, float* sink);
  double (*read_bytes)(const std::vector<float>& array, float* sink);
};

double baseline_flops(long rounds, float* sink) {
  return multiply_adds<16, 12>(rounds, sink);
}
double baseline_read(const std::vector<float>& array, float* sink) {
  return read_bytes<16>(array, sink);
}
#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] double avx2_flops(long rounds, float* sink) {
  return multiply_adds<32, 12>(rounds, sink);
}
[[gnu::target("avx2,fma")]] double avx2_read(const std::vector<float>& array, float* sink) {
  return read_bytes<32>(array, sink);
}
[[gnu::target("avx512f")]] double avx512_flops(long rounds, float* sink) {
  return multiply_adds<64, 24>(rounds, sink);
}
[[gnu::target("avx512f")]] double avx512_read(const std::vector<float>& array, float* sink) {
  return read_bytes<64>(array, sink);
}
#endif

Loops best_loops() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0) return {avx512_flops, avx512_read};
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) return {avx2_flops, avx2_read};
#endif
  return {baseline_flops, baseline_read};
}

/// Keeps this thread on one core, where it is one that the program may use.
void stay_on(unsigned core) {
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  CPU_SET(core, &chosen);
  sched_setaffinity(0, sizeof chosen, &chosen);
}

/// Work a second of each of `threads` threads that begin together and work for so many seconds.
template <class Work>
std::vector<double> rates(unsigned threads, double seconds, Work&& work) {
  std::vector<double> found(threads, 0.0);
  std::vector<std::thread> team;
  for (unsigned t = 0; t < threads; ++t) {
    team.emplace_back([&, t] {
      if (threads > 1) stay_on(t);  // or two may begin on one core
      float sink = 0.0F;
      double done = 0.0;
      const double start = now();
      while (now() - start < seconds) done += work(t, &sink);
      found[t] = done / (now() - start);
      if (sink == 12345.0F) std::puts("");  // so that the work is not optimised away
    });
  }
  for (std::thread& one : team) one.join();
  return found;
}

template <class Work>
double rate(unsigned threads, Work&& work) {
  const std::vector<double> each = rates(threads, seconds_wanted, work);
  return std::accumulate(each.begin(), each.end(), 0.0);
}

/// Random numbers of eight generators side by side: as many instructions as a core takes in a cycle, or nearly. A
/// neighbour on the other thread of the core takes its share of them, when multiply-adds alone still run at their peak.
[[gnu::optimize("no-tree-vectorize")]] double shuffles(long rounds, float* sink) {
  std::uint64_t states[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (long round = 0; round < rounds; ++round) {
    for (std::uint64_t& state : states) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
    }
  }
  for (const std::uint64_t state : states) *sink += static_cast<float>(state >> 40);
  return 6.0 * 8.0 * static_cast<double>(rounds);
}

void watch(unsigned threads) {
  const auto work = [&](unsigned /*thread*/, float* sink) { return shuffles(10'000, sink); };
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<double> each = rates(threads, seconds_watched, work);
    std::cout << *std::min_element(each.begin(), each.end()) << std::endl;
  }
}

/// The least of some times, each over many passes.
void print_read(unsigned threads, double megabytes) {
  const Loops loops = best_loops();
  const auto size = static_cast<std::size_t>(megabytes * 1024.0 * 1024.0 / sizeof(float));
  const std::vector<std::vector<float>> arrays(threads, std::vector<float>(size, 1.0F));
  double most = 0.0;
  for (int time = 0; time < 40; ++time) {
    const std::vector<double> each = rates(
        threads, seconds_watched, [&](unsigned thread, float* sink) { return loops.read_bytes(arrays[thread], sink); });
    most = std::max(most, *std::min_element(each.begin(), each.end()));
  }
  std::printf("%.1f\n", static_cast<double>(size * sizeof(float)) / most * 1e6);
}

}  // namespace

int main(int count, char** arguments) {
  const unsigned cores = std::thread::hardware_concurrency() > 0 ? std::thread::hardware_concurrency() : 1;
  if (count > 1 && std::string(arguments[1]) == "--watch") {
    watch(cores);
    return 0;
  }
  if (count > 2 && std::string(arguments[1]) == "--read") {
    print_read(cores, std::stod(arguments[2]));
    return 0;
  }
  const Loops loops = best_loops();
  const auto flops = [&](unsigned /*thread*/, float* sink) { return loops.multiply_adds(100'000, sink); };
  const double one = rate(1, flops), all = rate(cores, flops);
  std::vector<std::vector<float>> arrays(cores, std::vector<float>(std::size_t{1} << 27, 1.0F));  // 512 MiB each
  const auto bytes = [&](unsigned thread, float* sink) { return loops.read_bytes(arrays[thread], sink); };
  const double one_reads = rate(1, bytes), all_read = rate(cores, bytes);
  std::printf("{\"threads\": %u, \"flops_one\": %.6g, \"flops_all\": %.6g, \"bytes_one\": %.6g, \"bytes_all\": %.6g}\n",
              cores, one, all, one_reads, all_read);
}
