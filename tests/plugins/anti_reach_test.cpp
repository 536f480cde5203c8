// The anti-reach task: channels, timing, inputs, targets and masks worked by hand, and what counts as correct.

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

/// Directions 0, 90, 180 and 270 degrees.
struct Bench : test::TaskBench {
  explicit Bench(double dt = 100.0)
      : TaskBench("anti_reach", {{"fixation", 1}, {"stimulus", 4}}, {{"choice", 5}}, dt) {}
};

struct MixedBench : test::TaskBench {
  MixedBench() : TaskBench("anti_reach", {{"fixation", 1}, {"stimulus", 4}, {"context", 1}}, {{"choice", 5}}, 100.0) {}
};

/// What the ring is shown at a step.
void check_ring(const mrnn::Trials& made, Index trial, const std::vector<double>& expected) {
  for (Index k = 0; k < 4; ++k) {
    CAPTURE(trial, k);
    CHECK_THAT(made.inputs(1 + k, trial, 4), WithinAbs(0.0, 0.0));
    CHECK_THAT(made.inputs(1 + k, trial, 5), WithinAbs(expected[static_cast<std::size_t>(k)], 1e-15));
    CHECK_THAT(made.inputs(1 + k, trial, 9), WithinAbs(expected[static_cast<std::size_t>(k)], 1e-15));
    CHECK_THAT(made.inputs(1 + k, trial, 10), WithinAbs(0.0, 0.0));
  }
}

}  // namespace

TEST_CASE("an anti-reach goes opposite to the stimulus", "[anti_reach]") {
  const auto made = Bench().trials("ring = 4", {.count = 4, .mode = Mode::psychometric});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "stimulus", "delay", "decision"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 5, 10, 10, 15});
  CHECK(made.numbers.at("reach_direction") == std::vector<double>{0, 90, 180, 270});
  CHECK(made.numbers.at("stimulus_direction") == std::vector<double>{180, 270, 0, 90});
  CHECK(made.texts.at("condition") ==
        std::vector<std::string>{"anti 0 deg", "anti 90 deg", "anti 180 deg", "anti 270 deg"});
  check_ring(made, 0, {-1, 0, 1, 0});
  check_ring(made, 1, {0, -1, 0, 1});
  CHECK(made.numbers.at("correct") == std::vector<double>{1, 2, 3, 4});
  CHECK(course(made.inputs, 0, 1) == stretches({{10, 1}, {5, 0}}));
  CHECK(course(made.targets, 0, 1) == stretches({{10, 1}, {5, 0}}));
  CHECK(course(made.targets, 2, 1) == stretches({{10, 0}, {5, 1}}));
  CHECK(course(made.targets, 4, 1) == stretches({{15, 0}}));
  CHECK(course(made.mask, 3, 1) == stretches({{15, 1}}));
}

TEST_CASE("a pro-reach goes to the stimulus", "[anti_reach]") {
  const auto made = Bench().trials("ring = 4\nanti = false", {.count = 4, .mode = Mode::psychometric});

  CHECK(made.numbers.at("stimulus_direction") == std::vector<double>{0, 90, 180, 270});
  CHECK(made.numbers.at("correct") == std::vector<double>{1, 2, 3, 4});
  CHECK(made.texts.at("rule") == std::vector<std::string>(4, "pro"));
  check_ring(made, 1, {0, 1, 0, -1});
}

TEST_CASE("in mixed reaches the context tells anti from pro", "[anti_reach]") {
  const MixedBench bench;
  const std::string keys = "ring = 4\nanti = \"mixed\"";
  const auto made = bench.trials(keys, {.count = 8, .mode = Mode::psychometric});

  CHECK(bench.task(keys)->default_trials() == 8);
  CHECK(made.numbers.at("stimulus_direction") == std::vector<double>{0, 90, 180, 270, 180, 270, 0, 90});
  CHECK(made.numbers.at("correct") == std::vector<double>{1, 2, 3, 4, 1, 2, 3, 4});
  CHECK(made.texts.at("rule")[3] == "pro");
  CHECK(made.texts.at("rule")[4] == "anti");
  CHECK(course(made.inputs, 5, 3) == stretches({{15, 0}}));
  CHECK(course(made.inputs, 5, 4) == stretches({{15, 1}}));
  check_ring(made, 4, {-1, 0, 1, 0});
  const auto random = bench.trials(keys, {.count = 300});
  CHECK(std::set<std::string>(random.texts.at("condition").begin(), random.texts.at("condition").end()).size() == 8);
}

TEST_CASE("a reach in the right direction at the last step is correct", "[anti_reach]") {
  const Bench bench;
  const auto task = bench.task("ring = 4");
  const auto made = task->make({.count = 4, .mode = Mode::psychometric});

  const auto scores = task->score(made, test::answers(made, {1, 3, 0, 4}, {14, 14, 14, 14})).score;
  CHECK(std::vector<double>(scores.begin(), scores.end()) == std::vector<double>{1, 0, 0, 1});
}

TEST_CASE("by default an anti-reach has 32 directions", "[anti_reach]") {
  const test::TaskBench bench("anti_reach", {{"fixation", 1}, {"stimulus", 32}}, {{"choice", 33}}, 100.0);
  const auto made = bench.trials("", {.first = 1, .count = 1, .mode = Mode::psychometric});

  CHECK(made.texts.at("condition") == std::vector<std::string>{"anti 11.25 deg"});
  CHECK(made.inputs(1 + 17, 0, 5) == 1.0);
  CHECK(made.inputs(1 + 1, 0, 5) == -1.0);
}

TEST_CASE("the epochs of reaches on a ring tile them for every step", "[anti_reach]") {
  for (const double dt : {1.0, 7.0, 16.7, 30.0, 100.0}) {
    CAPTURE(dt);
    test::check_tiling(Bench(dt).trials("ring = 4\nstimulus = { choices = [100, 405] }", {.count = 20}));
  }
}

TEST_CASE("reaches on a ring come from their seed and number alone", "[anti_reach]") {
  const MixedBench bench;

  test::check_reproducible(*bench.task("ring = 4\nanti = \"mixed\"\ndelay = [0, 300]"));
}

TEST_CASE("mistakes in an anti-reach are told at their key", "[anti_reach]") {
  CHECK(Bench().mistake("ring = 4\nanti = \"mixd\"") == "x.toml:4:8: task.anti: true, false or \"mixed\" is accepted");
  CHECK(Bench().mistake("ring = 4\nanti = 1") == "x.toml:4:8: task.anti: true, false or \"mixed\" is accepted");
  CHECK(Bench().mistake("ring = 4\nanti = \"mixed\"") ==
        "x.toml:1:1: task: \"anti_reach\" has the input channels fixation (1), stimulus (4), context (1); the network "
        "has fixation (1), stimulus (4). Write [[input]] with name = \"context\" and units = 1");
  CHECK(Bench().mistake("ring = 5") ==
        "x.toml:1:1: task: \"anti_reach\" has the input channels fixation (1), stimulus (5); the network has "
        "fixation (1), stimulus (4). Write [[input]] with name = \"stimulus\" and units = 5");
}
