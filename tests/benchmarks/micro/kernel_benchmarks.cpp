// The inner loops by themselves, on the best instruction set of this machine. Products report multiply-adds twice, as
// operations a second; what works element by element reports elements a second.

#include <benchmark/benchmark.h>

#include <numeric>
#include <random>
#include <vector>

#include "kernels.hpp"
#include "mrnn/random.hpp"

namespace {

using namespace mrnn;
using namespace mrnn::eigen;

constexpr Index width = widest_slice;

template <class Scalar>
std::vector<Scalar> draw(Index size) {
  std::minstd_rand generator(1);
  std::uniform_real_distribution<Scalar> uniform(Scalar(-1), Scalar(1));
  std::vector<Scalar> values(static_cast<std::size_t>(size));
  for (Scalar& value : values) value = uniform(generator);
  return values;
}

void operations(benchmark::State& state, double each) {
  state.counters["FLOP/s"] =
      benchmark::Counter(each * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void elements(benchmark::State& state, Index each) {
  state.SetItemsProcessed(state.iterations() * each);
}

/// W h of n units from n units, 32 trials.
template <class Scalar>
void product(benchmark::State& state) {
  const Index units = state.range(0);
  const std::vector<Scalar> packed = draw<Scalar>(units * units), activity = draw<Scalar>(units * width);
  std::vector<Scalar> out(static_cast<std::size_t>(units * width));
  const Source source{0, units};
  const Product<Scalar> product{packed.data(), &source, 1, units, activity.data(), out.data(), units, width};
  for (auto _ : state) {
    kernels<Scalar>().multiply(product);
    benchmark::DoNotOptimize(out.data());
  }
  operations(state, 2.0 * static_cast<double>(units * units * width));
}

/// The weight gradient of n by n weights from 32 steps of 32 trials.
template <class Scalar>
void weight_gradient(benchmark::State& state) {
  const Index units = state.range(0), positions = 32;
  const std::vector<Scalar> left = draw<Scalar>(positions * units * width),
                            right = draw<Scalar>(positions * units * width);
  std::vector<Scalar> out(static_cast<std::size_t>(units * units));
  const Source source{0, units};
  OuterProduct<Scalar> product;
  product.left = left.data();
  product.right = right.data();
  product.left_stride = product.right_stride = units * width;
  product.sources = &source;
  product.source_count = 1;
  product.positions = positions;
  product.width = width;
  product.rows = units;
  product.out = out.data();
  for (auto _ : state) {
    kernels<Scalar>().add_outer_product(product);
    benchmark::DoNotOptimize(out.data());
  }
  operations(state, 2.0 * static_cast<double>(units * units * positions * width));
}

/// x and h of 256 units, 32 trials, from their drive, with noise at hand.
template <class Scalar>
void update(benchmark::State& state) {
  const Index units = 256;
  const std::vector<Scalar> drive = draw<Scalar>(units * width), noise = draw<Scalar>(units * width);
  const std::vector<Scalar> bias(static_cast<std::size_t>(units), Scalar(0.1)), alpha(bias), amplitude(bias);
  std::vector<Scalar> x = draw<Scalar>(units * width), h = x, after = x;
  Update<Scalar> update;
  update.activation = static_cast<Activation>(state.range(0));
  update.rows = units;
  update.width = width;
  update.drive = drive.data();
  update.bias = bias.data();
  update.alpha = alpha.data();
  update.amplitude = amplitude.data();
  update.noise = noise.data();
  update.x = x.data();
  update.h_before = h.data();
  update.h_after = after.data();
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels<Scalar>().update(update));
    benchmark::DoNotOptimize(after.data());
  }
  elements(state, units * width);
}

/// Normals of 256 units of 32 trials.
template <class Scalar>
void noise(benchmark::State& state) {
  const Index units = 256;
  std::vector<std::uint64_t> trials(static_cast<std::size_t>(width));
  std::iota(trials.begin(), trials.end(), std::uint64_t{0});
  std::vector<Scalar> out(static_cast<std::size_t>(units * width));
  NormalBlock block{1, Stream::recurrent_noise, 0, 0, units};
  for (auto _ : state) {
    ++block.step;
    fill_normals(block, trials, out);
    benchmark::DoNotOptimize(out.data());
  }
  elements(state, units * width);
}

void activations(benchmark::internal::Benchmark* benchmark) {
  for (const Activation kind : {Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus}) {
    benchmark->Arg(static_cast<long>(kind));
  }
}

BENCHMARK_TEMPLATE(product, float)->Arg(50)->Arg(100)->Arg(256)->Arg(1000);
BENCHMARK_TEMPLATE(product, double)->Arg(100)->Arg(256);
BENCHMARK_TEMPLATE(weight_gradient, float)->Arg(100)->Arg(256)->Arg(1000);
BENCHMARK_TEMPLATE(weight_gradient, double)->Arg(256);
BENCHMARK_TEMPLATE(update, float)->ArgName("activation")->Apply(activations);
BENCHMARK_TEMPLATE(update, double)->ArgName("activation")->Apply(activations);
BENCHMARK_TEMPLATE(noise, float);
BENCHMARK_TEMPLATE(noise, double);

}  // namespace
