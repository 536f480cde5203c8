// Small runs that touch every kernel, for compute-sanitizer:
//     compute-sanitizer --tool memcheck build/tests/gpu/gpu_tests "[sanitizer]"
// and the same with racecheck, initcheck and synccheck. Sizes on both sides of those at which a backend may change its
// method.

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using Kind = Optimiser::Kind;
using test::DeviceCase;
using test::On;

namespace {

DeviceCase everything(Index units, Index trials, Dynamics dynamics) {
  return {.training = {.units = units,
                       .trials = trials,
                       .steps = 5,
                       .dynamics = dynamics,
                       .activation = Activation::softplus,
                       .penalty = "all",
                       .noise = Noise::on,
                       .interventions = true,
                       .initial_per_trial = true,
                       .stimulus = true},
          .regions = 5,
          .mixed = true};
}

}  // namespace

TEST_CASE("a small run with all options is clean", "[cuda][race][sanitizer]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  for (const Index units : {1, 33}) {
    const DeviceCase one = everything(units, 3, dynamics);
    CAPTURE(test::describe(one));
    const test::Training training = test::make(one);
    test::check_forward(training);
    test::check_backward(training, 1);
    test::check_backward(training, 3);
  }
}

TEST_CASE("a run of a network that several blocks share is clean", "[cuda][race][racecheck][sanitizer]") {
  if (test::skipped()) return;
  const DeviceCase one = everything(129, 2, Dynamics::leaky);
  CAPTURE(test::describe(one));
  test::check_backward(test::make(one), 2);
}

TEST_CASE("a run of a network whose trials take turns is clean", "[cuda][racecheck][sanitizer]") {
  if (test::skipped()) return;
  const DeviceCase one{.training = {.units = 500, .trials = 64, .steps = 4, .noise = Noise::on}, .regions = 5};
  CAPTURE(test::describe(one));
  test::check_backward(test::make(one), 1);
}

TEST_CASE("a run of each size of network is clean", "[cuda][sanitizer]") {
  if (test::skipped()) return;
  const Index units = GENERATE(129, 257, 520, 1024), trials = GENERATE(1, 34);
  const DeviceCase one = everything(units, trials, Dynamics::leaky);
  CAPTURE(test::describe(one));
  test::check_backward(test::make(one), 2);
}

TEST_CASE("a run without inputs, noise and interventions is clean", "[cuda][sanitizer]") {
  if (test::skipped()) return;
  const DeviceCase one{.training = {.units = 33, .trials = 7, .steps = 5, .mask = "none"}, .channels = 0};
  const test::Training training = test::make(one);
  test::check_forward(training);
  test::check_backward(training, 1);
}

TEST_CASE("an update by each optimiser is clean", "[cuda][sanitizer]") {
  if (test::skipped()) return;
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dale = GENERATE(Dale::abs, Dale::project);
  const test::Training training =
      test::make({.training = {.units = 33, .dale = dale, .penalty = "l2_weights", .frozen = true}});
  const auto actual = test::open(On::device, training, precision), expected = test::open(On::eigen, training);
  const Parameters gradient = test::run_backward(*expected, training, 1).gradient;
  const OptimiserStep step{.optimiser = {.kind = kind, .momentum = 0.9, .clip_norm = 0.01}};

  test::run_backward(*actual, training, 1);
  actual->write_gradients(gradient);
  actual->update(step);
  expected->update(step);

  test::check_groups(actual->read_parameters(), expected->read_parameters(),
                     precision == Precision::float64 ? test::device_tolerance : test::single_tolerance);
  actual->write_optimiser_state(actual->read_optimiser_state());
}

TEST_CASE("advance() and jacobian() are clean", "[cuda][sanitizer]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const test::Training training = test::make(everything(33, 3, dynamics));
  const auto actual = test::open(On::device, training, precision), expected = test::open(On::eigen, training);
  actual->load(training.trials);
  expected->load(training.trials);
  const StatePoints points{test::random_sequence(33, blank_trials(0, 4, 1), 11).at(0), {0, 1, 2, 2}, {0, 1, 4, 2}};

  const double tolerance = precision == Precision::float64 ? test::device_tolerance : test::single_tolerance;
  test::check_error(test::relative_error(actual->advance(points), expected->advance(points)), tolerance);
  test::check_error(test::relative_error(actual->jacobian(points).post, expected->jacobian(points).post), tolerance);
}
