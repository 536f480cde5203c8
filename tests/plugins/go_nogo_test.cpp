// The go / no-go task: channels, timing, inputs, targets and masks worked by hand, and what counts as correct.

#include <algorithm>
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
  explicit Bench(double dt = 100.0) : TaskBench("go_nogo", {{"fixation", 1}, {"stimulus", 2}}, {{"choice", 2}}, dt) {}
};

}  // namespace

TEST_CASE("a go trial asks for a response in the decision and a no-go trial for none", "[go_nogo]") {
  const auto made = Bench().trials("fixation = 200", {.count = 2, .mode = Mode::psychometric});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "stimulus", "delay", "decision"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 2, 7, 12, 17});
  CHECK(made.texts.at("condition") == std::vector<std::string>{"nogo", "go"});
  CHECK(made.numbers.at("correct") == std::vector<double>{0, 1});
  for (const Index trial : {0, 1}) {
    CAPTURE(trial);
    CHECK(course(made.inputs, 0, trial) == stretches({{12, 1}, {5, 0}}));
    CHECK(course(made.inputs, 1 + trial, trial) == stretches({{2, 0}, {5, 1}, {10, 0}}));
    CHECK(course(made.inputs, 2 - trial, trial) == stretches({{17, 0}}));
    CHECK(course(made.mask, 0, trial) == stretches({{17, 1}}));
    CHECK(course(made.mask, 1, trial) == stretches({{17, 1}}));
  }
  CHECK(course(made.targets, 0, 0) == stretches({{17, 1}}));
  CHECK(course(made.targets, 1, 0) == stretches({{17, 0}}));
  CHECK(course(made.targets, 0, 1) == stretches({{12, 1}, {5, 0}}));
  CHECK(course(made.targets, 1, 1) == stretches({{12, 0}, {5, 1}}));
}

TEST_CASE("without a fixation a go or no-go trial begins with its stimulus", "[go_nogo]") {
  const auto made = Bench().trials("", {});

  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 0, 5, 10, 15});
}

TEST_CASE("the weights of go and no-go trials go into the mask", "[go_nogo]") {
  const auto made = Bench().trials("fixation_weight = 0.5\nresponse_weight = 3", {});

  CHECK(course(made.mask, 0) == stretches({{10, 0.5}, {5, 3}}));
  CHECK(course(made.mask, 1) == stretches({{10, 0.5}, {5, 3}}));
}

TEST_CASE("go trials are as frequent as asked for", "[go_nogo]") {
  const Bench bench;
  const auto share = [&](const std::string& keys) {
    const auto made = bench.trials(keys, {.count = 400});
    return std::ranges::count(made.texts.at("condition"), "go") / 400.0;
  };

  CHECK_THAT(share(""), WithinAbs(0.5, 0.1));
  CHECK_THAT(share("go_probability = 0.8"), WithinAbs(0.8, 0.08));
  CHECK(share("go_probability = 1") == 1.0);
  CHECK(share("go_probability = 0") == 0.0);
}

TEST_CASE("go and no-go trials are scored by the larger output at their last step", "[go_nogo]") {
  const Bench bench;
  const auto task = bench.task("decision = { choices = [300, 500] }");
  auto made = task->make({.count = 40, .mode = Mode::psychometric});
  std::vector<Index> responds, holds, last;
  for (std::size_t k = 0; k < 40; ++k) {
    responds.push_back(1);
    holds.push_back(0);
    last.push_back(test::boundaries(made, k).back() - 1);
  }

  CHECK(std::ranges::count(last, made.steps - 1) < 40);
  std::ranges::reverse(made.epochs);  // a batch of several tasks has the epochs in an order of its own
  const auto responding = task->score(made, test::answers(made, responds, last));
  const auto holding = task->score(made, test::answers(made, holds, last));
  for (Index k = 0; k < 40; ++k) {
    CHECK(responding.score[k] == static_cast<double>(k % 2));
    CHECK(holding.score[k] == static_cast<double>(1 - k % 2));
  }
}

TEST_CASE("the epochs of go and no-go trials tile them for every step", "[go_nogo]") {
  for (const double dt : {1.0, 7.0, 16.7, 30.0, 100.0}) {
    CAPTURE(dt);
    test::check_tiling(Bench(dt).trials("delay = [0, 900]", {.count = 20}));
  }
}

TEST_CASE("go and no-go trials come from their seed and number alone", "[go_nogo]") {
  const Bench bench;

  test::check_reproducible(*bench.task("delay = [100, 900]"));
}

TEST_CASE("mistakes in a go / no-go task are told at their key", "[go_nogo]") {
  CHECK(Bench().mistake("go_probability = 1.5") ==
        "x.toml:3:18: task.go_probability: is 1.5; a number from 0 to 1 is accepted");
  CHECK(Bench().mistake("decision = 50") ==
        "x.toml:3:12: task.decision: can last 50 ms; one step of the network (100 ms) or more is accepted");
  CHECK(Bench().mistake("response_weight = -1") ==
        "x.toml:3:19: task.response_weight: is -1; a number from 0 to 1000 is accepted");
  CHECK(Bench().mistake("go_probabilty = 1") ==
        "x.toml:3:17: task.go_probabilty: unknown key; this table accepts: decision delay fixation fixation_weight "
        "go_probability inputs outputs plugin response_weight stimulus. Did you mean \"go_probability\"?");
  const test::TaskBench other("go_nogo", {{"fixation", 1}, {"cue", 3}}, {{"choice", 2}});
  CHECK(other.mistake("") ==
        "x.toml:1:1: task: \"go_nogo\" has the input channels fixation (1), stimulus (2); the network has "
        "fixation (1), cue (3). Write [[input]] with name = \"stimulus\" and units = 2");
}
