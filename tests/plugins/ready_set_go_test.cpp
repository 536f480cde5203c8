// Ready, set, go: channels, timing, inputs, targets and masks worked by hand, and the tolerance of what is produced.

#include <algorithm>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;
using test::course;
using test::stretches;

struct Bench : test::TaskBench {
  explicit Bench(double dt = 10.0)
      : TaskBench("ready_set_go", {{"fixation", 1}, {"ready", 1}, {"set", 1}}, {{"action", 2}}, dt) {}
};

/// Ready at step 10, set at step 50, the production over at step 138.
const std::string fixed = "ready = 80\nmeasure = 400\nset = 80\n";

/// Score of a trial of `fixed` in which `go` is on at these steps only.
double score(const std::vector<Index>& go_steps, const std::string& keys = fixed) {
  const Bench bench;
  const auto task = bench.task(keys);
  auto made = task->make({});
  std::ranges::reverse(made.epochs);  // a batch of several tasks has the epochs in an order of its own
  mrnn::Sequence outputs(2, 1, made.steps);
  for (Index step = 0; step < made.steps; ++step) outputs(0, 0, step) = 0.5;
  for (const Index step : go_steps) outputs(1, 0, step) = 0.6;
  return task->score(made, outputs).score[0];
}

}  // namespace

TEST_CASE("the interval from ready to set is to be produced from set to go", "[ready_set_go]") {
  const auto made = Bench().trials(fixed, {});

  CHECK(test::epoch_names(made) == std::vector<std::string>{"fixation", "ready", "measure", "set", "production"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 10, 18, 50, 58, 138});
  CHECK(course(made.inputs, 0) == stretches({{58, 1}, {80, 0}}));
  CHECK(course(made.inputs, 1) == stretches({{10, 0}, {8, 1}, {120, 0}}));
  CHECK(course(made.inputs, 2) == stretches({{50, 0}, {8, 1}, {80, 0}}));
  CHECK(course(made.targets, 0) == stretches({{90, 1}, {1, 0}, {47, 1}}));
  CHECK(course(made.targets, 1) == stretches({{90, 0}, {1, 1}, {47, 0}}));
  CHECK(course(made.mask, 0) == stretches({{138, 1}}));
  CHECK(course(made.mask, 1) == stretches({{138, 1}}));
  CHECK(made.numbers.at("measure") == std::vector<double>{400});
  CHECK(made.numbers.at("correct") == std::vector<double>{400});
}

TEST_CASE("the gain stretches the interval to produce and the go target can last longer and count more",
          "[ready_set_go]") {
  const auto made = Bench().trials(fixed + "gain = 1.5\ngo = 50\nresponse_weight = 20", {});

  CHECK(test::boundaries(made, 0).back() == 58 + 120);
  CHECK(course(made.targets, 1) == stretches({{110, 0}, {5, 1}, {63, 0}}));
  CHECK(course(made.mask, 0) == stretches({{110, 1}, {5, 20}, {63, 1}}));
  CHECK(made.numbers.at("correct") == std::vector<double>{600});
}

TEST_CASE("a go target ends with its trial", "[ready_set_go]") {
  const auto made = Bench().trials(fixed + "go = 1000", {});

  CHECK(course(made.targets, 1) == stretches({{90, 0}, {48, 1}}));
}

TEST_CASE("the measured interval is drawn from 800 to 1500 ms", "[ready_set_go]") {
  const auto made = Bench().trials("", {.count = 300});

  const auto [low, high] = std::ranges::minmax(made.numbers.at("measure"));
  CHECK(low >= 800);
  CHECK(low < 830);
  CHECK(high <= 1500);
  CHECK(high > 1470);
  for (std::size_t k = 0; k < 300; ++k) {
    CHECK(made.texts.at("condition")[k] == (made.numbers.at("measure")[k] < 1150 ? "short" : "long"));
  }
}

TEST_CASE("an interval within a fifth and 25 ms is correct", "[ready_set_go]") {
  CHECK(score({90}) == 1.0);
  CHECK(score({100}) == 1.0);  // 100 ms late; 105 ms are tolerated
  CHECK(score({101}) == 0.0);
  CHECK(score({80}) == 1.0);
  CHECK(score({79}) == 0.0);
  CHECK(score({95, 96, 137}) == 1.0);  // the first counts
  CHECK(score({91}, fixed + "margin = 0\nslack = 10") == 1.0);
  CHECK(score({92}, fixed + "margin = 0\nslack = 10") == 0.0);
}

TEST_CASE("no go and a go before set are wrong but one before ready does not count", "[ready_set_go]") {
  CHECK(score({}) == 0.0);
  CHECK(score({30, 90}) == 0.0);
  CHECK(score({9, 90}) == 1.0);
  CHECK(score({10, 90}) == 0.0);
}

TEST_CASE("the epochs of ready set go tile its trials for every step", "[ready_set_go]") {
  for (const double dt : {1.0, 7.0, 16.7, 30.0, 80.0}) {
    CAPTURE(dt);
    const Bench bench(dt);
    const auto task = bench.task("fixation = [0, 200]");
    const auto made = task->make({.count = 20});
    test::check_tiling(made);
    CHECK(task->score(made, made.targets).score.minCoeff() == 1.0);
    for (std::size_t k = 0; k < 20; ++k) {
      CHECK(made.epochs[1].last[k] > made.epochs[1].first[k]);
      CHECK(made.epochs[3].last[k] > made.epochs[3].first[k]);
    }
  }
}

TEST_CASE("trials of ready set go come from their seed and number alone", "[ready_set_go]") {
  const Bench bench;

  test::check_reproducible(*bench.task());
}

TEST_CASE("mistakes in ready set go are told at their key", "[ready_set_go]") {
  CHECK(Bench(100.0).mistake("ready = 83") ==
        "x.toml:3:9: task.ready: can last 83 ms; one step of the network (100 ms) or more is accepted");
  CHECK(Bench().mistake("set = [5, 80]") ==
        "x.toml:3:7: task.set: can last 5 ms; one step of the network (10 ms) or more is accepted");
  CHECK(Bench().mistake("measure = [50, 900]") ==
        "x.toml:3:11: task.measure: can be as short as 50 ms, less than ready, 83 ms, which it begins with");
  CHECK(Bench().mistake("gain = 0.01") ==
        "x.toml:3:8: task.gain: the interval to produce can be as short as 8 ms, less than two steps of 10 ms");
  CHECK(Bench().mistake("margin = 20") == "x.toml:3:10: task.margin: is 20; a number from 0 to 1 is accepted");
  const test::TaskBench other("ready_set_go", {{"cues", 3}}, {{"action", 3}});
  CHECK(other.mistake("") ==
        "x.toml:1:1: task: \"ready_set_go\" has the output channels action (2); the network has action (3). Write "
        "[[output]] with name = \"action\" and units = 2");
}
