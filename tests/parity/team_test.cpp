// Several threads that run one slice together, where there are few trials.

#include "team.hpp"

#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "mrnn/eigen_backend.hpp"
#include "problems.hpp"
#include "training_problems.hpp"

using namespace mrnn;

namespace {

/// Calls lead(team) on this thread while the other members serve.
template <class Lead>
void with_members(Index members, const Lead& lead) {
  eigen::Team team(members);
  for (int run = 0; run < 2; ++run) {  // a team can be used again
    team.begin();
    std::vector<std::thread> others;
    for (Index member = 1; member < members; ++member) others.emplace_back([&, member] { team.serve(member); });
    lead(team);
    team.end();
    for (std::thread& other : others) other.join();
  }
}

/// Large enough that its slices are run by all threads.
Network large_network(double noise) {
  return build_network(test::network_spec({.units = 500, .noise = noise}), 1);
}

}  // namespace

TEST_CASE("every member of a team does its part of every round", "[team]") {
  const Index members = GENERATE(1, 2, 5);
  with_members(members, [&](eigen::Team& team) {
    std::vector<int> done(static_cast<std::size_t>(members), 0);
    for (int round = 1; round <= 100; ++round) {
      team.run([&](Index member) { ++done[static_cast<std::size_t>(member)]; });
      CHECK(done == std::vector<int>(static_cast<std::size_t>(members), round));
    }
  });
}

TEST_CASE("what a member throws reaches the leader, and the team goes on", "[team]") {
  const Index thrower = GENERATE(0, 2);
  with_members(3, [&](eigen::Team& team) {
    const auto part = [&](Index member) {
      if (member == thrower) throw std::runtime_error("no");
    };
    CHECK_THROWS_WITH(team.run(part), "no");
    std::vector<int> done(3, 0);
    team.run([&](Index member) { ++done[static_cast<std::size_t>(member)]; });
    CHECK(done == std::vector<int>(3, 1));
  });
}

TEST_CASE("any number of threads that share a slice gives the same bits", "[team][determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index count = GENERATE(1, 5, 40);
  const Network network = large_network(0.2);
  const Parameters parameters = test::random_parameters(network, 2);
  const Trials trials = test::random_trials(network, count, 7);
  test::RunOptions options{.precision = precision, .noise = Noise::on, .threads = 1};
  const test::Activity one = test::run_eigen(network, parameters, trials, options);

  for (const int threads : {2, 5}) {
    options.threads = threads;
    const test::Activity more = test::run_eigen(network, parameters, trials, options);
    CHECK(more.x.data == one.x.data);
    CHECK(more.h.data == one.h.data);
    CHECK(more.y.data == one.y.data);
  }
}

TEST_CASE("gradients that threads share a slice for have the same bits", "[team][gradient][determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index count = GENERATE(1, 5);
  const Index every = GENERATE(1, 3);
  const test::Training training = test::make_training(
      {.units = 500, .trials = count, .steps = 7, .penalty = "all", .noise = Noise::on, .away_from_kinks = 0.0});
  const test::SessionGradient one =
      test::run_backward(training, {.precision = precision, .threads = 1, .backward_every = every});

  for (const int threads : {2, 3}) {
    const test::SessionGradient more =
        test::run_backward(training, {.precision = precision, .threads = threads, .backward_every = every});
    CHECK(more.terms.total == one.terms.total);
    test::check_same_bits(more.gradient, one.gradient);
  }
}

TEST_CASE("a slice that threads share and that fails is an error, and the session goes on", "[team][bad]") {
  const Network network = large_network(0.0);
  const auto session = eigen::make_backend()->open(network, {.threads = 3});
  session->write_parameters(test::random_parameters(network, 2));
  Trials trials = test::random_trials(network, 4, 6);
  const Trials good = trials;
  trials.stimulus = Sequence(network.units(), 4, 6);
  trials.stimulus(0, 1, 2) = std::numeric_limits<double>::infinity();

  session->load(trials);
  CHECK_THROWS_WITH(session->forward({}, Noise::off), StartsWith("activity is no longer finite: trial "));
  session->load(good);
  CHECK_NOTHROW(session->forward({}, Noise::off));
}
