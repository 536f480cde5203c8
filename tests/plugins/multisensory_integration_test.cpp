// Flashes and clicks: inputs, targets and metadata worked by hand.

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

/// Inputs: visual 0..1, auditory 2..3, start 4.
const test::TaskBench& bench() {
  static const test::TaskBench made("multisensory_integration", {{"visual", 2}, {"auditory", 2}, {"start", 1}},
                                    {{"choice", 2}});
  return made;
}

}  // namespace

TEST_CASE("the frequency is shown on the modalities present", "[multisensory_integration]") {
  const auto made = bench().trials("frequencies = [9, 16]", {.count = 6, .mode = Mode::psychometric});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "stimulus", "decision"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 10, 110, 140});
  CHECK(made.texts.at("modality") ==
        std::vector<std::string>{"visual", "visual", "auditory", "auditory", "both", "both"});
  CHECK(made.texts.at("category") == std::vector<std::string>{"low", "high", "low", "high", "low", "high"});
  CHECK(made.texts.at("condition")[4] == "both 9 Hz");
  CHECK(made.numbers.at("frequency") == std::vector<double>{9, 16, 9, 16, 9, 16});
  CHECK(made.numbers.at("correct") == std::vector<double>{1, 0, 1, 0, 1, 0});
  for (Index trial = 0; trial < 6; ++trial) {
    CAPTURE(trial);
    const bool high = trial % 2 == 1, visual = trial / 2 != 1, auditory = trial / 2 != 0;
    const double rising = high ? 0.4 + 0.8 : 0.4, falling = high ? 0.4 : 0.4 + 0.8;
    const auto in_stimulus = [](double value) { return stretches({{10, 0.0}, {100, value}, {30, 0.0}}); };
    CHECK(course(made.inputs, 0, trial) == in_stimulus(visual ? rising : 0.0));
    CHECK(course(made.inputs, 1, trial) == in_stimulus(visual ? falling : 0.0));
    CHECK(course(made.inputs, 2, trial) == in_stimulus(auditory ? rising : 0.0));
    CHECK(course(made.inputs, 3, trial) == in_stimulus(auditory ? falling : 0.0));
    CHECK(course(made.inputs, 4, trial) == stretches({{10, 0.0}, {130, 1.0}}));
    CHECK(course(made.targets, high ? 0 : 1, trial) == stretches({{110, 0.2}, {30, 1.0}}));
    CHECK(course(made.targets, high ? 1 : 0, trial) == stretches({{140, 0.2}}));
    CHECK(course(made.mask, 0, trial) == stretches({{10, 1.0}, {100, 0.0}, {30, 1.0}}));
  }
}

TEST_CASE("the published frequencies and catch trials are the default", "[multisensory_integration]") {
  const auto task = bench().task("stimulus = 20\ncatch_duration = 20");
  const auto made = task->make({.count = 6000});
  double catches = 0.0;
  for (std::size_t k = 0; k < 6000; ++k) {
    const double frequency = made.numbers.at("frequency")[k];
    if (std::isnan(frequency)) {
      catches += 1.0;
    } else if (made.texts.at("modality")[k] != "auditory") {
      CHECK_THAT(made.inputs(0, static_cast<Index>(k), 10), WithinAbs(0.4 + 0.8 * (frequency - 9.0) / 7.0, 1e-12));
    }
  }

  CHECK_THAT(catches / 6000.0, WithinAbs(5.0 / 25.0, 0.022));  // four standard errors are 0.021
  CHECK(task->default_trials() == 24);
  CHECK(bench().trials("catch_probability = 1", {.count = 1}).steps == 250);
}

TEST_CASE("the psychometric curve is one per modality", "[multisensory_integration]") {
  const auto task = bench().task("modalities = [\"both\", \"visual\"]");
  const auto curve = task->psychometric();
  REQUIRE(curve);
  const auto made = task->make({.first = 7, .count = 2, .mode = Mode::psychometric});

  CHECK(curve->variable == "frequency");
  CHECK(curve->group == "modality");
  CHECK(curve->conditions == 16);
  CHECK(made.texts.at("modality") == std::vector<std::string>{"both", "visual"});
  CHECK(made.numbers.at("frequency") == std::vector<double>{16, 9});
}

TEST_CASE("multisensory trials tile and depend on seed and stream and number alone", "[multisensory_integration]") {
  const double dt = GENERATE(1.0, 7.0, 15.0, 20.0);
  CAPTURE(dt);
  const test::TaskBench other("multisensory_integration", {{"visual", 2}, {"auditory", 2}, {"start", 1}},
                              {{"choice", 2}}, dt);
  const auto task = other.task("fixation = [50, 150]");

  test::check_tiling(task->make({.count = 20}));
  test::check_reproducible(*task);
}

TEST_CASE("mistakes in the senses are told", "[multisensory_integration]") {
  CHECK(bench().mistake("boundary = 12") ==
        "x.toml:3:12: task.boundary: is 12 Hz, one of the frequencies; a value between them is accepted");
  CHECK(bench().mistake("frequencies = 9") ==
        "x.toml:3:15: task.frequencies: has one frequency; two or more are accepted");
  CHECK(bench().mistake("modalities = [\"visal\"]") ==
        "x.toml:3:14: task.modalities: no modality called \"visal\"; available: visual, auditory, both. Did you mean "
        "\"visual\"?");
  CHECK(bench().mistake("modalities = []") ==
        "x.toml:3:14: task.modalities: is an empty list; visual, auditory and both are accepted");
  const test::TaskBench other("multisensory_integration", {{"visual", 2}, {"sound", 2}, {"start", 1}}, {{"choice", 2}});
  CHECK(other.mistake("inputs = { auditory = \"sound\" }").empty());
}
