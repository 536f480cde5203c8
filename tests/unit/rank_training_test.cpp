// Several ranks train one network, on a model that is worked by hand: see trainer_test.cpp.

#include <algorithm>

#include "catch.hpp"
#include "fake_training.hpp"
#include "mrnn/progress.hpp"
#include "mrnn/trainer.hpp"
#include "rank_threads.hpp"

using namespace mrnn;

namespace {

using Texts = std::vector<std::string>;

/// What one rank has, and what came of it.
struct Member {
  Network network = test::fake_network();
  test::FakeBackend backend;
  test::FakeTask task{1.0};
  TrainingPlan plan = test::small_plan();
  TrainingOutcome outcome;

  Member() {
    plan.batch = 5;
    plan.validate_every = plan.validation_trials = 2;
  }
};

/// Trains them together. @param stopped  the rank that is asked to stop, after two iterations
Texts train(std::vector<Member>& members, int stopped = -1) {
  return test::run_ranks(static_cast<int>(members.size()), [&](Ranks& ranks) {
    Member& own = members[static_cast<std::size_t>(ranks.rank())];
    const TrainingProblem problem{&own.backend, &own.network, SessionOptions{.seed = 7}, {{&own.task}}, {}, &ranks};
    test::StopAfter progress(ranks.rank() == stopped ? 2 : own.plan.iterations + 1);
    own.outcome = Trainer(problem, own.plan).run(initial_parameters(own.network, 0), progress);
  });
}

}  // namespace

TEST_CASE("ranks share the trials of a batch, and all know what came of the whole", "[ranks]") {
  std::vector<Member> members(3);

  CHECK(train(members) == Texts(3));

  std::vector<std::uint64_t> ids;
  for (const Member& member : members) {
    const std::vector<std::uint64_t>& own = member.backend.seen.trained.at(1).ids;
    ids.insert(ids.end(), own.begin(), own.end());
    const TrainingHistory& history = member.outcome.history;
    CHECK(member.outcome.last.readout_bias[0] == 15.0 / 16.0);
    CHECK(history.iteration == std::vector<std::int64_t>{1, 2, 4});
    REQUIRE(history.loss.size() == 3);
    CHECK_THAT(history.loss[1], WithinRel(1.0 / 4.0, 1e-14));
    CHECK(history.terms.at(0).first == "mse");
    CHECK(history.terms.at(0).second == history.loss);
    CHECK(history.performance == std::vector<double>{0.0, 0.5, 0.875});
    CHECK(history.validation_performance == std::vector<double>{0.75, 0.9375});
    CHECK_THAT(history.validation_loss.at(1), WithinRel(1.0 / 256.0, 1e-14));
  }
  const std::uint64_t training = std::uint64_t{1} << 54;
  CHECK(ids == std::vector<std::uint64_t>{training + 5, training + 6, training + 7, training + 8, training + 9});
}

TEST_CASE("a rank without validation trials waits for those that have some", "[ranks]") {
  std::vector<Member> members(3);

  CHECK(train(members) == Texts(3));

  CHECK(members[0].backend.seen.validated.empty());  // two trials of three ranks
  CHECK(members[1].backend.seen.validated.size() == 2);
  CHECK(members[2].backend.seen.validated.size() == 2);
}

TEST_CASE("where one rank is asked to stop, all stop after the same iteration", "[ranks]") {
  std::vector<Member> members(2);

  const Texts thrown = train(members, 1);

  for (const std::string& text : thrown) {
    CHECK(text == "training interrupted after iteration 2; no checkpoint was saved");
  }
}

TEST_CASE("what fails on one rank fails on all, with the rank's name", "[ranks]") {
  std::vector<Member> members(2);
  const auto with_text = [&](const std::string& problem) {
    const Texts thrown = train(members);
    CHECK_THAT(thrown[0], StartsWith("training failed in iteration 2: rank 1: " + problem + "; the last finite loss"));
    CHECK_THAT(thrown[1], StartsWith("training failed in iteration 2: " + problem + "; the last finite loss"));
  };

  SECTION("a loss") {
    members[1].backend.diverges.loss = 2;
    with_text("the loss is nan");
  }
  SECTION("trials") {
    members[1].task.fails_from = 5;
    with_text("there are no more trials");
  }
}

TEST_CASE("ranks whose networks drift apart are found out", "[ranks]") {
  std::vector<Member> members(2);
  members[1].plan.rate = 0.2;

  const Texts thrown = train(members);

  for (const std::string& text : thrown) {
    CHECK_THAT(text,
               StartsWith("the network as trained of rank 1 is not that of rank 0; all ranks are to be the same"));
  }
}
