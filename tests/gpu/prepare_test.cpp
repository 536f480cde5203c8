// Trials that are brought to the device while it computes others: with the same results as without.

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "mrnn/error.hpp"
#include "mrnn/trainer.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::On;
using Batches = std::vector<std::shared_ptr<const Trials>>;

namespace {

test::DeviceCase one_case(Index trials, Index steps) {
  return {.training = {.units = 33, .trials = trials, .steps = steps, .penalty = "all", .noise = Noise::on}};
}

/// Batches of one network, of other sizes and with other arrays each time; the first of the size of the training.
Batches batches_of(const test::Training& training) {
  Batches batches = {std::make_shared<const Trials>(training.trials)};
  for (const auto& [trials, steps, has_all] : {std::tuple{9, 4, true}, {2, 3, false}, {17, 2, true}, {1, 5, false}}) {
    test::DeviceCase one = one_case(trials, steps);
    one.training.interventions = one.training.initial_per_trial = one.training.stimulus = has_all;
    one.training.mask = has_all ? "random" : "none";
    one.seed = static_cast<std::uint64_t>(trials + steps);
    batches.push_back(std::make_shared<const Trials>(test::make(one).trials));
  }
  return batches;
}

/// What is done with the next batch while the device runs one.
using Meanwhile = std::function<void(Session&, const std::shared_ptr<const Trials>&)>;

struct Learned {
  std::vector<double> losses, norms;
  Parameters parameters;
  OptimiserState optimiser;
};

/// Trains once on each batch.
Learned train(const test::Training& training, Precision precision, const Batches& batches, const Meanwhile& meanwhile) {
  const auto session = test::open(On::device, training, precision);
  Learned learned;
  for (std::size_t k = 0; k < batches.size(); ++k) {
    session->load(*batches[k]);
    session->forward({.y = true, .backward_every = k % 2 == 0 ? 1 : 3}, training.noise);
    const auto next = k + 1 < batches.size() ? batches[k + 1] : nullptr;
    learned.losses.push_back(session->backward(training.loss, [&] { meanwhile(*session, next); }).total);
    learned.norms.push_back(session->update({{}, 1e-2, static_cast<std::int64_t>(k) + 1}));
  }
  learned.parameters = session->read_parameters();
  learned.optimiser = session->read_optimiser_state();
  return learned;
}

void check_same(const Learned& actual, const Learned& expected) {
  CHECK(actual.losses == expected.losses);
  CHECK(actual.norms == expected.norms);
  test::check_same_bits(actual.parameters, expected.parameters);
  test::check_same_bits(actual.optimiser.first, expected.optimiser.first);
  test::check_same_bits(actual.optimiser.second, expected.optimiser.second);
}

/// Asks for a sine and for nothing else: steps as many as the trial's number tells.
class Sines final : public Task {
 public:
  Sines(const Network& network, double goal) : network_(network), goal_(goal) {}

  Trials make(const TrialRequest& request) const override {
    const Index steps = 5 + static_cast<Index>(request.first / 4 % 3);
    Trials trials = blank_trials(network_.inputs(), request.count, steps);
    trials.targets = Sequence(network_.outputs(), request.count, steps);
    for (std::size_t k = 0; k < trials.inputs.data.size(); ++k) {
      trials.inputs.data[k] = std::sin(0.1 * static_cast<double>(k + request.first));
    }
    for (double& target : trials.targets.data) target = goal_;
    return trials;
  }
  Scores score(const Trials& trials, const Sequence& /*outputs*/) const override {
    Scores scores;
    scores.score = Eigen::VectorXd::Ones(trials.count);
    return scores;
  }

 private:
  const Network& network_;
  double goal_;
};

class Keeper final : public TrainingListener {
 public:
  bool save(const TrainingState& state) override {
    saved.push_back(state);
    return true;
  }
  std::vector<TrainingState> saved;
};

}  // namespace

TEST_CASE("trials that come beside the computation are learned from with the same bits", "[cuda][race][prepare]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make(one_case(5, 4));
  const Batches batches = batches_of(training);
  const Learned expected = train(training, precision, batches, [](auto&, const auto&) {});

  SECTION("each of its own size") {
    check_same(train(training, precision, batches, [](auto& session, const auto& next) { session.prepare(next); }),
               expected);
  }
  SECTION("discarded each time for others, or for none") {
    const Meanwhile discard = [&](auto& session, const auto& next) {
      session.prepare(next);
      if (next && next->count > 3) session.prepare(std::make_shared<const Trials>(*next));
      if (next && next->count > 5) session.prepare(nullptr);
    };
    check_same(train(training, precision, batches, discard), expected);
  }
  SECTION("prepared anew where others had been") {
    const Meanwhile twice = [&](auto& session, const auto& next) {
      session.prepare(batches[1]);
      session.prepare(next);
    };
    check_same(train(training, precision, batches, twice), expected);
  }
}

TEST_CASE("batches of one size take turns on the device", "[cuda][race][prepare]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make(one_case(9, 2));
  Batches batches;
  // Often enough that the steps are replayed as graphs of either place.
  for (std::uint64_t k = 0; k < 6; ++k) {
    Trials trials = training.trials;
    for (std::uint64_t& id : trials.ids) id += 100 * k;
    for (double& value : trials.inputs.data) value *= 1.0 + 0.1 * static_cast<double>(k);
    batches.push_back(std::make_shared<const Trials>(std::move(trials)));
  }

  check_same(train(training, precision, batches, [](auto& session, const auto& next) { session.prepare(next); }),
             train(training, precision, batches, [](auto&, const auto&) {}));
}

TEST_CASE("what is prepared waits while other trials are run", "[cuda][race][prepare]") {
  if (test::skipped()) return;
  const test::Training training = test::make(one_case(5, 4));
  const Batches batches = batches_of(training);
  const auto session = test::open(On::device, training), plain = test::open(On::device, training);
  const Record record{.h = true};
  const auto activity = [&record](Session& on, const Trials& trials) {
    on.load(trials);
    on.forward(record, Noise::on);
    return on.read_activity(Quantity::h).data;
  };

  session->prepare(batches[1]);
  CHECK(activity(*session, *batches[0]) == activity(*plain, *batches[0]));
  CHECK(activity(*session, *batches[3]) == activity(*plain, *batches[3]));
  CHECK(activity(*session, *batches[1]) == activity(*plain, *batches[1]));
  CHECK(activity(*session, *batches[1]) == activity(*plain, *batches[1]));
  session->prepare(batches[2]);
  session->write_parameters(training.parameters);
  CHECK(activity(*session, *batches[2]) == activity(*plain, *batches[2]));
}

TEST_CASE("states at points follow the trials that were prepared", "[cuda][race][prepare]") {
  if (test::skipped()) return;
  const test::Training training = test::make(one_case(5, 4));
  const Batches batches = batches_of(training);
  const auto session = test::open(On::device, training), expected = test::open(On::eigen, training);
  const StatePoints points{Eigen::MatrixXd::Constant(33, 2, 0.1), {0, 3}, {1, 0}};

  session->load(*batches[0]);
  session->prepare(batches[3]);
  session->load(*batches[3]);
  expected->load(*batches[3]);

  test::check_error(test::relative_difference(session->advance(points).norm(), expected->advance(points).norm()),
                    test::device_tolerance);
}

TEST_CASE("a training on the device goes on from a checkpoint with the same bits", "[cuda][race][prepare]") {
  if (test::skipped()) return;
  const test::Training training = test::make({.training = {.units = 7, .dale = Dale::none, .noise = Noise::on}});
  const Sines first(training.network, 0.2), second(training.network, 0.4);
  TrainingPlan plan;
  plan.iterations = 8;
  plan.batch = 4;
  plan.log_every = 1;
  plan.validate_every = 3;
  plan.validation_trials = 4;
  plan.checkpoint_every = 1;
  // The first stage ends with the first validation, when a batch of it has been prepared.
  const auto run = [&](const Backend& backend, const TrainingState& state, Keeper& keeper) {
    const TrainingProblem problem{&backend,
                                  &training.network,
                                  {.precision = Precision::float64, .threads = 1, .seed = 5},
                                  {{&first, 0.5}, {&second}}};
    Progress silent;
    return Trainer(problem, plan).run(state, silent, keeper);
  };
  Keeper keeper, other;

  const TrainingState start = start_training(training.network, training.parameters);
  const TrainingOutcome whole = run(test::device(), start, keeper);
  const TrainingOutcome expected = run(test::eigen(), start, other);

  REQUIRE(whole.history.stage == std::vector<std::int64_t>{0, 0, 0, 1, 1, 1, 1, 1});
  for (std::size_t k = 0; k < whole.history.loss.size(); ++k) {
    CHECK_THAT(whole.history.loss[k], WithinRel(expected.history.loss[k], 1e-9));
  }
  REQUIRE(keeper.saved.size() == 8);
  for (const std::size_t k : {1U, 2U, 3U}) {
    Keeper silent;
    const TrainingOutcome rest = run(test::device(), keeper.saved[k], silent);
    test::check_same_bits(rest.last, whole.last);
    CHECK(rest.history.loss == whole.history.loss);
  }
}

TEST_CASE("activity that diverges is found by whoever waits for the device", "[cuda][race][prepare][bad]") {
  if (test::skipped()) return;
  const test::Training training = test::make(one_case(5, 4));
  Trials bad = training.trials;
  bad.inputs(0, 3, 2) = std::numeric_limits<double>::quiet_NaN();
  const auto session = test::open(On::device, training);
  const auto is_found = StartsWith("activity is no longer finite: trial " + std::to_string(bad.ids[3]) + ", step 2");
  const auto message = [&](const std::function<void()>& read) {
    try {
      session->load(bad);
      session->forward({.y = true, .backward_every = 1}, Noise::off);
      read();
    } catch (const RunError& error) {
      return std::string(error.what());
    }
    return std::string();
  };

  CHECK_THAT(message([&] { session->read_activity(Quantity::y); }), is_found);
  CHECK_THAT(message([&] { session->backward(training.loss); }), is_found);
  CHECK_THROWS_AS(session->read_activity(Quantity::y), ShapeError);
  session->load(training.trials);
  session->forward({.y = true}, Noise::off);
  CHECK(session->read_activity(Quantity::y).steps == 4);
}
