#include "train/task_mix.hpp"

#include <cmath>

#include "catch.hpp"
#include "fake_training.hpp"
#include "train/join_trials.hpp"

using namespace mrnn;
using Scored = test::FakeTask::Scored;

namespace {

/// `up` asks for 1 in 4 steps, `down` for -1 in 6.
TaskMix mix(double up, double down) {
  std::vector<MixedTask> tasks;
  tasks.push_back({"up", up, std::make_unique<test::FakeTask>(1.0, Scored::yes, 4)});
  tasks.push_back({"down", down, std::make_unique<test::FakeTask>(-1.0, Scored::yes, 6)});
  return TaskMix(std::move(tasks));
}

}  // namespace

TEST_CASE("a mix draws each trial's task by its number alone and in proportion to the probabilities", "[mix]") {
  const Trials whole = mix(1.0, 3.0).make({5, Stream::training_trials, 0, 4000});
  const Trials part = mix(1.0, 3.0).make({5, Stream::training_trials, 1000, 10});

  const auto& names = whole.texts.at("task");
  CHECK(std::abs(std::count(names.begin(), names.end(), "up") - 1000) < 100);
  for (std::size_t k = 0; k < 10; ++k) CHECK(part.texts.at("task")[k] == names[1000 + k]);
  CHECK(whole.ids[3999] == 3999);
}

TEST_CASE("which task a trial has says nothing of what the task draws for it", "[mix]") {
  const Trials trials = mix(1.0, 1.0).make({5, Stream::training_trials, 0, 4000});

  double sum = 0.0;
  int count = 0;
  for (std::size_t k = 0; k < 4000; ++k) {
    if (trials.texts.at("task")[k] != "up") continue;
    sum += trials.numbers.at("drawn")[k];
    ++count;
  }
  CHECK_THAT(sum / count, WithinAbs(0.5, 0.03));
}

TEST_CASE("trials of a mix are those of their tasks, continued with zeros and a mask of zero", "[mix]") {
  const TaskMix tasks = mix(1.0, 1.0);
  const Trials trials = tasks.make({5, Stream::training_trials, 0, 20});

  REQUIRE(trials.steps == 6);
  REQUIRE(trials.mask.steps == 6);
  for (Index k = 0; k < 20; ++k) {
    const bool up = trials.texts.at("task")[static_cast<std::size_t>(k)] == "up";
    CHECK(trials.inputs(0, k, 0) == (up ? 1.0 : -1.0));
    CHECK(trials.targets(0, k, 3) == (up ? 1.0 : -1.0));
    CHECK(trials.targets(0, k, 4) == (up ? 0.0 : -1.0));
    CHECK(trials.mask(0, k, 3) == 1.0);
    CHECK(trials.mask(0, k, 4) == (up ? 0.0 : 1.0));
    CHECK(trials.numbers.at("trial_steps")[static_cast<std::size_t>(k)] == (up ? 4.0 : 6.0));
    CHECK(trials.epochs[0].last[static_cast<std::size_t>(k)] == (up ? 4 : 6));
  }
}

TEST_CASE("a mix scores every trial by its own task over its own steps", "[mix]") {
  const TaskMix tasks = mix(1.0, 1.0);
  const Trials trials = tasks.make({5, Stream::training_trials, 0, 20});
  Sequence outputs(1, 20, 6);
  for (Index k = 0; k < 20; ++k) {
    outputs(0, k, 3) = 0.75;   // the last step of `up`
    outputs(0, k, 5) = -0.25;  // the last step of `down`
  }

  const Scores scores = tasks.score(trials, outputs);

  for (Index k = 0; k < 20; ++k) {
    CHECK(scores.score[k] == (trials.texts.at("task")[static_cast<std::size_t>(k)] == "up" ? 0.75 : 0.25));
  }
}

TEST_CASE("a mix of tasks without a measure has none, and one of some counts only those", "[mix]") {
  std::vector<MixedTask> none;
  none.push_back({"a", 1.0, std::make_unique<test::FakeTask>(1.0, Scored::no)});
  std::vector<MixedTask> some;
  some.push_back({"a", 1.0, std::make_unique<test::FakeTask>(1.0, Scored::no)});
  some.push_back({"b", 1.0, std::make_unique<test::FakeTask>(1.0, Scored::yes)});
  const TaskMix without(std::move(none)), with(std::move(some));
  const TrialRequest request{5, Stream::training_trials, 0, 20};
  const Sequence outputs(1, 20, 4);

  const Scores scores = with.score(with.make(request), outputs);

  CHECK(without.score(without.make(request), outputs).score.size() == 0);
  CHECK(performance(scores) == 0.0);
  CHECK(std::isnan(scores.score.minCoeff<Eigen::PropagateNaN>()));
}

TEST_CASE("joined trials keep what only some of them have", "[mix]") {
  Trials first = blank_trials(2, 1, 3), second = blank_trials(2, 2, 5);
  first.numbers["coherence"] = {0.5};
  second.texts["condition"] = {"left", "right"};
  second.epochs = {{"delay", {1, 2}, {3, 4}}};
  second.targets = Sequence(1, 2, 5);
  first.interventions = {{{0, 3}, {}, Clamp{Selection({{0, 1}}), 0.0}}};
  second.interventions = {{{0, 5}, {1}, Clamp{Selection({{0, 1}}), 0.0}}};

  const Trials all = join_trials({first, second});

  CHECK(all.count == 3);
  CHECK(all.steps == 5);
  CHECK(all.numbers.at("coherence")[0] == 0.5);
  CHECK(std::isnan(all.numbers.at("coherence")[2]));
  CHECK(all.texts.at("condition") == std::vector<std::string>{"", "left", "right"});
  CHECK(all.epochs[0].first == std::vector<Index>{0, 1, 2});
  CHECK(all.epochs[0].last == std::vector<Index>{0, 3, 4});
  CHECK(all.mask(0, 0, 0) == 0.0);  // no targets, nothing asked
  CHECK(all.mask(0, 1, 4) == 1.0);
  CHECK(all.interventions[0].trials == std::vector<Index>{0});
  CHECK(all.interventions[1].trials == std::vector<Index>{2});
}

TEST_CASE("initial states must be set by all of the mixed tasks or by none", "[mix][bad]") {
  Trials with = blank_trials(1, 1, 3);
  with.initial_state = Eigen::MatrixXd::Constant(2, 1, 0.5);

  CHECK(join_trials({with, with}).initial_state == Eigen::MatrixXd::Constant(2, 2, 0.5));
  CHECK_THROWS_WITH(join_trials({with, blank_trials(1, 1, 3)}),
                    "some of the mixed tasks set initial states and others do not; all or none must");
}

TEST_CASE("what a mixed task makes must fit together and to the others", "[mix][bad]") {
  class Wrong final : public Task {
   public:
    explicit Wrong(void (*spoil)(Trials&)) : spoil_(spoil) {}
    Trials make(const TrialRequest& request) const override {
      Trials trials = test::FakeTask(1.0).make(request);
      spoil_(trials);
      return trials;
    }

   private:
    void (*spoil_)(Trials&);
  };
  const auto mistake = [](void (*spoil)(Trials&)) -> std::string {
    std::vector<MixedTask> tasks;
    tasks.push_back({"good", 1.0, std::make_unique<test::FakeTask>(1.0)});
    tasks.push_back({"wrong", 1.0, std::make_unique<Wrong>(spoil)});
    try {
      TaskMix(std::move(tasks)).make({5, Stream::training_trials, 0, 20});
    } catch (const RunError& error) {
      return error.what();
    }
    return "";
  };

  CHECK(mistake([](Trials& trials) { trials.numbers["drawn"].push_back(1.0); }) ==
        "the task \"wrong\": the metadata \"drawn\" have 2 values for 1 trials");
  CHECK(mistake([](Trials& trials) { trials.targets = Sequence(1, 1, 9); }) ==
        "the task \"wrong\": the targets have 1 trials of 9 steps for 1 trials of 4 steps");
  CHECK(mistake([](Trials& trials) { trials = blank_trials(1, 2, 4); }) ==
        "the task \"wrong\": it made 2 trials; the number asked for is 1");
  CHECK_THAT(mistake([](Trials& trials) { trials.inputs = Sequence(3, 1, 4); }),
             StartsWith("the mixed tasks make inputs of different numbers of channels: "));
  CHECK_THAT(mistake([](Trials& trials) { trials.mask = Sequence(2, 1, 4); }),
             StartsWith("the mixed tasks make masks of different numbers of channels: "));
}

TEST_CASE("initial states of mixed tasks have the same units", "[mix][bad]") {
  Trials two = blank_trials(1, 1, 3), three = two;
  two.initial_state = Eigen::MatrixXd::Zero(2, 1);
  three.initial_state = Eigen::MatrixXd::Zero(3, 1);

  CHECK_THROWS_WITH(join_trials({two, three}),
                    "the mixed tasks make initial states of different numbers of units: 2 and 3");
}

TEST_CASE("joined trials of a network without inputs have the batch's trials and steps", "[mix]") {
  const Trials all = join_trials({blank_trials(0, 1, 3), blank_trials(0, 2, 5)});

  CHECK(all.inputs.units == 0);
  CHECK(all.inputs.trials == 3);
  CHECK(all.inputs.steps == 5);
}
