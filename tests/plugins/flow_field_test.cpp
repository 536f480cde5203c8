// Flow fields against their closed form.

#include <cmath>

#include "flow_field_subject.hpp"
#include "made_activity.hpp"

using namespace test::flow_field;
using test::at;

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

  analysis->run({made.network, made.parameters, {&made.simulations[0]}, {*backend, {}, &told, "work"}}, results);

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
