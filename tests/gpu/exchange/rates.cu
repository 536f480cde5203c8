// Peak rates that bound a persistent kernel.

#include <algorithm>

#include "random.cuh"
#include "rounds.cuh"
#include "sections.hpp"

namespace exchange {

namespace {

constexpr int full_block = 1024;
constexpr int chains = 16;  // independent accumulators of a thread
constexpr int unrolled = 8;
constexpr int times = 7;

__device__ void note_span(Span* spans, long long begun) {
  __syncthreads();
  if (threadIdx.x == 0) spans[blockIdx.x] = {clock64() - begun, 0};
}

/// a = a b + c in registers; |b| < 1 keeps the values bounded.
__global__ void __launch_bounds__(full_block, 1) multiply_add(float* values, int repeats, Span* spans) {
  float* own = values + blockIdx.x * full_block + threadIdx.x;
  float sums[chains];
  const float factor = *own;
  const float term = 0.5f * factor + 0.25f;
#pragma unroll
  for (int chain = 0; chain < chains; ++chain) sums[chain] = term + static_cast<float>(chain);
  __syncthreads();
  const long long begun = clock64();
#pragma unroll 1
  for (int repeat = 0; repeat < repeats; ++repeat) {
#pragma unroll
    for (int step = 0; step < unrolled; ++step) {
#pragma unroll
      for (int chain = 0; chain < chains; ++chain) sums[chain] = fmaf(sums[chain], factor, term);
    }
  }
  note_span(spans, begun);
  float total = 0.0f;
#pragma unroll
  for (int chain = 0; chain < chains; ++chain) total += sums[chain];
  // Never true, and the compiler cannot know.
  if (total == 12345.678f) *own = total;
}

enum class Read { distinct_16_bytes, same_16_bytes, same_4_bytes };

template <int offset>
__device__ unsigned load_16(unsigned address) {
  unsigned x, y, z, w;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4+%5];"
               : "=r"(x), "=r"(y), "=r"(z), "=r"(w)
               : "r"(address), "n"(offset));
  return x ^ y ^ z ^ w;
}

template <int offset>
__device__ unsigned load_4(unsigned address) {
  unsigned x;
  asm volatile("ld.shared.u32 %0, [%1+%2];" : "=r"(x) : "r"(address), "n"(offset));
  return x;
}

/// Eight loads of one thread; `step` bytes lie between them.
template <Read kind, int step>
__device__ unsigned load_eight(unsigned address) {
  if constexpr (kind == Read::same_4_bytes) {
    return load_4<0>(address) ^ load_4<step>(address) ^ load_4<2 * step>(address) ^ load_4<3 * step>(address) ^
           load_4<4 * step>(address) ^ load_4<5 * step>(address) ^ load_4<6 * step>(address) ^
           load_4<7 * step>(address);
  } else {
    return load_16<0>(address) ^ load_16<step>(address) ^ load_16<2 * step>(address) ^ load_16<3 * step>(address) ^
           load_16<4 * step>(address) ^ load_16<5 * step>(address) ^ load_16<6 * step>(address) ^
           load_16<7 * step>(address);
  }
}

template <Read kind>
__global__ void __launch_bounds__(full_block, 1) read_shared(float* values, int repeats, Span* spans) {
  __shared__ alignas(16) float data[2048];
  for (int place = static_cast<int>(threadIdx.x); place < 2048; place += full_block) data[place] = values[place];
  __syncthreads();
  constexpr int step = kind == Read::distinct_16_bytes ? 512 : kind == Read::same_16_bytes ? 16 : 4;
  const unsigned lane = threadIdx.x % 32u;
  unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(data));
  address += kind == Read::distinct_16_bytes ? 16u * lane : 0u;
  unsigned total = 0;
  const long long begun = clock64();
#pragma unroll 1
  for (int repeat = 0; repeat < repeats; ++repeat) {
    total ^= load_eight<kind, step>(address + (repeat & 1) * 4096u);
  }
  note_span(spans, begun);
  if (total == 0x12345679u) values[threadIdx.x] = 1.0f;
}

/// Every block reads the whole buffer, `passes` times, from a place of its own on.
__global__ void __launch_bounds__(full_block, 1)
    read_cache(const uint4* data, unsigned count, int passes, uint4* sink) {
  const unsigned begin = blockIdx.x * (count / gridDim.x) + threadIdx.x;
  uint4 total = {0, 0, 0, 0};
  for (int pass = 0; pass < passes; ++pass) {
    for (unsigned place = 0; place < count; place += unrolled * full_block) {
      uint4 words[unrolled];
#pragma unroll
      for (unsigned k = 0; k < unrolled; ++k) {
        // The count is a power of two.
        words[k] = __ldcg(data + ((begin + place + k * full_block) & (count - 1u)));
      }
#pragma unroll
      for (int k = 0; k < unrolled; ++k) {
        total.x ^= words[k].x ^ words[k].y;
        total.z ^= words[k].z ^ words[k].w;
      }
    }
  }
  if (total.x == 0x12345679u && total.z == 0x98765431u) *sink = total;
}

double slowest(const Buffer<Span>& spans) {
  long long cycles = 1;
  for (const Span& span : spans.read(spans.size())) cycles = std::max(cycles, span.cycles);
  return static_cast<double>(cycles);
}

Launch full_launch(const Device& device) {
  Launch launch;
  launch.blocks = device.processors;
  launch.threads = full_block;
  return launch;
}

void measure_multiply_add(const Device& device, Report& report) {
  constexpr int repeats = 4000;
  const Launch launch = full_launch(device);
  Buffer<float> values(static_cast<std::size_t>(launch.blocks) * full_block);
  Buffer<Span> spans(static_cast<std::size_t>(launch.blocks));
  fill_random(device, values.data(), values.size(), 1u);
  const Sample time = time_work(
      device, times, [&] { launch_kernel(device, multiply_add, launch, values.data(), repeats, spans.data()); });
  const double each = static_cast<double>(repeats) * unrolled * chains * full_block;  // multiply-adds of a block
  report.measured("float32 multiply-add, registers", "1024 threads per SM", rate(2e-6 * each * launch.blocks, time),
                  "TFLOP/s", {each / slowest(spans), "FFMA/cycle/SM"});
}

template <Read kind>
void measure_shared(const Device& device, Report& report, const std::string& setting) {
  constexpr int repeats = 8000;
  const Launch launch = full_launch(device);
  Buffer<float> values(2048);
  Buffer<Span> spans(static_cast<std::size_t>(launch.blocks));
  fill_random(device, values.data(), values.size(), 2u);
  const Sample time = time_work(
      device, times, [&] { launch_kernel(device, read_shared<kind>, launch, values.data(), repeats, spans.data()); });
  const double loads = static_cast<double>(repeats) * unrolled * full_block;  // of a block's threads
  const double bytes = kind == Read::same_4_bytes ? 4.0 : 16.0;
  report.measured("shared memory, to registers", setting, rate(1e-6 * loads * bytes * launch.blocks, time), "TB/s",
                  {loads * bytes / slowest(spans), "B/cycle/SM"},
                  "warp loads/cycle/SM: " + std::to_string(loads / 32.0 / slowest(spans)).substr(0, 5));
}

void measure_cache(const Device& device, Report& report, std::size_t megabytes) {
  const std::size_t bytes = megabytes << 20;
  const int passes = static_cast<int>(64 / megabytes);
  const Launch launch = full_launch(device);
  Buffer<float> data(bytes / sizeof(float));
  fill_random(device, data.data(), data.size(), 3u);
  const unsigned count = static_cast<unsigned>(bytes / sizeof(uint4));
  // The sink is a place that is never written.
  uint4* words = reinterpret_cast<uint4*>(data.data());
  const Sample time =
      time_work(device, times, [&] { launch_kernel(device, read_cache, launch, words, count, passes, words); });
  const double read = static_cast<double>(bytes) * passes * launch.blocks;
  report.measured("L2 read, all blocks read all", std::to_string(megabytes) + " MiB", rate(1e-6 * read, time), "TB/s",
                  {1e-3 * read / time.median / launch.blocks, "GB/s/SM"});
}

}  // namespace

void raise_clocks(const Device& device) {
  const Launch launch = full_launch(device);
  Buffer<float> values(static_cast<std::size_t>(launch.blocks) * full_block);
  Buffer<Span> spans(static_cast<std::size_t>(launch.blocks));
  fill_random(device, values.data(), values.size(), 4u);
  for (int run = 0; run < 100; ++run) {
    launch_kernel(device, multiply_add, launch, values.data(), 4000, spans.data());
  }
  check(cudaDeviceSynchronize(), "raising the clocks");
}

void measure_rates(const Device& device, Report& report) {
  measure_multiply_add(device, report);
  measure_shared<Read::distinct_16_bytes>(device, report, "128 bits, each lane its own");
  measure_shared<Read::same_16_bytes>(device, report, "128 bits, one for the warp");
  measure_shared<Read::same_4_bytes>(device, report, "32 bits, one for the warp");
  for (const std::size_t megabytes : {1, 16}) measure_cache(device, report, megabytes);
}

}  // namespace exchange
