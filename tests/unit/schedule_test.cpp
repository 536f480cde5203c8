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

/// The one window of a run without epochs.
Schedule::Window window(const std::string& text, mrnn::Index run_steps) {
  const std::vector<Schedule::Window> all = read(text).windows(mrnn::blank_trials(0, 1, run_steps));
  REQUIRE(all.size() == 1);
  return all.front();
}

std::vector<double> numbers(const Eigen::VectorXd& values) {
  return {values.begin(), values.end()};
}

std::vector<double> course(const std::string& text, mrnn::Index run_steps) {
  return numbers(window(text, run_steps).course);
}

/// The trials of the one window.
std::vector<mrnn::Index> chosen(const std::string& text, const mrnn::Trials& trials) {
  const std::vector<Schedule::Window> all = read(text).windows(trials);
  REQUIRE(all.size() == 1);
  return all.front().trials;
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

std::string applying(const std::string& text, const mrnn::Trials& trials) {
  return message([&] { read(text).windows(trials); });
}

std::string reading(const std::string& text) {
  return message([&] { read(text); });
}

mrnn::Trials four_trials() {
  mrnn::Trials trials = mrnn::blank_trials(0, 4, 20);
  trials.texts["condition"] = {"left", "right", "left", "right"};
  return trials;
}

/// Five trials of 30 steps: delays at 4..10, 4..10, 4..16, nowhere (a catch trial), and at 20..28.
mrnn::Trials delay_trials() {
  mrnn::Trials trials = mrnn::blank_trials(0, 5, 30);
  trials.epochs = {{"cue", {0, 0, 0, -1, 0}, {4, 4, 4, -1, 20}},
                   {"delay", {4, 4, 4, 9, 20}, {10, 10, 16, 9, 28}},
                   {"break", {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}}};
  trials.texts["condition"] = {"left", "right", "left", "catch", "right"};
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
  const std::vector<Schedule::Window> all = read("").windows(four_trials());

  REQUIRE(all.size() == 1);
  CHECK(all[0].steps == StepRange{0, 20});
  CHECK(all[0].whole == 20);
  CHECK(all[0].course == Eigen::VectorXd::Ones(20));
  CHECK(all[0].trials.empty());
}

TEST_CASE("start and stop are rounded to whole steps and cut to the run", "[schedule]") {
  CHECK(window("start = 44.0\nstop = 76.0", 20).steps == StepRange{4, 8});
  CHECK(window("start = 100", 20).steps == StepRange{10, 20});
  CHECK(window("stop = 1e300", 20).steps == StepRange{0, 20});
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

  CHECK(chosen("trials = [3, 0, 3]", trials) == std::vector<mrnn::Index>{0, 3});
  CHECK(chosen("trials = 2", trials) == std::vector<mrnn::Index>{2});
  CHECK(chosen("conditions = \"right\"", trials) == std::vector<mrnn::Index>{1, 3});
  CHECK(chosen("trials = [0, 1]\nconditions = [\"left\"]", trials) == std::vector<mrnn::Index>{0});
}

TEST_CASE("conditions may be numbers", "[schedule]") {
  mrnn::Trials trials = mrnn::blank_trials(0, 3, 20);
  trials.numbers["condition"] = {0.5, 1.0, 0.5};

  CHECK(chosen("conditions = 0.5", trials) == std::vector<mrnn::Index>{0, 2});
  CHECK_THAT(applying("conditions = 2", trials),
             ContainsSubstring("x.toml:1:14: conditions: no condition called \"2\"; available: 0.5, 1"));
  CHECK_THAT(applying("conditions = \"left\"", trials),
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
  CHECK_THAT(applying("start = 200", mrnn::blank_trials(0, 1, 20)),
             StartsWith("x.toml:1:9: start: is 200 ms, but the run ends at 200 ms"));
}

TEST_CASE("ramps longer than an open window are found when the run is known", "[schedule]") {
  CHECK_THAT(applying("start = 150\nramp_up = 60", mrnn::blank_trials(0, 1, 20)),
             StartsWith("x.toml:2:11: ramp_up: the ramps"));
}

TEST_CASE("trials that do not exist are errors at their key", "[schedule]") {
  const mrnn::Trials trials = four_trials();

  CHECK_THAT(reading("trials = [-1]"), ContainsSubstring("trials: -1 is not a trial number"));
  CHECK_THAT(reading("trials = [0.5]"), ContainsSubstring("trials: 0.5 is not a trial number"));
  CHECK_THAT(reading("trials = []"), ContainsSubstring("trials: is an empty list"));
  CHECK_THAT(applying("trials = [1, 4]", trials),
             StartsWith("x.toml:1:10: trials: there is no trial 4; the simulation has trials 0 to 3"));
}

TEST_CASE("conditions that do not exist are errors at their key", "[schedule]") {
  const mrnn::Trials trials = four_trials();

  CHECK_THAT(reading("conditions = []"), ContainsSubstring("conditions: is an empty list"));
  CHECK_THAT(reading("conditions = [\"left\", 3]"), ContainsSubstring("all texts or all numbers"));
  CHECK_THAT(applying("conditions = \"lefd\"", trials),
             ContainsSubstring("no condition called \"lefd\"; available: left, right. Did you mean \"left\"?"));
  CHECK_THAT(applying("conditions = 1", trials),
             ContainsSubstring("the conditions of these trials are texts, not numbers"));
  CHECK_THAT(applying("trials = 0\nconditions = \"right\"", trials),
             ContainsSubstring("none of the trials named has one of these conditions"));
  CHECK_THAT(applying("conditions = \"left\"", mrnn::blank_trials(0, 2, 20)),
             ContainsSubstring("these trials have no conditions"));
}

TEST_CASE("a schedule without ramps leaves their keys unread, hence errors", "[schedule]") {
  const auto config = mrnn::ConfigNode::parse("ramp_up = 20", "x.toml");

  Schedule::read(config, dt, Schedule::Ramps::none);

  CHECK_THAT(message([&] { config.finish(); }), ContainsSubstring("ramp_up"));
}

TEST_CASE("by epoch, each trial has its own window, and trials with the same steps share one", "[schedule]") {
  const std::vector<Schedule::Window> all = read("epoch = \"delay\"").windows(delay_trials());

  REQUIRE(all.size() == 3);
  CHECK(all[0].steps == StepRange{4, 10});
  CHECK(all[0].trials == std::vector<mrnn::Index>{0, 1});
  CHECK(all[1].steps == StepRange{4, 16});
  CHECK(all[1].trials == std::vector<mrnn::Index>{2});
  CHECK(all[2].steps == StepRange{20, 28});
  CHECK(all[2].trials == std::vector<mrnn::Index>{4});
  for (const Schedule::Window& one : all) {
    CHECK(one.whole == one.steps.size());
    CHECK(one.course == Eigen::VectorXd::Ones(one.steps.size()));
  }
}

TEST_CASE("by epoch, start and stop count from its beginning, and stop may lie after its end", "[schedule]") {
  const std::vector<Schedule::Window> late = read("epoch = \"delay\"\nstart = 60").windows(delay_trials());
  const std::vector<Schedule::Window> both = read("epoch = \"delay\"\nstart = 20\nstop = 120").windows(delay_trials());

  REQUIRE(late.size() == 2);  // a delay of six steps ends before the window begins
  CHECK(late[0].steps == StepRange{10, 16});
  CHECK(late[1].steps == StepRange{26, 28});
  REQUIRE(both.size() == 2);
  CHECK(both[0].steps == StepRange{6, 16});
  CHECK(both[0].trials == std::vector<mrnn::Index>{0, 1, 2});
  CHECK(both[1].steps == StepRange{22, 30});  // cut by the end of the run
  CHECK(both[1].whole == 10);
}

TEST_CASE("by epoch, ramps lie within the window of each trial", "[schedule]") {
  const std::string ramps = "ramp_up = 20\nramp_down = 20\nepoch = \"delay\"";
  const std::vector<Schedule::Window> whole = read(ramps).windows(delay_trials());
  const std::vector<Schedule::Window> cut = read(ramps + "\nstart = 50\nstop = 110").windows(delay_trials());

  check_equal(numbers(whole.at(0).course), {0.25, 0.75, 1.0, 1.0, 0.75, 0.25});
  check_equal(numbers(whole.at(2).course), {0.25, 0.75, 1.0, 1.0, 1.0, 1.0, 0.75, 0.25});
  check_equal(numbers(cut.at(0).course), {0.25, 0.75, 1.0, 1.0, 0.75, 0.25});
  check_equal(numbers(cut.at(1).course), {0.25, 0.75, 1.0, 1.0, 0.75});
}

TEST_CASE("by epoch, trials and conditions choose among those that have it", "[schedule]") {
  const mrnn::Trials trials = delay_trials();

  CHECK(chosen("epoch = \"delay\"\ntrials = [0, 3]", trials) == std::vector<mrnn::Index>{0});
  CHECK(chosen("epoch = \"delay\"\nconditions = \"right\"\nstop = 10\ntrials = [0, 1, 2]", trials) ==
        std::vector<mrnn::Index>{1});
}

TEST_CASE("an epoch that no trial has is an error at its key", "[schedule]") {
  const mrnn::Trials trials = delay_trials();

  CHECK_THAT(
      applying("epoch = \"dealy\"", trials),
      StartsWith("x.toml:1:9: epoch: no epoch called \"dealy\"; available: cue, delay. Did you mean \"delay\"?"));
  CHECK_THAT(applying("epoch = \"break\"", trials),
             StartsWith("x.toml:1:9: epoch: no trial has the epoch \"break\"; available: cue, delay"));
  CHECK_THAT(applying("epoch = \"delay\"", four_trials()),
             StartsWith("x.toml:1:9: epoch: no epoch called \"delay\"; available: none"));
  CHECK_THAT(applying("epoch = \"delay\"\nconditions = \"catch\"", trials),
             StartsWith("x.toml:1:9: epoch: none of the trials named has the epoch \"delay\""));
}

TEST_CASE("by epoch, a window that no trial has is an error at its key", "[schedule]") {
  const mrnn::Trials trials = delay_trials();

  CHECK_THAT(
      applying("epoch = \"delay\"\nstart = 120", trials),
      StartsWith("x.toml:2:9: start: is 120 ms from the beginning of the epoch \"delay\", but it lasts 120 ms at "
                 "most"));
  CHECK_THAT(
      applying("epoch = \"delay\"\nstart = 300\nstop = 310", trials),
      StartsWith("x.toml:2:9: start: is 300 ms from the beginning of the epoch \"delay\", but the run ends before "
                 "that in every trial that has it"));
  CHECK_THAT(
      applying("epoch = \"delay\"\nramp_up = 70", trials),
      StartsWith("x.toml:2:11: ramp_up: the ramps (ramp_up = 70 ms, ramp_down = 0 ms) are longer than the window "
                 "of 60 ms they lie in, that of trial 0"));
}
