// Random dots: evidence, targets and masks worked by hand, catch trials, scores, psychometric mode and mistakes. What
// holds for every ChoiceTask is tested here.

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;
using test::boundaries;
using test::course;
using test::stretches;
using Mode = mrnn::TrialRequest::Mode;

/// Outputs: other 0, choice 1..2.
const test::TaskBench& bench() {
  static const test::TaskBench made("perceptual_decision", {{"evidence", 2}}, {{"other", 1}, {"choice", 2}});
  return made;
}

/// A trial of one coherence, whose evidence is 0.25 and 0.75.
const std::string strong = "catch_probability = 0\ngain = 5\ncoherences = 10\n";
const std::string catches = "catch_probability = 1\n";

}  // namespace

TEST_CASE("evidence is given in the stimulus and the answer wanted in the decision", "[perceptual_decision]") {
  const auto made = bench().trials(strong, {.count = 2, .mode = Mode::psychometric});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "stimulus", "delay", "decision"});
  CHECK(boundaries(made, 0) == std::vector<Index>{0, 10, 90, 90, 120});
  for (const Index side : {0, 1}) {
    const Index trial = side, right = 1 + side, wrong = 2 - side;
    CAPTURE(side);
    CHECK(course(made.inputs, side, trial) == stretches({{10, 0.0}, {80, 0.75}, {30, 0.0}}));
    CHECK(course(made.inputs, 1 - side, trial) == stretches({{10, 0.0}, {80, 0.25}, {30, 0.0}}));
    CHECK(course(made.targets, right, trial) == stretches({{90, 0.2}, {30, 1.0}}));
    CHECK(course(made.targets, wrong, trial) == stretches({{120, 0.2}}));
    for (const Index channel : {1, 2}) {
      CHECK(course(made.mask, channel, trial) == stretches({{10, 1.0}, {80, 0.0}, {30, 1.0}}));
    }
    CHECK(course(made.mask, 0, trial) == stretches({{120, 0.0}}));
  }
  CHECK(made.texts.at("side") == std::vector<std::string>{"left", "right"});
  CHECK(made.texts.at("condition") == std::vector<std::string>{"left 10 %", "right 10 %"});
  CHECK(made.numbers.at("coherence") == std::vector<double>{10, 10});
  CHECK(made.numbers.at("signed_coherence") == std::vector<double>{-10, 10});
  CHECK(made.numbers.at("correct") == std::vector<double>{0, 1});
}

TEST_CASE("the published evidence is the default", "[perceptual_decision]") {
  const auto made = bench().trials("", {.count = 10, .mode = Mode::psychometric});

  CHECK(made.numbers.at("signed_coherence") == std::vector<double>{-1, 1, -2, 2, -4, 4, -8, 8, -16, 16});
  for (Index trial = 0; trial < 10; ++trial) {
    const double coherence = made.numbers.at("signed_coherence")[static_cast<std::size_t>(trial)];
    CHECK_THAT(made.inputs(1, trial, 50), WithinAbs(0.5 + 0.016 * coherence, 1e-12));
    CHECK_THAT(made.inputs(0, trial, 50), WithinAbs(0.5 - 0.016 * coherence, 1e-12));
  }
}

TEST_CASE("timings and target values are keys", "[perceptual_decision]") {
  const auto made = bench().trials(
      strong + "fixation = 20\nstimulus = { choices = [30] }\ndelay = [10, 10]\ndecision = 40\nlow = 0\nhigh = 0.5\n",
      {.count = 1, .mode = Mode::psychometric});

  CHECK(boundaries(made, 0) == std::vector<Index>{0, 2, 5, 6, 10});
  CHECK(course(made.targets, 1) == stretches({{6, 0.0}, {4, 0.5}}));
  CHECK(course(made.mask, 1) == stretches({{2, 1.0}, {4, 0.0}, {4, 1.0}}));
  CHECK(course(made.inputs, 0) == stretches({{2, 0.0}, {3, 0.75}, {5, 0.0}}));
}

TEST_CASE("epochs tile trials for every dt", "[perceptual_decision]") {
  const double dt = GENERATE(1.0, 7.0, 10.0, 16.0, 20.0, 33.3, 100.0);
  CAPTURE(dt);
  const test::TaskBench other("perceptual_decision", {{"evidence", 2}}, {{"choice", 2}}, dt);
  const std::string keys = "delay = { mean = 60, low = 30, high = 300 }\nstimulus = [20, 900]\ncatch_probability = 0.3";

  test::check_tiling(other.trials(keys, {.count = 40}));
  const auto usual = other.trials("", {.count = 1, .mode = Mode::psychometric});
  CHECK(boundaries(usual, 0) == std::vector<Index>{0, std::lround(100 / dt), std::lround(900 / dt),
                                                   std::lround(900 / dt), std::lround(1200 / dt)});
}

TEST_CASE("a catch trial has no input and a low target throughout", "[perceptual_decision]") {
  const auto made = bench().trials(catches, {.count = 2});

  CHECK(test::epoch_names(made).back() == "catch");
  CHECK(boundaries(made, 1) == std::vector<Index>{0, 0, 0, 0, 0, 200});
  CHECK(course(made.inputs, 0) == stretches({{200, 0.0}}));
  CHECK(course(made.targets, 1) == stretches({{200, 0.2}}));
  CHECK(course(made.targets, 0) == stretches({{200, 0.0}}));
  CHECK(course(made.mask, 2) == stretches({{200, 1.0}}));
  CHECK(made.texts.at("condition")[0] == "catch");
  CHECK(made.texts.at("side")[0] == "catch");
  CHECK(std::isnan(made.numbers.at("correct")[0]));
  CHECK(std::isnan(made.numbers.at("signed_coherence")[0]));
}

TEST_CASE("one trial in one more than the conditions is a catch trial unless set", "[perceptual_decision]") {
  const auto share = [](const std::string& keys, Mode mode = Mode::random) {
    const auto made = bench().trials(keys + "stimulus = 10\ncatch_duration = 10\n", {.count = 8000, .mode = mode});
    double catch_trials = 0.0;
    for (const std::string& condition : made.texts.at("condition")) catch_trials += condition == "catch" ? 1.0 : 0.0;
    return catch_trials / 8000.0;
  };

  CHECK_THAT(share(""), WithinAbs(1.0 / 11.0, 0.015));  // four standard errors are 0.013
  CHECK_THAT(share("catch_probability = 0.5\n"), WithinAbs(0.5, 0.025));
  CHECK(share("catch_probability = 0\n") == 0.0);
  CHECK(share("catch_probability = 1\n", Mode::psychometric) == 0.0);
}

TEST_CASE("all conditions occur at random equally often", "[perceptual_decision]") {
  const auto made = bench().trials("stimulus = 10\ncatch_probability = 0\n", {.count = 5000});
  const std::vector<double>& coherences = made.numbers.at("signed_coherence");

  for (const double coherence : {-16.0, -8.0, -4.0, -2.0, -1.0, 1.0, 2.0, 4.0, 8.0, 16.0}) {
    CHECK_THAT(static_cast<double>(std::ranges::count(coherences, coherence)), WithinAbs(500.0, 85.0));
  }
}

TEST_CASE("trials depend on seed and stream and number alone", "[perceptual_decision]") {
  test::check_reproducible(*bench().task("delay = [0, 500]\ncatch_probability = 0.4"));
}

TEST_CASE("the choice is the larger output at the last step of the trial itself", "[perceptual_decision]") {
  // A catch trial of 200 steps is the longest; the others end after 120.
  const auto task = bench().task("gain = 5\ncatch_probability = 0.4");
  const auto made = task->make({.seed = 2, .count = 40});
  REQUIRE(made.steps == 200);
  std::vector<Index> right, wrong, steps;
  for (std::size_t trial = 0; trial < 40; ++trial) {
    const double correct = made.numbers.at("correct")[trial];
    right.push_back(std::isnan(correct) ? 1 : 1 + static_cast<Index>(correct));
    wrong.push_back(3 - right.back());
    steps.push_back(boundaries(made, trial).back() - 1);
  }

  const auto good = task->score(made, test::answers(made, right, steps));
  const auto bad = task->score(made, test::answers(made, wrong, steps));

  for (Index trial = 0; trial < 40; ++trial) {
    const double correct = made.numbers.at("correct")[static_cast<std::size_t>(trial)];
    if (std::isnan(correct)) {
      CHECK(std::isnan(good.score[trial]));
      CHECK(good.choice[trial] == 0.0);
    } else {
      CHECK(good.score[trial] == 1.0);
      CHECK(good.choice[trial] == correct);  // alternative 1 is right, which the curve counts
      CHECK(bad.score[trial] == 0.0);
      CHECK(bad.choice[trial] == 1.0 - correct);
    }
  }
  CHECK(mrnn::performance(good) == 1.0);
  CHECK(mrnn::performance(bad) == 0.0);
  CHECK(task->performance_label() == "share of correct choices");
}

TEST_CASE("a finer grid of coherences can be had in psychometric mode", "[perceptual_decision]") {
  const auto task = bench().task("coherences = [8, 16]\npsychometric_coherences = [0, 3.2]");
  const auto curve = task->psychometric();
  REQUIRE(curve);

  const auto made = task->make({.first = 1, .count = 4, .mode = Mode::psychometric});

  CHECK(curve->variable == "signed_coherence");
  CHECK(curve->x_label == "coherence (%), positive: right");
  CHECK(curve->y_label == "share of choices to the right");
  CHECK(curve->group.empty());
  CHECK(curve->conditions == 4);
  CHECK(task->default_trials() == 4);
  CHECK(made.numbers.at("signed_coherence") == std::vector<double>{0, -3.2, 3.2, 0});
  CHECK_FALSE(std::signbit(made.numbers.at("signed_coherence")[3]));
  CHECK(made.texts.at("condition")[1] == "left 3.2 %");
}

TEST_CASE("mistakes in a perceptual decision are told", "[perceptual_decision]") {
  CHECK(bench().mistake("coherences = []") ==
        "x.toml:3:14: task.coherences: is an empty list; one number or more is accepted");
  CHECK(bench().mistake("psychometric_coherences = [3, -2]") ==
        "x.toml:3:27: task.psychometric_coherences: has -2; numbers of 0 or more are accepted");
  CHECK(bench().mistake("catch_probability = 1.5") ==
        "x.toml:3:21: task.catch_probability: is 1.5; a number from 0 to 1 is accepted");
  CHECK(bench().mistake("stimulus = -1") == "x.toml:3:12: task.stimulus: is -1 ms; a time of 0 ms or more is accepted");
  CHECK(bench().mistake("decision = [9, 50]") ==
        "x.toml:3:12: task.decision: can last 9 ms; one step of the network (10 ms) or more is accepted");
  CHECK(bench().mistake("coherence = 3") ==
        "x.toml:3:13: task.coherence: unknown key; this table accepts: catch_duration catch_probability coherences "
        "decision delay fixation gain high inputs low outputs plugin psychometric_coherences stimulus. Did you mean "
        "\"coherences\"?");
  const test::TaskBench other("perceptual_decision", {{"evidence", 2}}, {{"answer", 2}, {"choice", 3}});
  CHECK(other.mistake("") ==
        "x.toml:1:1: task: \"perceptual_decision\" has the output channels choice (2); the network has answer (2), "
        "choice (3). Write [[output]] with name = \"choice\" and units = 2, or, under [task], outputs = { choice = "
        "\"answer\" }");
  CHECK(other.mistake("outputs = { choice = \"answer\" }").empty());
}
