// What one small kernel after another costs: 1000 that depend on each other, launched in several ways. The time given
// is from the start of one to the start of the next.

#include <cmath>

#include "random.cuh"
#include "sections.hpp"

namespace exchange {

namespace {

constexpr int nodes = 1000;
constexpr int body_blocks = 16;
constexpr int body_threads = 256;
constexpr int body_values = body_blocks * body_threads;
constexpr int times = 7;

/// When a kernel lets the one behind it start: not before its end, ahead of waiting for the one before it, or after.
enum class Release { at_end, first, after_wait };

template <Release release>
__device__ void begin_node() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  if constexpr (release == Release::first) cudaTriggerProgrammaticLaunchCompletion();
  if constexpr (release != Release::at_end) cudaGridDependencySynchronize();
  if constexpr (release == Release::after_wait) cudaTriggerProgrammaticLaunchCompletion();
#endif
}

template <Release release>
__global__ void empty_node(float*, const float*) {
  begin_node<release>();
}

/// Each value takes part of one that another block wrote in the kernel before.
template <Release release>
__global__ void body_node(float* to, const float* from) {
  begin_node<release>();
  const int place = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  to[place] = fmaf(__ldcg(from + (place + body_threads) % body_values), 0.75f, __ldcg(from + place) * 0.25f);
}

struct Node {
  void (*kernel)(float*, const float*);
  Launch launch;
};

/// 1000 kernels that read one half of the buffer and write the other, in turns.
void launch_chain(const Device& device, const Node& node, const Buffer<float>& values) {
  float* halves[] = {values.data(), values.data() + body_values};
  for (int place = 0; place < nodes; ++place) {
    const float* from = halves[place % 2];
    launch_kernel(device, node.kernel, node.launch, halves[(place + 1) % 2], from);
  }
}

/// What the chain must leave; its last kernel writes the first half. The device's arithmetic exactly.
std::vector<float> chain_on_host(std::vector<float> values) {
  std::vector<float> next(values.size());
  for (int place = 0; place < nodes; ++place) {
    for (int i = 0; i < body_values; ++i) {
      const float own = values[static_cast<std::size_t>(i)] * 0.25f;
      next[static_cast<std::size_t>(i)] =
          std::fma(values[static_cast<std::size_t>((i + body_threads) % body_values)], 0.75f, own);
    }
    values.swap(next);
  }
  return values;
}

template <Release release>
Node make_node(bool body, bool programmatic) {
  Node node;
  node.kernel = body ? body_node<release> : empty_node<release>;
  node.launch.blocks = body ? body_blocks : 1;
  node.launch.threads = body ? body_threads : 32;
  node.launch.programmatic = programmatic;
  return node;
}

void measure_chain(const Device& device, Report& report, const std::string& how, const Node& node, bool in_graph) {
  const bool body = node.launch.blocks > 1;
  Buffer<float> values(2 * body_values);
  fill_random(device, values.data(), values.size(), 20u);
  const std::vector<float> begun = values.read(body_values);
  const auto report_time = [&](const std::function<void()>& work) {
    work();
    if (body && values.read(body_values) != chain_on_host(begun)) {
      throw std::runtime_error("1000 kernels, " + how + ": the values are wrong");
    }
    const Sample time = scaled(time_work(device, times, work), 1.0 / nodes);
    report.measured(how, body ? "16 blocks of 256 threads" : "empty, one warp", time, "us/kernel");
  };
  if (!in_graph) return report_time([&] { launch_chain(device, node, values); });
  const Graph graph(device, [&] { launch_chain(device, node, values); });
  report_time([&] { graph.replay(); });
}

template <Release release>
void measure_programmatic(const Device& device, Report& report, const std::string& trigger) {
  for (const bool in_graph : {false, true}) {
    const std::string how = std::string(in_graph ? "graph" : "stream") + ", programmatic, " + trigger;
    for (const bool body : {false, true}) {
      measure_chain(device, report, how, make_node<release>(body, true), in_graph);
    }
  }
}

}  // namespace

void measure_launches(const Device& device, Report& report) {
  for (const bool in_graph : {true, false}) {
    for (const bool body : {false, true}) {
      measure_chain(device, report, in_graph ? "graph" : "stream", make_node<Release::at_end>(body, false), in_graph);
    }
  }
}

void measure_programmatic_launches(const Device& device, Report& report) {
  if (!device.has_clusters()) return report.skipped("programmatic", "", "they need compute capability 9.0");
  measure_programmatic<Release::after_wait>(device, report, "after wait");
  measure_programmatic<Release::first>(device, report, "at once");
}

}  // namespace exchange
