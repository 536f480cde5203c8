// The flip-flop: pulses, states and masks against one another and worked by hand.

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;
using test::course;
using test::stretches;

/// Inputs: other 0, pulses 1..3. Outputs: state 0..2, other 3.
const test::TaskBench& bench() {
  static const test::TaskBench made("flip_flop", {{"other", 1}, {"pulses", 3}}, {{"state", 3}, {"other", 1}});
  return made;
}

}  // namespace

TEST_CASE("the state is the sign of the latest pulse", "[flip_flop]") {
  const auto made = bench().trials("", {.seed = 1, .count = 20});

  CHECK(made.steps == 64);
  CHECK(test::epoch_names(made) == std::vector<std::string>{"pulses"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 64});
  double pulses = 0.0, positive = 0.0;
  for (Index trial = 0; trial < 20; ++trial) {
    std::string signs;
    double changes = 0.0;
    for (Index bit = 0; bit < 3; ++bit) {
      double state = 0.0;
      for (Index step = 0; step < 64; ++step) {
        CAPTURE(trial, bit, step);
        const double pulse = made.inputs(1 + bit, trial, step);
        CHECK((pulse == 0.0 || pulse == 1.0 || pulse == -1.0));
        if (step == 0) CHECK(pulse != 0.0);
        if (pulse == -state) changes += 1.0;
        if (pulse != 0.0) state = pulse;
        pulses += std::abs(pulse);
        positive += pulse > 0.0 ? 1.0 : 0.0;
        CHECK(made.targets(bit, trial, step) == state);
        CHECK(made.mask(bit, trial, step) == 1.0);
      }
      signs += state > 0.0 ? '+' : '-';
    }
    CHECK(made.texts.at("condition")[static_cast<std::size_t>(trial)] == signs);
    CHECK(made.numbers.at("changes")[static_cast<std::size_t>(trial)] == changes);
    CHECK(course(made.inputs, 0, trial) == stretches({{64, 0.0}}));
    CHECK(course(made.mask, 3, trial) == stretches({{64, 0.0}}));
  }
  // 60 first pulses and half of 60 x 63 steps; standard error 31. Signs: standard error 22.
  CHECK_THAT(pulses, WithinAbs(60.0 + 1890.0, 124.0));
  CHECK_THAT(positive, WithinAbs(0.5 * pulses, 90.0));
}

TEST_CASE("before its first pulse a bit has neither target nor mask", "[flip_flop]") {
  const auto made = bench().trials("first_pulse = false\nprobability = 0.05", {.seed = 1, .count = 20});

  double unknown = 0.0;
  for (Index trial = 0; trial < 20; ++trial) {
    for (Index bit = 0; bit < 3; ++bit) {
      bool seen = false;
      for (Index step = 0; step < 64; ++step) {
        seen = seen || made.inputs(1 + bit, trial, step) != 0.0;
        CHECK(made.mask(bit, trial, step) == (seen ? 1.0 : 0.0));
        CHECK((made.targets(bit, trial, step) != 0.0) == seen);
        unknown += seen ? 0.0 : 1.0;
      }
    }
  }
  CHECK(unknown > 0.0);
  CHECK(bench().trials("first_pulse = false\nprobability = 0", {.count = 1}).texts.at("condition")[0] == "000");
}

TEST_CASE("steps after a change can be left out of the loss", "[flip_flop]") {
  const auto made = bench().trials("ignore = 2\nprobability = 0.2", {.seed = 1, .count = 20});

  double left_out = 0.0;
  for (Index trial = 0; trial < 20; ++trial) {
    for (Index bit = 0; bit < 3; ++bit) {
      const std::vector<double> target = course(made.targets, bit, trial);
      for (std::size_t step = 0; step < 64; ++step) {
        const bool changed = step < 2 || target[step] != target[step - 1] || target[step - 1] != target[step - 2];
        CHECK(made.mask(bit, trial, static_cast<Index>(step)) == (changed ? 0.0 : 1.0));
        left_out += changed ? 1.0 : 0.0;
      }
    }
  }
  CHECK(left_out > 120.0);  // more than the first two steps of each bit
}

TEST_CASE("bits and steps are keys and need no other channels", "[flip_flop]") {
  const test::TaskBench other("flip_flop", {{"anything", 2}}, {{"choice", 2}}, 7.0);
  const auto made = other.trials("bits = 2\nsteps = 5\nprobability = 1", {.count = 3});

  CHECK(made.steps == 5);
  for (Index trial = 0; trial < 3; ++trial) {
    for (Index bit = 0; bit < 2; ++bit) CHECK(course(made.targets, bit, trial) == course(made.inputs, bit, trial));
  }
}

TEST_CASE("flip-flop trials tile and depend on seed and stream and number alone", "[flip_flop]") {
  const double dt = GENERATE(1.0, 7.0, 33.3);
  CAPTURE(dt);
  const test::TaskBench other("flip_flop", {{"pulses", 3}}, {{"state", 3}}, dt);
  const auto task = other.task("steps = 21");

  CHECK(task->make({.count = 2}).steps == 21);
  test::check_tiling(task->make({.count = 20}));
  test::check_reproducible(*task);
}

TEST_CASE("the score of a flip-flop is the share of correct signs that count", "[flip_flop]") {
  const auto task = bench().task("steps = 10\nignore = 3\nprobability = 0");
  const auto made = task->make({.count = 2});
  mrnn::Sequence outputs = made.targets;
  for (double& value : outputs.data) value *= 0.1;  // any size will do
  // Of 7 x 3 signs that count, trial 1 has three wrong: one bit throughout steps 4 to 6. Step 0 does not count.
  for (Index step = 4; step < 7; ++step) outputs(1, 1, step) = step == 4 ? 0.0 : -outputs(1, 1, step);
  outputs(0, 0, 0) = -outputs(0, 0, 0);

  const auto scores = task->score(made, outputs);

  CHECK(scores.score[0] == 1.0);
  CHECK(scores.score[1] == 18.0 / 21.0);
  CHECK(scores.choice.size() == 0);
  CHECK(task->performance_label() == "share of correct signs");
  CHECK_FALSE(task->psychometric());
}

TEST_CASE("a trial in which no step counts has no score", "[flip_flop]") {
  const auto task = bench().task("first_pulse = false\nprobability = 0");
  const auto made = task->make({.count = 1});

  CHECK(std::isnan(task->score(made, made.targets).score[0]));
}

TEST_CASE("mistakes in a flip-flop are told", "[flip_flop]") {
  CHECK(bench().mistake("bits = 0") == "x.toml:3:8: task.bits: is 0; an integer of at least 1 is accepted");
  CHECK(bench().mistake("steps = 2.5") ==
        "x.toml:3:9: task.steps: is a number with a decimal point; an integer of at least 1 is accepted");
  CHECK(bench().mistake("probability = 2") == "x.toml:3:15: task.probability: is 2; a number from 0 to 1 is accepted");
  CHECK(bench().mistake("bits = 2") ==
        "x.toml:1:1: task: \"flip_flop\" has the input channels pulses (2); the network has other (1), pulses (3). "
        "Write [[input]] with name = \"pulses\" and units = 2");
}
