// Optimisers on the device against those of the Eigen backend.

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using Kind = Optimiser::Kind;
using test::On;

namespace {

OptimiserStep step_of(Kind kind, double rate, double clip_norm = 0.0) {
  return {.optimiser = {.kind = kind, .momentum = 0.9, .clip_norm = clip_norm}, .rate = rate};
}

void check_state(const OptimiserState& actual, const OptimiserState& expected, double tolerance) {
  {
    INFO("first moments");
    test::check_groups(actual.first, expected.first, tolerance);
  }
  INFO("second moments");
  test::check_groups(actual.second, expected.second, tolerance);
}

/// One iteration of training.
double train(Session& session, const test::Training& training, const OptimiserStep& step) {
  session.load(training.trials);
  session.forward({.backward_every = 3}, training.noise);
  const double loss = session.backward(training.loss).total;
  session.update(step);
  return loss;
}

}  // namespace

TEST_CASE("ten updates by given gradients are those of the processor on the device", "[cuda][optimiser]") {
  if (test::skipped()) return;
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  const double clip_norm = GENERATE(0.0, 0.5);
  CAPTURE(static_cast<int>(kind), static_cast<int>(precision), static_cast<int>(dale), clip_norm);
  const test::Training training = test::make({.training = {.units = 33, .dale = dale, .frozen = true}});
  const auto actual = test::open(On::device, training, precision), expected = test::open(On::eigen, training);
  OptimiserStep step = step_of(kind, 0.02, clip_norm);
  const double tolerance = precision == Precision::float64 ? test::device_tolerance : test::single_tolerance;

  for (step.number = 1; step.number <= 10; ++step.number) {
    CAPTURE(step.number);
    const Parameters gradient = test::random_numbers(training.network, static_cast<std::uint64_t>(step.number));
    actual->write_gradients(gradient);
    expected->write_gradients(gradient);
    test::check_error(test::relative_difference(actual->update(step), expected->update(step)), tolerance);
  }

  test::check_groups(actual->read_parameters(), expected->read_parameters(), tolerance);
  check_state(actual->read_optimiser_state(), expected->read_optimiser_state(), tolerance);
}

TEST_CASE("ten iterations of training go the way of the processor on the device", "[cuda][optimiser]") {
  if (test::skipped()) return;
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(static_cast<int>(kind), static_cast<int>(dynamics), static_cast<int>(dale), static_cast<int>(precision));
  const test::Training training = test::make({.training = {.units = 33,
                                                           .trials = 7,
                                                           .steps = 20,
                                                           .dynamics = dynamics,
                                                           .dale = dale,
                                                           .penalty = "l2_rates",
                                                           .noise = Noise::on}});
  const auto actual = test::open(On::device, training, precision), expected = test::open(On::eigen, training);
  OptimiserStep step = step_of(kind, 0.002, kind == Kind::sgd ? 1.0 : 0.0);
  const double tolerance = test::golden_tolerance(precision);

  for (step.number = 1; step.number <= 10; ++step.number) {
    CAPTURE(step.number);
    test::check_error(test::relative_difference(train(*actual, training, step), train(*expected, training, step)),
                      tolerance);
  }

  test::check_groups(actual->read_parameters(), expected->read_parameters(), tolerance);
}

TEST_CASE("training a large network goes the way of the processor on the device", "[cuda][optimiser]") {
  if (test::skipped()) return;
  const Index units = GENERATE(350, 1024);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(units, static_cast<int>(precision));
  const test::Training training = test::make(
      {.training = {.units = units, .trials = 16, .steps = 20, .penalty = "all", .noise = Noise::on}, .regions = 5});
  const auto actual = test::open(On::device, training, precision), expected = test::open(On::eigen, training);

  for (OptimiserStep step = step_of(Kind::sgd, 1e-4, 1.0); step.number <= 3; ++step.number) {
    CAPTURE(step.number);
    test::check_error(test::relative_difference(train(*actual, training, step), train(*expected, training, step)),
                      test::golden_tolerance(precision));
  }
}

TEST_CASE("projection keeps free parameters within the bounds on the device, on which some come to lie",
          "[cuda][optimiser]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training =
      test::make({.training = {.units = 33, .trials = 7, .steps = 20, .dale = Dale::project}});
  const auto session = test::open(On::device, training, precision);

  for (OptimiserStep step = step_of(Kind::adam, 0.1); step.number <= 5; ++step.number) train(*session, training, step);

  const double low = training.network.lower_bound(), high = training.network.upper_bound();
  const double rounding = precision == Precision::float64 ? 0.0 : 1e-7 * high;
  bool at_low = false, at_high = false;
  const Parameters after = session->read_parameters();
  for (std::size_t k = 0; k < after.recurrent.size(); ++k) {
    const Eigen::ArrayXXd present = training.network.recurrent_blocks()[k].pattern.cast<double>().cwiseAbs();
    const Eigen::ArrayXXd v = after.recurrent[k];
    CHECK((present == 0.0 || (v >= low - rounding && v <= high + rounding)).all());
    CHECK((present != 0.0 || v == 0.0).all());
    at_low |= (present != 0.0 && (v - low).abs() <= rounding).any();
    at_high |= (present != 0.0 && (v - high).abs() <= rounding).any();
  }
  CHECK(at_low);
  CHECK(at_high);
}

TEST_CASE("what may not be trained is untouched to the bit on the device", "[cuda][optimiser]") {
  if (test::skipped()) return;
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dale = GENERATE(Dale::none, Dale::project);
  CAPTURE(static_cast<int>(kind), static_cast<int>(precision), static_cast<int>(dale));
  const test::Training training = test::make(
      {.training = {.units = 33, .trials = 7, .steps = 20, .dale = dale, .penalty = "l2_weights", .frozen = true}});
  const auto session = test::open(On::device, training, precision);
  Parameters before = session->read_parameters();

  OptimiserStep step = step_of(kind, 0.1);
  for (step.optimiser.decay = 0.5; step.number <= 5; ++step.number) train(*session, training, step);

  Parameters after = session->read_parameters(), may = trainable_parameters(training.network);
  const auto is = test::parameter_groups(after), was = test::parameter_groups(before),
             trainable = test::parameter_groups(may);
  for (std::size_t k = 0; k < is.size(); ++k) {
    CAPTURE(is[k].name);
    const Eigen::ArrayXd learned = trainable[k].copy(), now = is[k].copy(), then = was[k].copy();
    CHECK((learned != 0.0 || now == then).all());
    // Time constants of the projection can lie on a bound; all else moves.
    if (learned.maxCoeff() > 0.0) CHECK((learned != 0.0 && now != then).any());
  }
}

TEST_CASE("parameters, gradients and the state of the optimiser are read back as they were written to the device",
          "[cuda][optimiser]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const test::Training training = test::make({.training = {.units = 33, .dynamics = dynamics, .frozen = true}});
  const Network& network = training.network;
  const auto session = test::open(On::device, training, precision);
  const OptimiserState fresh = session->read_optimiser_state();
  const Parameters gradients = test::random_numbers(network, 1);
  const OptimiserState state{test::random_numbers(network, 2), test::random_numbers(network, 3)};

  session->write_gradients(gradients);
  session->write_optimiser_state(state);

  const auto reference = test::open(On::eigen, training, precision);
  test::check_groups(session->read_parameters(), reference->read_parameters(),
                     precision == Precision::float64 ? test::double_tolerance : 1e-7);
  test::check_same_bits(fresh.first, zero_parameters(network));
  test::check_same_bits(fresh.second, zero_parameters(network));
  test::check_same_bits(session->read_gradients(), gradients);
  test::check_same_bits(session->read_optimiser_state().first, state.first);
  test::check_same_bits(session->read_optimiser_state().second, state.second);
}

TEST_CASE("another session on the device goes on from parameters and optimiser state with the same bits",
          "[cuda][optimiser]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const test::Training training = test::make(
      {.training = {.units = 33, .trials = 7, .steps = 20, .dale = Dale::project, .noise = Noise::on, .frozen = true}});
  const auto steps = [&](Session& session, std::int64_t first, std::int64_t last) {
    OptimiserStep step = step_of(kind, 0.01);
    for (step.number = first; step.number <= last; ++step.number) train(session, training, step);
  };
  const auto whole = test::open(On::device, training, precision), first = test::open(On::device, training, precision),
             second = test::open(On::device, training, precision);
  steps(*whole, 1, 6);

  steps(*first, 1, 3);
  second->write_parameters(first->read_parameters());
  second->write_optimiser_state(first->read_optimiser_state());
  steps(*second, 4, 6);

  test::check_same_bits(second->read_parameters(), whole->read_parameters());
  test::check_same_bits(second->read_optimiser_state().first, whole->read_optimiser_state().first);
  test::check_same_bits(second->read_optimiser_state().second, whole->read_optimiser_state().second);
}

TEST_CASE("a gradient that is not finite changes nothing on the device", "[cuda][optimiser][bad]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const double bad = GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity());
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const test::Training training = test::make({.training = {.units = 33, .trials = 7, .steps = 20}});
  const auto session = test::open(On::device, training, precision);
  train(*session, training, step_of(kind, 0.01));
  const Parameters before = session->read_parameters();
  const OptimiserState state = session->read_optimiser_state();
  Parameters gradient = test::random_numbers(training.network, 1);
  gradient.bias[1] = bad;

  session->write_gradients(gradient);
  OptimiserStep step = step_of(kind, 0.01, 1.0);
  step.number = 2;
  const double norm = session->update(step);

  CHECK(!std::isfinite(norm));
  test::check_same_bits(session->read_parameters(), before);
  test::check_same_bits(session->read_optimiser_state().first, state.first);
  test::check_same_bits(session->read_optimiser_state().second, state.second);
}

TEST_CASE("gradients of two halves of a batch add up to that of the whole on the device", "[cuda][optimiser]") {
  if (test::skipped()) return;
  test::Training training = test::make({.training = {.units = 33, .trials = 14, .steps = 20, .mask = "none"}});
  const auto session = test::open(On::device, training), expected = test::open(On::eigen, training);
  const Trials whole = training.trials;
  Parameters sum = zero_parameters(training.network);
  const auto sums = test::parameter_groups(sum);
  for (const Index first : {0, 7}) {
    training.trials = slice(whole, first, 7);
    Parameters half = test::run_backward(*session, training, 1).gradient;
    const auto halves = test::parameter_groups(half);
    for (std::size_t k = 0; k < sums.size(); ++k) {
      for (std::size_t n = 0; n < sums[k].values.size(); ++n) *sums[k].values[n] += 0.5 * *halves[k].values[n];
    }
  }
  training.trials = whole;
  const Parameters gradient = test::run_backward(*expected, training, 1).gradient;
  test::check_groups(sum, gradient, test::reference_gradient_tolerance);

  session->write_gradients(sum);
  session->update(step_of(Kind::sgd, 0.1));
  expected->update(step_of(Kind::sgd, 0.1));

  test::check_groups(session->read_parameters(), expected->read_parameters(), test::device_tolerance);
}
