// What ranks make of their shares of a batch adds up to what one process makes of the whole.

#include "train/share.hpp"

#include <limits>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "parameter_groups.hpp"
#include "rank_threads.hpp"
#include "training_problems.hpp"

using namespace mrnn;

namespace {

/// What each rank has after all have summed what they found for their shares.
std::vector<test::SessionGradient> by_ranks(int count, const test::Training& training) {
  std::vector<test::SessionGradient> all(static_cast<std::size_t>(count));
  const auto whole = std::make_shared<const Trials>(training.trials);
  const std::vector<std::string> thrown = test::run_ranks(count, [&](Ranks& ranks) {
    const Share share = share_of(training.network, training.loss, whole, ranks);
    test::Training own = training;
    own.trials = *share.trials;
    own.loss = share.loss;
    test::SessionGradient found = test::run_backward(own, {.threads = 1});
    sum_over(ranks, training.network, training.loss, found.terms, found.gradient);
    all[static_cast<std::size_t>(ranks.rank())] = std::move(found);
  });
  CHECK(thrown == std::vector<std::string>(static_cast<std::size_t>(count)));
  return all;
}

bool near(double a, double b) {
  return std::abs(a - b) <= 1e-11 * std::max(std::abs(b), 1e-6);
}

void check_same(test::SessionGradient found, test::SessionGradient expected) {
  CHECK(near(found.terms.total, expected.terms.total));
  REQUIRE(found.terms.terms.size() == expected.terms.terms.size());
  for (std::size_t k = 0; k < found.terms.terms.size(); ++k) {
    CAPTURE(expected.terms.terms[k].first);
    CHECK(found.terms.terms[k].first == expected.terms.terms[k].first);
    CHECK(near(found.terms.terms[k].second, expected.terms.terms[k].second));
  }
  const auto groups = test::parameter_groups(found.gradient), wanted = test::parameter_groups(expected.gradient);
  for (std::size_t k = 0; k < groups.size(); ++k) {
    CAPTURE(groups[k].name);
    const double size = std::max(wanted[k].copy().norm(), 1e-6);
    CHECK((groups[k].copy() - wanted[k].copy()).norm() <= 1e-11 * size);
  }
}

}  // namespace

TEST_CASE("losses and gradients of shares add up to those of the batch", "[share]") {
  const std::string mask = GENERATE("none", "random", "hole", "single");
  const std::string penalty = GENERATE("none", "l1_weights", "l2_weights", "l1_rates", "l2_rates", "wiring");
  const int ranks = GENERATE(2, 3, 5);
  const bool odd = mask == "random";
  CAPTURE(mask, penalty, ranks);
  test::TrainingChoice choice{.units = 9, .trials = 5, .steps = 4, .penalty = penalty, .mask = mask};
  choice.noise = Noise::on;
  choice.interventions = choice.initial_per_trial = choice.stimulus = odd;
  const test::Training training = test::make_training(choice);

  const std::vector<test::SessionGradient> found = by_ranks(ranks, training);

  check_same(found.front(), test::run_backward(training, {.threads = 1}));
}

TEST_CASE("targets that are no numbers where nothing is asked do not reach the sum", "[share]") {
  test::Training training = test::make_training({.units = 9, .trials = 4, .steps = 4, .mask = "random"});
  // Nothing is asked of the last two trials, which are all that the second rank has.
  for (Index step = 0; step < training.trials.steps; ++step) {
    training.trials.mask.at(step).rightCols(2).setZero();
    training.trials.targets.at(step).rightCols(2).setConstant(std::numeric_limits<double>::quiet_NaN());
  }

  const std::vector<test::SessionGradient> found = by_ranks(2, training);

  check_same(found.front(), test::run_backward(training, {.threads = 1}));
}

TEST_CASE("shares are trials next to each other, of one number or one more", "[share]") {
  const test::Training training = test::make_training({.units = 4, .trials = 7, .steps = 2});
  std::vector<std::vector<std::uint64_t>> ids(3);
  const auto whole = std::make_shared<const Trials>(training.trials);

  test::run_ranks(3, [&](Ranks& ranks) {
    ids[static_cast<std::size_t>(ranks.rank())] = share_of(training.network, training.loss, whole, ranks).trials->ids;
  });

  std::vector<std::uint64_t> joined;
  for (const auto& own : ids) {
    CHECK((own.size() == 2 || own.size() == 3));
    joined.insert(joined.end(), own.begin(), own.end());
  }
  CHECK(joined == training.trials.ids);
}

TEST_CASE("one rank has the batch itself, and the loss as it is", "[share]") {
  const test::Training training = test::make_training({.units = 4, .trials = 3, .steps = 2, .penalty = "all"});
  const auto whole = std::make_shared<const Trials>(training.trials);

  const Share share = share_of(training.network, training.loss, whole, Ranks());

  CHECK(share.trials == whole);
  CHECK(share.loss.penalties.rate_target == training.loss.penalties.rate_target);
}

TEST_CASE("the performance of a batch is the mean of the scores that count, on whatever rank", "[share]") {
  const std::vector<std::string> thrown = test::run_ranks(3, [](Ranks& ranks) {
    // Two trials of three ranks: the first has none.
    const Index first = 2 * ranks.rank() / 3, count = 2 * (ranks.rank() + 1) / 3 - first;
    const Share share{std::make_shared<const Trials>(blank_trials(0, count, 1)), {}, first, 2};
    Scores own;
    own.score = Eigen::VectorXd::Constant(count, ranks.rank() == 1 ? 0.5 : 1.0);
    if (performance_over(ranks, share, own) != 0.75) throw RunError("another performance");
    const Scores none;
    if (performance_over(ranks, share, ranks.rank() == 1 ? none : own) != 1.0) throw RunError("one of no measure");
    if (!std::isnan(performance_over(ranks, share, none))) throw RunError("a performance of nothing");
  });

  CHECK(thrown == std::vector<std::string>(3));
}

TEST_CASE("penalties that are of a whole batch cannot be shared", "[share]") {
  TrainingPlan plan;
  plan.batch = 2;
  plan.loss.penalties.l2_rates = 1.0;
  const auto check = [&plan](int count) {
    return test::run_ranks(count, [&plan](Ranks& ranks) { check_can_share(ranks, plan); }).front();
  };
  CHECK(check(2).empty());
  CHECK(check(3) == "train.batch: is 2, fewer trials than the 3 ranks that are to share them");
  plan.loss.penalties.rate_target = 0.1;
  CHECK(check(1).empty());
  CHECK(check(2) ==
        "train.penalties.rate_target: is of all trials of a batch together, so several ranks cannot share "
        "it; without it, or in one process, the network can be trained");
}
