// Activity cut around a moment, averaged by condition, and as a table of samples.

#include "mrnn/samples.hpp"

#include <cmath>

#include "catch.hpp"

namespace {

using mrnn::Index;

constexpr double dt = 10.0;

/// 3 trials of 6 steps, 2 units: h(unit, trial, step) = 100 trial + 10 unit + step. The epoch `go` begins at steps 1, 2
/// and, in the last trial, never.
mrnn::Simulation simulation() {
  mrnn::Simulation made;
  made.name = "control";
  made.trials = mrnn::blank_trials(0, 3, 6);
  made.trials.texts["condition"] = {"left", "right", "left"};
  made.trials.epochs.push_back({"go", {1, 2, -1}, {4, 4, -1}});
  made.steps = {0, 6};
  made.record.h = true;
  mrnn::Sequence h(2, 3, 6);
  for (Index unit = 0; unit < 2; ++unit) {
    for (Index trial = 0; trial < 3; ++trial) {
      for (Index step = 0; step < 6; ++step) h(unit, trial, step) = double(100 * trial + 10 * unit + step);
    }
  }
  made.h = h;
  return made;
}

mrnn::Sequence aligned(const mrnn::Simulation& made, const std::string& keys) {
  const auto config = mrnn::ConfigNode::parse(keys);
  const mrnn::Alignment alignment(config, dt);
  return mrnn::aligned_activity({&made}, mrnn::Quantity::h, mrnn::Selection({{0, 2}}), alignment,
                                alignment.window({&made}));
}

}  // namespace

TEST_CASE("activity is cut around the step its trial is aligned to", "[samples]") {
  const mrnn::Simulation made = simulation();

  const mrnn::Sequence activity = aligned(made, "align = \"go\"\nwindow = [-20, 20]");

  REQUIRE(activity.steps == 4);
  CHECK(std::isnan(activity(0, 0, 0)));  // step -1 of trial 0
  CHECK(activity(0, 0, 1) == 0.0);
  CHECK(activity(1, 0, 3) == 12.0);
  CHECK(activity(1, 1, 0) == 110.0);
  CHECK(activity(0, 1, 3) == 103.0);
  for (Index step = 0; step < 4; ++step) CHECK(std::isnan(activity(0, 2, step)));  // the trial without the epoch
}

TEST_CASE("trials of several simulations follow each other", "[samples]") {
  const mrnn::Simulation made = simulation();
  const mrnn::Alignment alignment(mrnn::ConfigNode::parse(""), dt);

  const mrnn::Sequence activity =
      mrnn::aligned_activity({&made, &made}, mrnn::Quantity::h, mrnn::Selection({{1, 1}}), alignment, {0, 6});

  REQUIRE(activity.trials == 6);
  CHECK(activity(0, 5, 4) == 214.0);
}

TEST_CASE("means are over the trials of a condition that have a value", "[samples]") {
  const mrnn::Simulation made = simulation();
  const mrnn::Conditions conditions = mrnn::group_trials(mrnn::ConfigNode::parse(""), {&made});

  const mrnn::Sequence whole = mrnn::condition_means(aligned(made, ""), conditions);
  const mrnn::Sequence around = mrnn::condition_means(aligned(made, "align = \"go\"\nwindow = [-20, 20]"), conditions);

  REQUIRE(whole.trials == 2);
  CHECK(whole(1, 0, 3) == 113.0);  // left: trials 0 and 2
  CHECK(whole(0, 1, 5) == 105.0);
  CHECK(around(0, 0, 2) == 1.0);  // of trial 0 alone
  CHECK(std::isnan(around(0, 0, 0)));
}

TEST_CASE("samples are the steps of chosen trials at which every unit has a value", "[samples]") {
  const mrnn::Simulation made = simulation();
  const mrnn::Sequence activity = aligned(made, "align = \"go\"\nwindow = [-20, 20]");

  const mrnn::Samples all = mrnn::to_samples(activity);
  const mrnn::Samples second = mrnn::to_samples(activity, {1}, 2);

  CHECK(all.trial == std::vector<Index>{0, 0, 0, 1, 1, 1, 1});
  CHECK(all.step == std::vector<Index>{1, 2, 3, 0, 1, 2, 3});
  CHECK(all.values.row(3) == Eigen::RowVector2d(100.0, 110.0));
  CHECK(second.step == std::vector<Index>{0, 2});
  CHECK(second.values.row(1) == Eigen::RowVector2d(102.0, 112.0));
}

TEST_CASE("without a window, the steps that every trial with time zero has are common", "[samples]") {
  const mrnn::Simulation made = simulation();
  const auto common = [&](const std::string& keys) {
    const mrnn::Alignment alignment(mrnn::ConfigNode::parse(keys, "x.toml"), dt);
    return alignment.common_window({&made});
  };

  const mrnn::Window to_go = common("align = \"go\"");
  CHECK(to_go.first == -1);  // trial 0 has one step before
  CHECK(to_go.last == 4);    // trial 1 has four after
  CHECK(common("align = \"go\"\nwindow = [-20, 20]").first == -2);
  mrnn::Simulation apart = made;
  apart.trials.epochs.front() = {"go", {0, 5, -1}, {4, 6, -1}};
  apart.steps = {4, 6};
  const mrnn::Alignment alignment(mrnn::ConfigNode::parse("align = \"go\"", "x.toml"), dt);
  CHECK_THROWS_WITH(alignment.common_window({&apart}), EndsWith("leaves no time that was recorded in every trial; "
                                                                "give a window"));
}

TEST_CASE("metadata are the levels of a factor: words as they appear, numbers sorted", "[samples]") {
  mrnn::Simulation made = simulation(), other = simulation();
  made.trials.numbers["coherence"] = {4.0, std::nan(""), -2.5};
  other.trials.numbers["coherence"] = {-2.5, 8.0, 4.0};
  const auto config = mrnn::ConfigNode::parse("factors = [\"x\"]", "x.toml");

  const mrnn::Levels words = mrnn::read_levels(config, "factors", "condition", {&made});
  const mrnn::Levels numbers = mrnn::read_levels(config, "factors", "coherence", {&made, &other});

  CHECK(words.values == std::vector<std::string>{"left", "right"});
  CHECK(words.of_trial == std::vector<int>{0, 1, 0});
  CHECK(numbers.name == "coherence");
  CHECK(numbers.values == std::vector<std::string>{"-2.5", "4", "8"});
  CHECK(numbers.of_trial == std::vector<int>{1, -1, 0, 0, 2, 1});
}

TEST_CASE("metadata that are missing, empty or words are named at their key", "[samples]") {
  mrnn::Simulation made = simulation();
  made.trials.numbers["coherence"] = {4.0, std::nan(""), -2.5};
  made.trials.numbers["empty"].assign(3, std::nan(""));
  const auto config = mrnn::ConfigNode::parse("factors = [\"x\"]", "x.toml");

  const std::vector<double> values = mrnn::read_numbers(config, "factors", "coherence", {&made});
  REQUIRE(values.size() == 3);
  CHECK(values[0] == 4.0);
  CHECK(std::isnan(values[1]));
  CHECK_THROWS_WITH(mrnn::read_levels(config, "factors", "conditions", {&made}),
                    StartsWith("x.toml:1:11: factors: no per-trial metadata called \"conditions\"") &&
                        EndsWith("Did you mean \"condition\"? (simulation \"control\")"));
  CHECK_THROWS_WITH(mrnn::read_levels(config, "factors", "empty", {&made}),
                    EndsWith("is \"empty\", which has no value in any trial"));
  CHECK_THROWS_WITH(mrnn::read_numbers(config, "factors", "coherenc", {&made}),
                    ContainsSubstring("Did you mean \"coherence\"?"));
  CHECK_THROWS_WITH(mrnn::read_numbers(config, "factors", "condition", {&made}),
                    EndsWith("is \"condition\", which is words, not numbers"));
  CHECK_THROWS_WITH(mrnn::read_numbers(config, "factors", "empty", {&made}), EndsWith("has no value in any trial"));
}
