// Several threads that run one slice together, where there are few trials. That bits do not depend on them is tested
// in determinism_test.cpp and gradient_bits_test.cpp.

#include "team.hpp"

#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"
#include "problems.hpp"

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

TEST_CASE("a slice that threads share and that fails is an error, and the session goes on", "[team][bad]") {
  const Network network = build_network(test::network_spec({.units = 500}), 1);
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
