// The delayed centre-out reach: channels, timing, inputs, targets and masks worked by hand, and the endpoint error.

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;
using Mode = mrnn::TrialRequest::Mode;
using test::course;
using test::stretches;

struct Bench : test::TaskBench {
  explicit Bench(double dt = 100.0)
      : TaskBench("delayed_reach", {{"target", 2}, {"go", 1}, {"fixation", 1}}, {{"hand", 2}}, dt) {}
};

/// With 100 ms per step: hold 2, target 3, delay 4, movement 5 steps.
const std::string fixed = "target = 300\ndelay = 400\n";

/// The trial of `fixed` with its target at 90 degrees.
mrnn::Trials upward(const Bench& bench, const std::string& keys = "") {
  return bench.trials(fixed + keys, {.first = 2, .count = 1, .mode = Mode::psychometric});
}

}  // namespace

TEST_CASE("the hand rests until go and then follows a path of minimum jerk", "[delayed_reach]") {
  const auto made = upward(Bench());

  CHECK(test::epoch_names(made) == std::vector<std::string>{"hold", "target", "delay", "movement"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 2, 5, 9, 14});
  CHECK(course(made.inputs, 1) == stretches({{2, 0}, {3, 1}, {9, 0}}));
  CHECK(course(made.inputs, 2) == stretches({{9, 0}, {5, 1}}));
  CHECK(course(made.inputs, 3) == stretches({{9, 1}, {5, 0}}));
  // 10 s^3 - 15 s^4 + 6 s^5 at s = 0, 1/4, 1/2, 3/4, 1
  CHECK(course(made.targets, 1) == stretches({{9, 0}, {1, 0}, {1, 0.103515625}, {1, 0.5}, {1, 0.896484375}, {1, 1}}));
  for (Index step = 0; step < 14; ++step) {
    CHECK_THAT(made.inputs(0, 0, step), WithinAbs(0.0, 1e-15));
    CHECK_THAT(made.targets(0, 0, step), WithinAbs(0.0, 1e-15));
  }
  CHECK(course(made.mask, 0) == stretches({{13, 1}, {1, 5}}));
  CHECK(course(made.mask, 1) == stretches({{13, 1}, {1, 5}}));
}

TEST_CASE("eight targets lie on the unit circle", "[delayed_reach]") {
  const auto made = Bench().trials(fixed, {.count = 8, .mode = Mode::psychometric});

  CHECK(Bench().task()->default_trials() == 8);
  CHECK(made.numbers.at("direction") == std::vector<double>{0, 45, 90, 135, 180, 225, 270, 315});
  CHECK(made.texts.at("condition")[3] == "135 deg");
  const double diagonal = std::sqrt(0.5);
  CHECK_THAT(made.inputs(0, 3, 2), WithinAbs(-diagonal, 1e-15));
  CHECK_THAT(made.inputs(1, 3, 2), WithinAbs(diagonal, 1e-15));
  CHECK_THAT(made.targets(0, 3, 13), WithinAbs(-diagonal, 1e-15));
  CHECK_THAT(made.targets(1, 3, 13), WithinAbs(diagonal, 1e-15));
  const auto random = Bench().trials(fixed, {.count = 200});
  CHECK(std::set<std::string>(random.texts.at("condition").begin(), random.texts.at("condition").end()).size() == 8);
}

TEST_CASE("the target stays as long as asked for", "[delayed_reach]") {
  CHECK(course(upward(Bench(), "target_until = \"delay\"").inputs, 1) == stretches({{2, 0}, {7, 1}, {5, 0}}));
  CHECK(course(upward(Bench(), "target_until = \"movement\"").inputs, 1) == stretches({{2, 0}, {12, 1}}));
}

TEST_CASE("path and endpoint have the lengths asked for", "[delayed_reach]") {
  const auto made = upward(Bench(), "path = 200\nendpoint = 300\nendpoint_weight = 2");

  CHECK(course(made.targets, 1) == stretches({{10, 0}, {1, 0.5}, {3, 1}}));
  CHECK(course(made.mask, 0) == stretches({{11, 1}, {3, 2}}));
}

TEST_CASE("target and delay are drawn within their limits", "[delayed_reach]") {
  const auto made = Bench(1.0).trials("", {.count = 200});

  std::vector<Index> target, delay;
  for (std::size_t k = 0; k < 200; ++k) {
    target.push_back(made.epochs[1].last[k] - made.epochs[1].first[k]);
    delay.push_back(made.epochs[2].last[k] - made.epochs[2].first[k]);
    CHECK(made.epochs[0].last[k] == 200);
  }
  CHECK((std::ranges::min(target) >= 199 && std::ranges::min(target) < 220));
  CHECK((std::ranges::max(target) <= 501 && std::ranges::max(target) > 480));
  CHECK((std::ranges::min(delay) >= 199 && std::ranges::min(delay) < 220));
  CHECK((std::ranges::max(delay) <= 601 && std::ranges::max(delay) > 580));
}

TEST_CASE("the score is 1 less the distance of the mean endpoint from the target", "[delayed_reach]") {
  const Bench bench(50.0);
  const auto task = bench.task(fixed);
  const auto made = task->make({.first = 2, .count = 2, .mode = Mode::psychometric});
  mrnn::Sequence outputs(2, 2, made.steps);
  const Index last = made.steps - 1;
  outputs(0, 0, last - 1) = 0.01;  // the mean of the last two steps is (0.03, 1.04)
  outputs(0, 0, last) = 0.05;
  outputs(1, 0, last - 1) = 1.05;
  outputs(1, 0, last) = 1.03;
  outputs(1, 0, last - 2) = 7.0;
  outputs(1, 1, last) = -9.0;

  const auto scores = task->score(made, outputs).score;
  CHECK_THAT(scores[0], WithinAbs(0.95, 1e-12));
  CHECK(scores[1] == 0.0);
  CHECK_THAT(task->score(made, made.targets).score.minCoeff(), WithinAbs(1.0, 1e-12));
}

TEST_CASE("the endpoint of a short reach is at its own end", "[delayed_reach]") {
  const Bench bench;
  const auto task = bench.task("delay = { choices = [200, 600] }");
  auto made = task->make({.count = 20});

  CHECK(std::ranges::min(made.epochs[3].last) < made.steps);
  std::ranges::reverse(made.epochs);  // a batch of several tasks has the epochs in an order of its own
  CHECK_THAT(task->score(made, made.targets).score.minCoeff(), WithinAbs(1.0, 1e-12));
}

TEST_CASE("the epochs of delayed reaches tile them for every step", "[delayed_reach]") {
  for (const double dt : {1.0, 7.0, 16.7, 30.0, 100.0}) {
    CAPTURE(dt);
    test::check_tiling(Bench(dt).trials("", {.count = 20}));
  }
}

TEST_CASE("delayed reaches come from their seed and number alone", "[delayed_reach]") {
  const Bench bench(10.0);

  test::check_reproducible(*bench.task());
}

TEST_CASE("mistakes in a delayed reach are told at their key", "[delayed_reach]") {
  CHECK(Bench().mistake("path = 600") == "x.toml:3:8: task.path: is 600 ms, more than the movement, 500 ms");
  CHECK(Bench().mistake("endpoint = 501.5") ==
        "x.toml:3:12: task.endpoint: is 501.5 ms, more than the movement, 500 ms");
  CHECK(Bench().mistake("movement = [50, 900]") ==
        "x.toml:3:12: task.movement: can last 50 ms; one step of the network (100 ms) or more is accepted");
  CHECK(Bench().mistake("target_until = \"delays\"") ==
        "x.toml:3:16: task.target_until: is \"delays\"; accepted: target, delay, movement. Did you mean \"delay\"?");
  CHECK(Bench().mistake("directions = 0") ==
        "x.toml:3:14: task.directions: is 0; an integer of at least 1 is accepted");
}
