// Lesions of a chain of three units, worked by hand.

#include <cmath>

#include "scan_subject.hpp"

namespace {

using test::at;

constexpr double tolerance = 1e-12;
// h of a is the cue at every step, h of b is 0 at the first step and the cue afterwards; cues are 1 and 0.5.
const double mean_a = 0.75, mean_b = 0.75 * 3.0 / 4.0;
const double rms_a = std::sqrt((1.0 + 0.25) / 2.0), rms_b = rms_a * std::sqrt(3.0 / 4.0);

}  // namespace

TEST_CASE("a lesion scan cuts every connection and region in turn", "[lesion_scan]") {
  const auto results = test::analyse(test::chain(), "lesion_scan", "");

  REQUIRE(test::texts(results, "lesions") == std::vector<std::string>{"a->b", "cue->a", "a", "b"});
  REQUIRE(test::texts(results, "regions") == std::vector<std::string>{"a", "b", "c"});
  CHECK_THAT(at(results, "control_activity", {0}), WithinAbs(mean_a, tolerance));
  CHECK_THAT(at(results, "control_activity", {1}), WithinAbs(mean_b, tolerance));
  CHECK_THAT(at(results, "control_activity", {2}), WithinAbs(1.0, tolerance));
  // a->b cut: a goes on, b falls silent.
  CHECK_THAT(at(results, "activity", {0, 0}), WithinAbs(mean_a, tolerance));
  CHECK_THAT(at(results, "activity", {0, 1}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "activity_change", {0, 0}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "activity_change", {0, 1}), WithinAbs(rms_b, tolerance));
  CHECK_THAT(at(results, "output_change", {0}), WithinAbs(rms_b, tolerance));
  // cue->a cut, or all weights of a: both fall silent.
  for (const mrnn::Index lesion : {1, 2}) {
    CHECK_THAT(at(results, "activity_change", {lesion, 0}), WithinAbs(rms_a, tolerance));
    CHECK_THAT(at(results, "activity_change", {lesion, 1}), WithinAbs(rms_b, tolerance));
  }
  for (mrnn::Index lesion = 0; lesion < 4; ++lesion) CHECK(at(results, "activity_change", {lesion, 2}) == 0.0);
}

TEST_CASE("a lesion scan scores the task, over all trials and by condition", "[lesion_scan]") {
  const auto results = test::analyse(test::chain(), "lesion_scan", "factor = 0.7");

  CHECK(at(results, "control_performance", {}) == 0.5);  // only the high cue is above 0.6
  CHECK(at(results, "control_performance_by_condition", {0}) == 1.0);
  CHECK(at(results, "control_performance_by_condition", {1}) == 0.0);
  CHECK(at(results, "performance", {0}) == 0.5);  // 0.7 is above the threshold, too
  CHECK_THAT(at(results, "activity_change", {0, 1}), WithinAbs(0.3 * rms_b, tolerance));
  const auto cut = test::analyse(test::chain(), "lesion_scan", "connections = \"a->b\"");
  CHECK(at(cut, "performance", {0}) == 0.0);
  CHECK(at(cut, "performance_by_condition", {0, 0}) == 0.0);
  CHECK(cut.summary.front() == "share of trials above threshold without a lesion 0.5, lowest with a->b lesioned: 0");
}

TEST_CASE("a lesion scan of a task without a measure speaks of activity alone", "[lesion_scan]") {
  test::Subject subject = test::chain();
  subject.simulations.front().task = nullptr;

  const auto results = test::analyse(subject, "lesion_scan", "regions = [\"a\", \"b\"]");

  CHECK(!test::has_array(results, "performance"));
  CHECK(test::texts(results, "lesions") == std::vector<std::string>{"a", "b"});
  CHECK(results.summary == std::vector<std::string>{"activity changes most with a lesioned"});
  REQUIRE(results.figures.size() == 1);
  const mrnn::Figure& figure = results.figures.front();
  REQUIRE(figure.panels.size() == 2);
  CHECK(figure.panels[0].title == "Change of outputs");
  CHECK_FALSE(figure.panels[0].x.log);
  CHECK(figure.panels[0].series.front().x ==
        std::vector<double>{at(results, "output_change", {0}), at(results, "output_change", {1})});
  CHECK(figure.panels[1].title == "Change of activity");
}

TEST_CASE("a lesion that changes far more than the others does not hide them", "[lesion_scan]") {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::linear;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) spec.regions.push_back({name, 1});
  spec.connections = {{"a", "b"}, {"c", "d"}, {"d", "e"}, {"e", "f"}};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.parameters.initial_state.setOnes();
  made.parameters.initial_state(0) = 1e4;
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 1, 3))};

  const mrnn::Panel wide = test::analyse(made, "lesion_scan", "").figures.front().panels.back();
  made.parameters.initial_state.setOnes();
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 1, 3))};
  const mrnn::Panel even = test::analyse(made, "lesion_scan", "").figures.front().panels.back();

  CHECK(wide.heat_map->log);
  CHECK(*wide.heat_map->low > 0.0);
  CHECK(wide.heat_map->values.minCoeff() == *wide.heat_map->low);  // no change: the colour of the smallest
  CHECK_FALSE(even.heat_map->log);
  CHECK(*even.heat_map->low == 0.0);
}

TEST_CASE("a lesion scan leaves the simulation as it was", "[lesion_scan]") {
  const test::Subject subject = test::chain();
  const auto before = std::get<mrnn::Sequence>(subject.simulations.front().h).data;

  test::analyse(subject, "lesion_scan", "");

  CHECK(std::get<mrnn::Sequence>(subject.simulations.front().h).data == before);
  CHECK(subject.simulations.front().trials.interventions.empty());
}

TEST_CASE("mistakes in a lesion scan are found", "[lesion_scan]") {
  const test::Subject subject = test::chain();
  const auto mistake = [&](const std::string& keys) { return test::mistake(subject, "lesion_scan", keys); };

  CHECK(mistake("factor = 1") == "x.toml:2:10: factor: is 1, which changes nothing; 0 removes the weights");
  CHECK(mistake("simulation = [\"control\", \"other\"]") ==
        "x.toml:2:14: simulation: names several; lesions are made in one simulation");
  CHECK_THAT(mistake("connections = \"a->c\""),
             ContainsSubstring("there is no connection \"a->c\"; the network has a->b, cue->a"));
  CHECK_THAT(mistake("regions = \"bb\""), ContainsSubstring("no region called \"bb\""));
  CHECK_THAT(mistake("regions = \"c\""),
             ContainsSubstring("there is nothing to lesion: \"c\" has no weights into it or out of it"));
  CHECK_THAT(mistake("by = \"side\""), ContainsSubstring("no per-trial metadata called \"side\""));
}

TEST_CASE("of many lesions those of regions and the strongest of connections are drawn", "[lesion_scan]") {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::linear;
  for (char name = 'a'; name < 'a' + 9; ++name) spec.regions.push_back({std::string(1, name), 1});
  for (const mrnn::Region& from : spec.regions) {
    for (const mrnn::Region& to : spec.regions) {
      if (from.name != to.name) spec.connections.push_back({from.name, to.name});
    }
  }
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.parameters.initial_state.setOnes();
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 1, 3))};

  const auto results = test::analyse(made, "lesion_scan", "");

  const mrnn::Figure& figure = results.figures.front();
  REQUIRE(figure.panels.back().y.names.size() == 60);
  CHECK(figure.panels.back().y.names.back().words == "i");
  CHECK(figure.panels.back().heat_map->values.rows() == 60);
  CHECK_THAT(figure.caption,
             EndsWith("Only 60 of 81 lesions are drawn: those of regions, and of connections those that "
                      "change activity most."));
}
