// What this machine can do: single-precision multiply-adds and bytes read a second, on one thread and on all.
// Prints a line of JSON. The limits that floors are computed from.

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

constexpr double seconds_wanted = 0.5;

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

/// Sums an array far larger than the caches; returns the bytes read.
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

/// Work a second of `threads` threads that begin together.
template <class Work>
double rate(unsigned threads, Work&& work) {
  std::vector<double> done(threads, 0.0), spent(threads, 0.0);
  std::vector<std::thread> team;
  for (unsigned t = 0; t < threads; ++t) {
    team.emplace_back([&, t] {
      float sink = 0.0F;
      const double start = now();
      while (now() - start < seconds_wanted) done[t] += work(t, &sink);
      spent[t] = now() - start;
      if (sink == 12345.0F) std::puts("");  // so that the work is not optimised away
    });
  }
  for (std::thread& one : team) one.join();
  double total = 0.0;
  for (unsigned t = 0; t < threads; ++t) total += done[t] / spent[t];
  return total;
}

}  // namespace

int main() {
  const unsigned cores = std::thread::hardware_concurrency() > 0 ? std::thread::hardware_concurrency() : 1;
  const Loops loops = best_loops();
  const auto flops = [&](unsigned /*thread*/, float* sink) { return loops.multiply_adds(100'000, sink); };
  const double one = rate(1, flops), all = rate(cores, flops);
  std::vector<std::vector<float>> arrays(cores, std::vector<float>(std::size_t{1} << 27, 1.0F));  // 512 MiB each
  const auto bytes = [&](unsigned thread, float* sink) { return loops.read_bytes(arrays[thread], sink); };
  const double one_reads = rate(1, bytes), all_read = rate(cores, bytes);
  std::printf("{\"threads\": %u, \"flops_one\": %.6g, \"flops_all\": %.6g, \"bytes_one\": %.6g, \"bytes_all\": %.6g}\n",
              cores, one, all, one_reads, all_read);
}
