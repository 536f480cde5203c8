// How runs on the device fail: activity that diverges, memory that does not suffice.

#include <cmath>
#include <limits>
#include <regex>

#include "catch.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "mrnn/error.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::On;

namespace {

/// What forward() throws, or backward() where that waits for it.
std::string error_of(Session& session, const Trials& trials, const Record& record = {}) {
  try {
    session.load(trials);
    session.forward(record, Noise::off);
    if (record.backward_every > 0 && !trials.targets.empty()) session.backward({});
  } catch (const RunError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("activity that is no longer finite is the same error on the device", "[cuda][bad]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const Index units = GENERATE(33, 350), trials = GENERATE(3, 50);
  const double bad = GENERATE(std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN());
  const bool kept = GENERATE(false, true);
  CAPTURE(static_cast<int>(precision), static_cast<int>(dynamics), units, trials, bad, kept);
  test::Training training = test::make({.training = {.units = units,
                                                     .trials = trials,
                                                     .steps = 20,
                                                     .dynamics = dynamics,
                                                     .activation = Activation::linear,
                                                     .stimulus = true}});
  training.trials.ids[2] = 102;
  training.trials.stimulus(units - 2, 2, 4) = bad;
  training.trials.stimulus(units - 2, 2, 9) = bad;
  const Record record{.h = true, .backward_every = kept ? 5 : 0};

  const std::string actual = error_of(*test::open(On::device, training, precision), training.trials, record);

  CHECK_THAT(actual, StartsWith("activity is no longer finite: trial 102, step 4, region r2; "));
  CHECK(actual == error_of(*test::open(On::eigen, training, precision), training.trials, record));
}

TEST_CASE("of several trials that diverge at one step the device names the first", "[cuda][bad]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index units = GENERATE(33, 350);
  test::Training training = test::make({.training = {.units = units, .trials = 50, .steps = 20, .stimulus = true}});
  for (const Index trial : {3, 11, 49}) {
    training.trials.stimulus(units - 1, trial, 6) = std::numeric_limits<double>::quiet_NaN();
    training.trials.stimulus(0, trial, 6) = std::numeric_limits<double>::quiet_NaN();
  }

  const std::string actual = error_of(*test::open(On::device, training, precision), training.trials);

  CHECK(actual == error_of(*test::open(On::eigen, training, precision), training.trials));
  CHECK_THAT(actual, ContainsSubstring("region r0"));
}

TEST_CASE("growth beyond all numbers is found at the same step on the device", "[cuda][bad]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  test::Training training = test::make({.training = {.units = 33,
                                                     .trials = 5,
                                                     .steps = 50,
                                                     .dynamics = dynamics,
                                                     .activation = Activation::linear,
                                                     .dale = Dale::none}});
  // The order of sums does not matter: the last finite step is as far below the largest number as the next is above.
  const double growth = precision == Precision::float64 ? 1e120 : 1e15;
  for (Eigen::MatrixXd& block : training.parameters.recurrent) block *= growth;

  const std::string actual = error_of(*test::open(On::device, training, precision), training.trials);

  CHECK_THAT(actual, ContainsSubstring("no longer finite") && ContainsSubstring("step 2, region r0"));
  CHECK(actual == error_of(*test::open(On::eigen, training, precision), training.trials));
}

TEST_CASE("a session on the device goes on working after a run that failed", "[cuda][bad]") {
  if (test::skipped()) return;
  const test::Training training = test::make({.training = {.units = 33, .trials = 70, .steps = 20}});
  const auto session = test::open(On::device, training);
  const test::Activity expected = test::run_forward(*session, training);
  Trials bad = training.trials;
  bad.inputs(0, 3, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(error_of(*session, bad, {.h = true}), ContainsSubstring("step 2"));
  CHECK_THROWS_AS(session->read_activity(Quantity::h), ShapeError);

  const test::Activity again = test::run_forward(*session, training);

  CHECK(again.h.data == expected.h.data);
}

TEST_CASE("what does not fit into the memory of the device is an error that says what would", "[cuda][memory][bad]") {
  if (test::skipped()) return;
  if (test::skipped_on_eigen()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  // No inputs, no targets: the host holds nothing of it. On the device 4 TB and more.
  const test::Training training = test::make({.training = {.units = 1000}, .channels = 0});
  const Index steps = 10000, trials = 100000;
  const Record record{.backward_every = 1};
  const Trials far_too_many = blank_trials(0, trials, steps);
  const std::size_t needed =
      test::device().memory(training.network, {.precision = precision}, {trials, steps}, record).total();
  REQUIRE(needed > std::size_t{3} * 1000 * 1000 * 1000 * 1000);
  const auto session = test::open(On::device, training, precision);

  const std::string message = error_of(*session, far_too_many, record);

  CAPTURE(message);
  CHECK_THAT(message, ContainsSubstring("GB") && ContainsSubstring("free"));
  std::smatch largest;
  REQUIRE(std::regex_search(message, largest, std::regex("largest batch that fits[^0-9]*([0-9]+)")));
  const Index fits = std::stoll(largest[1]);
  CHECK(fits > 0);
  CHECK(fits < trials);

  // The device and the session are as they were.
  test::check_activity(test::run_forward(*session, training),
                       test::run_forward(*test::open(On::eigen, training), training),
                       precision == Precision::float64 ? test::device_tolerance : test::single_tolerance);
}

TEST_CASE("sessions give the memory of the device back", "[cuda][memory]") {
  if (test::skipped() || test::skipped_on_eigen()) return;
  // Together more than any device has: 30 times 8 GB.
  const test::Training training = test::make({.training = {.units = 33, .dale = Dale::none}, .channels = 0});
  const Record record{.backward_every = 1};
  constexpr Index steps = 500, count = 30;
  constexpr std::size_t enough = std::size_t{8} * 1000 * 1000 * 1000;
  Index trials = 1000;
  while (test::device().memory(training.network, {.precision = Precision::float64}, {trials, steps}, record).total() <
         enough) {
    trials += 1000;
  }
  const Trials many = blank_trials(0, trials, steps), few = blank_trials(0, 10, steps);

  for (Index k = 0; k < count; ++k) {
    CAPTURE(k, trials);
    const auto session = test::open(On::device, training);
    REQUIRE(error_of(*session, many, record) == "no error");
  }
  const auto session = test::open(On::device, training);
  for (Index k = 0; k < count; ++k) {
    CAPTURE(k, trials);
    REQUIRE(error_of(*session, k % 2 == 0 ? many : few, record) == "no error");
  }
}
