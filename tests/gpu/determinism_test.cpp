// The same bits from run to run and from session to session on the device; the same noise however a batch is split.

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::DeviceCase;
using test::On;

namespace {

/// All that a few iterations of training leave.
struct Left {
  Sequence x;
  std::vector<double> losses;
  Parameters gradient, parameters;
};

/// Five iterations; the gradient is that of the last.
Left train(Session& session, const test::Training& training) {
  Left left;
  session.write_parameters(training.parameters);
  session.write_optimiser_state({zero_parameters(training.network), zero_parameters(training.network)});
  for (OptimiserStep step{.optimiser = {}, .rate = 0.01}; step.number <= 5; ++step.number) {
    session.load(training.trials);
    session.forward({.x = true, .backward_every = 6}, Noise::on);
    left.losses.push_back(session.backward(training.loss).total);
    left.gradient = session.read_gradients();
    left.x = session.read_activity(Quantity::x);
    session.update(step);
  }
  left.parameters = session.read_parameters();
  return left;
}

void check_same(const Left& actual, const Left& expected) {
  CHECK(actual.x.data == expected.x.data);
  CHECK(actual.losses == expected.losses);
  test::check_same_bits(actual.gradient, expected.gradient);
  test::check_same_bits(actual.parameters, expected.parameters);
}

}  // namespace

TEST_CASE("two runs and two sessions on the device have the same bits", "[cuda][determinism]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index units = GENERATE(33, 129, 350, 1024);
  const DeviceCase one{.training = {.units = units,
                                    .trials = 64,
                                    .steps = 20,
                                    .penalty = "all",
                                    .noise = Noise::on,
                                    .interventions = true,
                                    .stimulus = true},
                       .regions = 5,
                       .mixed = true};
  CAPTURE(test::describe(one), static_cast<int>(precision));
  const test::Training training = test::make(one);
  const auto session = test::open(On::device, training, precision);
  const Left first = train(*session, training);

  check_same(train(*session, training), first);
  check_same(train(*test::open(On::device, training, precision), training), first);
}

TEST_CASE("any split of a batch gives the same run on the device, noise included", "[cuda][determinism]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index units = GENERATE(33, 350), part = GENERATE(1, 7, 33);
  const DeviceCase one{
      .training = {
          .units = units, .trials = 66, .steps = 20, .dynamics = dynamics, .noise = Noise::on, .interventions = true}};
  CAPTURE(test::describe(one), static_cast<int>(precision), part);
  test::Training training = test::make(one);
  const auto session = test::open(On::device, training, precision);
  const test::Activity whole = test::run_forward(*session, training);
  const Trials trials = training.trials;

  double error = 0.0;
  for (Index first = 0; first < trials.count; first += part * 3) {
    const Index count = std::min(part, trials.count - first);
    training.trials = slice(trials, first, count);
    const test::Activity some = test::run_forward(*session, training);
    for (Index step = 0; step < trials.steps; ++step) {
      error = std::max(error, test::relative_error(some.x.at(step), whole.x.at(step).middleCols(first, count)));
    }
  }
  test::check_error(error, test::tolerance(precision));
}

TEST_CASE("the order of trials does not matter to their noise on the device", "[cuda][determinism]") {
  if (test::skipped()) return;
  test::Training training = test::make({.training = {.units = 33, .trials = 8, .steps = 20, .noise = Noise::on}});
  const auto session = test::open(On::device, training);
  const test::Activity forwards = test::run_forward(*session, training);

  Trials& trials = training.trials;
  std::ranges::reverse(trials.ids);
  for (Index step = 0; step < trials.steps; ++step) {
    trials.inputs.at(step) = trials.inputs.at(step).rowwise().reverse().eval();
  }
  const test::Activity backwards = test::run_forward(*session, training);

  for (Index step = 0; step < trials.steps; ++step) {
    test::check_error(test::relative_error(backwards.x.at(step).rowwise().reverse(), forwards.x.at(step)),
                      test::double_tolerance);
  }
}

TEST_CASE("another seed gives other noise on the device", "[cuda][determinism]") {
  if (test::skipped()) return;
  test::Training training = test::make({.training = {.units = 33, .trials = 7, .steps = 20, .noise = Noise::on}});
  const test::Activity one = test::run_forward(*test::open(On::device, training), training);
  training.seed = (std::uint64_t{1} << 40) + 5;  // differs in the high word alone

  const test::Activity other = test::run_forward(*test::open(On::device, training), training);

  CHECK(test::relative_error(other.x, one.x) > 0.01);
  test::check_forward(training);
}
