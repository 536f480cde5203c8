// Two vibrations: inputs, targets and metadata worked by hand.

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;
using test::course;
using test::stretches;
using Mode = mrnn::TrialRequest::Mode;

const test::TaskBench& bench() {
  static const test::TaskBench made("delayed_discrimination", {{"frequency", 2}}, {{"choice", 2}});
  return made;
}

}  // namespace

TEST_CASE("the higher of two frequencies is wanted", "[delayed_discrimination]") {
  const std::string keys = "delay = 1000\nlower = 10\nhigher = 20\npsychometric_differences = [10]\n";
  const auto made = bench().trials(keys, {.count = 2, .mode = Mode::psychometric});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "f1", "delay", "f2", "decision"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 10, 60, 160, 210, 240});
  const double high = 0.4 + 0.8, low = 0.4;
  const auto falling = stretches({{10, 0.0}, {50, high}, {100, 0.0}, {50, low}, {30, 0.0}});
  const auto rising = stretches({{10, 0.0}, {50, low}, {100, 0.0}, {50, high}, {30, 0.0}});
  CHECK(course(made.inputs, 0, 0) == falling);
  CHECK(course(made.inputs, 1, 0) == rising);
  CHECK(course(made.inputs, 0, 1) == rising);
  CHECK(course(made.inputs, 1, 1) == falling);
  for (const Index trial : {0, 1}) {
    CHECK(course(made.targets, trial, trial) == stretches({{210, 0.2}, {30, 1.0}}));
    CHECK(course(made.targets, 1 - trial, trial) == stretches({{240, 0.2}}));
    CHECK(course(made.mask, trial, trial) == stretches({{10, 1.0}, {200, 0.0}, {30, 1.0}}));
  }
  CHECK(made.numbers.at("f1") == std::vector<double>{20, 10});
  CHECK(made.numbers.at("f2") == std::vector<double>{10, 20});
  CHECK(made.numbers.at("frequency_difference") == std::vector<double>{10, -10});
  CHECK(made.numbers.at("correct") == std::vector<double>{0, 1});
  CHECK(made.texts.at("order") == std::vector<std::string>{"f1 > f2", "f1 < f2"});
  CHECK(made.texts.at("condition") == std::vector<std::string>{"20, 10 Hz", "10, 20 Hz"});
}

TEST_CASE("the published pairs and delays are the default", "[delayed_discrimination]") {
  const auto made = bench().trials("catch_probability = 0", {.count = 300});

  for (std::size_t k = 0; k < 300; ++k) {
    const auto trial = static_cast<Index>(k);
    const double f1 = made.numbers.at("f1")[k], f2 = made.numbers.at("f2")[k];
    CHECK(std::abs(f1 - f2) == 8.0);
    CHECK(std::fmod(f1 - 10.0, 4.0) == 0.0);
    CHECK_THAT(made.inputs(0, trial, 10), WithinAbs(0.4 + 0.8 * (f1 - 10.0) / 24.0, 1e-12));
    CHECK_THAT(made.inputs(1, trial, 10), WithinAbs(0.4 + 0.8 * (34.0 - f1) / 24.0, 1e-12));
    const Index second = made.epochs[3].first[k];
    CHECK((second - 60 >= 250 && second - 60 <= 350));
    CHECK_THAT(made.inputs(0, trial, second), WithinAbs(0.4 + 0.8 * (f2 - 10.0) / 24.0, 1e-12));
  }
  CHECK(bench().trials("catch_probability = 1", {.count = 1}).steps == 250);
  CHECK(bench().task()->default_trials() == 10);
}

TEST_CASE("psychometric mode has smaller differences about each pair", "[delayed_discrimination]") {
  const auto task = bench().task("psychometric_differences = [2, 6]");
  const auto curve = task->psychometric();
  REQUIRE(curve);
  const auto made = task->make({.count = 21, .mode = Mode::psychometric});

  CHECK(curve->variable == "frequency_difference");
  CHECK(curve->conditions == 20);
  CHECK(made.numbers.at("f1")[0] == 15.0);  // the middle of 18 and 10, and half of 2
  CHECK(made.numbers.at("f2")[0] == 13.0);
  CHECK(made.numbers.at("frequency_difference")[19] == -6.0);
  CHECK(made.numbers.at("f1")[20] == made.numbers.at("f1")[0]);
}

TEST_CASE("vibration trials tile and depend on seed and stream and number alone", "[delayed_discrimination]") {
  const double dt = GENERATE(1.0, 7.0, 15.0, 20.0);
  CAPTURE(dt);
  const test::TaskBench other("delayed_discrimination", {{"frequency", 2}}, {{"choice", 2}}, dt);
  const auto task = other.task("delay = [250, 350]\ncatch_probability = 0.3");

  test::check_tiling(task->make({.count = 20}));
  test::check_reproducible(*task);
}

TEST_CASE("a choice of the first is counted", "[delayed_discrimination]") {
  const auto task = bench().task("delay = 100");
  const auto made = task->make({.count = 2, .mode = Mode::psychometric});
  const auto scores = task->score(made, test::answers(made, {0, 0}, {made.steps - 1, made.steps - 1}));

  CHECK(scores.score == Eigen::Vector2d(1.0, 0.0));
  CHECK(scores.choice == Eigen::Vector2d(1.0, 1.0));
}

TEST_CASE("mistakes in the frequencies are told", "[delayed_discrimination]") {
  CHECK(bench().mistake("lower = [10, 12]") ==
        "x.toml:3:9: task.lower: has 2 frequencies; higher has 5. One of each makes a pair");
  CHECK(bench().mistake("lower = [10]\nhigher = [9]") ==
        "x.toml:4:10: task.higher: has 9 Hz where lower has 10 Hz; the higher of each pair is accepted");
}
