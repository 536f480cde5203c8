// The noise: its generator against published vectors, its numbers whatever the way they are asked for, and its
// statistics in a running network against the closed forms of a linear unit.

#include <cmath>
#include <numbers>

#include "catch.hpp"
#include "mrnn/random.hpp"
#include "problems.hpp"

using namespace mrnn;

namespace {

/// x of a network without connections.
struct Moments {
  double mean = 0.0, variance = 0.0;
};

Moments moments(const Sequence& x, Index unit, Index first_step) {
  double sum = 0.0, squares = 0.0;
  const double count = static_cast<double>((x.steps - first_step) * x.trials);
  for (Index step = first_step; step < x.steps; ++step) {
    sum += x.at(step).row(unit).sum();
    squares += x.at(step).row(unit).squaredNorm();
  }
  return {sum / count, squares / count - sum / count * sum / count};
}

/// Of x of zero mean, between (unit, t) and (other, t + lag), in units of the variance given.
double correlation(const Sequence& x, Index unit, Index other, Index lag, double variance) {
  constexpr Index first_step = 200;
  double sum = 0.0;
  for (Index step = first_step; step + lag < x.steps; ++step) {
    sum += x.at(step).row(unit).dot(x.at(step + lag).row(other));
  }
  return sum / static_cast<double>((x.steps - lag - first_step) * x.trials) / variance;
}

NetworkSpec unconnected(Dynamics dynamics, double sigma) {
  NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = Activation::linear;
  spec.dt = 10.0;
  spec.tau = 50.0;
  spec.noise_recurrent = sigma;
  spec.regions = {{"a", 8}};
  return spec;
}

Sequence run(const NetworkSpec& spec, Precision precision, Noise noise, Index steps) {
  const Network network = build_network(spec, 0);
  Trials trials = blank_trials(network.inputs(), 64, steps);
  return test::run_eigen(network, initial_parameters(network, 0), trials,
                         {.precision = precision, .noise = noise, .seed = 12})
      .x;
}

}  // namespace

TEST_CASE("Philox gives the known answers of Random123", "[noise]") {
  using Words = std::array<std::uint32_t, 4>;

  CHECK(philox(0, static_cast<Stream>(0), 0, 0, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox(~std::uint64_t{0}, static_cast<Stream>(0xff), 0xffffffffffffffULL, 0xffffffff, 0xffffffff) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox(0x299f31d0a4093822ULL, static_cast<Stream>(0x03), 0x70734413198a2eULL, 0x243f6a88, 0x85a308d3) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("normals are Box-Muller of Philox in the documented order of words", "[noise]") {
  std::vector<double> normals(70);
  const std::uint64_t trial = (std::uint64_t{5} << 34) + 17;

  fill_normals(11, Stream::input_noise, trial, 23, std::span<double>(normals));

  constexpr double rounding = 1e-13;
  for (std::uint32_t k = 0; 4 * k < normals.size(); ++k) {
    const auto words = philox(11, Stream::input_noise, trial, k, 23);
    for (std::size_t w = 0; w < 4 && 4 * k + w < normals.size(); ++w) {
      const double a = words[w / 2 * 2], b = words[w / 2 * 2 + 1];
      const double radius = std::sqrt(-2.0 * std::log((a + 1.0) * 0x1p-32));
      const double angle = 2.0 * std::numbers::pi * b * 0x1p-32;
      const double expected = radius * (w % 2 == 0 ? std::cos(angle) : std::sin(angle));
      CHECK_THAT(normals[4 * k + w], WithinAbs(expected, rounding));
    }
  }
}

TEST_CASE("the normals of a trial do not depend on whom it is drawn with", "[noise]") {
  const std::size_t count = GENERATE(1, 5, 16, 40);
  constexpr std::int64_t first = 8, units = 83;
  std::vector<std::uint64_t> ids;
  for (std::size_t k = 0; k < count; ++k) ids.push_back((k << 33) + 3 * k);
  std::vector<float> together(units * count), alone(first + units);
  std::vector<double> together_double(units * count), alone_double(first + units);

  const NormalBlock block{7, Stream::recurrent_noise, 9, first, units};
  fill_normals(block, ids, std::span<float>(together));
  fill_normals(block, ids, std::span<double>(together_double));

  constexpr double single_precision = 2e-6;
  for (std::size_t k = 0; k < count; ++k) {
    fill_normals(7, Stream::recurrent_noise, ids[k], 9, std::span<float>(alone));
    fill_normals(7, Stream::recurrent_noise, ids[k], 9, std::span<double>(alone_double));
    bool same = true, close = true;
    for (std::size_t unit = 0; unit < units; ++unit) {
      same &= together[unit * count + k] == alone[first + unit];
      same &= together_double[unit * count + k] == alone_double[first + unit];
      close &= std::abs(static_cast<double>(alone[first + unit]) - alone_double[first + unit]) < single_precision;
    }
    CHECK(same);
    CHECK(close);
  }
}

TEST_CASE("noise of a linear leaky unit has the mean, variance and autocorrelation of the equations", "[noise]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  constexpr double sigma = 0.4, alpha = 0.2;

  const Sequence x = run(unconnected(Dynamics::leaky, sigma), precision, Noise::on, 3000);

  // x_t = (1 - a) x_{t-1} + sqrt(2 a) sigma eta. Per unit 64 x 2800 samples, correlated over some 9 of them:
  // standard errors 0.7 % of the deviation, 0.7 % of the variance, 0.006 of a correlation. Five of each:
  constexpr double mean_error = 0.035, variance_error = 0.035, correlation_error = 0.03;
  const double variance = 2.0 * alpha * sigma * sigma / (1.0 - (1.0 - alpha) * (1.0 - alpha));
  for (Index unit = 0; unit < x.units; ++unit) {
    const Moments found = moments(x, unit, 200);
    CHECK_THAT(found.mean, WithinAbs(0.0, mean_error * std::sqrt(variance)));
    CHECK_THAT(found.variance, WithinRel(variance, variance_error));
    for (const Index lag : {1, 2, 5, 10}) {
      const double expected = std::pow(1.0 - alpha, static_cast<double>(lag));
      CHECK_THAT(correlation(x, unit, unit, lag, variance), WithinAbs(expected, correlation_error));
    }
    for (Index other = 0; other < unit; ++other) {
      CHECK_THAT(correlation(x, unit, other, 0, variance), WithinAbs(0.0, correlation_error));
    }
  }
}

TEST_CASE("noise of elman and rate dynamics is white in x, with the variance of the equations", "[noise]") {
  const auto [dynamics, factor] =
      GENERATE(table<Dynamics, double>({{Dynamics::elman, 2.0}, {Dynamics::rate, 2.0 / 0.2}}));
  constexpr double sigma = 0.4;

  const Sequence x = run(unconnected(dynamics, sigma), Precision::float32, Noise::on, 1000);

  // 64 x 800 independent samples: standard errors 0.6 % of the variance, 0.004 of a correlation. Five of each:
  constexpr double variance_error = 0.03, correlation_error = 0.022;
  const double variance = factor * sigma * sigma;
  for (Index unit = 0; unit < x.units; ++unit) {
    CHECK_THAT(moments(x, unit, 200).variance, WithinRel(variance, variance_error));
    CHECK_THAT(correlation(x, unit, unit, 1, variance), WithinAbs(0.0, correlation_error));
  }
}

TEST_CASE("input noise is white, with variance 2 sigma^2 / a per channel and one number per channel", "[noise]") {
  NetworkSpec spec = unconnected(Dynamics::elman, 0.0);
  spec.noise_input = 0.3;
  spec.inputs = {{"cue", 1}};
  spec.connections = {{"cue", "a"}};
  const Network network = build_network(spec, 0);
  Parameters parameters = initial_parameters(network, 0);
  parameters.input[0].setConstant(1.0);
  const Trials trials = blank_trials(1, 64, 1000);

  const Sequence x =
      test::run_eigen(network, parameters, trials, {.precision = Precision::float32, .noise = Noise::on}).x;

  constexpr double variance_error = 0.03, correlation_error = 0.022;  // as above
  const double variance = 2.0 * 0.3 * 0.3 / 0.2;
  CHECK_THAT(moments(x, 0, 200).variance, WithinRel(variance, variance_error));
  CHECK_THAT(correlation(x, 0, 0, 1, variance), WithinAbs(0.0, correlation_error));
  CHECK(x(0, 5, 7) == x(3, 5, 7));  // what all units of the region receive
}

TEST_CASE("a region without noise stays silent beside one with noise", "[noise]") {
  NetworkSpec spec = unconnected(Dynamics::leaky, 0.0);
  spec.regions = {{"quiet", 6}, {"loud", 7}};
  spec.regions[1].noise = 0.5;

  const Sequence x = run(spec, Precision::float32, Noise::on, 3);

  CHECK(x.at(2).topRows(6).cwiseAbs().maxCoeff() == 0.0);
  CHECK(x.at(2).bottomRows(7).cwiseAbs().minCoeff() > 0.0);
}

TEST_CASE("noise that is on but nowhere asked for changes no bit", "[noise]") {
  NetworkSpec spec = unconnected(GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate), 0.0);
  spec.activation = Activation::tanh;
  spec.connections.resize(1);
  spec.connections[0].from = spec.connections[0].to = "a";
  spec.regions[0].base_firing = 0.3;

  for (const Precision precision : {Precision::float32, Precision::float64}) {
    const Sequence on = run(spec, precision, Noise::on, 20), off = run(spec, precision, Noise::off, 20);
    CHECK(on.data == off.data);
    CHECK(on(0, 0, 19) != 0.0);
  }
}

TEST_CASE("noise is the same again, follows the trial's id, and differs between seeds", "[noise]") {
  const Network network = build_network(unconnected(Dynamics::leaky, 0.5), 0);
  const Parameters parameters = initial_parameters(network, 0);
  Trials trials = blank_trials(0, 2, 3);
  const test::RunOptions options{.noise = Noise::on, .seed = 1};
  const Sequence x = test::run_eigen(network, parameters, trials, options).x;

  trials.ids = {1, 0};
  const Sequence exchanged = test::run_eigen(network, parameters, trials, options).x;
  trials.ids = {0, 1};
  const Sequence other = test::run_eigen(network, parameters, trials, {.noise = Noise::on, .seed = 2}).x;

  CHECK(exchanged.at(2).col(0) == x.at(2).col(1));
  CHECK(exchanged.at(2).col(1) == x.at(2).col(0));
  CHECK(other.at(2).col(0) != x.at(2).col(0));
}

TEST_CASE("with a sigma of zero, noise on and off give the same bits", "[noise]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  NetworkSpec spec = unconnected(dynamics, 0.0);
  spec.inputs = {{"cue", 1}};
  spec.connections = {{"a", "a"}, {"cue", "a"}};
  const Network network = build_network(spec, 0);
  const Parameters parameters = initial_parameters(network, 0);
  Trials trials = blank_trials(1, 20, 30);
  std::ranges::fill(trials.inputs.data, 1.0);

  const Sequence on = test::run_eigen(network, parameters, trials, {.precision = precision, .noise = Noise::on}).x;
  const Sequence off = test::run_eigen(network, parameters, trials, {.precision = precision, .noise = Noise::off}).x;

  CHECK(on.data == off.data);
  CHECK(std::ranges::any_of(on.data, [](double x) { return x != 0.0; }));
}
