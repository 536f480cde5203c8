// Flow fields against their closed form.

#include <cmath>

#include "analysis_run.hpp"
#include "made_activity.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-12;
constexpr double alpha = 0.1;  // dt / tau
constexpr double dt = 10.0;    // ms
const std::string own_axes = "axis_x = [1, 0]\naxis_y = [0, 1]\n";

/// Regions a and b of `units` each, all to all, one input channel to both, trials of 12 steps of a constant input.
test::Subject two_regions(Index units, mrnn::Activation activation) {
  mrnn::NetworkSpec spec;
  spec.activation = activation;
  spec.dt = dt;
  spec.tau = dt / alpha;
  mrnn::Region a, b;
  a.name = "a";
  b.name = "b";
  a.units = b.units = units;
  spec.regions = {a, b};
  spec.inputs = {{"cue", 1}};
  mrnn::Connection connection;
  for (const char* from : {"a", "b", "cue"}) {
    for (const char* to : {"a", "b"}) {
      connection.from = from;
      connection.to = to;
      spec.connections.push_back(connection);
    }
  }
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  return made;
}

void run(test::Subject& subject, Index count = 2, Index steps = 12) {
  mrnn::Trials trials = mrnn::blank_trials(1, count, steps);
  for (Index step = 0; step < steps; ++step) {
    for (Index trial = 0; trial < count; ++trial)
      trials.inputs(0, trial, step) = 1.0 + double(trial) + 0.1 * double(step);
  }
  subject.simulations = {test::simulate(subject, "control", trials)};
}

void put(const std::vector<mrnn::Block>& blocks, const Eigen::MatrixXd& weights, std::vector<Eigen::MatrixXd>& values) {
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    values[b] = weights.block(blocks[b].to.start, blocks[b].from.start, blocks[b].to.size, blocks[b].from.size);
  }
}

const Eigen::Matrix2d recurrent_weights = (Eigen::Matrix2d() << 0.5, -1.0, 1.0, 0.25).finished();
const Eigen::Vector2d input_weights(1.0, -2.0), bias(0.2, 0.1);

/// One unit in each region, with the weights above.
test::Subject two_units(mrnn::Activation activation) {
  test::Subject made = two_regions(1, activation);
  put(made.network.recurrent_blocks(), recurrent_weights, made.parameters.recurrent);
  put(made.network.input_blocks(), input_weights, made.parameters.input);
  made.parameters.bias = bias;
  made.parameters.initial_state = Eigen::Vector2d(0.5, -0.5);
  run(made);
  return made;
}

/// alpha (-x + W phi(x) + W_in u + b) / dt.
Eigen::Vector2d velocity(const Eigen::Vector2d& state, const Eigen::Vector2d& activity, double input) {
  return alpha * (-state + recurrent_weights * activity + input_weights * input + bias) / dt;
}

Eigen::Vector2d pair(const mrnn::AnalysisResults& results, const std::string& x, const std::string& y,
                     const std::vector<Index>& index) {
  return {at(results, x, index), at(results, y, index)};
}

/// The state m + A g of a grid point of a 2-unit network.
Eigen::Vector2d state_at(const mrnn::AnalysisResults& results, Index time, Index row, Index column) {
  Eigen::Vector2d state(test::array(results, "mean").values.data());
  for (Index unit = 0; unit < 2; ++unit) {
    state(unit) += at(results, "axes", {0, unit}) * at(results, "grid_x", {time, column}) +
                   at(results, "axes", {1, unit}) * at(results, "grid_y", {time, row});
  }
  return state;
}

}  // namespace

TEST_CASE("the flow field of a linear network of two units equals its closed form", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::linear);

  const auto results =
      test::analyse(made, "flow_field", own_axes + "bounds = [-2, 2, -1, 3]\nnum_points = 5\ntime_skip = 4\ntrial = 1");

  REQUIRE(test::array(results, "velocity_x").shape == std::vector<Index>{3, 5, 5});
  CHECK(test::array(results, "steps").values == std::vector<double>{0.0, 4.0, 8.0});
  CHECK(test::array(results, "time").values == std::vector<double>{0.0, 40.0, 80.0});
  CHECK_THAT(at(results, "grid_x", {0, 1}), WithinAbs(-1.0, tolerance));
  CHECK_THAT(at(results, "grid_y", {2, 4}), WithinAbs(3.0, tolerance));
  double fastest = 0.0;
  for (Index time = 0; time < 3; ++time) {
    const double input = 2.0 + 0.4 * double(time);
    for (Index row = 0; row < 5; ++row) {
      for (Index column = 0; column < 5; ++column) {
        const Eigen::Vector2d state = state_at(results, time, row, column);
        const Eigen::Vector2d expected = velocity(state, state, input);
        const std::vector<Index> index{time, row, column};
        CHECK((pair(results, "velocity_x", "velocity_y", index) - expected).norm() < tolerance);
        CHECK_THAT(at(results, "speed", index), WithinRel(expected.norm(), tolerance));
        CHECK_THAT(at(results, "energy", index), WithinRel(0.5 * (expected * dt).squaredNorm(), tolerance));
        fastest = std::max(fastest, expected.norm());
      }
    }
  }
  CHECK_THAT(at(results, "relative_speed", {1, 2, 3}), WithinRel(at(results, "speed", {1, 2, 3}) / fastest, tolerance));
}

TEST_CASE("in principal components, the flow is projected onto orthonormal axes", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::tanh);

  const auto results = test::analyse(made, "flow_field", "num_points = 4\ntime_skip = 5");

  const mrnn::NamedArray& axes = test::array(results, "axes");
  const Eigen::Map<const Eigen::Matrix<double, 2, 2, Eigen::RowMajor>> a(axes.values.data());
  CHECK((a * a.transpose() - Eigen::Matrix2d::Identity()).norm() < tolerance);
  for (Index component = 0; component < 2; ++component) {
    CHECK(a.row(component).maxCoeff() == a.row(component).cwiseAbs().maxCoeff());  // largest entry positive
  }
  const Eigen::Vector2d state = state_at(results, 1, 2, 3);
  const Eigen::Vector2d expected = a * velocity(state, state.array().tanh(), 1.5);
  CHECK((pair(results, "velocity_x", "velocity_y", {1, 2, 3}) - expected).norm() < tolerance);
  const auto& shares = test::array(results, "explained_variance").values;
  REQUIRE(shares.size() == 2);
  CHECK_THAT(shares[0] + shares[1], WithinRel(1.0, tolerance));
  CHECK(shares[0] > shares[1]);
}

TEST_CASE("of many units and states, the plane is through the mean of all and along what any trial does",
          "[flow_field]") {
  // 2002 states of 2001 units: a stride of two would see the first trial alone, which does not move.
  test::Subject made{test::unconnected({{"a", 2001}}), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations = {test::made_simulation("control", 2001, 2, 1001, [](Index unit, Index trial, Index step) {
    if (trial == 0 || unit > 1) return 0.0;
    return unit == 0 ? 1.0 + std::sin(double(step)) : 2.0 + 0.5 * std::cos(double(step));
  })};

  const mrnn::AnalysisResults results = test::analyse(made, "flow_field", "num_points = 3\ntime_skip = 1000");

  const mrnn::Sequence& x = std::get<mrnn::Sequence>(made.simulations.front().x);
  const Eigen::Map<const Eigen::MatrixXd> states(x.data.data(), 2001, 2002);
  CHECK_THAT(at(results, "mean", {0}), WithinRel(states.row(0).mean(), tolerance));
  CHECK_THAT(at(results, "mean", {1}), WithinRel(states.row(1).mean(), tolerance));
  for (const Index axis : {0, 1}) {
    CHECK_THAT(std::hypot(at(results, "axes", {axis, 0}), at(results, "axes", {axis, 1})), WithinRel(1.0, 1e-9));
  }
  const Eigen::MatrixXd centred = states.topRows(2).colwise() - Eigen::VectorXd(states.topRows(2).rowwise().mean());
  const Eigen::Vector2d first(at(results, "axes", {0, 0}), at(results, "axes", {0, 1}));
  CHECK_THAT(at(results, "explained_variance", {0}),
             WithinAbs((first.transpose() * centred).squaredNorm() / centred.squaredNorm(), 0.01));
}

TEST_CASE("the trajectory in the plane is the projected activity", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::tanh);

  const auto results = test::analyse(made, "flow_field", own_axes + "num_points = 2\ntime_skip = 3\ntrials = [1, 0]");

  REQUIRE(test::array(results, "trajectory").shape == std::vector<Index>{2, 12, 2});
  CHECK(test::array(results, "trials").values == std::vector<double>{1.0, 0.0});
  const Eigen::Vector2d mean(test::array(results, "mean").values.data());
  const Eigen::Vector2d last = made.simulations.front().state(made.network, made.parameters, 1, 11) - mean;
  CHECK_THAT(at(results, "trajectory", {0, 11, 0}), WithinAbs(last(0), tolerance));
  CHECK_THAT(at(results, "trajectory", {0, 11, 1}), WithinAbs(last(1), tolerance));
  // `current` is the state before each step: at step 0 the initial one.
  CHECK_THAT(at(results, "current", {0, 0}), WithinAbs(0.5 - mean(0), tolerance));
  CHECK_THAT(at(results, "current", {1, 1}), WithinAbs(at(results, "trajectory", {1, 2, 1}), tolerance));
}

TEST_CASE("the grid covers the trajectory and a margin, or follows the state", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::tanh);
  const std::string keys = own_axes + "num_points = 3\ntime_skip = 6\ntrials = [0]\nmargin = 0.5\n";

  const auto fixed = test::analyse(made, "flow_field", keys);
  const auto following = test::analyse(made, "flow_field", keys + "follow_trajectory = true");

  double low = 1e9, high = -1e9;
  for (Index step = 0; step < 12; ++step) {
    low = std::min(low, at(fixed, "trajectory", {0, step, 0}));
    high = std::max(high, at(fixed, "trajectory", {0, step, 0}));
  }
  CHECK_THAT(at(fixed, "grid_x", {0, 0}), WithinRel(low - 0.5 * (high - low), tolerance));
  CHECK_THAT(at(fixed, "grid_x", {1, 2}), WithinRel(high + 0.5 * (high - low), tolerance));
  for (Index time = 0; time < 2; ++time) {
    CHECK_THAT(at(following, "grid_x", {time, 1}), WithinAbs(at(following, "current", {time, 0}), tolerance));
    CHECK_THAT(at(following, "grid_y", {time, 1}), WithinAbs(at(following, "current", {time, 1}), tolerance));
    CHECK_THAT(at(following, "grid_x", {time, 2}) - at(following, "grid_x", {time, 0}),
               WithinRel(2.0 * (high - low), tolerance));
  }
}

TEST_CASE("units not selected keep their values in the trial, or are set to zero", "[flow_field]") {
  test::Subject made = two_regions(2, mrnn::Activation::linear);
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(4, 4);
  weights(0, 2) = 1.0;  // from the first unit of b to the first of a
  put(made.network.recurrent_blocks(), weights, made.parameters.recurrent);
  put(made.network.input_blocks(), Eigen::MatrixXd::Ones(4, 1), made.parameters.input);
  run(made);
  const std::string keys = "regions = \"a\"\n" + own_axes + "num_points = 2\nstart = 50.0\nstop = 60.0\n";

  const auto kept = test::analyse(made, "flow_field", keys);
  const auto cancelled = test::analyse(made, "flow_field", keys + "cancel_other_regions = true");

  REQUIRE(test::array(kept, "steps").values == std::vector<double>{5.0});
  const double sent = made.simulations.front().state(made.network, made.parameters, 0, 4)(2);
  CHECK(std::abs(sent) > 0.1);
  const double difference = at(kept, "velocity_x", {0, 1, 1}) - at(cancelled, "velocity_x", {0, 1, 1});
  CHECK_THAT(difference, WithinRel(alpha * sent / dt, tolerance));
  CHECK_THAT(at(kept, "velocity_y", {0, 1, 1}), WithinRel(at(cancelled, "velocity_y", {0, 1, 1}), tolerance));
}

TEST_CASE("linearised, the flow is the tangent at the state of the trial", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::tanh);

  const auto results =
      test::analyse(made, "flow_field", own_axes + "num_points = 3\nstart = 30.0\nstop = 40.0\nlinearize = true");

  const Eigen::Vector2d start = made.simulations.front().state(made.network, made.parameters, 0, 2);
  const Eigen::Vector2d state = state_at(results, 0, 2, 0);
  const Eigen::Vector2d h = start.array().tanh();
  const Eigen::Vector2d tangent = h.array() + (1.0 - h.array().square()) * (state - start).array();
  const Eigen::Vector2d expected = velocity(state, tangent, 1.3);
  CHECK((pair(results, "velocity_x", "velocity_y", {0, 2, 0}) - expected).norm() < tolerance);
}

TEST_CASE("grids of many points go through the backend in several batches", "[flow_field]") {
  test::Subject made = two_regions(200, mrnn::Activation::tanh);
  run(made, 1, 6);

  const auto results = test::analyse(made, "flow_field", "num_points = 41\ntime_skip = 1");

  REQUIRE(test::array(results, "energy").shape == std::vector<Index>{6, 41, 41});
  Eigen::VectorXd state(400);
  for (Index unit = 0; unit < 400; ++unit) {
    state(unit) = at(results, "mean", {unit}) + at(results, "axes", {0, unit}) * at(results, "grid_x", {5, 40}) +
                  at(results, "axes", {1, unit}) * at(results, "grid_y", {5, 39});
  }
  const mrnn::EffectiveWeights weights = mrnn::effective_weights(made.network, made.parameters);
  Eigen::VectorXd change = -state + made.parameters.bias;
  mrnn::multiply(made.network.recurrent_blocks(), weights.recurrent, state.array().tanh().matrix(), change);
  mrnn::multiply(made.network.input_blocks(), weights.input, Eigen::MatrixXd::Constant(1, 1, 1.5), change);
  CHECK_THAT(at(results, "energy", {5, 39, 40}), WithinRel(0.5 * (alpha * change).squaredNorm(), tolerance));
}

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
}

TEST_CASE("a grid that follows the trajectory has axes of its own in each panel", "[flow_field]") {
  const auto results = test::analyse(two_units(mrnn::Activation::tanh), "flow_field", "follow_trajectory = true");

  const mrnn::Figure& flow = results.figures[0];
  CHECK_FALSE((flow.shared_x || flow.shared_y));
  CHECK(flow.panels[0].x.low != flow.panels[3].x.low);
}

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

TEST_CASE("the work of a flow field is told to its end", "[flow_field]") {
  class Told final : public mrnn::Progress {
   public:
    void begin(const std::string& /*work*/, long total) override { total_ = total; }
    void advance(long done) override {
      CHECK(done >= done_);
      done_ = done;
    }
    long total_ = 0, done_ = 0;
  };
  const test::Subject made = two_units(mrnn::Activation::tanh);
  Told told;
  const auto analysis = test::make_analysis("flow_field", "num_points = 7\nfixed_points = true", made.network);
  const auto backend = mrnn::eigen::make_backend();
  mrnn::AnalysisResults results;

  analysis->run({made.network, made.parameters, {&made.simulations[0]}, {*backend, {}, nullptr, &told, "work"}},
                results);

  CHECK(told.total_ > 6 * 49);
  CHECK(told.done_ == told.total_);
}

TEST_CASE("rate dynamics flow in h", "[flow_field]") {
  mrnn::NetworkSpec spec = two_units(mrnn::Activation::tanh).network.spec();
  spec.dynamics = mrnn::Dynamics::rate;
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  put(made.network.recurrent_blocks(), recurrent_weights, made.parameters.recurrent);
  put(made.network.input_blocks(), input_weights, made.parameters.input);
  run(made);

  const auto results = test::analyse(made, "flow_field", own_axes + "num_points = 3\ntime_skip = 12\nquantity = \"h\"");

  const Eigen::Vector2d state = state_at(results, 0, 0, 2);
  const Eigen::Vector2d drive = recurrent_weights * state + input_weights * 1.0;
  const Eigen::Vector2d expected = alpha * (drive.array().tanh().matrix() - state) / dt;
  CHECK((pair(results, "velocity_x", "velocity_y", {0, 0, 2}) - expected).norm() < tolerance);
}

TEST_CASE("mistakes in the keys of flow_field are named", "[flow_field]") {
  const test::Subject made = two_units(mrnn::Activation::linear);
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "flow_field", keys); };

  CHECK_THAT(mistake("quantity = \"h\""), StartsWith("x.toml:2:") && ContainsSubstring("must be \"x\""));
  CHECK_THAT(mistake("regions = \"a\""), ContainsSubstring("a plane needs two at least"));
  CHECK_THAT(mistake("regions = [\"a\", \"bb\"]"), ContainsSubstring("\"bb\""));
  CHECK_THAT(mistake("bounds = [1, 0, 0, 1]"), ContainsSubstring("[x_low, x_high, y_low, y_high]"));
  CHECK_THAT(mistake("bounds = [0, 1, 0, 1]\nmargin = 0.1"), ContainsSubstring("no meaning together with bounds"));
  CHECK_THAT(mistake("axis_x = [1, 1]\naxis_y = [2, 2]"), ContainsSubstring("is parallel to axis_x"));
  CHECK_THAT(mistake("axis_x = [1, 1]"), ContainsSubstring("axis_y"));
  CHECK_THAT(mistake("axis_x = [1]\naxis_y = [2, 2]"), ContainsSubstring("has 1 values for 2 selected units"));
  CHECK_THAT(mistake("components = [1, 1]"), ContainsSubstring("two different numbers from 1 to 2"));
  CHECK_THAT(mistake("trial = 2"), ContainsSubstring("simulation \"control\" has trials 0 to 1"));
  CHECK_THAT(mistake("start = 200.0"), ContainsSubstring("leaves no step"));
  CHECK_THAT(mistake("start = 20.0\nstop = 20.0"), ContainsSubstring("is not after start"));
  CHECK_THAT(mistake("draw = \"lines\""), ContainsSubstring("streamlines"));
  CHECK_THAT(mistake("simulation = [\"control\", \"other\"]"), ContainsSubstring("simulation: names several; a flow"));
  CHECK_THAT(mistake("fixed_points = true\nfixed_points_of = \"fp\""),
             ContainsSubstring("cannot be given together with fixed_points, which searches for them here"));
  CHECK_THAT(mistake("separate = true"), ContainsSubstring("\"a\" has 1 unit; a plane needs two at least"));
  CHECK_THAT(mistake("separate = true\n" + own_axes), ContainsSubstring("each region has a plane of its own"));
  CHECK_THAT(mistake("simulation = [\"control\", \"b\"]"), ContainsSubstring("a flow field is that of one simulation"));
}

TEST_CASE("activity along too few directions is an error that offers given axes", "[flow_field]") {
  test::Subject made = two_regions(2, mrnn::Activation::linear);
  for (Eigen::MatrixXd& block : made.parameters.recurrent) block.setZero();
  for (Eigen::MatrixXd& block : made.parameters.input) block.setOnes();
  run(made);  // all units do the same

  CHECK_THAT(test::mistake(made, "flow_field", ""),
             ContainsSubstring("varies along only 1 directions; axis_x and axis_y name a plane of your own"));
}
