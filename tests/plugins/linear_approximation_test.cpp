// Linear approximations of networks for which the error is known.

#include <cmath>

#include "analysis_run.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double rounding = 1e-12;
constexpr double alpha = 0.1;  // dt / tau
constexpr double dt = 10.0;    // ms

/// Regions a (2 units) and b (1 unit), connected all to all, and one input to both.
test::Subject subject(mrnn::Activation activation, mrnn::Dynamics dynamics = mrnn::Dynamics::leaky) {
  mrnn::NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = activation;
  spec.dt = dt;
  spec.tau = dt / alpha;
  spec.inputs = {{"u", 1}};
  mrnn::Region region;
  mrnn::Connection connection;
  for (const auto& [name, units] : {std::pair("a", 2), {"b", 1}}) {
    region.name = name;
    region.units = units;
    spec.regions.push_back(region);
    connection.to = name;
    for (const char* from : {"a", "b", "u"}) {
      connection.from = from;
      spec.connections.push_back(connection);
    }
  }
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.parameters.bias << 0.3, -0.1, 0.2;
  made.parameters.initial_state << 0.5, -0.4, 0.3;
  Eigen::Matrix3d weights;
  weights << 0.8, -1.1, 0.4, 0.9, 0.2, -0.7, 0.5, 1.2, -0.3;
  for (std::size_t k = 0; k < made.network.recurrent_blocks().size(); ++k) {
    const mrnn::Block& block = made.network.recurrent_blocks()[k];
    made.parameters.recurrent[k] = weights.block(block.to.start, block.from.start, block.to.size, block.from.size);
  }
  for (Eigen::MatrixXd& input : made.parameters.input) input.setConstant(0.6);
  return made;
}

/// Two trials with inputs and stimuli of their own.
mrnn::Trials driven_trials(Index steps) {
  mrnn::Trials trials = mrnn::blank_trials(1, 2, steps);
  trials.stimulus = mrnn::Sequence(3, 2, steps);
  for (Index step = 0; step < steps; ++step) {
    for (Index trial = 0; trial < 2; ++trial) {
      trials.inputs(0, trial, step) = std::sin(0.3 * static_cast<double>(step + 5 * trial));
      trials.stimulus(1, trial, step) = 0.2 * static_cast<double>(step % 3);
    }
  }
  return trials;
}

test::Subject driven(mrnn::Activation activation, mrnn::Dynamics dynamics = mrnn::Dynamics::leaky) {
  test::Subject made = subject(activation, dynamics);
  made.simulations = {test::simulate(made, "control", driven_trials(40))};
  return made;
}

/// The initial state is a fixed point, and trial k starts `deviations[k]` away from it.
test::Subject displaced(const std::vector<double>& deviations) {
  test::Subject made = subject(mrnn::Activation::tanh);
  const Eigen::MatrixXd weights = mrnn::dense(made.network.recurrent_blocks(), made.parameters.recurrent, 3, 3);
  const Eigen::Vector3d fixed = made.parameters.initial_state;
  made.parameters.bias = fixed - weights * Eigen::Vector3d(fixed.array().tanh());
  mrnn::Trials trials = mrnn::blank_trials(1, std::ssize(deviations), 5);
  trials.initial_state = made.parameters.initial_state.replicate(1, std::ssize(deviations));
  for (std::size_t k = 0; k < deviations.size(); ++k) {
    trials.initial_state.col(static_cast<Index>(k)) += deviations[k] * Eigen::Vector3d(1.0, -2.0, 0.5);
  }
  made.simulations = {test::simulate(made, "control", trials)};
  return made;
}

const std::string about_initial_state = "state = [0.5, -0.4, 0.3]\n";

double largest(const mrnn::AnalysisResults& results, const std::string& name) {
  double most = 0.0;
  for (const double value : test::array(results, name).values) most = std::max(most, std::abs(value));
  return most;
}

double h(const test::Subject& subject, Index unit, Index trial, Index step) {
  return subject.simulations.front().activity(mrnn::Quantity::h, mrnn::Selection({{unit, 1}}))(0, trial, step);
}

}  // namespace

TEST_CASE("the linear approximation of a linear network is the network", "[linear_approximation]") {
  for (const mrnn::Dynamics dynamics : {mrnn::Dynamics::leaky, mrnn::Dynamics::elman, mrnn::Dynamics::rate}) {
    const test::Subject made = driven(mrnn::Activation::linear, dynamics);
    for (const char* keys : {"", "steps = [7, 20]", "every = 9\nrestart = true", "state = 3.0", "about_trial = 1",
                             "regions = \"a\"", "regions = \"b\"\nevery = 5"}) {
      CAPTURE(keys);
      const auto results = test::analyse(made, "linear_approximation", keys);

      CHECK(largest(results, "relative_error") < rounding);
      CHECK(largest(results, "full") > 0.1);
      CHECK_THAT(at(results, "r2", {1}), WithinAbs(1.0, rounding));
      CHECK(std::isnan(at(results, "horizon", {0})));
      CHECK_THAT(results.summary.front(), ContainsSubstring("the relative error exceeds 0.1 nowhere"));
    }
  }
}

TEST_CASE("the full network is the simulated one", "[linear_approximation]") {
  const test::Subject made = driven(mrnn::Activation::tanh);

  const auto results = test::analyse(made, "linear_approximation", "start = 50\nstop = 200");

  REQUIRE(test::array(results, "full").shape == std::vector<Index>{2, 15, 3});
  CHECK(at(results, "time", {0}) == 50.0);
  CHECK(test::array(results, "references").values == std::vector<double>{5.0});
  for (const Index step : {5, 12, 19}) {
    const Eigen::VectorXd state = made.simulations.front().state(made.network, made.parameters, 1, step);
    CHECK_THAT(at(results, "full", {1, step - 5, 2}), WithinRel(state(2), rounding));
  }
}

TEST_CASE("the error of a tanh network shrinks with the square of the deviation", "[linear_approximation]") {
  const auto results = test::analyse(displaced({2e-3, 1e-3}), "linear_approximation", about_initial_state);

  for (Index step = 0; step < 5; ++step) {
    CHECK_THAT(at(results, "error", {0, step}) / at(results, "error", {1, step}), WithinAbs(4.0, 0.02));
  }
  // The first step of unit 0 of trial 1: alpha sum_j W_0j phi''(x_j) delta_j^2 / 2, phi'' = -2 h (1 - h^2).
  const double weights[3] = {0.8, -1.1, 0.4}, states[3] = {0.5, -0.4, 0.3}, deviations[3] = {1e-3, -2e-3, 0.5e-3};
  double expected = 0.0;
  for (int j = 0; j < 3; ++j) {
    const double activity = std::tanh(states[j]);
    expected += alpha * weights[j] * -activity * (1.0 - activity * activity) * deviations[j] * deviations[j];
  }
  CHECK_THAT(at(results, "full", {1, 0, 0}) - at(results, "linear", {1, 0, 0}), WithinRel(expected, 0.01));
}

TEST_CASE("inputs act through B, the derivative at the state linearised about", "[linear_approximation]") {
  test::Subject made = subject(mrnn::Activation::tanh, mrnn::Dynamics::rate);
  mrnn::Trials trials = mrnn::blank_trials(1, 1, 3);
  trials.inputs(0, 0, 0) = 0.4;
  trials.inputs(0, 0, 1) = 1.4;
  made.simulations = {test::simulate(made, "control", trials)};

  // Linearised about the state before step 0 under its input, run from the state before step 1 on.
  const auto results = test::analyse(made, "linear_approximation", "steps = [0]\nstart = 10\nregions = \"b\"");

  const mrnn::Simulation& simulation = made.simulations.front();
  const auto state = [&](Index step) { return simulation.state(made.network, made.parameters, 0, step); };
  const Eigen::RowVector3d weights(0.5, 1.2, -0.3);
  const double drive = weights.dot(state(-1)) + 0.6 * 0.4 + 0.2;
  const double slope = 1.0 - std::tanh(drive) * std::tanh(drive);
  const double expected = state(0)(2) + (1.0 - alpha) * (state(0)(2) - state(-1)(2)) +
                          alpha * slope * (weights.dot(state(0) - state(-1)) + 0.6 * (1.4 - 0.4));
  CHECK_THAT(at(results, "linear", {0, 0, 0}), WithinRel(expected, rounding));
}

TEST_CASE("units left out drive the linear ones by their activity, or not at all", "[linear_approximation]") {
  const test::Subject made = driven(mrnn::Activation::tanh);
  const auto input = test::analyse(made, "linear_approximation", "regions = \"b\"\nstart = 30\nsteps = [0]");
  const auto drop =
      test::analyse(made, "linear_approximation", "regions = \"b\"\nstart = 30\nsteps = [0]\nexcluded = \"drop\"");

  REQUIRE(test::array(input, "linear").shape == std::vector<Index>{2, 37, 1});
  // The first step starts from the same state; the two differ by alpha W_ba (h_a - h_a0).
  const double moved = alpha * (0.5 * (h(made, 0, 1, 2) - std::tanh(0.5)) + 1.2 * (h(made, 1, 1, 2) - std::tanh(-0.4)));
  CHECK_THAT(at(input, "linear", {1, 0, 0}) - at(drop, "linear", {1, 0, 0}), WithinRel(moved, 1e-9));
}

TEST_CASE("units that are held drive the linear ones by the value they are held at", "[linear_approximation]") {
  test::Subject made = subject(mrnn::Activation::linear);
  mrnn::Trials trials = driven_trials(30);
  trials.interventions.push_back({{10, 20}, {1}, mrnn::Clamp{mrnn::Selection({{2, 1}}), 2.0}});
  made.simulations = {test::simulate(made, "held", trials)};

  const auto results = test::analyse(made, "linear_approximation", "regions = \"a\"");

  CHECK(largest(results, "error") < rounding);
}

TEST_CASE("weights are those in force at the state linearised about", "[linear_approximation]") {
  test::Subject made = subject(mrnn::Activation::linear);
  mrnn::Trials trials = driven_trials(30);
  const mrnn::Selection all({{0, 3}});
  trials.interventions.push_back(
      {{10, 30}, {1}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, all, all, 0.0}});
  made.simulations = {test::simulate(made, "lesioned", trials)};

  const auto before = test::analyse(made, "linear_approximation", "");
  const auto within = test::analyse(made, "linear_approximation", "steps = [0, 10]");

  CHECK(at(before, "error", {1, 9}) < rounding);
  CHECK(at(before, "error", {1, 10}) > 1e-3);
  CHECK(at(before, "error", {0, 29}) < rounding);
  CHECK(largest(within, "error") < rounding);
}

TEST_CASE("linearised piece by piece, the network may start again at each of them", "[linear_approximation]") {
  const test::Subject made = driven(mrnn::Activation::tanh);
  const auto once = test::analyse(made, "linear_approximation", "");
  const auto pieces = test::analyse(made, "linear_approximation", "every = 10");
  const auto again = test::analyse(made, "linear_approximation", "every = 10\nrestart = true");

  CHECK(test::array(pieces, "references").values == std::vector<double>{0.0, 10.0, 20.0, 30.0});
  CHECK(at(pieces, "error", {0, 9}) == at(once, "error", {0, 9}));
  CHECK(at(pieces, "error", {0, 25}) != at(once, "error", {0, 25}));
  CHECK(at(again, "error", {0, 5}) == at(pieces, "error", {0, 5}));
  // The first step of a piece starts from the state linearised about, so that only rounding is left.
  for (const Index step : {0, 10, 20, 30}) CHECK(at(again, "error", {0, step}) < rounding);
  CHECK(at(pieces, "error", {0, 20}) > 1e-4);
}

TEST_CASE("all trials may be linearised about the state of one", "[linear_approximation]") {
  const auto results = test::analyse(displaced({0.0, 0.3}), "linear_approximation", "about_trial = 0\ntrials = [1]");

  const double x = 0.5 + 0.3, other = -0.4 - 0.6, third = 0.3 + 0.15;
  const auto slope = [](double state) { return 1.0 - std::tanh(state) * std::tanh(state); };
  const double expected =
      0.5 + 0.9 * (x - 0.5) +
      alpha * (0.8 * slope(0.5) * (x - 0.5) - 1.1 * slope(-0.4) * (other + 0.4) + 0.4 * slope(0.3) * (third - 0.3));
  CHECK(test::array(results, "trial").values == std::vector<double>{1.0});
  CHECK_THAT(at(results, "linear", {0, 0, 0}), WithinRel(expected, rounding));
}

TEST_CASE("relative error, R^2 and horizon follow from the trajectories", "[linear_approximation]") {
  const auto results = test::analyse(driven(mrnn::Activation::tanh), "linear_approximation", "threshold = 0.02");

  const Index steps = 40;
  for (Index trial = 0; trial < 2; ++trial) {
    Eigen::MatrixXd full(3, steps), linear(3, steps);
    for (Index step = 0; step < steps; ++step) {
      for (Index unit = 0; unit < 3; ++unit) {
        full(unit, step) = at(results, "full", {trial, step, unit});
        linear(unit, step) = at(results, "linear", {trial, step, unit});
      }
    }
    const Eigen::MatrixXd centred = full.colwise() - full.rowwise().mean();
    const double deviation = centred.norm() / std::sqrt(double(steps));
    double horizon = 0.0;
    for (Index step = 0; step < steps; ++step) {
      const double error = (linear - full).col(step).norm();
      CHECK_THAT(at(results, "error", {trial, step}), WithinRel(error, 1e-9) || WithinAbs(error, rounding));
      CHECK_THAT(at(results, "relative_error", {trial, step}), WithinAbs(error / deviation, 1e-9));
      if (horizon == 0.0 && error / deviation > 0.02) horizon = dt * static_cast<double>(step + 1);
    }
    REQUIRE(horizon > 0.0);
    CHECK(at(results, "horizon", {trial}) == horizon);
    CHECK_THAT(at(results, "r2", {trial}),
               WithinRel(1.0 - (linear - full).squaredNorm() / centred.squaredNorm(), 1e-9));
    const double b = 1.0 - (linear - full).row(2).squaredNorm() / centred.row(2).squaredNorm();
    CHECK_THAT(at(results, "region_r2", {1, trial}), WithinRel(b, 1e-9));
    CHECK_THAT(
        at(results, "region_relative_error", {1, trial, 7}),
        WithinRel(std::abs(linear(2, 7) - full(2, 7)) / (centred.row(2).norm() / std::sqrt(double(steps))), 1e-9));
  }
  CHECK(test::texts(results, "regions") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a linear trajectory that runs off to infinity has an infinite error, not NaN", "[linear_approximation]") {
  test::Subject made = subject(mrnn::Activation::tanh);
  for (Eigen::MatrixXd& block : made.parameters.recurrent) block *= 200.0;
  made.simulations = {test::simulate(made, "control", driven_trials(400))};

  const auto results = test::analyse(made, "linear_approximation", "state = 0.0");

  CHECK(std::isinf(at(results, "error", {0, 399})));
  CHECK(std::isinf(at(results, "r2", {0})));
  CHECK(at(results, "horizon", {0}) <= 30.0);
}

TEST_CASE("the first trials are stored whole, all are measured", "[linear_approximation]") {
  const test::Subject made = driven(mrnn::Activation::tanh);
  const auto one = test::analyse(made, "linear_approximation", "stored_trials = 1");
  const auto none = test::analyse(made, "linear_approximation", "stored_trials = 0");

  CHECK(test::array(one, "linear").shape == std::vector<Index>{1, 40, 3});
  CHECK(test::array(one, "linear_projection").shape == std::vector<Index>{1, 40, 2});
  CHECK(test::array(one, "error").shape == std::vector<Index>{2, 40});
  CHECK_FALSE(test::has_array(none, "linear"));
  CHECK(none.figures.front().panels.size() == 2);
  REQUIRE(one.figures.front().panels.size() == 3);
  CHECK_THAT(one.figures.front().panels[0].x.label, StartsWith("PC 1 ("));
  CHECK(one.figures.front().panels[1].y.label == "relative error");
}

TEST_CASE("trajectories that would not fit are refused before they are computed", "[linear_approximation]") {
  test::Subject made = subject(mrnn::Activation::tanh);
  made.simulations.resize(1);
  made.simulations.front().name = "long";
  made.simulations.front().trials = mrnn::blank_trials(0, 1, 20'000'000);
  made.simulations.front().steps = {0, 20'000'000};

  CHECK_THAT(test::mistake(made, "linear_approximation", "stored_trials = 3"),
             ContainsSubstring("stored_trials: would store 1 trials of 20000000 steps and 3 units; choose fewer"));
}

TEST_CASE("errors are drawn as far down as there are any, and a region without error is called exact",
          "[linear_approximation]") {
  const auto tanh = test::analyse(driven(mrnn::Activation::tanh), "linear_approximation", "stored_trials = 0");
  const std::vector<mrnn::Panel>& panels = tanh.figures.front().panels;

  REQUIRE(panels.size() == 2);
  CHECK_FALSE(panels[0].y.low.has_value());
  CHECK(panels[1].series[0].label == "a");

  test::Subject alone = subject(mrnn::Activation::tanh);  // b hears of the input only, so that it is linear
  for (std::size_t k = 0; k < alone.parameters.recurrent.size(); ++k) {
    const mrnn::UnitRange& to = alone.network.recurrent_blocks()[k].to;
    if (to.contains(2)) alone.parameters.recurrent[k].row(2 - to.start).setZero();
  }
  alone.simulations = {test::simulate(alone, "control", driven_trials(40))};
  const auto half = test::analyse(alone, "linear_approximation", "stored_trials = 0");
  CHECK(half.figures.front().panels[1].series[0].label == "a");
  CHECK(half.figures.front().panels[1].series[1].label == "b (exact)");
}

TEST_CASE("a single unit is drawn over time", "[linear_approximation]") {
  const auto results = test::analyse(driven(mrnn::Activation::tanh), "linear_approximation", "regions = \"b\"");

  REQUIRE(results.figures.front().panels.size() == 2);
  CHECK(results.figures.front().panels[0].x.label == "time (ms)");
  CHECK(results.figures.front().panels[0].y.label == "PC 1 (100 %)");
}

TEST_CASE("the summary of a linear approximation says how far it carries", "[linear_approximation]") {
  const auto summary = [](const std::string& keys) {
    return test::analyse(driven(mrnn::Activation::tanh), "linear_approximation", keys).summary.front();
  };

  CHECK_THAT(summary("threshold = 0.02"), StartsWith("control, 2 trials linearised about 1 state: median R^2 0.89") &&
                                              ContainsSubstring("; the relative error exceeds 0.02 after ") &&
                                              EndsWith(" ms (median)"));
  CHECK_THAT(summary("every = 10\ntrials = [0]"), StartsWith("control, 1 trial linearised about 4 states each: "));
}

TEST_CASE("trials that do not move have no relative error, and are left out of the summary", "[linear_approximation]") {
  test::Subject made = displaced({0.0, 0.0, 0.3});
  made.parameters.initial_state.setZero();
  made.parameters.bias.setZero();
  mrnn::Trials trials = made.simulations.front().trials;
  trials.initial_state.leftCols(2).setZero();
  made.simulations = {test::simulate(made, "control", trials)};

  const auto results = test::analyse(made, "linear_approximation", "");
  const auto still = test::analyse(made, "linear_approximation", "trials = [0]");
  const auto about = test::analyse(made, "linear_approximation", "about_trial = 2");  // from which the linear one moves

  CHECK(std::isnan(at(results, "r2", {0})));
  CHECK(std::isnan(at(results, "relative_error", {1, 3})));
  CHECK(at(results, "error", {1, 3}) == 0.0);
  CHECK(at(about, "error", {1, 3}) > 0.0);
  for (const char* name : {"r2", "horizon"}) CHECK(std::isnan(at(about, name, {1})));
  CHECK(std::isnan(at(about, "relative_error", {1, 3})));
  CHECK(std::isnan(at(about, "region_relative_error", {0, 1, 3})));
  CHECK_THAT(results.summary.front(), StartsWith("control, 3 trials linearised about 1 state: median R^2 0.") &&
                                          EndsWith(" ms; 2 do not move and are left out"));
  CHECK(still.summary.front() ==
        "control, 1 trial linearised about 1 state: the full network does not move, so there is nothing to explain");
}

TEST_CASE("a linear approximation needs the state recorded", "[linear_approximation]") {
  CHECK(test::make_analysis("linear_approximation", "", driven(mrnn::Activation::tanh).network)->needs().x);
  const test::Subject rate = subject(mrnn::Activation::tanh, mrnn::Dynamics::rate);
  CHECK(test::make_analysis("linear_approximation", "", rate.network)->needs().h);
}

TEST_CASE("the plane of many trials is that of all their steps", "[linear_approximation]") {
  // 2000 trials of two steps: a stride of four would see the first step alone, at which unit 1 rests.
  test::Subject made = subject(mrnn::Activation::linear);
  for (Eigen::MatrixXd& weights : made.parameters.recurrent) weights.setZero();
  made.parameters.bias.setZero();
  made.parameters.initial_state.setZero();
  mrnn::Trials trials = mrnn::blank_trials(1, 2000, 2);
  trials.stimulus = mrnn::Sequence(3, 2000, 2);
  for (Index trial = 0; trial < 2000; ++trial) {
    trials.stimulus(0, trial, 0) = trial % 2 == 0 ? 1.0 : -1.0;
    trials.stimulus(1, trial, 1) = trial % 4 < 2 ? 9.0 : -3.0;
  }
  made.simulations = {test::simulate(made, "control", trials)};

  const mrnn::AnalysisResults results = test::analyse(made, "linear_approximation", "stored_trials = 2000");

  CHECK_THAT(at(results, "mean", {1}), WithinRel(0.5 * 3.0 * alpha, 1e-9));
  CHECK_THAT(std::abs(at(results, "axes", {0, 1})), WithinAbs(1.0, 0.01));
}

TEST_CASE("mistakes in the keys of linear_approximation are named", "[linear_approximation]") {
  const test::Subject made = driven(mrnn::Activation::tanh);
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "linear_approximation", keys); };

  CHECK_THAT(mistake("regions = \"c\""), StartsWith("x.toml:2:") && ContainsSubstring("\"c\""));
  CHECK_THAT(mistake("excluded = \"drop\""), ContainsSubstring("excluded: has nothing to say: all units are selected"));
  CHECK_THAT(mistake("regions = \"a\"\nexcluded = \"dropp\""), ContainsSubstring("Did you mean \"drop\"?"));
  CHECK_THAT(mistake("trials = [2]"),
             ContainsSubstring("trials: names trial 2; simulation \"control\" has trials 0 to 1"));
  CHECK_THAT(mistake("about_trial = 2"),
             ContainsSubstring("about_trial: names trial 2; simulation \"control\" has trials 0 to 1"));
  CHECK_THAT(mistake("start = 100\nstop = 100"), ContainsSubstring("stop: leaves no step after start"));
  CHECK_THAT(mistake("start = 400"), ContainsSubstring("start: is step 40, before which simulation \"control\" has no "
                                                       "recorded state, or after which it has no step"));
  CHECK_THAT(mistake("steps = [20, 30]\nstop = 100"),
             ContainsSubstring("stop: lies before all of the states to linearise about"));
  CHECK_THAT(mistake("state = 0\nrestart = true"),
             ContainsSubstring("restart: starts again from recorded states; it cannot be given together with state"));
  CHECK_THAT(mistake("simulation = [\"control\", \"other\"]"), ContainsSubstring("simulation: names several"));
  CHECK_THAT(mistake("treshold = 4"), ContainsSubstring("Did you mean \"threshold\"?"));
}
