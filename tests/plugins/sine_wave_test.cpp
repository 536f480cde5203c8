// The sine: targets worked by hand, amplitudes, scores and mistakes.

#include <cmath>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"
#include "train/join_trials.hpp"

namespace {

using mrnn::Index;
using test::course;
using test::stretches;

const test::TaskBench& bench() {
  static const test::TaskBench made("sine_wave", {{"amplitude", 1}}, {{"wave", 1}});
  return made;
}

}  // namespace

TEST_CASE("the input sets the frequency of the sine", "[sine_wave]") {
  const auto made = bench().trials("amplitudes = [0.25]", {.count = 1});

  CHECK(made.steps == 100);
  CHECK(test::epoch_names(made) == std::vector<std::string>{"wave"});
  CHECK(course(made.inputs, 0) == stretches({{100, 0.25}}));
  CHECK(course(made.mask, 0) == stretches({{100, 1.0}}));
  CHECK(made.numbers.at("amplitude") == std::vector<double>{0.25});
  CHECK(made.numbers.at("frequency") == std::vector<double>{2.0});  // 1 + 0.25 (5 - 1)
  CHECK(made.texts.at("condition") == std::vector<std::string>{"amplitude 0.25"});
  CHECK(made.targets(0, 0, 0) == 0.0);
  CHECK_THAT(made.targets(0, 0, 5), WithinAbs(std::sin(0.2 * std::numbers::pi), 1e-12));
  CHECK_THAT(made.targets(0, 0, 25), WithinAbs(0.0, 1e-12));  // half a period of 500 ms
  CHECK_THAT(made.targets(0, 0, 37), WithinAbs(-std::sin(0.48 * std::numbers::pi), 1e-12));
}

TEST_CASE("amplitudes are anything from 0 to 1 unless listed", "[sine_wave]") {
  const auto any = bench().trials("lowest_frequency = 2\nhighest_frequency = 4", {.count = 400});
  const auto listed = bench().trials("amplitudes = [0, 1]", {.count = 40});
  const std::vector<double>& amplitudes = any.numbers.at("amplitude");
  const std::vector<double>& two = listed.numbers.at("amplitude");

  CHECK(std::set<double>(amplitudes.begin(), amplitudes.end()).size() == 400);
  double sum = 0.0;
  for (std::size_t k = 0; k < 400; ++k) {
    CHECK((amplitudes[k] >= 0.0 && amplitudes[k] < 1.0));
    CHECK(any.numbers.at("frequency")[k] == 2.0 + amplitudes[k] * 2.0);
    sum += amplitudes[k];
  }
  CHECK_THAT(sum / 400.0, WithinAbs(0.5, 0.06));
  CHECK(any.texts.at("condition")[0] == "any amplitude");
  CHECK(std::set<double>(two.begin(), two.end()) == std::set<double>{0.0, 1.0});
  CHECK(bench().task("amplitudes = [0, 0.5, 1]")->default_trials() == 3);
  CHECK(bench().task()->default_trials() == 1);
}

TEST_CASE("sine trials tile and depend on seed and stream and number alone", "[sine_wave]") {
  const double dt = GENERATE(1.0, 7.0, 33.3);
  CAPTURE(dt);
  const test::TaskBench other("sine_wave", {{"amplitude", 1}}, {{"wave", 1}}, dt);
  const auto task = other.task("duration = [400, 800]");

  test::check_tiling(task->make({.count = 20}));
  test::check_reproducible(*task);
}

TEST_CASE("the score of a sine is the power explained", "[sine_wave]") {
  const auto task = bench().task("amplitudes = [0.25]");
  const auto made = task->make({.count = 3});
  mrnn::Sequence outputs = made.targets;
  for (Index step = 0; step < 100; ++step) {
    outputs(0, 1, step) *= 0.5;  // leaves a quarter of the power as error
    outputs(0, 2, step) *= -1.0;
  }

  const auto scores = task->score(made, outputs);

  CHECK(scores.score[0] == 1.0);
  CHECK_THAT(scores.score[1], WithinAbs(0.75, 1e-12));
  CHECK(scores.score[2] == 0.0);
  CHECK(task->performance_label() == "power of the sine explained");
}

TEST_CASE("a sine in a mix is scored over its own epoch, wherever it stands among those of other tasks",
          "[sine_wave]") {
  const auto task = bench().task("amplitudes = [0.25]\nduration = 500");
  mrnn::Trials choice = mrnn::blank_trials(1, 1, 80);
  choice.targets = mrnn::Sequence(1, 1, 80);
  choice.epochs = {{"fixation", {0}, {20}}, {"decision", {20}, {80}}};
  const mrnn::Trials joined = mrnn::join_trials({choice, task->make({.count = 1})});
  mrnn::Sequence outputs = joined.targets;
  for (Index step = 25; step < 50; ++step) outputs(0, 1, step) = 0.0;  // misses one of two half-waves

  const auto scores = task->score(mrnn::slice(joined, 1, 1), mrnn::columns(outputs, 1, 1));

  REQUIRE(joined.epochs.front().name == "fixation");
  CHECK_THAT(scores.score[0], WithinAbs(0.5, 1e-12));
}

TEST_CASE("mistakes in a sine are told", "[sine_wave]") {
  CHECK(bench().mistake("amplitudes = [0.5, 2]") ==
        "x.toml:3:14: task.amplitudes: has a number outside 0 to 1; the input sets where between the two frequencies "
        "it is");
  CHECK(bench().mistake("lowest_frequency = 6") ==
        "x.toml:1:1: task.highest_frequency: is below lowest_frequency; at least as much is accepted");
  CHECK(bench().mistake("highest_frequency = 50") ==
        "x.toml:3:21: task.highest_frequency: has two steps of the network in a period, or fewer; a lower frequency, "
        "or a shorter dt, is accepted");
}
