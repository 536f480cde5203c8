// Motion or colour: inputs, context, targets and metadata worked by hand.

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;
using test::course;
using test::stretches;
using Mode = mrnn::TrialRequest::Mode;

/// Inputs: context 0..1, motion 2..3, colour 4..5.
const test::TaskBench& bench() {
  static const test::TaskBench made("context_decision", {{"context", 2}, {"motion", 2}, {"colour", 2}},
                                    {{"choice", 2}});
  return made;
}

/// Eight conditions with evidence of 0.25 or 0.75 for motion, 0 or 1 for colour.
const std::string few = "motion_coherences = 10\ncolour_coherences = 20\n";

}  // namespace

TEST_CASE("the cued modality decides", "[context_decision]") {
  const auto made = bench().trials(few, {.count = 8, .mode = Mode::psychometric});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "stimulus", "delay", "decision"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 10, 90, 90, 120});
  const std::vector<double> motion = {-10, -10, 10, 10, -10, -10, 10, 10};
  const std::vector<double> colour = {-20, 20, -20, 20, -20, 20, -20, 20};
  CHECK(made.numbers.at("motion_coherence") == motion);
  CHECK(made.numbers.at("colour_coherence") == colour);
  CHECK(made.numbers.at("cued_coherence") == std::vector<double>{-10, -10, 10, 10, -20, 20, -20, 20});
  CHECK(made.numbers.at("uncued_coherence") == std::vector<double>{-20, 20, -20, 20, -10, -10, 10, 10});
  CHECK(made.numbers.at("correct") == std::vector<double>{0, 0, 1, 1, 0, 1, 0, 1});
  for (Index trial = 0; trial < 8; ++trial) {
    const auto k = static_cast<std::size_t>(trial);
    CAPTURE(k);
    const bool colours = trial >= 4, right = made.numbers.at("correct")[k] == 1.0;
    CHECK(made.texts.at("context")[k] == (colours ? "colour" : "motion"));
    CHECK(made.texts.at("side")[k] == (right ? "right" : "left"));
    CHECK(made.texts.at("condition")[k] == made.texts.at("context")[k] + " " + made.texts.at("side")[k]);
    const auto in_stimulus = [](double value) { return stretches({{10, 0.0}, {80, value}, {30, 0.0}}); };
    CHECK(course(made.inputs, 0, trial) == in_stimulus(colours ? 0.0 : 1.0));
    CHECK(course(made.inputs, 1, trial) == in_stimulus(colours ? 1.0 : 0.0));
    CHECK(course(made.inputs, 2, trial) == in_stimulus(0.5 - 0.025 * motion[k]));
    CHECK(course(made.inputs, 3, trial) == in_stimulus(0.5 + 0.025 * motion[k]));
    CHECK(course(made.inputs, 4, trial) == in_stimulus(0.5 - 0.025 * colour[k]));
    CHECK(course(made.inputs, 5, trial) == in_stimulus(0.5 + 0.025 * colour[k]));
    CHECK(course(made.targets, right ? 1 : 0, trial) == stretches({{90, 0.2}, {30, 1.0}}));
    CHECK(course(made.targets, right ? 0 : 1, trial) == stretches({{120, 0.2}}));
    CHECK(course(made.mask, 1, trial) == stretches({{10, 1.0}, {80, 0.0}, {30, 1.0}}));
  }
}

TEST_CASE("the context can be given throughout the trial", "[context_decision]") {
  const auto made = bench().trials(few + "context_on = \"trial\"", {.count = 5, .mode = Mode::psychometric});

  CHECK(course(made.inputs, 0, 0) == stretches({{120, 1.0}}));
  CHECK(course(made.inputs, 1, 0) == stretches({{120, 0.0}}));
  CHECK(course(made.inputs, 1, 4) == stretches({{120, 1.0}}));
}

TEST_CASE("a go cue marks the decision", "[context_decision]") {
  const test::TaskBench other("context_decision", {{"context", 2}, {"motion", 2}, {"colour", 2}, {"go", 1}},
                              {{"choice", 2}});
  const auto made = other.trials(few + "go_cue = true\ndelay = 50", {.count = 1, .mode = Mode::psychometric});

  CHECK(course(made.inputs, 6) == stretches({{95, 0.0}, {30, 1.0}}));
  CHECK(bench().mistake("go_cue = true") ==
        "x.toml:1:1: task: \"context_decision\" has the input channels context (2), motion (2), colour (2), go (1); "
        "the network has context (2), motion (2), colour (2). Write [[input]] with name = \"go\" and units = 1");
}

TEST_CASE("a catch trial has no context", "[context_decision]") {
  const auto made = bench().trials("catch_probability = 1\ncontext_on = \"trial\"", {.count = 1});

  CHECK(made.steps == 200);
  for (Index channel = 0; channel < 6; ++channel) CHECK(course(made.inputs, channel) == stretches({{200, 0.0}}));
  CHECK(made.texts.at("context") == std::vector<std::string>{"catch"});
}

TEST_CASE("the published task has seventy-two conditions", "[context_decision]") {
  const auto task = bench().task();
  const auto curve = task->psychometric();
  REQUIRE(curve);
  const auto made = task->make({.count = 72, .mode = Mode::psychometric});

  CHECK(curve->conditions == 72);
  CHECK(curve->variable == "cued_coherence");
  CHECK(curve->group == "context");
  CHECK(task->default_trials() == 72);
  std::set<std::vector<double>> different;
  for (std::size_t k = 0; k < 72; ++k) {
    different.insert({made.numbers.at("motion_coherence")[k], made.numbers.at("colour_coherence")[k],
                      made.texts.at("context")[k] == "motion" ? 0.0 : 1.0});
  }
  CHECK(different.size() == 72);
}

TEST_CASE("context trials tile and depend on seed and stream and number alone", "[context_decision]") {
  const double dt = GENERATE(1.0, 7.0, 15.0, 20.0);
  CAPTURE(dt);
  const test::TaskBench other("context_decision", {{"context", 2}, {"motion", 2}, {"colour", 2}}, {{"choice", 2}}, dt);
  const auto task = other.task("delay = { mean = 600, low = 300, high = 3000 }\ncatch_probability = 0.3");

  test::check_tiling(task->make({.count = 20}));
  test::check_reproducible(*task);
}

TEST_CASE("mistakes in a context decision are told", "[context_decision]") {
  CHECK(bench().mistake("context_on = \"trail\"") ==
        "x.toml:3:14: task.context_on: is \"trail\"; accepted: stimulus, trial. Did you mean \"trial\"?");
  CHECK(bench().mistake("colour_coherences = -1") ==
        "x.toml:3:21: task.colour_coherences: has -1; numbers of 0 or more are accepted");
}
