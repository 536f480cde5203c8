// What the figures of currents show.

#include <cmath>

#include "currents_subject.hpp"

using mrnn::Index;
using test::at;
using namespace test::currents;

TEST_CASE("means of few trials are left out of the figures of currents, and the caption says so", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.front().trials.epochs.push_back({"go", {1, 2}, {3, 3}});
  const std::string keys = "align = \"go\"\nwindow = [-20, 10]\n";

  const auto two = test::analyse(made, "currents", keys);
  const auto one = test::analyse(made, "currents", keys + "min_trials = 1");

  CHECK(test::array(two, "counts").values == std::vector<double>{1.0, 2.0, 2.0});
  const std::vector<double>& drawn = two.figures.front().panels[1].series.front().y;
  CHECK(std::isnan(drawn[0]));
  CHECK(drawn[1] == at(two, "norm", {0, 1, 0, 1}));
  CHECK_THAT(two.figures.front().caption, EndsWith("Means of fewer than 3 trials are left out where a condition has "
                                                   "more at other times."));
  CHECK(one.figures.front().panels[1].series.front().y[0] == at(one, "norm", {0, 1, 0, 0}));
  CHECK_THAT(one.figures.front().caption, EndsWith("share their scale."));
}

TEST_CASE("long names of regions are told apart in the titles of currents", "[currents]") {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::linear;
  spec.regions = {{"primary_visual_cortex_left", 1}, {"primary_visual_cortex_right", 1}};
  spec.connections = {{"primary_visual_cortex_left", "primary_visual_cortex_right"}};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.parameters.initial_state.setOnes();
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 1, 5))};

  const auto results = test::analyse(made, "currents", "");

  CHECK(results.figures.front().panels[1].title == "primary_v\u2026tex_left to primary_v\u2026ex_right");
}

TEST_CASE("there is a panel for every target and source, in the colour of the source", "[currents]") {
  const test::Subject made = with_activity();
  const mrnn::AnalysisResults results = test::analyse(made, "currents", "");

  REQUIRE(results.figures.size() == 3);
  const mrnn::Figure& norms = results.figures[0];
  CHECK(norms.columns == 4);
  REQUIRE(norms.panels.size() == 8);  // the unused input reaches nothing
  CHECK(norms.panels[1].title == "b to a");
  CHECK(norms.panels[4].title == "a to b");
  CHECK(norms.panels[1].series.front().colour == mrnn::region_colour(made.network, "b"));
  CHECK(norms.panels[0].texts.front().words == "no current");
  CHECK(norms.panels[1].y.high == norms.panels[2].y.high);  // of a row
  CHECK(results.figures[1].name == "current_components");
  CHECK(results.figures[2].panels.front().heat_map->values(1, 1) == at(results, "share", {0, 1}));
}

TEST_CASE("where most pairs have no current, only those that have are drawn", "[currents]") {
  const mrnn::AnalysisResults results = test::analyse(with_everything(mrnn::Dynamics::leaky), "currents", "");
  mrnn::NetworkSpec chain;
  chain.activation = mrnn::Activation::linear;
  chain.regions = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
  chain.connections = {{"a", "b"}, {"b", "c"}, {"c", "d"}};
  test::Subject sparse{mrnn::build_network(chain, 1), {}};
  sparse.parameters = mrnn::initial_parameters(sparse.network, 1);
  sparse.parameters.initial_state.setOnes();
  sparse.simulations = {test::simulate(sparse, "control", mrnn::blank_trials(0, 1, 5))};

  const mrnn::AnalysisResults few = test::analyse(sparse, "currents", "");

  CHECK(results.figures.front().panels.size() == 21);
  CHECK(results.figures.front().title == "Currents, |C| (a.u.), by target (rows) and source (columns)");
  REQUIRE(few.figures.front().panels.size() == 3);
  CHECK(few.figures.front().panels[2].title == "c to d");
  CHECK(few.figures.front().title == "Currents by target and source");
}

TEST_CASE("a wide matrix of currents names sources above, targets beside it", "[currents]") {
  const mrnn::AnalysisResults results = test::analyse(with_everything(mrnn::Dynamics::leaky), "currents", "");

  const mrnn::Figure& figure = results.figures.front();
  REQUIRE(figure.columns == 7);
  CHECK((figure.shared_x && figure.rows_share_y && !figure.letters));
  CHECK(figure.panels[0].title == test::texts(results, "sources")[0]);
  CHECK(figure.panels[7].title.empty());
  CHECK(figure.panels[7].y.label == "to " + test::texts(results, "targets")[1]);
  for (std::size_t k = 0; k < figure.panels.size(); ++k) {
    CHECK(figure.panels[k].axes);
    CHECK_FALSE(figure.panels[k].series.empty());
    const bool none = at(results, "share", {mrnn::Index(k) / 7, mrnn::Index(k) % 7}) == 0.0;
    CHECK((figure.panels[k].series.front().colour == mrnn::light_grey) == none);
  }
}

TEST_CASE("a condition that has no values in the window has no name in the key", "[currents]") {
  test::Subject made = with_activity();
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.epochs.push_back({"go", {1, -1}, {3, -1}});
  trials.texts["condition"] = {"go", "catch"};
  const auto names = [&](const std::string& keys) {
    std::vector<std::string> named;
    const mrnn::AnalysisResults results = test::analyse(made, "currents", keys);
    for (const mrnn::Panel& panel : results.figures.front().panels) {
      for (const mrnn::Series& series : panel.series) {
        if (!series.label.empty()) named.push_back(series.label);
      }
    }
    return named;
  };

  CHECK(names("min_trials = 1") == std::vector<std::string>{"catch", "go"});
  CHECK(names("min_trials = 1\nalign = \"go\"") == std::vector<std::string>{"go"});
}
