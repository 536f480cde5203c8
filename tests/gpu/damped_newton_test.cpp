// Damped Newton steps on the device.

#include "mrnn/damped_newton.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::On;

namespace {

/// Steps of random states of every other unit of a network, damped between mildly and strongly.
struct Steps {
  Steps(Index units, Dynamics dynamics, Index count) {
    training =
        test::make({.training = {.units = units, .trials = 4, .steps = 20, .dynamics = dynamics}, .mixed = true});
    for (Index unit = 0; unit < units; unit += 2) chosen.push_back(unit);
    const Trials blank = blank_trials(0, count, 1);
    points = {test::random_sequence(units, blank, 11).at(0), {}, {}};
    g = test::random_sequence(std::ssize(chosen), blank, 12).at(0);
    mu = Eigen::VectorXd::LinSpaced(count, 0.01, 1.0);
    for (Index k = 0; k < count; ++k) {
      points.trials.push_back(k % 4);
      points.steps.push_back(k % 20);
    }
  }

  std::unique_ptr<Session> session(On where, Precision precision = Precision::float64) const {
    auto session = test::open(where, training, precision);
    session->load(training.trials);
    return session;
  }

  std::unique_ptr<DampedNewton> newton(const Session& session) const {
    const Jacobians at = gains(session);
    const EffectiveWeights weights = effective_weights(training.network, training.parameters);
    const Index units = training.network.units();
    const Eigen::MatrixXd all = dense(training.network.recurrent_blocks(), weights.recurrent, units, units);
    return session.damped_newton(all(chosen, chosen), at);
  }

  Jacobians gains(const Session& session) const {
    const Jacobians all = session.jacobian(points);
    return {all.leak(chosen, Eigen::all), all.post(chosen, Eigen::all), all.pre(chosen, Eigen::all)};
  }

  DampedSteps take(const Session& session) const {
    const auto newton = this->newton(session);
    return newton->steps(newton->varying(gains(session)), g, mu);
  }

  test::Training training;
  std::vector<Index> chosen;
  StatePoints points;
  Eigen::MatrixXd g;
  Eigen::VectorXd mu;
};

/// The matrices of these steps have condition numbers up to some ten thousand.
constexpr double tolerance = 1e-10;

void check_same(const DampedSteps& actual, const DampedSteps& expected) {
  REQUIRE(expected.definite.all());
  CHECK(actual.definite.all());
  test::check_error(test::relative_error(actual.d, expected.d), tolerance);
  test::check_error(test::relative_error(actual.predicted, expected.predicted), tolerance);
  test::check_error(test::relative_error(actual.slope, expected.slope), tolerance);
}

}  // namespace

TEST_CASE("damped steps on the device are those of the processor", "[cuda][race][newton]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  // When the host plays the device, states that fit at once and some of them more.
  const Index units = GENERATE(3, 34), count = GENERATE(1, 200);
  CAPTURE(static_cast<int>(dynamics), units, count);
  const Steps steps(units, dynamics, count);
  // In double precision whatever that of the session.
  const Precision precision = units == 3 ? Precision::float32 : Precision::float64;

  check_same(steps.take(*steps.session(On::device, precision)), steps.take(*steps.session(On::eigen)));
}

TEST_CASE("damped steps of many states on the device are those of the processor", "[cuda][newton][sanitizer]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  // About as little work as a device is given.
  const Steps steps(130, dynamics, 400);
  CAPTURE(static_cast<int>(dynamics));

  check_same(steps.take(*steps.session(On::device)), steps.take(*steps.session(On::eigen)));
}

TEST_CASE("damped steps of many units on the device are those of the processor", "[cuda][newton]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  // More units than are multiplied on the processor, and more states than a device takes at once.
  const Index units = GENERATE(1200, 700), count = units == 700 ? 1200 : 9;
  CAPTURE(static_cast<int>(dynamics), units, count);
  const Steps steps(units, dynamics, count);

  check_same(steps.take(*steps.session(On::device)), steps.take(*steps.session(On::eigen)));
}

TEST_CASE("the steps of other states are right beside one whose matrix is not definite",
          "[cuda][race][newton][sanitizer]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index units = GENERATE(34, 130), count = units == 130 ? 400 : 40, last = count - 1;
  Steps steps(units, dynamics, count);
  const DampedSteps expected = steps.take(*steps.session(On::eigen));
  steps.mu(7) = -1e6;
  steps.mu(last) = std::numeric_limits<double>::quiet_NaN();

  const DampedSteps actual = steps.take(*steps.session(On::device));

  for (Index k = 0; k < count; ++k) {
    CAPTURE(k);
    REQUIRE(actual.definite(k) == (k != 7 && k != last));
    test::check_error(std::abs(actual.slope(k) / expected.slope(k) - 1.0), tolerance);
    if (actual.definite(k)) test::check_error(test::relative_error(actual.d.col(k), expected.d.col(k)), tolerance);
  }
}

TEST_CASE("damped steps on the device have the same bits each time, and leave the session as it was",
          "[cuda][newton]") {
  if (test::skipped()) return;
  const Steps steps(130, Dynamics::leaky, 400);
  const auto session = steps.session(On::device);
  const Eigen::MatrixXd next = session->advance(steps.points);
  const DampedSteps first = steps.take(*session);

  const DampedSteps second = steps.take(*session);

  CHECK(second.d == first.d);
  CHECK(second.predicted == first.predicted);
  CHECK(session->advance(steps.points) == next);
}
