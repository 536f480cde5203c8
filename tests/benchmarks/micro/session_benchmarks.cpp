// Single calls of a session: forward, backward, update, of one region of n units, all to all, 64 trials of 100 steps,
// on one thread and on two. Counters are microseconds per time step.

#include <benchmark/benchmark.h>

#include <memory>

#include "mrnn/eigen_backend.hpp"

namespace {

using namespace mrnn;

constexpr Index trials = 64, steps = 100;

/// A network and a session with a batch loaded.
struct Bench {
  explicit Bench(const benchmark::State& state, double sparsity = 0.0) : network(make(state.range(0), sparsity)) {
    SessionOptions options;
    options.threads = static_cast<int>(state.range(1));
    backend = eigen::make_backend();
    session = backend->open(network, options);
    session->write_parameters(initial_parameters(network, 1));
    batch = blank_trials(1, trials, steps);
    batch.targets = Sequence(1, trials, steps);
    session->load(batch);
    record.backward_every = 1;
  }

  static Network make(Index units, double sparsity) {
    NetworkSpec spec;
    spec.noise_recurrent = 0.1;
    Region region;
    region.name = "a";
    region.units = units;
    spec.regions = {region};
    spec.inputs = {{"cue", 1}};
    Output output;
    output.name = "choice";
    spec.outputs = {output};
    Connection own, cue;
    own.from = own.to = cue.to = "a";
    cue.from = "cue";
    own.sparsity = sparsity;
    spec.connections = {own, cue};
    return build_network(spec, 1);
  }

  Network network;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Session> session;
  Trials batch;
  Record record;
};

void per_step(benchmark::State& state) {
  state.counters["us/step"] =
      benchmark::Counter(static_cast<double>(steps * state.iterations()) / 1e6,
                         benchmark::Counter::Flags(benchmark::Counter::kIsRate | benchmark::Counter::kInvert));
}

void forward(benchmark::State& state) {
  const Bench bench(state);
  for (auto _ : state) bench.session->forward({}, Noise::on);
  per_step(state);
}

void forward_without_noise(benchmark::State& state) {
  const Bench bench(state);
  for (auto _ : state) bench.session->forward({}, Noise::off);
  per_step(state);
}

void backward(benchmark::State& state) {
  const Bench bench(state);
  bench.session->forward(bench.record, Noise::on);
  for (auto _ : state) benchmark::DoNotOptimize(bench.session->backward({}));
  per_step(state);
}

void update(benchmark::State& state) {
  const Bench bench(state);
  bench.session->forward(bench.record, Noise::on);
  bench.session->backward({});
  OptimiserStep step;
  for (auto _ : state) {
    bench.session->update(step);
    ++step.number;
    state.PauseTiming();
    bench.session->load(bench.batch);
    bench.session->forward(bench.record, Noise::on);
    bench.session->backward({});
    state.ResumeTiming();
  }
}

/// A whole step of training, a share of the weights absent (per cent).
void train(benchmark::State& state) {
  const Bench bench(state, static_cast<double>(state.range(2)) / 100.0);
  OptimiserStep step;
  for (auto _ : state) {
    bench.session->load(bench.batch);
    bench.session->forward(bench.record, Noise::on);
    bench.session->backward({});
    bench.session->update(step);
    ++step.number;
  }
  per_step(state);
}

BENCHMARK(forward)->ArgNames({"units", "threads"})->ArgsProduct({{100, 256, 1000}, {1, 2}})->UseRealTime();
BENCHMARK(forward_without_noise)->ArgNames({"units", "threads"})->ArgsProduct({{256}, {1, 2}})->UseRealTime();
BENCHMARK(backward)->ArgNames({"units", "threads"})->ArgsProduct({{100, 256, 1000}, {1, 2}})->UseRealTime();
BENCHMARK(train)
    ->ArgNames({"units", "threads", "absent"})
    ->ArgsProduct({{400, 1000}, {1}, {0, 50, 70, 75, 80, 90, 95}})
    ->UseRealTime();
BENCHMARK(update)->ArgNames({"units", "threads"})->ArgsProduct({{256}, {2}})->UseRealTime()->Iterations(50);

}  // namespace
