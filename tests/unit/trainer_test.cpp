// The logic of training, on a model that is worked by hand: with rate 0.25 and a goal of 1 the output is 0, 1/2, 3/4,
// 7/8, ... before iteration 1, 2, 3, 4, ...

#include "mrnn/trainer.hpp"

#include "catch.hpp"
#include "fake_training.hpp"
#include "mrnn/progress.hpp"
#include "train/training_memory.hpp"

using namespace mrnn;

namespace {

/// A training of the model and what came of it.
struct Bench {
  Network network = test::fake_network();
  test::FakeBackend backend;
  test::FakeTask task{1.0};
  TrainingPlan plan = test::small_plan();
  TrainingProblem problem{&backend, &network, SessionOptions{.seed = 7}, {{&task}}};

  TrainingOutcome train() const {
    Progress silent;
    return Trainer(problem, plan).run(initial_parameters(network, 0), silent);
  }
};

/// Keeps every state it is asked to save.
class Keeper final : public TrainingListener {
 public:
  void logged(const TrainingHistory& history) override { lines.push_back(history.iteration.back()); }
  bool save(const TrainingState& state) override {
    saved.push_back(state);
    return true;
  }

  std::vector<std::int64_t> lines;
  std::vector<TrainingState> saved;
};

std::vector<std::int64_t> iterations_of(const std::vector<TrainingState>& states) {
  std::vector<std::int64_t> all;
  for (const TrainingState& state : states) all.push_back(state.iteration);
  return all;
}

}  // namespace

TEST_CASE("training follows the gradient and logs the batch before each update", "[trainer]") {
  const Bench bench;

  const TrainingOutcome outcome = bench.train();

  CHECK(outcome.iterations == 4);
  CHECK(outcome.stopped_by == "iterations");
  CHECK(outcome.initial.readout_bias[0] == 0.0);
  CHECK(outcome.last.readout_bias[0] == 15.0 / 16.0);
  CHECK(outcome.history.iteration == std::vector<std::int64_t>{1, 2, 4});
  CHECK(outcome.history.loss == std::vector<double>{1.0, 1.0 / 4.0, 1.0 / 64.0});
  CHECK(outcome.history.terms[0].first == "mse");
  CHECK(outcome.history.terms[0].second == outcome.history.loss);
  CHECK(outcome.history.gradient_norm == std::vector<double>{2.0, 1.0, 0.25});
  CHECK(outcome.history.performance == std::vector<double>{0.0, 0.5, 0.875});
  CHECK(outcome.history.rate == std::vector<double>(3, 0.25));
  CHECK(outcome.history.stage == std::vector<std::int64_t>(3, 0));
  CHECK(outcome.history.validation_iteration.empty());
}

TEST_CASE("without a validation the last weights are the best and are kept", "[trainer]") {
  const Bench bench;

  const TrainingOutcome outcome = bench.train();

  CHECK(outcome.best_iteration == 4);
  CHECK(outcome.best.readout_bias == outcome.last.readout_bias);
  CHECK(kept_parameters(bench.plan, outcome).readout_bias == outcome.last.readout_bias);
}

TEST_CASE("every iteration has trials of its own and noise that no other trial has", "[trainer]") {
  Bench bench;
  bench.plan.validate_every = 2;

  bench.train();

  const test::Seen& seen = bench.backend.seen;
  const std::uint64_t training = std::uint64_t{1} << 54, validation = std::uint64_t{1} << 55;
  REQUIRE(seen.trained.size() == 4);
  CHECK(seen.trained[0].ids == std::vector<std::uint64_t>{training, training + 1, training + 2});
  CHECK(seen.trained[3].ids == std::vector<std::uint64_t>{training + 9, training + 10, training + 11});
  CHECK(seen.trained[1].numbers.at("drawn")[0] == RandomStream(7, Stream::training_trials, std::uint64_t{3}).uniform());
  CHECK(seen.validated == std::vector<std::uint64_t>{validation, validation});
}

TEST_CASE("outputs are recorded only where something looks at them", "[trainer]") {
  const Bench bench;

  bench.train();

  std::vector<bool> recorded;
  for (const Record& record : bench.backend.seen.records) recorded.push_back(record.y);
  CHECK(recorded == std::vector<bool>{true, true, false, true});
}

TEST_CASE("noise is on unless the plan says otherwise", "[trainer]") {
  Bench bench;
  bench.plan.noise = GENERATE(Noise::on, Noise::off);
  bench.plan.validate_every = 1;

  bench.train();

  for (const Noise noise : bench.backend.seen.noise) CHECK(noise == bench.plan.noise);
}

TEST_CASE("validation keeps the best weights, by performance, and the plan may keep the last", "[trainer]") {
  Bench bench;
  bench.plan.rate = 0.75;  // the output jumps about the goal: 0, 3/2, 3/4, 9/8, 15/16
  bench.plan.iterations = 3;
  bench.plan.validate_every = 1;

  const TrainingOutcome outcome = bench.train();

  CHECK(outcome.history.validation_iteration == std::vector<std::int64_t>{1, 2, 3});
  CHECK(outcome.history.validation_loss == std::vector<double>{1.0 / 4.0, 1.0 / 16.0, 1.0 / 64.0});
  CHECK(outcome.history.validation_performance == std::vector<double>{0.5, 0.75, 0.875});
  CHECK(outcome.best_iteration == 3);
  bench.plan.rate = 1.25;  // and away from it: 0, 5/2, -5/4
  const TrainingOutcome worse = bench.train();
  CHECK(worse.best_iteration == 1);
  CHECK(kept_parameters(bench.plan, worse).readout_bias[0] == 2.5);
  bench.plan.keep = TrainingPlan::Keep::last;
  CHECK(kept_parameters(bench.plan, worse).readout_bias == worse.last.readout_bias);
}

TEST_CASE("a task without a measure is judged by the loss of the validation", "[trainer]") {
  Bench bench;
  const test::FakeTask unscored(1.0, test::FakeTask::Scored::no);
  bench.problem.stages = {{&unscored}};
  bench.plan.rate = 1.25;
  bench.plan.validate_every = 1;

  const TrainingOutcome outcome = bench.train();

  CHECK(std::isnan(outcome.history.performance[0]));
  CHECK(std::isnan(outcome.history.validation_performance[0]));
  CHECK(outcome.best_iteration == 1);
}

TEST_CASE("training stops by loss, performance and patience", "[trainer]") {
  Bench bench;
  bench.plan.iterations = 100;

  SECTION("the loss of the batch where nothing is validated") {
    bench.plan.stop_loss = 1.0 / 16.0;  // of iteration 3
    const TrainingOutcome outcome = bench.train();
    CHECK(outcome.stopped_by == "loss");
    CHECK(outcome.iterations == 3);
  }
  SECTION("the loss of the validation, which is after the update") {
    bench.plan.validate_every = 1;
    bench.plan.stop_loss = 1.0 / 16.0;
    const TrainingOutcome outcome = bench.train();
    CHECK(outcome.stopped_by == "loss");
    CHECK(outcome.iterations == 2);
  }
  SECTION("the performance of the validation") {
    bench.plan.validate_every = 2;
    bench.plan.stop_performance = 0.9;
    const TrainingOutcome outcome = bench.train();
    CHECK(outcome.stopped_by == "performance");
    CHECK(outcome.iterations == 4);
  }
  SECTION("no better validation for so many iterations") {
    bench.plan.validate_every = 2;
    bench.plan.rate = 1.25;
    bench.plan.stop_patience = 5;  // best at 2; 4 and 6 are within patience
    const TrainingOutcome outcome = bench.train();
    CHECK(outcome.stopped_by == "patience");
    CHECK(outcome.iterations == 8);
    CHECK(outcome.best_iteration == 2);
  }
}

TEST_CASE("a curriculum goes on by performance and its stops hold in the last stage", "[trainer]") {
  Bench bench;
  const test::FakeTask second(-1.0);
  bench.problem.stages = {{&bench.task, 0.75}, {&second}};
  bench.plan.iterations = 100;
  bench.plan.validate_every = 1;
  bench.plan.log_every = 1;
  bench.plan.stop_performance = 0.5;

  const TrainingOutcome outcome = bench.train();

  // 0 -> 1/2 -> 3/4, good enough for the second stage: -> -1/8 -> -9/16
  CHECK(outcome.history.stage == std::vector<std::int64_t>{0, 0, 1, 1});
  CHECK(outcome.history.validation_performance == std::vector<double>{0.5, 0.75, 0.125, 0.5625});
  CHECK(outcome.stopped_by == "performance");
  CHECK(outcome.best_iteration == 4);
}

TEST_CASE("the next batch is made while the present one is computed", "[trainer]") {
  Bench bench;
  bench.plan.validate_every = 2;

  bench.train();

  const test::Seen& seen = bench.backend.seen;
  const std::uint64_t training = std::uint64_t{1} << 54;
  // Those of iterations 2 to 4, and none after the last.
  CHECK(seen.prepared == std::vector<std::uint64_t>{training + 3, training + 6, training + 9});
  CHECK(seen.found == 3);
}

TEST_CASE("a batch that was made for a stage that has ended is thrown away", "[trainer]") {
  Bench bench;
  const test::FakeTask second(-1.0);
  bench.problem.stages = {{&bench.task, 0.75}, {&second}};
  bench.plan.validate_every = 1;

  bench.train();

  // Good enough after two iterations, when the third batch of the first stage was there.
  const test::Seen& seen = bench.backend.seen;
  std::vector<double> goals;
  for (const Trials& trials : seen.trained) goals.push_back(trials.inputs(0, 0, 0));
  CHECK(goals == std::vector<double>{1.0, 1.0, -1.0, -1.0});
  CHECK(seen.found == 2);
}

TEST_CASE("a run that goes on from any saved state ends as one that was never interrupted", "[trainer]") {
  Bench bench;
  const test::FakeTask second(-1.0);
  bench.problem.stages = {{&bench.task, 0.7}, {&second}};
  bench.plan.iterations = 12;
  bench.plan.rate = 0.3;
  bench.plan.validate_every = 2;
  bench.plan.log_every = 3;
  bench.plan.checkpoint_every = 1;
  bench.plan.schedule = {.kind = RateSchedule::Kind::plateau, .warmup = 3, .patience = 2};
  const Trainer trainer(bench.problem, bench.plan);
  Progress silent;
  Keeper keeper;
  const TrainingOutcome whole =
      trainer.run(start_training(bench.network, initial_parameters(bench.network, 0)), silent, keeper);
  REQUIRE(keeper.saved.size() == 12);

  for (const TrainingState& state : keeper.saved) {
    CAPTURE(state.iteration);
    Keeper other;
    const TrainingOutcome rest = trainer.run(state, silent, other);

    CHECK(rest.last.readout_bias == whole.last.readout_bias);
    CHECK(rest.best.readout_bias == whole.best.readout_bias);
    CHECK(rest.best_iteration == whole.best_iteration);
    CHECK(rest.history.iteration == whole.history.iteration);
    CHECK(rest.history.loss == whole.history.loss);
    CHECK(rest.history.rate == whole.history.rate);
    CHECK(rest.history.stage == whole.history.stage);
    CHECK(rest.history.validation_loss == whole.history.validation_loss);
    if (!other.saved.empty()) CHECK(other.saved.back().optimiser.first.readout_bias[0] == 12.0);
  }
}

TEST_CASE("more iterations go on where a run ended, and a run that was stopped stays so", "[trainer]") {
  Bench bench;
  Progress silent;
  Keeper keeper;
  Trainer(bench.problem, bench.plan)
      .run(start_training(bench.network, initial_parameters(bench.network, 0)), silent, keeper);
  bench.plan.iterations = 6;

  const TrainingOutcome more = Trainer(bench.problem, bench.plan).run(keeper.saved.back(), silent, keeper);

  CHECK(more.iterations == 6);
  CHECK(more.last.readout_bias[0] == 63.0 / 64.0);
  TrainingState stopped = keeper.saved.back();
  stopped.stopped_by = "loss";
  bench.plan.iterations = 9;
  CHECK(Trainer(bench.problem, bench.plan).run(stopped, silent, keeper).iterations == 6);
}

TEST_CASE("checkpoints are asked for as the plan says, at the end and when interrupted", "[trainer]") {
  Bench bench;
  const TrainingState start = start_training(bench.network, initial_parameters(bench.network, 0));
  Progress silent;
  Keeper keeper;

  SECTION("every so many iterations") {
    bench.plan.iterations = 5;
    bench.plan.checkpoint_every = 2;
    Trainer(bench.problem, bench.plan).run(start, silent, keeper);
    CHECK(iterations_of(keeper.saved) == std::vector<std::int64_t>{2, 4, 5});
    CHECK(keeper.lines == std::vector<std::int64_t>{1, 2, 4});
  }
  SECTION("only at the end") {
    Trainer(bench.problem, bench.plan).run(start, silent, keeper);
    CHECK(iterations_of(keeper.saved) == std::vector<std::int64_t>{4});
  }
  SECTION("when interrupted") {
    test::StopAfter stop(3);
    CHECK_THROWS_WITH(Trainer(bench.problem, bench.plan).run(start, stop, keeper),
                      "training interrupted after iteration 3; the checkpoint of iteration 3 is kept");
    CHECK(iterations_of(keeper.saved) == std::vector<std::int64_t>{3});
  }
}

TEST_CASE("a loss that is not finite says where, what came before, and what is kept", "[trainer][bad]") {
  Bench bench;
  Progress silent;
  Keeper keeper;
  const TrainingState start = start_training(bench.network, initial_parameters(bench.network, 0));

  SECTION("with a checkpoint") {
    bench.plan.checkpoint_every = 2;
    bench.backend.diverges.loss = 4;
    CHECK_THROWS_WITH(Trainer(bench.problem, bench.plan).run(start, silent, keeper),
                      "training failed in iteration 4: the loss is nan; the last finite loss was 0.0625, in iteration "
                      "3; the checkpoint of iteration 2 is kept");
  }
  SECTION("at once") {
    bench.backend.diverges.loss = 1;
    CHECK_THROWS_WITH(Trainer(bench.problem, bench.plan).run(start, silent, keeper),
                      "training failed in iteration 1: the loss is nan; no loss had been finite before; no "
                      "checkpoint was saved");
  }
  SECTION("in the gradient") {
    bench.backend.diverges.gradient = 3;
    CHECK_THROWS_WITH(Trainer(bench.problem, bench.plan).run(start, silent, keeper),
                      "training failed in iteration 3: the norm of the gradient is inf, though the loss is 0.0625; the "
                      "last finite loss was 0.25, in iteration 2; no checkpoint was saved");
  }
  SECTION("in the validation") {
    bench.plan.rate = 1e200;
    bench.plan.validate_every = 1;
    CHECK_THROWS_WITH(Trainer(bench.problem, bench.plan).run(start, silent, keeper),
                      "training failed in iteration 1: the loss of the validation is inf; the last finite loss was 1, "
                      "in iteration 1; no checkpoint was saved");
  }
}

TEST_CASE("trials that cannot be made are an error of their own iteration", "[trainer][bad]") {
  Bench bench;
  bench.task.fails_from = 6;
  bench.plan.log_every = 1;
  bench.plan.checkpoint_every = 2;
  Progress silent;
  Keeper keeper;
  const TrainingState start = start_training(bench.network, initial_parameters(bench.network, 0));

  SECTION("in the middle") {
    CHECK_THROWS_WITH(Trainer(bench.problem, bench.plan).run(start, silent, keeper),
                      "training failed in iteration 3: there are no more trials; the last finite loss was 0.25, in "
                      "iteration 2; the checkpoint of iteration 2 is kept");
    CHECK(keeper.lines == std::vector<std::int64_t>{1, 2});
  }
  SECTION("and no error of a run that ends before") {
    bench.plan.iterations = 2;
    CHECK(Trainer(bench.problem, bench.plan).run(start, silent, keeper).iterations == 2);
    bench.plan.iterations = 4;
    bench.plan.stop_loss = 0.3;
    CHECK(Trainer(bench.problem, bench.plan).run(start, silent, keeper).stopped_by == "loss");
  }
}

TEST_CASE("a problem and a plan that do not fit are refused", "[trainer][bad]") {
  Bench bench;

  SECTION("stages") {
    bench.problem.stages.clear();
    CHECK_THROWS_WITH(bench.train(), "a training problem needs at least one stage, and every stage a task");
  }
  SECTION("manipulations") {
    bench.plan.manipulations = {{"silence", 0.5}};
    CHECK_THROWS_WITH(bench.train(), "0 manipulations for the 1 of the training plan; one each is needed");
  }
  SECTION("batch") {
    bench.plan.batch = 0;
    CHECK_THROWS_WITH(bench.train(), "batch, log_every and validation_trials are numbers of at least 1");
  }
  SECTION("a manipulation that is none") {
    bench.plan.manipulations = {{"silence", 0.5}};
    bench.problem.manipulations = {nullptr};
    CHECK_THROWS_WITH(bench.train(), "one of the manipulations of a training problem is null");
  }
  SECTION("iterations") {
    bench.plan.iterations = -1;
    CHECK_THROWS_WITH(bench.train(), "iterations, validate_every and checkpoint_every are numbers of at least 0");
  }
  SECTION("rate") {
    bench.plan.rate = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(bench.train(), "the learning rate is nan; a finite number of at least 0 is needed");
  }
}

TEST_CASE("memory decides how many states are kept", "[trainer]") {
  const Network network = test::fake_network();
  const test::FakeBackend backend;  // 2 MB a state that is kept, 1 MB a step between
  const SessionOptions options;
  const TrainingStep step{backend, network, options, {3, 30}};

  CHECK(backward_every({TrainingMemory::Mode::store}, step) == 1);
  CHECK(backward_every({TrainingMemory::Mode::recompute}, step) == 6);
  CHECK(backward_every({TrainingMemory::Mode::budget, 100.0}, step) == 1);
  CHECK(backward_every({TrainingMemory::Mode::budget, 32.0}, step) == 2);
  CHECK(backward_every({TrainingMemory::Mode::budget, 16.0}, step) == 6);
  CHECK_THROWS_WITH(backward_every({TrainingMemory::Mode::budget, 3.0}, step),
                    "a training step of 3 trials and 30 steps does not fit into 3 MB; the least it can do with is 16 "
                    "MB");
}
