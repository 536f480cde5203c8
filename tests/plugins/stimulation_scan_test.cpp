// Stimulation of a chain of three units, worked by hand.

#include <cmath>

#include "scan_subject.hpp"

namespace {

using test::at;

constexpr double tolerance = 1e-12;

}  // namespace

TEST_CASE("a stimulation scan adds each strength to each region at each onset", "[stimulation_scan]") {
  const auto results =
      test::analyse(test::chain(), "stimulation_scan", "strengths = [-2, 1]\nonsets = [0, 20]\nduration = 20");

  REQUIRE(test::array(results, "activity_change").shape == std::vector<mrnn::Index>{3, 2, 2, 3});
  CHECK(test::texts(results, "stimulated") == std::vector<std::string>{"a", "b", "c"});
  // Two of four steps of unit a differ by the strength; b follows one step later.
  CHECK_THAT(at(results, "activity_change", {0, 0, 0, 0}), WithinAbs(2.0 * std::sqrt(2.0 / 4.0), tolerance));
  CHECK_THAT(at(results, "activity_change", {0, 1, 0, 1}), WithinAbs(std::sqrt(2.0 / 4.0), tolerance));
  CHECK_THAT(at(results, "activity_change", {0, 1, 1, 1}), WithinAbs(std::sqrt(1.0 / 4.0), tolerance));
  CHECK_THAT(at(results, "output_change", {0, 1, 1}), WithinAbs(std::sqrt(1.0 / 4.0), tolerance));
  CHECK(at(results, "activity_change", {2, 1, 0, 0}) == 0.0);
  CHECK_THAT(at(results, "activity_change", {2, 1, 0, 2}), WithinAbs(std::sqrt(2.0 / 4.0), tolerance));
}

TEST_CASE("a stimulation scan scores the task by condition", "[stimulation_scan]") {
  const auto results =
      test::analyse(test::chain(), "stimulation_scan", "strengths = [-1, 1]\nregions = \"b\"\nonsets = 30");

  // The last step of b decides: 1 and 0.5, plus or minus 1.
  CHECK(at(results, "control_performance", {}) == 0.5);
  CHECK(at(results, "performance", {0, 0, 0}) == 0.0);
  CHECK(at(results, "performance", {0, 1, 0}) == 1.0);
  CHECK(at(results, "performance_by_condition", {0, 1, 0, 1}) == 1.0);
  CHECK(at(results, "control_performance_by_condition", {1}) == 0.0);
  CHECK(results.summary.front() ==
        "share of trials above threshold without stimulation 0.5, lowest with b with -1 from 30 ms: 0");
}

TEST_CASE("a stimulation scan groups trials by other metadata", "[stimulation_scan]") {
  test::Subject made = test::chain();
  made.simulations.front().trials.numbers["cue"] = {1.0, 0.5};

  const auto results = test::analyse(made, "stimulation_scan", "strengths = 1\nby = \"cue\"");

  CHECK(test::texts(results, "conditions") == std::vector<std::string>{"0.5", "1"});
}

TEST_CASE("onsets follow each other where none are given", "[stimulation_scan]") {
  const auto results = test::analyse(test::chain(), "stimulation_scan", "strengths = 1\nduration = 15");

  // 15 ms from 0 and 15 ms on; 30 ms would reach beyond the 40 ms of the run.
  CHECK(test::array(results, "onsets").values == std::vector<double>{0.0, 15.0});
}

TEST_CASE("a fraction of the units is stimulated, the same at every strength", "[stimulation_scan]") {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::linear;
  spec.dynamics = mrnn::Dynamics::elman;
  mrnn::Region region;
  region.name = "a";
  region.units = 8;
  spec.regions = {region};
  test::Subject subject{mrnn::build_network(spec, 1), {}};
  subject.parameters = mrnn::initial_parameters(subject.network, 1);
  subject.simulations = {test::simulate(subject, "control", mrnn::blank_trials(0, 1, 1))};

  const auto results = test::analyse(subject, "stimulation_scan", "strengths = [1, 2]\nfraction = 0.25\nduration = 10");

  CHECK_THAT(at(results, "activity_change", {0, 0, 0, 0}), WithinAbs(std::sqrt(2.0 / 8.0), tolerance));
  CHECK_THAT(at(results, "activity_change", {0, 1, 0, 0}), WithinAbs(2.0 * std::sqrt(2.0 / 8.0), tolerance));
  CHECK(!test::has_array(results, "output_change"));
}

TEST_CASE("a stimulation longer than the run lasts to its end", "[stimulation_scan]") {
  const auto whole = test::analyse(test::chain(), "stimulation_scan", "strengths = 1\nduration = 40");
  const auto beyond = test::analyse(test::chain(), "stimulation_scan", "strengths = 1\nduration = 1e300");

  CHECK(test::array(beyond, "activity_change").values == test::array(whole, "activity_change").values);
}

TEST_CASE("mistakes in a stimulation scan are found", "[stimulation_scan]") {
  const test::Subject subject = test::chain();
  const auto mistake = [&](const std::string& keys) { return test::mistake(subject, "stimulation_scan", keys); };

  CHECK_THAT(mistake(""), ContainsSubstring("strengths: is missing"));
  CHECK_THAT(mistake("strengths = 1\nsimulation = [\"control\", \"other\"]"),
             ContainsSubstring("simulation: names several; one simulation is stimulated"));
  CHECK_THAT(mistake("strengths = []"), ContainsSubstring("strengths: is an empty list; the drive to add is needed"));
  CHECK_THAT(mistake("strengths = 1\nonsets = []"), ContainsSubstring("onsets: is an empty list"));
  CHECK_THAT(mistake("strengths = 1\nonsets = -5"), ContainsSubstring("onsets: has -5; times in ms from the start"));
  CHECK_THAT(mistake("strengths = 1\nonsets = 40"),
             ContainsSubstring("onsets: has 40 ms, but simulation \"control\" ends at 40 ms"));
  CHECK_THAT(mistake("strengths = 1\nduration = 2"),
             ContainsSubstring("duration: is 2 ms, less than half a step of 10 ms"));
  CHECK_THAT(mistake("strengths = 1\nfraction = 0.1"),
             ContainsSubstring("fraction: is 0.1, which leaves none of the 1 units of \"a\""));
  CHECK_THAT(mistake("strengths = 1\nregions = \"d\""), ContainsSubstring("no region called \"d\""));
}
