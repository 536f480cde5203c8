// Delayed match to sample: channels, timing, inputs, targets and masks worked by hand, and what counts as correct.

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
  explicit Bench(double dt = 100.0, Index ring = 2)
      : TaskBench("delay_match_to_sample", {{"fixation", 1}, {"stimulus", ring}}, {{"choice", 3}}, dt) {}
};

}  // namespace

TEST_CASE("the test of a match shows the sample again and that of a non-match its opposite", "[delay_match]") {
  const auto made = Bench().trials("", {.count = 4, .mode = Mode::psychometric});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "sample", "delay", "test", "decision"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 3, 8, 18, 23, 32});
  CHECK(made.texts.at("condition") == std::vector<std::string>{"match", "nonmatch", "match", "nonmatch"});
  CHECK(made.numbers.at("sample_direction") == std::vector<double>{0, 0, 180, 180});
  CHECK(made.numbers.at("test_direction") == std::vector<double>{0, 180, 180, 0});
  const auto sample = stretches({{3, 0}, {5, 1}, {24, 0}}), test = stretches({{18, 0}, {5, 1}, {9, 0}});
  const auto both = stretches({{3, 0}, {5, 1}, {10, 0}, {5, 1}, {9, 0}}), nothing = stretches({{32, 0}});
  CHECK(course(made.inputs, 1, 0) == both);
  CHECK(course(made.inputs, 2, 0) == nothing);
  CHECK(course(made.inputs, 1, 1) == sample);
  CHECK(course(made.inputs, 2, 1) == test);
  CHECK(course(made.inputs, 1, 2) == nothing);
  CHECK(course(made.inputs, 2, 2) == both);
  CHECK(course(made.inputs, 1, 3) == test);
  CHECK(course(made.inputs, 2, 3) == sample);
}

TEST_CASE("whether the test matched is to be told in the decision", "[delay_match]") {
  const auto made =
      Bench().trials("fixation_weight = 0.5\nresponse_weight = 4", {.count = 4, .mode = Mode::psychometric});

  CHECK(made.numbers.at("correct") == std::vector<double>{1, 2, 1, 2});
  for (const Index trial : {0, 1, 2, 3}) {
    CAPTURE(trial);
    CHECK(course(made.inputs, 0, trial) == stretches({{23, 1}, {9, 0}}));
    CHECK(course(made.targets, 0, trial) == stretches({{23, 1}, {9, 0}}));
    CHECK(course(made.targets, 1 + trial % 2, trial) == stretches({{23, 0}, {9, 1}}));
    CHECK(course(made.targets, 2 - trial % 2, trial) == stretches({{32, 0}}));
    for (const Index channel : {0, 1, 2}) {
      CHECK(course(made.mask, channel, trial) == stretches({{23, 0.5}, {9, 4}}));
    }
  }
}

TEST_CASE("a larger ring shows a sample as a cosine around its direction", "[delay_match]") {
  const auto made = Bench(100.0, 4).trials("ring = 4", {.first = 3, .count = 1, .mode = Mode::psychometric});

  CHECK(made.numbers.at("sample_direction") == std::vector<double>{90});
  CHECK(made.numbers.at("test_direction") == std::vector<double>{270});
  for (Index k = 0; k < 4; ++k) {
    CAPTURE(k);
    CHECK_THAT(made.inputs(1 + k, 0, 5),
               WithinAbs(std::vector<double>{0.5, 1, 0.5, 0}[static_cast<std::size_t>(k)], 1e-15));
    CHECK_THAT(made.inputs(1 + k, 0, 20),
               WithinAbs(std::vector<double>{0.5, 0, 0.5, 1}[static_cast<std::size_t>(k)], 1e-15));
  }
}

TEST_CASE("samples and tests are drawn at random", "[delay_match]") {
  const auto made = Bench().trials("", {.count = 400});

  std::set<std::pair<double, double>> seen;
  for (std::size_t k = 0; k < 400; ++k) {
    seen.emplace(made.numbers.at("sample_direction")[k], made.numbers.at("test_direction")[k]);
  }
  CHECK(seen.size() == 4);
  CHECK(Bench().task()->default_trials() == 4);
}

TEST_CASE("a match told at the last step of its trial is correct", "[delay_match]") {
  const Bench bench;
  const auto task = bench.task("delay = [200, 2000]");
  const auto made = task->make({.count = 4, .mode = Mode::psychometric});
  std::vector<Index> last, early;
  for (std::size_t k = 0; k < 4; ++k) {
    last.push_back(test::boundaries(made, k).back() - 1);
    early.push_back(last.back() - 1);
  }

  const auto scores = [&](const std::vector<Index>& channels, const std::vector<Index>& steps) {
    const auto made_scores = task->score(made, test::answers(made, channels, steps));
    return std::vector<double>(made_scores.score.begin(), made_scores.score.end());
  };
  CHECK(scores({1, 2, 2, 1}, last) == std::vector<double>{1, 1, 0, 0});
  CHECK(scores({0, 0, 0, 0}, last) == std::vector<double>{0, 0, 0, 0});
  CHECK(scores({1, 2, 1, 2}, early) == std::vector<double>{0, 0, 0, 0});
}

TEST_CASE("the epochs of delayed match to sample tile its trials for every step", "[delay_match]") {
  for (const double dt : {1.0, 7.0, 16.7, 30.0, 100.0}) {
    CAPTURE(dt);
    test::check_tiling(Bench(dt).trials("delay = { mean = 600, low = 300, high = 3000 }", {.count = 20}));
  }
}

TEST_CASE("trials of delayed match to sample come from their seed and number alone", "[delay_match]") {
  const Bench bench;

  test::check_reproducible(*bench.task("delay = [100, 900]"));
}

TEST_CASE("mistakes in a delayed match to sample are told at their key", "[delay_match]") {
  CHECK(Bench().mistake("ring = 1") == "x.toml:3:8: task.ring: is 1; an integer of at least 2 is accepted");
  CHECK(Bench().mistake("ring = 4") ==
        "x.toml:1:1: task: \"delay_match_to_sample\" has the input channels fixation (1), stimulus (4); the network "
        "has fixation (1), stimulus (2). Write [[input]] with name = \"stimulus\" and units = 4");
  CHECK(Bench().mistake("sample = -1") == "x.toml:3:10: task.sample: is -1 ms; a time of 0 ms or more is accepted");
}
