#include "train/training_batches.hpp"

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "fake_training.hpp"
#include "mrnn/error.hpp"
#include "run/target_check.hpp"
#include "run/trial_check.hpp"

using namespace mrnn;

namespace {

/// Clamps unit 0 in all trials and unit 1 in the first two of each batch.
class TwoClamps final : public Manipulation {
 public:
  void apply(const Network& /*network*/, std::uint64_t /*seed*/, Trials& trials) const override {
    trials.interventions.push_back({{0, trials.steps}, {}, Clamp{Selection({{0, 1}}), 0.0}});
    trials.interventions.push_back({{0, trials.steps}, {0, 1}, Clamp{Selection({{1, 1}}), 0.0}});
  }
};

/// Fails as a manipulation with conditions does where no trial has one of them.
class Conditional final : public Manipulation {
 public:
  void apply(const Network& /*network*/, std::uint64_t /*seed*/, Trials& trials) const override {
    if (trials.numbers.at("drawn")[0] > 0.5) throw ConfigError("", "manipulation[0].conditions", "no such condition");
    trials.interventions.push_back({{0, trials.steps}, {0}, Clamp{Selection({{0, 1}}), 0.0}});
  }
};

/// Acts on trials of a condition, which is said of the number drawn for them, and fails where there is none.
class Named final : public Manipulation {
 public:
  Named(std::string name, bool (*of_trial)(double drawn, double goal)) : name_(std::move(name)), of_trial_(of_trial) {}

  void apply(const Network& /*network*/, std::uint64_t /*seed*/, Trials& trials) const override {
    for (Index trial = 0; trial < trials.count; ++trial) {
      if (!of_trial_(trials.numbers.at("drawn")[static_cast<std::size_t>(trial)], trials.inputs(0, trial, 0))) continue;
      trials.interventions.push_back({{0, trials.steps}, {trial}, Clamp{Selection({{0, 1}}), 0.0}});
    }
    if (trials.interventions.empty()) throw ConfigError("", "manipulation[0].conditions", "no trial is " + name_);
  }

 private:
  std::string name_;
  bool (*of_trial_)(double drawn, double goal);
};

/// Trials of three conditions, of which one is rare.
class ConditionTask final : public Task {
 public:
  Trials make(const TrialRequest& request) const override {
    Trials trials = task_.make(request);
    for (const double drawn : trials.numbers.at("drawn")) {
      trials.texts["condition"].emplace_back(drawn > 0.98 ? "rare" : drawn > 0.5 ? "left" : "right");
    }
    return trials;
  }

 private:
  test::FakeTask task_{1.0};
};

/// Trials whose delay begins at step 1 or 2, or that have none; so few of any kind that batches lack a delay.
class DelayTask final : public Task {
 public:
  /// @param share  of trials with a delay
  explicit DelayTask(double share) : share_(share) {}
  Trials make(const TrialRequest& request) const override {
    Trials trials = task_.make(request);
    Epoch delay{"delay", {}, {}};
    for (const double drawn : trials.numbers.at("drawn")) {
      const bool has = drawn < share_;
      delay.first.push_back(!has ? 0 : drawn < share_ / 2.0 ? 1 : 2);
      delay.last.push_back(has ? 3 : 0);
    }
    if (share_ > 0.0) trials.epochs.push_back(delay);
    return trials;
  }

 private:
  test::FakeTask task_{1.0};
  double share_;
};

/// Clamps a unit in the trials that a schedule names.
class Scheduled final : public Manipulation {
 public:
  explicit Scheduled(const std::string& keys)
      : schedule_(
            Schedule::read(ConfigNode::parse("[some]\n" + keys, "test").table("some"), 10.0, Schedule::Ramps::none)) {}
  void apply(const Network& /*network*/, std::uint64_t /*seed*/, Trials& trials) const override {
    for (const Schedule::Window& window : schedule_.windows(trials)) {
      trials.interventions.push_back({window.steps, window.trials, Clamp{Selection({{0, 1}}), 0.0}});
    }
  }

 private:
  Schedule schedule_;
};

struct Bench {
  Network network = test::fake_network();
  test::FakeBackend backend;
  test::FakeTask task{1.0};
  TwoClamps clamps;
  TrainingPlan plan;
  TrainingProblem problem{&backend, &network, SessionOptions{.seed = 7}, {{&task}}, {&clamps}};

  explicit Bench(double share) {
    plan.batch = 500;
    plan.manipulations = {{"clamps", share}};
  }
  Trials batch(std::int64_t iteration) const { return TrainingBatches(problem, plan).batch(0, iteration); }
};

std::string text_of_error(const Network& network, const Trials& trials) {
  try {
    check_trials(network, trials);
    check_targets(network, trials);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a manipulation acts on its share of the training trials, drawn anew for each", "[batches]") {
  const Bench bench(0.2);

  const Trials first = bench.batch(1), second = bench.batch(2);

  const std::vector<Index> everywhere = first.interventions[0].trials;
  CHECK(std::abs(std::ssize(everywhere) - 100) < 40);
  CHECK(everywhere != second.interventions[0].trials);
  CHECK(everywhere == bench.batch(1).interventions[0].trials);
}

TEST_CASE("a manipulation of some trials acts on those of them that were drawn", "[batches]") {
  const Bench bench(0.5);

  const Trials trials = bench.batch(3);

  for (const Intervention& intervention : trials.interventions) {
    CHECK_FALSE(intervention.trials.empty());  // empty would be all
    for (const Index trial : intervention.trials) CHECK(trials.interventions[0].acts_on(trial));
  }
  if (trials.interventions.size() > 1) CHECK(trials.interventions[1].trials.back() <= 1);
  CHECK(Bench(1.0).batch(1).interventions[1].trials == std::vector<Index>{0, 1});
}

TEST_CASE("a batch that lacks a condition by chance goes without its manipulation", "[batches]") {
  Bench bench(1.0);
  const Conditional conditional;
  bench.problem.manipulations = {&conditional};
  int manipulated = 0, spared = 0;
  for (std::int64_t iteration = 1; iteration < 20; ++iteration) {
    const Trials trials = bench.batch(iteration);
    const bool lacks = trials.numbers.at("drawn")[0] > 0.5;
    CHECK(trials.interventions.size() == (lacks ? 0 : 1));
    ++(lacks ? spared : manipulated);
  }

  CHECK(manipulated > 0);
  CHECK(spared > 0);
}

TEST_CASE("of conditions that a manipulation names, a batch may have some", "[batches]") {
  Bench bench(1.0);
  const ConditionTask task;
  const Scheduled scheduled("conditions = [\"left\", \"rare\"]");
  bench.plan.batch = GENERATE(1, 3);
  bench.problem.stages = {{&task}};
  bench.problem.manipulations = {&scheduled};
  const TrainingBatches batches(bench.problem, bench.plan);
  CHECK_NOTHROW(batches.check_manipulations());

  for (std::int64_t iteration = 1; iteration < 30; ++iteration) {
    const Trials trials = batches.batch(0, iteration);
    std::vector<Index> wanted;
    for (Index trial = 0; trial < trials.count; ++trial) {
      if (trials.texts.at("condition")[static_cast<std::size_t>(trial)] != "right") wanted.push_back(trial);
    }
    REQUIRE(trials.interventions.size() == (wanted.empty() ? 0 : 1));
    if (!wanted.empty()) CHECK(trials.interventions[0].trials == wanted);
    CHECK(trials.known_conditions.texts.empty());
  }
}

TEST_CASE("a condition that a batch lacks by chance is looked for in more trials, and in every stage", "[batches]") {
  Bench bench(1.0);
  const test::FakeTask other{-1.0};
  bench.plan.batch = 1;
  bench.problem.stages.push_back({&other});
  const Named rare("rare", [](double drawn, double /*goal*/) { return drawn > 0.99; });
  const Named late("late", [](double /*drawn*/, double goal) { return goal < 0.0; });
  const Named absent("absent", [](double /*drawn*/, double /*goal*/) { return false; });
  const auto mistake = [&](const Manipulation& manipulation) -> std::string {
    bench.problem.manipulations = {&manipulation};
    try {
      TrainingBatches(bench.problem, bench.plan).check_manipulations();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };

  CHECK(mistake(rare).empty());
  CHECK(mistake(late).empty());
  CHECK(mistake(absent) == "manipulation[0].conditions: no trial is absent");
}

TEST_CASE("an epoch acts in each trial of a batch at its own steps, and batches and stages may lack it", "[batches]") {
  Bench bench(1.0);
  const DelayTask without(0.0), with(0.3);
  const Scheduled scheduled(GENERATE("epoch = \"delay\"", "epoch = \"delay\"\nstart = 10\nstop = 20"));
  bench.plan.batch = 3;
  bench.problem.stages = {{&without}, {&with}};
  bench.problem.manipulations = {&scheduled};
  const TrainingBatches batches(bench.problem, bench.plan);
  CHECK_NOTHROW(batches.check_manipulations());

  int spared = 0, manipulated = 0;
  for (std::int64_t iteration = 1; iteration < 30; ++iteration) {
    CHECK(batches.batch(0, iteration).interventions.empty());
    const Trials trials = batches.batch(1, iteration);
    std::vector<Index> expected, found;
    for (Index trial = 0; trial < trials.count; ++trial) {
      if (trials.epochs.back().last[static_cast<std::size_t>(trial)] > 0) expected.push_back(trial);
    }
    for (const Intervention& intervention : trials.interventions) {
      for (const Index trial : intervention.trials) {
        found.push_back(trial);
        CHECK(intervention.steps.last >= 3);
        CHECK(intervention.steps.first >= trials.epochs.back().first[static_cast<std::size_t>(trial)]);
      }
    }
    std::ranges::sort(found);
    CHECK(found == expected);
    ++(found.empty() ? spared : manipulated);
  }
  CHECK(spared > 0);
  CHECK(manipulated > 0);
}

TEST_CASE("an epoch that no trial of any stage has is an error before the training", "[batches][bad]") {
  Bench bench(1.0);
  const DelayTask task(0.3);
  const auto mistake = [&](const std::string& keys) -> std::string {
    const Scheduled scheduled(keys);
    bench.problem.stages = {{&task}, {&task}};
    bench.problem.manipulations = {&scheduled};
    try {
      TrainingBatches(bench.problem, bench.plan).check_manipulations();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };

  CHECK(mistake("epoch = \"delay\"").empty());
  CHECK_THAT(
      mistake("epoch = \"dealy\""),
      ContainsSubstring("some.epoch: no epoch called \"dealy\"; available: answer, delay. Did you mean \"delay\"?"));
  CHECK_THAT(mistake("epoch = \"delay\"\nstart = 20"),
             ContainsSubstring("some.start: is 20 ms from the beginning of the epoch \"delay\", but it lasts 20 ms at "
                               "most"));
  CHECK_THAT(mistake("start = 40"), ContainsSubstring("some.start: is 40 ms, but the run ends at 40 ms"));
}

TEST_CASE("validation is never manipulated and always the same", "[batches]") {
  const Bench bench(1.0);

  const Trials trials = TrainingBatches(bench.problem, bench.plan).validation(0, 8);

  CHECK(trials.count == 8);
  CHECK(trials.interventions.empty());
  CHECK(trials.numbers.at("drawn")[3] == RandomStream(7, Stream::validation_trials, std::uint64_t{3}).uniform());
}

TEST_CASE("trials that do not fit the network or cannot be learnt say so", "[batches][bad]") {
  const Network network = test::fake_network();
  Trials trials = test::FakeTask(1.0).make({});

  SECTION("inputs") {
    trials.inputs = Sequence(3, 1, 4);
    CHECK(text_of_error(network, trials) == "task: makes 3 input channels; the network has 1: cue (1)");
  }
  SECTION("targets") {
    trials.targets = {};
    CHECK(text_of_error(network, trials) ==
          "task: makes no targets, which training needs; mrnn list tasks shows what tasks there are");
    trials.targets = Sequence(2, 1, 4);
    CHECK(text_of_error(network, trials) == "task: makes targets for 2 output channels; the network has 1: choice (1)");
  }
  SECTION("numbers") {
    trials.targets(0, 0, 2) = std::nan("");
    CHECK(text_of_error(network, trials) ==
          "the task: the target of trial 0, step 2, channel 0 is nan; finite numbers are needed");
  }
  SECTION("masks") {
    trials.mask = Sequence(1, 1, 4);
    trials.mask(0, 0, 1) = -1.0;
    CHECK(text_of_error(network, trials) ==
          "the task: the mask of trial 0, step 1, channel 0 is -1; a finite number of 0 or more is needed");
  }
  SECTION("metadata that are not there for each trial") {
    trials.numbers["drawn"] = {0.5, 0.25};
    CHECK(text_of_error(network, trials) == "the task: the metadata \"drawn\" have 2 values for 1 trials");
    trials.numbers.clear();
    trials.texts["condition"] = {};
    CHECK(text_of_error(network, trials) == "the task: the metadata \"condition\" have 0 values for 1 trials");
    trials.texts.clear();
    trials.ids = {};
    CHECK(text_of_error(network, trials) == "the task: the ids have 0 values for 1 trials");
  }
  SECTION("epochs") {
    trials.epochs = {{"go", {0}, {}}};
    CHECK(text_of_error(network, trials) == "the task: the last steps of the epoch \"go\" have 0 values for 1 trials");
    trials.epochs = {{"go", {2}, {5}}};
    CHECK(text_of_error(network, trials) ==
          "the task: the epoch \"go\" of trial 0 has steps 2 to 5; the trials have 4 steps");
    for (const auto& [first, last] : {std::pair(-1, -1), std::pair(0, 0), std::pair(4, 0), std::pair(1, 4)}) {
      trials.epochs = {{"go", {first}, {last}}};
      CHECK(text_of_error(network, trials) == "no error");
    }
  }
  SECTION("trials and steps") {
    trials.targets = Sequence(1, 1, 3);
    CHECK(text_of_error(network, trials) == "the task: the targets have 1 trials of 3 steps for 1 trials of 4 steps");
    trials.targets = Sequence(1, 1, 4);
    trials.mask = Sequence(1, 2, 4);
    CHECK(text_of_error(network, trials) == "the task: the masks have 2 trials of 4 steps for 1 trials of 4 steps");
    trials.mask = {};
    trials.stimulus = Sequence(2, 1, 4);
    trials.stimulus.data.pop_back();
    CHECK(text_of_error(network, trials) == "the task: the stimuli have 7 values for 2 channels, 1 trials and 4 steps");
    trials.stimulus = {};
    trials.initial_state = Eigen::MatrixXd::Zero(2, 3);
    CHECK(text_of_error(network, trials) == "the task: the initial states have 3 columns for 1 trials");
    trials.initial_state = {};
    trials.inputs = {};
    CHECK(text_of_error(network, trials) == "the task: the inputs have 0 trials of 0 steps for 1 trials of 4 steps");
    trials.count = 0;
    CHECK(text_of_error(network, trials) ==
          "the task: there are 0 trials of 4 steps; one trial of one step or more is needed");
  }
  SECTION("lengths") {
    for (const double fine : {1.0, 4.0, std::nan("")}) {
      trials.numbers[trial_steps] = {fine};
      CHECK(text_of_error(network, trials) == "no error");
    }
    for (const double wrong : {0.0, 2.5, 5.0}) {
      trials.numbers[trial_steps] = {wrong};
      CHECK_THAT(text_of_error(network, trials), StartsWith("the task: trial_steps of trial 0 is ") &&
                                                     EndsWith("; a whole number from 1 to the 4 steps of the run is "
                                                              "needed, or NaN for all of them"));
    }
  }
}

TEST_CASE("targets of the cross-entropy are probabilities", "[batches][bad]") {
  NetworkSpec spec;
  spec.regions = {{"a", 2}};
  spec.outputs = {{"choice", 2}};
  spec.outputs[0].activation = OutputActivation::softmax;
  const Network network = build_network(spec, 0);
  Loss loss;
  loss.outputs = {{LossKind::cross_entropy, 1.0}};
  Trials trials = blank_trials(0, 1, 2);
  trials.targets = Sequence(2, 1, 2);
  trials.targets(0, 0, 0) = 1.0;  // and in step 1 nothing is asked

  CHECK_NOTHROW(check_target_probabilities(network, loss, trials));
  CHECK(uneven_probabilities(network, loss, trials).empty());
  const std::string wanted =
      "cross_entropy wants probabilities: 0 or more, which sum to 1 over the channels of an output, such as 1 for the "
      "right choice and 0 for the others";

  trials.targets(0, 0, 1) = 0.75;
  CHECK_NOTHROW(check_target_probabilities(network, loss, trials));
  CHECK(uneven_probabilities(network, loss, trials) ==
        "the targets of output \"choice\" sum to 0.75 in trial 0, step 1; " + wanted);

  trials.targets(1, 0, 1) = -1.0;
  CHECK_THROWS_WITH(check_target_probabilities(network, loss, trials),
                    "train.loss: the target of output \"choice\", channel 1, is -1 in trial 0, step 1; " + wanted +
                        ". \"mse\" takes any targets");
  loss.outputs[0].kind = LossKind::mse;
  CHECK_NOTHROW(check_target_probabilities(network, loss, trials));

  loss.outputs[0].kind = LossKind::cross_entropy;
  trials.mask = Sequence(2, 1, 2);
  CHECK_NOTHROW(check_target_probabilities(network, loss, trials));  // none counts
}
