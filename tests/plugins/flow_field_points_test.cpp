// The fixed points that a flow field shows.

#include <cmath>

#include "flow_field_subject.hpp"

using namespace test::flow_field;
using test::at;

TEST_CASE("a fixed point of a linear network is where its drive and its leak are equal", "[flow_field]") {
  const auto results = test::analyse(two_units(mrnn::Activation::linear), "flow_field",
                                     own_axes + "fixed_points = true\nnum_points = 5\ntime_skip = 4");

  REQUIRE(test::array(results, "fixed_points").shape == std::vector<Index>{3, 2});  // one at each step
  CHECK(test::array(results, "fixed_points_step").values == std::vector<double>{0.0, 4.0, 8.0});
  // (I - W)^-1 (W_in u + b) with det(I - W) = 1.375 and, at step 4, u = 1.4: W_in u + b = (1.6, -2.7).
  CHECK_THAT(at(results, "fixed_points", {1, 0}), WithinRel((0.75 * 1.6 + 2.7) / 1.375, tolerance));
  CHECK_THAT(at(results, "fixed_points", {1, 1}), WithinRel((1.6 - 0.5 * 2.7) / 1.375, 1e-10));
  CHECK(at(results, "fixed_points_unstable_modes", {1}) == 0.0);
  CHECK(at(results, "fixed_points_q", {1}) < 1e-20);
  CHECK_THAT(at(results, "fixed_points_off_plane", {1}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "fixed_points_place", {1, 0}),
             WithinRel(at(results, "fixed_points", {1, 0}) - at(results, "mean", {0}), tolerance));
  CHECK(results.summary.at(1) == "fixed points: at 0 ms 1 (1 stable), at 40 ms 1 (1 stable), at 80 ms 1 (1 stable)");
  const mrnn::Series& stable = results.figures[0].panels[1].series.at(3);
  CHECK(stable.label == "stable fixed point");
  CHECK_THAT(stable.x.at(0), WithinRel(at(results, "fixed_points_place", {1, 0}), tolerance));
}

TEST_CASE("all fixed points of two bistable units are found, with their unstable modes", "[flow_field]") {
  test::Subject made = two_regions(1, mrnn::Activation::tanh);
  put(made.network.recurrent_blocks(), 2.0 * Eigen::Matrix2d::Identity(), made.parameters.recurrent);
  put(made.network.input_blocks(), Eigen::Vector2d::Zero(), made.parameters.input);
  made.parameters.initial_state = Eigen::Vector2d(0.1, -0.2);
  run(made);

  const auto results = test::analyse(
      made, "flow_field", own_axes + "fixed_points = true\nbounds = [-3, 3, -3, 3]\nstart = 20.0\nstop = 30.0");

  // x = 2 tanh(x) at 0 and +-1.9150080481545: each unit at 0 is unstable, (1 - 0.1) + 0.1 * 2 > 1.
  constexpr double away = 1.9150080481545375;
  REQUIRE(test::array(results, "fixed_points").shape == std::vector<Index>{9, 2});
  std::vector<int> found(9, 0);
  for (Index p = 0; p < 9; ++p) {
    Index place = 0, unstable = 0;
    for (Index unit = 0; unit < 2; ++unit) {
      const double x = at(results, "fixed_points", {p, unit});
      const double nearest = std::abs(x) < 1.0 ? 0.0 : std::copysign(away, x);
      CHECK_THAT(x, WithinAbs(nearest, 1e-9));
      place = 3 * place + (nearest > 0.0 ? 2 : nearest < 0.0 ? 0 : 1);
      unstable += nearest == 0.0 ? 1 : 0;
    }
    ++found.at(static_cast<std::size_t>(place));
    CHECK(at(results, "fixed_points_unstable_modes", {p}) == static_cast<double>(unstable));
  }
  CHECK(found == std::vector<int>(9, 1));
  CHECK(results.summary.at(1) == "fixed points: at 20 ms 9 (4 stable)");
  CHECK(results.figures[0].panels[0].series.at(3).x.size() == 4);
  const mrnn::Series& rings = results.figures[0].panels[0].series.at(4);
  CHECK(rings.x.size() == 5);
  CHECK(rings.open);
}

TEST_CASE("linearised, there is one fixed point, that of the tangent", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::tanh);

  const auto results =
      test::analyse(made, "flow_field", own_axes + "fixed_points = true\nlinearize = true\nstart = 30.0\nstop = 40.0");

  REQUIRE(test::array(results, "fixed_points").shape == std::vector<Index>{1, 2});
  const Eigen::Vector2d start = made.simulations.front().state(made.network, made.parameters, 0, 2);
  const Eigen::Vector2d state(at(results, "fixed_points", {0, 0}), at(results, "fixed_points", {0, 1}));
  const Eigen::Vector2d h = start.array().tanh();
  const Eigen::Vector2d tangent = h.array() + (1.0 - h.array().square()) * (state - start).array();
  CHECK(velocity(state, tangent, 1.3).norm() < 1e-10);
}

TEST_CASE("a network that drifts has no fixed point, and it is said", "[flow_field]") {
  test::Subject made = two_units(mrnn::Activation::linear);
  put(made.network.recurrent_blocks(), Eigen::Matrix2d::Identity(), made.parameters.recurrent);
  run(made);  // x+ = x + alpha (W_in u + b)

  const auto results =
      test::analyse(made, "flow_field",
                    own_axes + "fixed_points = true\nnum_points = 3\nstart = 0.0\nstop = 10.0\nbounds = [0, 1, 0, 1]");

  CHECK(test::array(results, "fixed_points").shape == std::vector<Index>{0, 2});
  CHECK(results.summary.at(1) == "fixed points: at 0 ms none");
}

TEST_CASE("fixed points of regions are those with the other units where they are in the trial", "[flow_field]") {
  test::Subject made = two_regions(2, mrnn::Activation::linear);
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(4, 4);
  weights(0, 2) = 1.0;  // from the first unit of b to the first of a
  put(made.network.recurrent_blocks(), weights, made.parameters.recurrent);
  put(made.network.input_blocks(), Eigen::MatrixXd::Ones(4, 1), made.parameters.input);
  run(made);

  const auto results = test::analyse(made, "flow_field",
                                     "regions = \"a\"\n" + own_axes + "fixed_points = true\nstart = 50.0\nstop = 60.0");

  const double sent = made.simulations.front().state(made.network, made.parameters, 0, 4)(2);
  REQUIRE(test::array(results, "fixed_points").shape == std::vector<Index>{1, 2});
  CHECK_THAT(at(results, "fixed_points", {0, 0}), WithinRel(1.5 + sent, 1e-10));
  CHECK_THAT(at(results, "fixed_points", {0, 1}), WithinRel(1.5, 1e-10));
}

TEST_CASE("fixed points of an earlier analysis are shown at the steps with their inputs", "[flow_field]") {
  test::Subject made = two_units(mrnn::Activation::tanh);
  mrnn::AnalysisResults found;
  // Three points; the network's units in the other order; the inputs of steps 4, 8 and of none.
  found.add("x", Eigen::MatrixXd{{0.1, 1.0}, {0.2, 2.0}, {0.3, 3.0}}, {"point", "unit"}, "a.u.", "");
  found.add("units", Eigen::Vector2d(1.0, 0.0), {"unit"}, "1", "");
  found.add("input", Eigen::Vector3d(1.4, 1.8, 5.0), {"point", "channel"}, "a.u.", "");
  found.add("q", Eigen::Vector3d(1e-30, 2e-30, 3e-30), {"point"}, "a.u.", "");
  found.add("unstable_modes", Eigen::Vector3d(0.0, 2.0, 1.0), {"point"}, "1", "");
  made.earlier = {{"fp", &found}};
  const std::string keys = own_axes + "fixed_points_of = \"fp\"\nnum_points = 3\ntime_skip = 4";

  const auto results = test::analyse(made, "flow_field", keys);

  CHECK(test::array(results, "fixed_points_step").values == std::vector<double>{4.0, 8.0});
  CHECK(test::array(results, "fixed_points").values == std::vector<double>{1.0, 0.1, 2.0, 0.2});
  CHECK(test::array(results, "fixed_points_unstable_modes").values == std::vector<double>{0.0, 2.0});
  CHECK(test::array(results, "fixed_points_q").values == std::vector<double>{1e-30, 2e-30});

  found.arrays[1].values = {1.0, 7.0};
  CHECK_THROWS_WITH(test::analyse(made, "flow_field", keys),
                    "analysis \"fp\" did not search in unit 0, which the plane has; its regions must hold those of the "
                    "flow field");
  made.earlier = {{"fp", nullptr}};
  CHECK_THROWS_WITH(test::analyse(made, "flow_field", keys), "analysis \"fp\", whose results are looked at, failed");
}
