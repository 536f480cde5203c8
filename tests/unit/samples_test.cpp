// Activity cut around a moment, averaged by condition, and as a table of samples.

#include "mrnn/samples.hpp"
#include "mrnn/conditions.hpp"

#include <cmath>

#include "catch.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/error.hpp"
#include "mrnn/figure.hpp"
#include "mrnn/normalisation.hpp"

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

TEST_CASE("activity of an epoch counts its steps in each trial from the epoch's own start", "[samples]") {
  mrnn::Simulation made = simulation();
  const mrnn::Selection units({{0, 2}});

  const mrnn::Sequence go = mrnn::epoch_activity({&made, &made}, mrnn::Quantity::h, units, "go");

  REQUIRE(go.trials == 6);
  REQUIRE(go.steps == 3);  // steps 1 to 3 of trial 0, 2 and 3 of trial 1
  CHECK(go(1, 0, 2) == 13.0);
  CHECK(go(0, 1, 1) == 103.0);
  CHECK(std::isnan(go(0, 1, 2)));
  CHECK(std::isnan(go(0, 2, 0)));     // the trial without the epoch
  CHECK(go(0, 3, 0) == go(0, 0, 0));  // the first trial of the second simulation
  made.steps = {2, 6};                // recorded from step 2 on
  CHECK(std::isnan(mrnn::epoch_activity({&made}, mrnn::Quantity::h, units, "go")(0, 0, 0)));
  CHECK_THROWS_WITH(mrnn::epoch_activity({&made}, mrnn::Quantity::h, units, "stop"),
                    "no trial of simulation \"control\" has the epoch \"stop\"");
}

TEST_CASE("epochs are those that every simulation has, or those that are named", "[samples]") {
  mrnn::Simulation made = simulation(), other = simulation();
  made.trials.epochs.push_back({"stop", {-1, -1, -1}, {-1, -1, -1}});
  made.trials.epochs.push_back({"rest", {4, 4, 4}, {6, 6, 6}});
  other.name = "silenced";
  using Names = std::vector<std::string>;
  const auto read = [&](const std::string& keys, const std::vector<const mrnn::Simulation*>& simulations) {
    return mrnn::read_epochs(mrnn::ConfigNode::parse(keys, "x.toml"), "epochs", simulations);
  };

  CHECK(read("", {&made}) == Names{"go", "rest"});
  CHECK(read("", {&made, &other}) == Names{"go"});
  CHECK(read("epochs = [\"rest\", \"go\"]", {&made}) == Names{"rest", "go"});
  CHECK_THROWS_WITH(read("epochs = \"rets\"", {&made}),
                    ContainsSubstring("no epoch called \"rets\"; available: go, rest. Did you mean \"rest\"?"));
  CHECK_THROWS_WITH(read("epochs = \"rest\"", {&made, &other}), EndsWith("(simulation \"silenced\")"));
  CHECK_THROWS_WITH(read("epochs = [\"go\", \"go\"]", {&made}), EndsWith("names \"go\" twice"));
  CHECK_THROWS_WITH(read("epochs = []", {&made}), EndsWith("is an empty list; leave it out for all epochs"));
  made.trials.epochs.push_back({"early", {0, 0, -1}, {1, 1, -1}});
  CHECK(read("", {&made}) == Names{"early", "go", "rest"});  // in the order of time
  made.trials.epochs.clear();
  CHECK_THROWS_WITH(read("", {&made}), EndsWith("is needed: there is no epoch that every simulation has"));
}

TEST_CASE("residuals are what a trial has beyond its condition; a trial without company has none", "[samples]") {
  const mrnn::Simulation made = simulation();  // trials 0 and 2 left, 1 right
  mrnn::Sequence activity = aligned(made, "");

  mrnn::subtract_condition_means(activity, mrnn::group_trials(mrnn::ConfigNode::parse(""), {&made}));

  CHECK(activity(1, 0, 3) == -100.0);
  CHECK(activity(0, 2, 5) == 100.0);
  CHECK(std::isnan(activity(0, 1, 0)));
}

TEST_CASE("the covariance is that of the table of samples", "[samples]") {
  const mrnn::Simulation made = simulation();
  const mrnn::Sequence activity = aligned(made, "align = \"go\"\nwindow = [-20, 20]");

  const mrnn::Covariance found = mrnn::covariance(activity, {0, 1}, 2);

  // Samples: step 2 of trial 0, steps 0 and 2 of trial 1.
  const Eigen::MatrixXd table = mrnn::to_samples(activity, {0, 1}, 2).values;
  const Eigen::MatrixXd centred = table.rowwise() - table.colwise().mean();
  REQUIRE(table.rows() == 3);
  CHECK(found.samples == 3);
  CHECK((found.mean - table.colwise().mean().transpose()).norm() < 1e-12);
  CHECK((found.matrix - centred.transpose() * centred / 2.0).norm() < 1e-9);
}

TEST_CASE("units are scaled by nothing, their deviation, or their range and a softening", "[samples]") {
  mrnn::Sequence activity(3, 1, 3);  // a constant, 0 1 2, and 0 10 20
  for (Index step = 0; step < 3; ++step) activity.at(step) = Eigen::Vector3d(0.1, double(step), 10.0 * double(step));
  const auto scales = [&](const std::string& keys) -> Eigen::Vector3d {
    return mrnn::Normalisation(mrnn::ConfigNode::parse(keys, "x.toml")).scales(activity);
  };

  CHECK(scales("") == Eigen::Vector3d(1.0, 1.0, 1.0));
  CHECK((scales("normalise = \"zscore\"") - Eigen::Vector3d(1.0, 1.0, 10.0)).norm() < 1e-14);
  CHECK((scales("normalise = \"soft\"") - Eigen::Vector3d(2.0, 4.0, 22.0)).norm() < 1e-14);
  CHECK((scales("normalise = \"soft\"\nsoftening = 5.0") - Eigen::Vector3d(5.0, 7.0, 25.0)).norm() < 1e-14);
  CHECK((scales("normalise = \"soft\"\nsoftening = 0.0") - Eigen::Vector3d(1.0, 2.0, 20.0)).norm() < 1e-14);
  CHECK_THROWS_WITH(scales("softening = 1.0"), ContainsSubstring("has no meaning without normalise = \"soft\""));
  CHECK_THROWS_WITH(scales("normalise = \"z\""), ContainsSubstring("zscore"));

  mrnn::Sequence more(3, 1, 1);  // stretches the range of the last unit
  more.at(0) = Eigen::Vector3d(0.1, 1.0, 50.0);
  const mrnn::Normalisation soft(mrnn::ConfigNode::parse("normalise = \"soft\"\nsoftening = 0.0"));
  CHECK(soft.scales(std::vector<const mrnn::Sequence*>{&activity, &more}) == Eigen::Vector3d(1.0, 2.0, 50.0));

  mrnn::divide_by(Eigen::Vector3d(1.0, 2.0, 4.0), activity);
  CHECK(activity(2, 0, 1) == 2.5);
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

TEST_CASE("metadata are the levels of a factor, words and numbers sorted", "[samples]") {
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

TEST_CASE("numbers that differ by rounding alone are one level, called by the shortest text", "[samples]") {
  mrnn::Simulation made = simulation(), other = simulation();
  made.trials.numbers["coherence"] = {0.1 + 0.2, 0.1 + 0.2 - 0.3, 0.3001};
  other.trials.numbers["coherence"] = {0.0, 0.3, 1.0};
  const auto config = mrnn::ConfigNode::parse("by = \"coherence\"", "x.toml");

  const mrnn::Levels levels = mrnn::read_levels(config, "by", "coherence", {&made, &other});
  const mrnn::Conditions conditions = mrnn::group_trials(config, {&made});

  CHECK(levels.values == std::vector<std::string>{"0", "0.3", "0.3001", "1"});
  CHECK(levels.of_trial == std::vector<int>{1, 0, 2, 0, 1, 3});
  CHECK(conditions.list.size() == 3);
  made.trials.numbers["coherence"] = {1.7e9, 1.7e9 + 1.0, 1.7e9 + 0.25};  // seconds since 1970
  CHECK(mrnn::read_levels(config, "by", "coherence", {&made}).values.size() == 3);
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

TEST_CASE("activity after a trial's own end counts as not recorded", "[samples]") {
  mrnn::Simulation made = simulation();
  made.trials.numbers[mrnn::trial_steps] = {6.0, 3.0, 5.0};
  const mrnn::Alignment whole(mrnn::ConfigNode::parse(""), dt);
  const mrnn::Alignment around(mrnn::ConfigNode::parse("align = \"go\""), dt);

  const mrnn::Sequence activity = aligned(made, "");
  const mrnn::Sequence epoch = mrnn::epoch_activity({&made}, mrnn::Quantity::h, mrnn::Selection({{0, 2}}), "go");

  CHECK(activity(0, 1, 2) == 102.0);
  CHECK(std::isnan(activity(0, 1, 3)));
  CHECK(activity(0, 2, 4) == 204.0);
  CHECK(std::isnan(activity(1, 2, 5)));
  CHECK(epoch(0, 1, 0) == 102.0);  // step 2, the only one of the epoch in this trial
  CHECK(std::isnan(epoch(0, 1, 1)));
  CHECK(whole.window({&made}).last == 6);
  CHECK(whole.common_window({&made}).last == 3);
  CHECK(around.window({&made}).last == 5);         // trial 0: epoch at 1, end at 6
  CHECK(around.common_window({&made}).last == 1);  // trial 1: epoch at 2, end at 3
}

TEST_CASE("the longest of the trials that have time zero bounds the window", "[samples]") {
  mrnn::Simulation made = simulation();
  made.trials.numbers[mrnn::trial_steps] = {4.0, 4.0, 6.0};  // the last trial has no epoch
  const mrnn::Alignment alignment(mrnn::ConfigNode::parse("align = \"go\""), dt);

  CHECK(alignment.window({&made}).last == 3);
}

TEST_CASE("conditions in words are sorted, the numbers in them by size", "[samples]") {
  mrnn::Simulation made = simulation();
  made.trials.count = 8;
  made.trials.texts["condition"] = {"right 16 %", "315 deg", "right 8 %", "left 0.5",
                                    "-8 %",       "catch",   "90 deg",    "-16 %"};

  const mrnn::Conditions conditions = mrnn::group_trials(mrnn::ConfigNode::parse(""), {&made});

  CHECK(conditions.values ==
        std::vector<std::string>{"-16 %", "-8 %", "90 deg", "315 deg", "catch", "left 0.5", "right 8 %", "right 16 %"});
  CHECK(conditions.of_trial == std::vector<int>{7, 3, 6, 5, 1, 4, 2, 0});
}

TEST_CASE("of one simulation all pairs of conditions are compared, catch trials only where there is nothing else",
          "[samples]") {
  mrnn::Simulation made = simulation();
  const auto pairs = [&](std::vector<std::string> names) {
    made.trials.count = std::ssize(names);
    made.trials.texts["condition"] = std::move(names);
    return mrnn::comparisons(mrnn::group_trials(mrnn::ConfigNode::parse(""), {&made}));
  };
  using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

  CHECK(pairs({"a", "b", "c"}) == Pairs{{0, 1}, {0, 2}, {1, 2}});
  CHECK(pairs({"a", "catch", "d"}) == Pairs{{0, 2}});
  CHECK(pairs({"a", "catch"}) == Pairs{{0, 1}});
  CHECK(pairs({"a", "a"}).empty());
}

TEST_CASE("of many conditions evenly spread ones are drawn, each in a colour of its own", "[samples]") {
  mrnn::Simulation made = simulation();
  const auto group = [&](Index count, const std::vector<const mrnn::Simulation*>& simulations) {
    made.trials.count = count;
    auto& names = made.trials.texts["condition"];
    names.clear();
    for (Index k = 0; k < count; ++k) names.push_back("c" + std::to_string(k));
    return mrnn::group_trials(mrnn::ConfigNode::parse(""), simulations);
  };

  const mrnn::Conditions many = group(31, {&made}), few = group(3, {&made}), twice = group(31, {&made, &made});
  const mrnn::DrawnConditions drawn(many, 4), all(few, 4), both(twice, 4);

  CHECK(drawn.numbers() == std::vector<std::size_t>{0, 10, 20, 30});
  CHECK(drawn.contains(20));
  CHECK_FALSE(drawn.contains(1));
  CHECK(drawn.style(30).colour == 3);
  CHECK(drawn.left_out() == " Only 4 of 31 conditions are drawn, evenly spread.");
  CHECK(all.numbers().size() == 3);
  CHECK(all.left_out().empty());
  CHECK(both.numbers() == std::vector<std::size_t>{0, 30, 31, 61});  // the same of each simulation
  CHECK(both.style(61).colour == both.style(30).colour);
  CHECK(both.style(61).dashed);
  CHECK(mrnn::evenly_spread(5, 1) == std::vector<std::size_t>{0});
  CHECK(mrnn::evenly_spread(0, 3).empty());
}

TEST_CASE("numbers have colours of an ordered scale, about zero where they have both signs", "[samples]") {
  mrnn::Simulation made = simulation();
  made.trials.numbers["coherence"] = {-8.0, 0.0, 16.0};
  made.trials.numbers["size"] = {1.0, 4.0, 2.0};
  const auto grouped = [&](const std::string& by) {
    return mrnn::group_trials(mrnn::ConfigNode::parse("by = \"" + by + "\""), {&made});
  };

  const mrnn::Conditions signs = grouped("coherence"), sizes = grouped("size"), words = grouped("condition");

  CHECK(signs.by == "coherence");
  CHECK(signs.numbers == std::vector<double>{-8.0, 0.0, 16.0});
  CHECK(mrnn::value_colour(signs, 0) == mrnn::centred_colour(-1.0));
  CHECK(mrnn::value_colour(signs, 1) == mrnn::centred_colour(0.0));
  CHECK(mrnn::value_colour(signs, 2) == mrnn::centred_colour(1.0));
  CHECK(mrnn::key_title(signs) == "coherence:");
  CHECK(mrnn::value_colour(sizes, 1) == mrnn::ordered_colour(0.5));  // by rank
  CHECK(mrnn::condition_style(sizes, 2).colour == mrnn::ordered_colour(1.0));
  CHECK(words.numbers.empty());
  CHECK(mrnn::value_colour(words, 1) == 1);
  CHECK(mrnn::key_title(words).empty());
}

TEST_CASE("trials are grouped by every combination of several metadata that there is", "[samples]") {
  mrnn::Simulation made = simulation();
  made.trials.count = 5;
  made.trials.texts["side"] = {"right", "left", "right", "", "left"};
  made.trials.numbers["coherence"] = {16.0, -8.0, 4.0, 4.0, std::nan("")};
  made.trials.texts["condition"] = {"a", "b", "a", "b", "a"};
  const auto grouped = [&](const std::string& by) {
    return mrnn::group_trials(mrnn::ConfigNode::parse("by = " + by, "x.toml"), {&made});
  };

  const mrnn::Conditions both = grouped(R"(["coherence", "side"])");

  CHECK(both.values == std::vector<std::string>{"coherence -8, left", "coherence 4, right", "coherence 16, right"});
  CHECK(both.of_trial == std::vector<int>{2, 0, 1, -1, -1});
  CHECK(both.by == "coherence, side");
  CHECK(both.numbers.empty());
  CHECK(grouped(R"(["side", "condition"])").values == std::vector<std::string>{"left, a", "left, b", "right, a"});
  CHECK(grouped(R"(["coherence"])").numbers == grouped(R"("coherence")").numbers);
  CHECK_THROWS_WITH(grouped("[]"), EndsWith("by: is an empty list; at least one name is needed"));
  CHECK_THROWS_WITH(grouped(R"(["side", "side"])"), EndsWith("by: names \"side\" twice"));
  CHECK_THROWS_WITH(grouped(R"(["side", "sides"])"),
                    ContainsSubstring("x.toml:1:") && ContainsSubstring("Did you mean \"side\"?"));
}

TEST_CASE("samples are spread over all trials and the whole time, whatever their counts", "[samples]") {
  // Trial fastest: a fixed stride of 50, 100 or 25 would see one trial of 50, or two.
  const auto [trials, steps, chosen] =
      GENERATE(table<Index, Index, Index>({{50, 1000, 1000}, {50, 1000, 500}, {50, 40, 80}, {7, 30, 100}}));

  const std::vector<Index> samples = mrnn::spread_samples(trials * steps, chosen);

  REQUIRE(std::ssize(samples) == chosen);
  std::vector<Index> of_trial(static_cast<std::size_t>(trials));
  for (Index k = 0; k < chosen; ++k) {
    const Index sample = samples[static_cast<std::size_t>(k)];
    CHECK(sample >= k * trials * steps / chosen);
    CHECK(sample < (k + 1) * trials * steps / chosen);
    ++of_trial[static_cast<std::size_t>(sample % trials)];
  }
  // As many as trials drawn with equal chances would leave out: sqrt of the mean, five times.
  const double mean = double(chosen) / double(trials);
  for (const Index count : of_trial) CHECK(std::abs(double(count) - mean) < 5.0 * std::sqrt(mean));
}

TEST_CASE("samples are spread alike each time, and all are taken where there are no more", "[samples]") {
  CHECK(mrnn::spread_samples(30, 10) == std::vector<Index>{1, 4, 8, 11, 14, 16, 19, 22, 25, 28});
  CHECK(mrnn::spread_samples(3, 10) == std::vector<Index>{0, 1, 2});
  CHECK(mrnn::spread_samples(0, 10).empty());
}

TEST_CASE("constant activity is named in the summary; where there is no other, it is an error", "[samples]") {
  mrnn::AnalysisResults results;

  mrnn::say_constant({}, 0, "subspace", results);
  CHECK(results.summary.empty());
  mrnn::say_constant({"a", "c"}, 3, "subspace", results);
  CHECK(results.summary == std::vector<std::string>{"the activity of a, c is constant, so it has no subspace"});
  CHECK_THROWS_WITH(mrnn::say_constant({"a", "c"}, 2, "subspace", results),
                    "the activity of a, c is constant, so it has no subspace");
}
