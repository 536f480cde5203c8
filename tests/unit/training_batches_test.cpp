#include "train/training_batches.hpp"

#include <cmath>

#include "catch.hpp"
#include "fake_training.hpp"
#include "mrnn/error.hpp"
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
  for (std::int64_t iteration = 2; iteration < 20; ++iteration) {
    const Trials trials = bench.batch(iteration);
    const bool lacks = trials.numbers.at("drawn")[0] > 0.5;
    CHECK(trials.interventions.size() == (lacks ? 0 : 1));
    ++(lacks ? spared : manipulated);
  }

  CHECK(manipulated > 0);
  CHECK(spared > 0);
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
}
