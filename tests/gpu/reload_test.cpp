// One session on the device goes from batch to batch of other sizes, and takes other parameters in between.

#include "catch.hpp"
#include "checks.hpp"
#include "device_cases.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::On;

namespace {

/// Batches for one network: larger, smaller, with and without what a batch may have, also at the same size.
struct Batch {
  Index trials, steps;
  bool targets = true, mask = true, stimulus = false, initial = false, interventions = false;
};

constexpr Batch batches[] = {{7, 20},
                             {64, 31, true, false, true, true, true},
                             {1, 5, false},
                             {3, 50, true, true, false, false, true},
                             {65, 20, false, true, true, false, true},
                             {7, 20, true, true, true, true, true},
                             {7, 20, true, false},
                             {1, 1, true, true, true, true, true}};

test::Training with_batch(const test::Training& training, Dynamics dynamics, const Batch& batch) {
  test::Training next = training;
  next.trials = test::make({.training = {.units = training.network.units(),
                                         .trials = batch.trials,
                                         .steps = batch.steps,
                                         .dynamics = dynamics,
                                         .mask = batch.mask ? "random" : "none",
                                         .interventions = batch.interventions,
                                         .initial_per_trial = batch.initial,
                                         .stimulus = batch.stimulus}})
                    .trials;
  if (!batch.targets) next.trials.targets = next.trials.mask = {};
  return next;
}

}  // namespace

TEST_CASE("a session on the device takes batches of any size one after the other", "[cuda][reload]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index units = GENERATE(33, 350);
  const test::Training training =
      test::make({.training = {.units = units, .dynamics = dynamics, .penalty = "all", .noise = Noise::on}});
  const auto actual = test::open(On::device, training, precision), expected = test::open(On::eigen, training);
  const double tolerance = precision == Precision::float64 ? test::device_tolerance : test::single_tolerance;

  std::size_t number = 0;
  for (const Batch& batch : batches) {
    CAPTURE(number, batch.trials, batch.steps, units, static_cast<int>(precision), static_cast<int>(dynamics));
    test::Training next = with_batch(training, dynamics, batch);
    if (number++ % 2 == 1) {
      // Others of the same network: those of another seed.
      next.parameters.bias *= 0.5;
      for (Eigen::MatrixXd& block : next.parameters.recurrent) block *= 0.9;
    }
    actual->write_parameters(next.parameters);
    expected->write_parameters(next.parameters);
    test::check_activity(test::run_forward(*actual, next), test::run_forward(*expected, next), tolerance);
    if (!batch.targets) continue;
    const Index every = test::sparsest_record(batch.steps);
    const test::SessionGradient is = test::run_backward(*actual, next, every),
                                should = test::run_backward(*expected, next, every);
    test::check_terms(is.terms, should.terms, test::gradient_tolerance_of(precision));
    test::check_groups(is.gradient, should.gradient, test::gradient_tolerance_of(precision));
  }
}

TEST_CASE("a batch on the device keeps nothing of the scaled weights of the one before", "[cuda][reload]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const test::Training scaled =
      test::make({.training = {.units = 33, .trials = 7, .steps = 20, .dynamics = dynamics, .interventions = true}});
  test::Training plain = scaled;
  plain.trials.interventions.clear();
  const auto session = test::open(On::device, scaled);
  test::run_forward(*session, scaled);

  test::check_activity(test::run_forward(*session, plain), test::run_forward(*test::open(On::eigen, plain), plain),
                       test::device_tolerance);
}

TEST_CASE("a session on the device keeps nothing of the gradient before", "[cuda][reload]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make({.training = {.units = 33, .penalty = "all"}});
  test::Training other = with_batch(training, Dynamics::leaky, {17, 9, true, true, false, false, true});
  other.loss.penalties = {};
  const test::SessionGradient expected = test::run_backward(*test::open(On::device, training, precision), training, 1);
  const auto session = test::open(On::device, training, precision);
  test::run_backward(*session, other, 2);

  for (int run = 0; run < 2; ++run) {
    const test::SessionGradient again = test::run_backward(*session, training, 1);
    CHECK(again.terms.total == expected.terms.total);
    test::check_same_bits(again.gradient, expected.gradient);
  }
}

TEST_CASE("several sessions live on the device side by side", "[cuda][reload]") {
  if (test::skipped()) return;
  const test::Training small = test::make({.training = {.units = 7, .trials = 3, .steps = 20}}),
                       large = test::make({.training = {.units = 129, .trials = 19, .steps = 20}, .regions = 5});
  const auto first = test::open(On::device, small), second = test::open(On::device, large, Precision::float32);
  first->load(small.trials);
  second->load(large.trials);
  first->forward({.x = true}, Noise::on);
  second->forward({.x = true}, Noise::on);
  const Sequence of_first = first->read_activity(Quantity::x), of_second = second->read_activity(Quantity::x);

  second->forward({.x = true}, Noise::on);
  first->forward({.x = true}, Noise::on);

  CHECK(first->read_activity(Quantity::x).data == of_first.data);
  CHECK(second->read_activity(Quantity::x).data == of_second.data);
}
