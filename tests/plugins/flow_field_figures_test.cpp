// How flow fields are drawn.

#include <cmath>

#include "flow_field_subject.hpp"

using namespace test::flow_field;
using test::at;

TEST_CASE("the figures are small multiples of flow over speed and of energy", "[flow_field]") {
  const auto results = test::analyse(two_units(mrnn::Activation::tanh), "flow_field", "num_points = 5");

  REQUIRE(results.figures.size() == 2);
  const mrnn::Figure& flow = results.figures[0];
  CHECK(flow.name == "flow_field");
  CHECK((flow.shared_x && flow.shared_y && flow.shared_colours));
  REQUIRE(flow.panels.size() == 6);
  CHECK(flow.panels[1].title == "t = 20 ms");
  REQUIRE(flow.panels[1].heat_map);
  REQUIRE(flow.panels[1].quiver);
  CHECK(flow.panels[1].quiver->x.size() == 25);
  CHECK_THAT(flow.panels[1].heat_map->values(3, 2), WithinRel(at(results, "speed", {1, 3, 2}), tolerance));
  REQUIRE(flow.panels[1].series.size() == 3);  // the trajectory, where it came from, the state
  CHECK(flow.panels[1].series[0].x.size() == 12);
  CHECK(flow.panels[1].series[1].x.size() == 2);
  CHECK(flow.panels[1].series[1].x[1] == flow.panels[1].series[2].x[0]);
  CHECK(flow.panels[5].series[1].x.size() == 5);
  const mrnn::Figure& energy = results.figures[1];
  CHECK(energy.name == "energy_landscape");
  CHECK(energy.panels[1].heat_map->log);
  CHECK_THAT(energy.panels[1].heat_map->values(3, 2), WithinRel(at(results, "energy", {1, 3, 2}), tolerance));
  for (const double level : energy.panels[1].heat_map->contours) {
    CHECK_THAT(std::log10(level), WithinAbs(std::round(std::log10(level)), tolerance));
  }
  CHECK_FALSE(energy.panels[1].heat_map->contours.empty());
  for (const mrnn::Figure& figure : results.figures) {
    CHECK_THAT(figure.caption, ContainsSubstring("Each panel has the inputs of its own step."));
  }
}

TEST_CASE("a grid that follows the trajectory has axes of its own in each panel", "[flow_field]") {
  const auto results = test::analyse(two_units(mrnn::Activation::tanh), "flow_field", "follow_trajectory = true");

  const mrnn::Figure& flow = results.figures[0];
  CHECK_FALSE((flow.shared_x || flow.shared_y));
  CHECK(flow.panels[0].x.low != flow.panels[3].x.low);
}

TEST_CASE("separate regions have the fields they have alone", "[flow_field]") {
  test::Subject made = two_regions(3, mrnn::Activation::tanh);
  run(made);
  const std::string keys = "num_points = 4\ntime_skip = 6\n";

  const auto both = test::analyse(made, "flow_field", keys + "separate = true");
  const auto ordered = test::analyse(made, "flow_field", keys + "separate = true\nregions = [\"b\", \"a\"]");
  const auto alone = test::analyse(made, "flow_field", keys + "regions = \"b\"");

  for (const char* name : {"mean", "axes", "velocity_x", "energy", "trajectory", "grid_y"}) {
    CAPTURE(name);
    CHECK(test::array(both, std::string("b/") + name).values == test::array(alone, name).values);
    CHECK(test::array(ordered, std::string("b/") + name).values == test::array(alone, name).values);
    CHECK(test::has_array(both, std::string("a/") + name));
  }
  REQUIRE(both.figures.size() == 4);
  CHECK(both.figures[0].name == "flow_field_a");
  CHECK(both.figures[2].title == "Flow field of b");
  CHECK(ordered.figures[0].name == "flow_field_b");
  CHECK_THAT(both.summary.at(1), StartsWith("b, control, trial 0: PC 1"));
}

TEST_CASE("streamlines of a rotation are circles, run the way it turns", "[flow_field]") {
  test::Subject made = two_regions(1, mrnn::Activation::linear);
  // v = alpha (W - I) x / dt: a quarter turn to the left of x.
  put(made.network.recurrent_blocks(), Eigen::Matrix2d{{1.0, -1.0}, {1.0, 1.0}}, made.parameters.recurrent);
  put(made.network.input_blocks(), Eigen::Vector2d::Zero(), made.parameters.input);
  made.parameters.initial_state = Eigen::Vector2d(0.5, -0.5);
  run(made);

  const auto results =
      test::analyse(made, "flow_field", own_axes + "draw = \"streamlines\"\nbounds = [-2, 2, -2, 2]\nnum_points = 9");

  const mrnn::Panel& panel = results.figures[0].panels[0];
  CHECK_FALSE(panel.quiver);
  const mrnn::Series& lines = panel.series[0];
  CHECK(lines.heads == mrnn::Series::Heads::middle);
  CHECK(lines.colour == mrnn::white);
  const Eigen::Vector2d mean(test::array(results, "mean").values.data());
  const auto state = [&](std::size_t i) { return Eigen::Vector2d(Eigen::Vector2d(lines.x[i], lines.y[i]) + mean); };
  std::size_t pieces = 0;
  for (std::size_t i = 0; i + 1 < lines.x.size(); ++i) {
    if (std::isnan(lines.x[i])) ++pieces;
    if (std::isnan(lines.x[i]) || std::isnan(lines.x[i + 1])) continue;
    CHECK(std::abs(lines.x[i]) <= 2.0);
    CHECK_THAT(state(i + 1).norm(), WithinRel(state(i).norm(), 2e-3));
    CHECK(state(i)(0) * state(i + 1)(1) - state(i)(1) * state(i + 1)(0) > 0.0);
  }
  CHECK(pieces > 5);
}

TEST_CASE("the flow is drawn by arrows, by streamlines or by both", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::tanh);
  const auto panel = [&](const std::string& draw) {
    return test::analyse(made, "flow_field", "num_points = 5\ndraw = \"" + draw + "\"").figures[0].panels[0];
  };

  CHECK((panel("arrows").quiver && panel("arrows").series.size() == 3));
  CHECK((!panel("streamlines").quiver && panel("streamlines").series.size() == 4));
  CHECK((panel("both").quiver && panel("both").series.size() == 4));
}

TEST_CASE("an animation has a frame for each step, sixty at most", "[flow_field]") {
  test::Subject made = two_units(mrnn::Activation::tanh);
  run(made, 1, 100);
  const std::string keys = "num_points = 3\nanimate = true\n";

  const auto few = test::analyse(made, "flow_field", keys + "time_skip = 10");
  const auto many = test::analyse(made, "flow_field", keys + "time_skip = 1");

  REQUIRE(few.figures.size() == 3);
  CHECK(few.figures[2].name == "animation");
  CHECK(few.figures[2].frame_seconds > 0.0);
  CHECK(few.figures[2].panels.size() == 10);
  CHECK(few.figures[2].panels[3].title == "t = 300 ms");
  CHECK(many.figures[2].panels.size() == 60);
  CHECK(many.figures[0].panels.size() == 12);
}
