// When and in which trials a manipulation acts: windows, ramps worked by hand, trials, conditions, and the
// text of each mistake.

#include <vector>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/manipulation.hpp"

namespace {

using mrnn::Schedule;
using mrnn::StepRange;

constexpr double dt = 10.0;
constexpr double exact = 1e-12;

Schedule read(const std::string& text) {
  return Schedule::read(mrnn::ConfigNode::parse(text, "x.toml"), dt, Schedule::Ramps::allowed);
}

std::vector<double> course(const std::string& text, mrnn::Index run_steps) {
  const Eigen::VectorXd means = read(text).course(run_steps);
  return {means.begin(), means.end()};
}

/// What reading or asking says; empty where it succeeds.
template <class Function>
std::string message(Function function) {
  try {
    function();
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string reading(const std::string& text) {
  return message([&] { read(text); });
}

mrnn::Trials four_trials() {
  mrnn::Trials trials = mrnn::blank_trials(0, 4, 20);
  trials.texts["condition"] = {"left", "right", "left", "right"};
  return trials;
}

void check_equal(const std::vector<double>& actual, const std::vector<double>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CAPTURE(k);
    CHECK_THAT(actual[k], WithinAbs(expected[k], exact));
  }
}

}  // namespace

TEST_CASE("a schedule without keys covers the whole run and all trials", "[schedule]") {
  const Schedule schedule = read("");

  CHECK(schedule.steps(20) == StepRange{0, 20});
  CHECK(schedule.course(20) == Eigen::VectorXd::Ones(20));
  CHECK(schedule.trials(four_trials()).empty());
}

TEST_CASE("start and stop are rounded to whole steps and cut to the run", "[schedule]") {
  CHECK(read("start = 44.0\nstop = 76.0").steps(20) == StepRange{4, 8});
  CHECK(read("start = 100").steps(20) == StepRange{10, 20});
  CHECK(read("stop = 1e300").steps(20) == StepRange{0, 20});
}

TEST_CASE("a ramp of two steps has the means 1/4 and 3/4", "[schedule]") {
  check_equal(course("start = 30\nstop = 90\nramp_up = 20\nramp_down = 20", 20), {0.25, 0.75, 1.0, 1.0, 0.75, 0.25});
}

TEST_CASE("a ramp that ends within a step is averaged over that step", "[schedule]") {
  // Rising over 15 ms: the mean of t/15 over 0..10 ms is 1/3; over 10..20 ms it lacks (5/15) 5 / 2 of 10 ms.
  check_equal(course("stop = 40\nramp_up = 15", 20), {1.0 / 3.0, 1.0 - 5.0 * 5.0 / (2.0 * 15.0 * 10.0), 1.0, 1.0});
  // Falling over 5 ms at the end of the last step: half of the course's second half is missing.
  check_equal(course("stop = 20\nramp_down = 5", 20), {1.0, 0.75});
}

TEST_CASE("ramps may fill the window", "[schedule]") {
  check_equal(course("stop = 40\nramp_up = 20\nramp_down = 20", 20), {0.25, 0.75, 0.75, 0.25});
}

TEST_CASE("a window cut by the end of the run keeps its shape", "[schedule]") {
  check_equal(course("start = 10\nstop = 50\nramp_down = 20", 4), {1.0, 1.0, 0.75});
}

TEST_CASE("without stop the ramp down ends with the run", "[schedule]") {
  check_equal(course("start = 10\nramp_down = 20", 4), {1.0, 0.75, 0.25});
}

TEST_CASE("trials are chosen by number, by condition, or by both", "[schedule]") {
  const mrnn::Trials trials = four_trials();

  CHECK(read("trials = [3, 0, 3]").trials(trials) == std::vector<mrnn::Index>{0, 3});
  CHECK(read("trials = 2").trials(trials) == std::vector<mrnn::Index>{2});
  CHECK(read("conditions = \"right\"").trials(trials) == std::vector<mrnn::Index>{1, 3});
  CHECK(read("trials = [0, 1]\nconditions = [\"left\"]").trials(trials) == std::vector<mrnn::Index>{0});
}

TEST_CASE("conditions may be numbers", "[schedule]") {
  mrnn::Trials trials = mrnn::blank_trials(0, 3, 20);
  trials.numbers["condition"] = {0.5, 1.0, 0.5};

  CHECK(read("conditions = 0.5").trials(trials) == std::vector<mrnn::Index>{0, 2});
  CHECK_THAT(message([&] { read("conditions = 2").trials(trials); }),
             ContainsSubstring("x.toml:1:14: conditions: no condition called \"2\"; available: 0.5, 1"));
  CHECK_THAT(message([&] { read("conditions = \"left\"").trials(trials); }),
             ContainsSubstring("the conditions of these trials are numbers, not texts"));
}

TEST_CASE("an impossible window is an error at its key", "[schedule]") {
  CHECK_THAT(reading("start = -1"), StartsWith("x.toml:1:9: start: is -1 ms; 0 or more is accepted"));
  CHECK_THAT(reading("start = 50\nstop = 50"), StartsWith("x.toml:2:8: stop: is 50 ms, not after start = 50 ms"));
  CHECK_THAT(reading("start = 50\nstop = 53"),
             StartsWith("x.toml:2:8: stop: leaves a window of less than one step (dt = 10 ms)"));
  CHECK_THAT(reading("stop = 50\nramp_up = 40\nramp_down = 20"),
             StartsWith("x.toml:2:11: ramp_up: the ramps (ramp_up = 40 ms, ramp_down = 20 ms) are longer than the "
                        "window of 50 ms"));
  CHECK_THAT(reading("ramp_down = -5"), ContainsSubstring("ramp_down: is -5 ms"));
}

TEST_CASE("a window that begins after the run is an error", "[schedule]") {
  CHECK_THAT(message([] { read("start = 200").steps(20); }),
             StartsWith("x.toml:1:9: start: is 200 ms, but the run ends at 200 ms"));
}

TEST_CASE("ramps longer than an open window are found when the run is known", "[schedule]") {
  CHECK_THAT(message([] { read("start = 150\nramp_up = 60").course(20); }),
             StartsWith("x.toml:2:11: ramp_up: the ramps"));
}

TEST_CASE("trials that do not exist are errors at their key", "[schedule]") {
  const mrnn::Trials trials = four_trials();

  CHECK_THAT(reading("trials = [-1]"), ContainsSubstring("trials: -1 is not a trial number"));
  CHECK_THAT(reading("trials = [0.5]"), ContainsSubstring("trials: 0.5 is not a trial number"));
  CHECK_THAT(reading("trials = []"), ContainsSubstring("trials: is an empty list"));
  CHECK_THAT(message([&] { read("trials = [1, 4]").trials(trials); }),
             StartsWith("x.toml:1:10: trials: there is no trial 4; the simulation has trials 0 to 3"));
}

TEST_CASE("conditions that do not exist are errors at their key", "[schedule]") {
  const mrnn::Trials trials = four_trials();

  CHECK_THAT(reading("conditions = []"), ContainsSubstring("conditions: is an empty list"));
  CHECK_THAT(reading("conditions = [\"left\", 3]"), ContainsSubstring("all texts or all numbers"));
  CHECK_THAT(message([&] { read("conditions = \"lefd\"").trials(trials); }),
             ContainsSubstring("no condition called \"lefd\"; available: left, right. Did you mean \"left\"?"));
  CHECK_THAT(message([&] { read("conditions = 1").trials(trials); }),
             ContainsSubstring("the conditions of these trials are texts, not numbers"));
  CHECK_THAT(message([&] { read("trials = 0\nconditions = \"right\"").trials(trials); }),
             ContainsSubstring("none of the trials named has one of these conditions"));
  CHECK_THAT(message([&] { read("conditions = \"left\"").trials(mrnn::blank_trials(0, 2, 20)); }),
             ContainsSubstring("these trials have no conditions"));
}

TEST_CASE("a schedule without ramps leaves their keys unread, hence errors", "[schedule]") {
  const auto config = mrnn::ConfigNode::parse("ramp_up = 20", "x.toml");

  Schedule::read(config, dt, Schedule::Ramps::none);

  CHECK_THAT(message([&] { config.finish(); }), ContainsSubstring("ramp_up"));
}
