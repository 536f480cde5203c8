// advance() and jacobian() on the device.

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::On;

namespace {

test::Training problem(Index units, Dynamics dynamics) {
  test::Training training = test::make(
      {.training =
           {.units = units, .trials = 4, .steps = 20, .dynamics = dynamics, .interventions = true, .stimulus = true},
       .mixed = true});
  // Every third trial and step has conditions of its own.
  const Selection some({{units / 4, units / 2}}), all({{0, units}});
  training.trials.interventions.push_back(
      {{3, 18}, {1, 3}, ScaleWeights{ScaleWeights::Source::recurrent, some, all, 0.5}});
  training.trials.interventions.push_back({{5, 9}, {2}, Clamp{some, 0.3}});
  return training;
}

/// Random states before steps of all trials in turn.
StatePoints points(const test::Training& training, Index count) {
  StatePoints made;
  const Trials blank = blank_trials(0, count, 1);
  made.states = test::random_sequence(training.network.units(), blank, 11).at(0);
  for (Index k = 0; k < count; ++k) {
    made.trials.push_back((k * 3 + 1) % training.trials.count);
    made.steps.push_back((k * 7 + 5) % training.trials.steps);
  }
  return made;
}

}  // namespace

TEST_CASE("advance() and jacobian() on the device are those of the processor", "[cuda][advance]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index units = GENERATE(3, 33, 129, 350), count = GENERATE(1, 5, 300);
  CAPTURE(static_cast<int>(dynamics), static_cast<int>(precision), units, count);
  const test::Training training = problem(units, dynamics);
  const StatePoints states = points(training, count);
  const auto actual = test::open(On::device, training, precision), expected = test::open(On::eigen, training);
  actual->load(training.trials);
  expected->load(training.trials);

  const Eigen::MatrixXd next = actual->advance(states), should_be = expected->advance(states);
  const Jacobians is = actual->jacobian(states), should = expected->jacobian(states);

  const double tolerance = precision == Precision::float64 ? test::device_tolerance : test::single_tolerance;
  test::check_error(test::relative_error(next, should_be), tolerance);
  test::check_error(test::relative_error(is.leak, should.leak), tolerance);
  test::check_error(test::relative_error(is.post, should.post), tolerance);
  test::check_error(test::relative_error(is.pre, should.pre), tolerance);
}

TEST_CASE("advance() on the device leaves the run and its record as they were", "[cuda][advance]") {
  if (test::skipped()) return;
  const test::Training training = problem(33, Dynamics::leaky);
  const auto session = test::open(On::device, training);
  const test::SessionGradient expected = test::run_backward(*session, training, 1);
  session->load(training.trials);
  session->forward({.x = true, .backward_every = 1}, Noise::off);
  const Sequence x = session->read_activity(Quantity::x);

  const Eigen::MatrixXd next = session->advance(points(training, 5));
  session->jacobian(points(training, 300));

  CHECK(session->read_activity(Quantity::x).data == x.data);
  CHECK(session->backward(training.loss).total == expected.terms.total);
  CHECK(session->advance(points(training, 5)) == next);
}

TEST_CASE("advance() on the device from the states of a run gives the states that follow", "[cuda][advance]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index units = GENERATE(33, 350);
  test::Training training = problem(units, dynamics);
  // Extra noise acts where the noise is off as well, but not in advance().
  std::erase_if(training.trials.interventions,
                [](const Intervention& one) { return std::holds_alternative<ExtraNoise>(one.what); });
  const auto session = test::open(On::device, training);
  const test::Activity activity = test::run_forward(*session, training);
  const Sequence& states = dynamics == Dynamics::rate ? activity.h : activity.x;

  StatePoints before;
  before.states.resize(units, training.trials.steps - 1);
  for (Index step = 1; step < training.trials.steps; ++step) {
    before.states.col(step - 1) = states.at(step - 1).col(2);
    before.trials.push_back(2);
    before.steps.push_back(step);
  }
  const Eigen::MatrixXd next = session->advance(before);

  for (Index step = 1; step < training.trials.steps; ++step) {
    CAPTURE(step);
    test::check_error(test::relative_error(next.col(step - 1), states.at(step).col(2)), test::device_tolerance);
  }
}
