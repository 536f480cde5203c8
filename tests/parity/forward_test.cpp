// The Eigen backend must reproduce the reference network: short runs, every kind of dynamics and weights, sizes
// that are no multiples of a vector.

#include "catch.hpp"
#include "comparison.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::Choice;

TEST_CASE("all dynamics, activations and Dale methods agree with the reference", "[parity]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto activation = GENERATE(Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                   Activation::linear, Activation::retanh);
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(static_cast<int>(dynamics), static_cast<int>(activation), static_cast<int>(dale),
          static_cast<int>(precision));
  const Network network = build_network(test::network_spec({33, dynamics, activation, dale, 0.1}), 1);
  const Trials trials = test::random_trials(network, 5, 8);

  const double error = test::error_against_reference(network, test::random_parameters(network, 2), trials,
                                                     {.precision = precision, .noise = Noise::on});

  CHECK(error <= test::tolerance(precision));
}

TEST_CASE("all sizes of network and batch agree with the reference", "[parity]") {
  const Index units = GENERATE(1, 3, 33, 129);
  const Index count = GENERATE(1, 7, 33, 64);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  CAPTURE(units, count, static_cast<int>(precision), static_cast<int>(dynamics));
  const Network network = build_network(test::network_spec({.units = units, .dynamics = dynamics, .noise = 0.2}), 1);
  const Trials trials = test::random_trials(network, count, 6);

  const double error = test::error_against_reference(network, test::random_parameters(network, 2), trials,
                                                     {.precision = precision, .noise = Noise::on});

  CHECK(error <= test::tolerance(precision));
}

TEST_CASE("bands too large for one core's cache agree with the reference", "[parity]") {
  // 1100 x 1100 weights: the library's product where there is a library, in slices of 8 and of 1 trial.
  const Index count = GENERATE(1, 2);
  NetworkSpec spec = test::network_spec({.units = 2, .noise = 0.1});
  spec.regions = {{"a", 1100}};
  const Network network = build_network(spec, 1);
  const Trials trials = test::random_trials(network, count, 3);

  const double error = test::error_against_reference(network, test::random_parameters(network, 2), trials,
                                                     {.precision = Precision::float32, .noise = Noise::on});

  CHECK(error <= test::single_tolerance);
}

TEST_CASE("a stimulus and initial states per trial agree with the reference", "[parity]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const auto noise = GENERATE(Noise::off, Noise::on);
  const Index count = GENERATE(1, 19);
  CAPTURE(static_cast<int>(precision), static_cast<int>(dynamics), static_cast<int>(noise), count);
  const Network network = build_network(test::network_spec({.dynamics = dynamics, .noise = 0.2}), 1);
  Trials trials = test::random_trials(network, count, 9);
  trials.stimulus = test::random_sequence(network.units(), trials, 8);
  trials.initial_state = test::random_sequence(network.units(), trials, 9).at(0);

  const double error = test::error_against_reference(network, test::random_parameters(network, 2), trials,
                                                     {.precision = precision, .noise = noise});

  CHECK(error <= test::tolerance(precision));
}

TEST_CASE("a time constant per unit agrees with the reference", "[parity]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Network network = build_network(test::network_spec({.dynamics = dynamics, .noise = 0.2}), 1);
  Parameters parameters = test::random_parameters(network, 2);
  for (Index unit = 0; unit < network.units(); ++unit) parameters.tau[unit] = 15.0 + static_cast<double>(unit);

  const double error =
      test::error_against_reference(network, parameters, test::random_trials(network, 7, 9), {.noise = Noise::on});

  CHECK(error <= test::double_tolerance);
}

TEST_CASE("an identity readout is the activity of its units", "[parity]") {
  const Network network = build_network(test::network_spec({}), 1);
  const Trials trials = test::random_trials(network, 4, 5);

  const test::Activity activity = test::run_eigen(network, test::random_parameters(network, 2), trials, {});

  const OutputLayout& raw = network.output_layouts()[3];
  REQUIRE(raw.readout == Readout::identity);
  for (Index step = 0; step < trials.steps; ++step) {
    CHECK(activity.y.at(step).middleRows(raw.range.start, raw.range.size) == raw.units.rows_of(activity.h.at(step)));
  }
}

TEST_CASE("channels of a softmax output sum to one", "[parity]") {
  const Network network = build_network(test::network_spec({}), 1);
  const Trials trials = test::random_trials(network, 4, 5);

  const test::Activity activity = test::run_eigen(network, test::random_parameters(network, 2), trials, {});

  const UnitRange choice = network.output_layouts()[1].range;
  constexpr double rounding = 1e-14;
  for (Index step = 0; step < trials.steps; ++step) {
    const Eigen::MatrixXd sums = activity.y.at(step).middleRows(choice.start, choice.size).colwise().sum();
    CHECK((sums.array() - 1.0).abs().maxCoeff() < rounding);
  }
}
