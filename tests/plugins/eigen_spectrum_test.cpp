// Eigenvalues of networks small enough to be worked out by hand.

#include <cmath>
#include <complex>
#include <numbers>

#include "analysis_run.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-12;
constexpr double alpha = 0.1;  // dt / tau
constexpr double dt = 10.0;    // ms

/// Regions a (2 units) and b (1 unit), connected all to all, so that any W can be put in.
test::Subject subject(mrnn::Activation activation, mrnn::Dynamics dynamics = mrnn::Dynamics::leaky) {
  mrnn::NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = activation;
  spec.dt = dt;
  spec.tau = dt / alpha;
  mrnn::Region a, b;
  a.name = "a";
  a.units = 2;
  b.name = "b";
  spec.regions = {a, b};
  mrnn::Connection connection;
  for (const char* from : {"a", "b"}) {
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

/// Two trials of ten steps.
void set_weights(test::Subject& subject, const Eigen::Matrix3d& weights) {
  for (std::size_t b = 0; b < subject.network.recurrent_blocks().size(); ++b) {
    const mrnn::Block& block = subject.network.recurrent_blocks()[b];
    subject.parameters.recurrent[b] = weights.block(block.to.start, block.from.start, block.to.size, block.from.size);
  }
  subject.simulations = {test::simulate(subject, "control", mrnn::blank_trials(0, 2, 10))};
}

/// a turns: 0.95 +- 0.1 i; b decays on its own: 0.8.
test::Subject turning() {
  test::Subject made = subject(mrnn::Activation::linear);
  Eigen::Matrix3d weights;
  weights << 0.5, -1.0, 0.0, 1.0, 0.5, 0.0, 2.0, 0.0, -1.0;
  set_weights(made, weights);
  return made;
}

std::complex<double> value(const mrnn::AnalysisResults& results, Index state, Index k) {
  return {at(results, "eigenvalues_real", {state, k}), at(results, "eigenvalues_imag", {state, k})};
}

}  // namespace

TEST_CASE("eigenvalues of a turning network are those worked out by hand", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(turning(), "eigen_spectrum", "");

  const std::complex<double> turn(0.95, 0.1);
  REQUIRE(test::array(results, "eigenvalues_real").shape == std::vector<Index>{1, 3});
  CHECK(std::abs(value(results, 0, 0) - turn) < tolerance);
  CHECK(std::abs(value(results, 0, 1) - std::conj(turn)) < tolerance);
  CHECK(std::abs(value(results, 0, 2) - 0.8) < tolerance);
  CHECK_THAT(at(results, "spectral_radius", {0}), WithinRel(std::abs(turn), tolerance));
  CHECK_THAT(at(results, "time_constants", {0, 0}), WithinRel(dt / -std::log(std::abs(turn)), tolerance));
  CHECK_THAT(at(results, "time_constants", {0, 2}), WithinRel(dt / -std::log(0.8), tolerance));
  CHECK_THAT(at(results, "frequencies", {0, 0}),
             WithinRel(1000.0 * std::arg(turn) / (2.0 * std::numbers::pi * dt), tolerance));
  CHECK(at(results, "stable", {0}) == 1.0);
  CHECK(at(results, "trial", {0}) == 0.0);
  CHECK(at(results, "step", {0}) == 9.0);
  CHECK(test::texts(results, "states") == std::vector<std::string>{"control, trial 0, step 9"});
}

TEST_CASE("stored right and left eigenvectors have products one and zero", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(turning(), "eigen_spectrum", "vectors = 3");

  REQUIRE(test::array(results, "right_real").shape == std::vector<Index>{1, 3, 3});
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 3; ++j) {
      std::complex<double> product = 0.0;
      for (Index n = 0; n < 3; ++n) {
        const std::complex<double> left(at(results, "left_real", {0, i, n}), at(results, "left_imag", {0, i, n}));
        const std::complex<double> right(at(results, "right_real", {0, j, n}), at(results, "right_imag", {0, j, n}));
        product += left * right;
      }
      CHECK(std::abs(product - (i == j ? 1.0 : 0.0)) < tolerance);
    }
  }
  // The slower mode of b alone: its right vector is b itself.
  CHECK_THAT(at(results, "right_real", {0, 2, 2}), WithinAbs(1.0, tolerance));
}

TEST_CASE("the continuous form is (J - I) / dt and sorted by real part", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(turning(), "eigen_spectrum", "form = \"continuous\"");

  CHECK(std::abs(value(results, 0, 0) - std::complex<double>(-0.005, 0.01)) < tolerance);
  CHECK(std::abs(value(results, 0, 2) - std::complex<double>(-0.02, 0.0)) < tolerance);
  CHECK_THAT(at(results, "spectral_abscissa", {0}), WithinAbs(-0.005, tolerance));
  CHECK_THAT(at(results, "time_constants", {0, 0}), WithinRel(200.0, tolerance));
  CHECK_THAT(at(results, "frequencies", {0, 0}), WithinRel(1000.0 * 0.01 / (2.0 * std::numbers::pi), tolerance));
  CHECK(at(results, "stable", {0}) == 1.0);
  CHECK(test::array(results, "eigenvalues_real").units == "1/ms");
}

TEST_CASE("the partial form is alpha phi'(x+) W, with no statement on stability", "[eigen_spectrum]") {
  test::Subject made = subject(mrnn::Activation::tanh);
  const double w = 0.5, state = 0.4;
  set_weights(made, w * Eigen::Matrix3d::Identity());

  const mrnn::AnalysisResults results = test::analyse(made, "eigen_spectrum", "form = \"partial\"\nstate = 0.4");

  const double next = (1.0 - alpha) * state + alpha * w * std::tanh(state);
  const double slope = 1.0 - std::tanh(next) * std::tanh(next);
  CHECK_THAT(value(results, 0, 0).real(), WithinRel(alpha * slope * w, tolerance));
  CHECK_FALSE(test::has_array(results, "stable"));
  CHECK_FALSE(test::has_array(results, "time_constants"));
  const mrnn::Figure& figure = results.figures.front();
  CHECK(figure.title == "Eigenvalues of the partial derivative, without the leak");
  CHECK(figure.caption == "They say nothing of stability.");
  REQUIRE(figure.panels.size() == 1);
  CHECK(figure.panels.front().guides.empty());
}

TEST_CASE("units held by a clamp take no part in the partial form", "[eigen_spectrum]") {
  test::Subject made = subject(mrnn::Activation::linear);
  set_weights(made, Eigen::Matrix3d::Identity());
  mrnn::Trials trials = mrnn::blank_trials(0, 1, 10);
  trials.interventions.push_back({{9, 10}, {}, mrnn::Clamp{mrnn::Selection({{0, 2}}), 0.0}});
  made.simulations = {test::simulate(made, "silenced", trials)};

  const mrnn::AnalysisResults results = test::analyse(made, "eigen_spectrum", "form = \"partial\"");

  CHECK_THAT(value(results, 0, 0).real(), WithinAbs(alpha, tolerance));
  CHECK_THAT(std::abs(value(results, 0, 1)), WithinAbs(0.0, tolerance));
}

TEST_CASE("rate dynamics are linearised about h", "[eigen_spectrum]") {
  test::Subject made = subject(mrnn::Activation::tanh, mrnn::Dynamics::rate);
  const double w = 0.5, state = 0.4;
  set_weights(made, w * Eigen::Matrix3d::Identity());

  const auto discrete = test::analyse(made, "eigen_spectrum", "state = 0.4");
  const auto partial = test::analyse(made, "eigen_spectrum", "state = 0.4\nform = \"partial\"");

  const double slope = 1.0 - std::pow(std::tanh(w * state), 2);  // x+ = W h
  CHECK_THAT(value(discrete, 0, 0).real(), WithinRel(1.0 - alpha + alpha * slope * w, tolerance));
  CHECK_THAT(value(partial, 0, 0).real(), WithinRel(alpha * slope * w, tolerance));
  CHECK(test::make_analysis("eigen_spectrum", "", made.network)->needs().h);
}

TEST_CASE("the state before a step of the simulation is the one linearised", "[eigen_spectrum]") {
  test::Subject made = subject(mrnn::Activation::tanh);
  made.parameters.initial_state = Eigen::Vector3d(0.9, 0.5, -0.3);
  set_weights(made, 2.0 * Eigen::Matrix3d::Identity());

  const mrnn::AnalysisResults results = test::analyse(made, "eigen_spectrum", "steps = [0, 3]\nregions = \"b\"");

  const auto eigenvalue = [](double x) { return 1.0 - alpha + alpha * 2.0 * (1.0 - std::pow(std::tanh(x), 2)); };
  const double before = made.simulations.front().state(made.network, made.parameters, 0, 2)(2);
  CHECK_THAT(value(results, 0, 0).real(), WithinRel(eigenvalue(-0.3), tolerance));
  CHECK_THAT(value(results, 1, 0).real(), WithinRel(eigenvalue(before), tolerance));
}

TEST_CASE("lesioned weights are absent where and when the lesion is in force", "[eigen_spectrum]") {
  test::Subject made = turning();
  mrnn::Trials trials = mrnn::blank_trials(0, 2, 10);
  const mrnn::Selection all({{0, 3}});
  trials.interventions.push_back(
      {{5, 10}, {1}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, all, all, 0.0}});
  made.simulations = {test::simulate(made, "lesioned", trials)};

  const mrnn::AnalysisResults results = test::analyse(made, "eigen_spectrum", "trials = [0, 1]\nsteps = [4, 5]");

  const double intact = std::abs(std::complex<double>(0.95, 0.1));
  CHECK_THAT(at(results, "spectral_radius", {0}), WithinRel(intact, tolerance));  // trial 0
  CHECK_THAT(at(results, "spectral_radius", {1}), WithinRel(intact, tolerance));
  CHECK_THAT(at(results, "spectral_radius", {2}), WithinRel(intact, tolerance));  // trial 1, before the lesion
  CHECK_THAT(at(results, "spectral_radius", {3}), WithinRel(0.9, tolerance));
}

TEST_CASE("chosen regions give their own rows and columns, and what the others do to them", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results =
      test::analyse(turning(), "eigen_spectrum", "regions = [\"b\"]\nfrom_excluded = true");

  REQUIRE(test::array(results, "eigenvalues_real").shape == std::vector<Index>{1, 1});
  CHECK(std::abs(value(results, 0, 0) - 0.8) < tolerance);
  REQUIRE(test::array(results, "from_excluded").shape == std::vector<Index>{1, 1, 2});
  CHECK_THAT(at(results, "from_excluded", {0, 0, 0}), WithinAbs(alpha * 2.0, tolerance));
  CHECK_THAT(at(results, "from_excluded", {0, 0, 1}), WithinAbs(0.0, tolerance));
  CHECK(at(results, "units", {0}) == 2.0);
  CHECK(test::array(results, "excluded_units").values == std::vector<double>{0.0, 1.0});
}

TEST_CASE("states are chosen by steps, times or every so many steps", "[eigen_spectrum]") {
  const test::Subject made = turning();
  const auto steps = [&](const std::string& keys) {
    return test::array(test::analyse(made, "eigen_spectrum", keys), "step").values;
  };

  CHECK(steps("steps = [2, 0]") == std::vector<double>{2.0, 0.0});
  CHECK(steps("times = [30, 90.0]") == std::vector<double>{3.0, 9.0});
  CHECK(steps("every = 4") == std::vector<double>{0.0, 4.0, 8.0});
  CHECK(steps("trials = [0, 1]\nevery = 9") == std::vector<double>{0.0, 9.0, 0.0, 9.0});
}

TEST_CASE("several simulations are stacked and drawn in panels of their own", "[eigen_spectrum]") {
  test::Subject made = turning();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "again";

  const mrnn::AnalysisResults results = test::analyse(made, "eigen_spectrum", "");

  CHECK(test::texts(results, "states") ==
        std::vector<std::string>{"control, trial 0, step 9", "again, trial 0, step 9"});
  REQUIRE(results.figures.size() == 1);
  const mrnn::Figure& figure = results.figures.front();
  REQUIRE(figure.panels.size() == 4);  // each simulation whole and enlarged
  CHECK(figure.panels[0].title == "control");
  CHECK(figure.panels[1].title == "control, enlarged");
  CHECK(figure.panels[2].title == "again");
  CHECK(figure.panels[0].equal_aspect);
  REQUIRE(figure.panels[0].guides.size() == 1);
  CHECK(figure.panels[0].guides[0].kind == mrnn::Guide::Kind::circle);
  CHECK(figure.panels[0].guides[0].position == 1.0);
  CHECK(figure.panels[0].series[0].x.size() == 3);
}

namespace {

/// a turns as above, at rest: |lambda| = 0.955. b is driven away from 0, so that its eigenvalue falls from 1 to 0.9.
test::Subject overtaken() {
  test::Subject made = subject(mrnn::Activation::tanh);
  made.parameters.bias << 0.0, 0.0, 3.0;
  Eigen::Matrix3d weights;
  weights << 0.5, -1.0, 0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 1.0;
  set_weights(made, weights);
  mrnn::Trials trials = mrnn::blank_trials(0, 2, 10);
  trials.epochs = {{"drive", {2, 0}, {6, 0}}, {"never", {-1, -1}, {0, 0}}};
  made.simulations = {test::simulate(made, "control", trials)};
  return made;
}

}  // namespace

TEST_CASE("modes keep their identity along a trajectory where one overtakes another", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(overtaken(), "eigen_spectrum", "every = 1");

  REQUIRE(test::array(results, "tracks").shape == std::vector<Index>{10, 3});
  CHECK_THAT(value(results, 0, 0).real(), WithinAbs(1.0, tolerance));
  CHECK_THAT(std::abs(value(results, 9, 2)), WithinAbs(0.9, 0.01));
  for (Index state = 0; state < 10; ++state) {
    const auto tracked = [&](Index track) {
      return value(results, state, static_cast<Index>(at(results, "tracks", {state, track})));
    };
    CHECK(tracked(0).imag() == 0.0);
    CHECK(std::abs(tracked(1) - std::complex<double>(0.95, 0.1)) < tolerance);
    CHECK(std::abs(tracked(2) - std::complex<double>(0.95, -0.1)) < tolerance);
  }
}

TEST_CASE("trials are followed apart, in the order of their steps", "[eigen_spectrum]") {
  const test::Subject made = overtaken();
  const mrnn::AnalysisResults results = test::analyse(made, "eigen_spectrum", "trials = [1, 0]\nsteps = [9, 0, 4]");
  const mrnn::AnalysisResults single = test::analyse(made, "eigen_spectrum", "trials = [1, 0]");

  CHECK(at(results, "tracks", {1, 0}) == 0.0);  // step 0
  CHECK(at(results, "tracks", {0, 0}) == 2.0);  // step 9
  CHECK(at(results, "tracks", {3, 0}) == 2.0);
  CHECK_FALSE(test::has_array(single, "tracks"));
  CHECK(single.figures.size() == 1);
}

TEST_CASE("leading modes are drawn over time with the epochs, one of each pair", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(overtaken(), "eigen_spectrum", "every = 3");

  REQUIRE(results.figures.size() == 2);
  const mrnn::Figure& figure = results.figures.back();
  CHECK(figure.name == "eigenvalues_over_time");
  REQUIRE(figure.panels.size() == 2);
  const mrnn::Panel& time = figure.panels.front();
  CHECK(time.title == "control, trial 0");
  REQUIRE(time.series.size() == 2);
  CHECK(time.series[0].x == std::vector<double>{0.0, 30.0, 60.0, 90.0});
  CHECK_THAT(time.series[0].y.front(), WithinAbs(1.0, tolerance));
  CHECK_THAT(time.series[1].y.back(), WithinRel(std::hypot(0.95, 0.1), tolerance));
  REQUIRE(time.guides.size() == 2);
  CHECK(time.guides[1].kind == mrnn::Guide::Kind::epoch);
  CHECK(time.guides[1].label == "drive");
  CHECK(time.guides[1].position == 20.0);
  CHECK(time.guides[1].stop == 60.0);
  CHECK(figure.panels.back().guides.front().kind == mrnn::Guide::Kind::circle);
}

TEST_CASE("the paths of the continuous form are drawn about the line of no growth", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results =
      test::analyse(overtaken(), "eigen_spectrum", "every = 3\nform = \"continuous\"");

  const mrnn::Panel& time = results.figures.back().panels.front();
  CHECK(time.y.label == "real part (1/ms)");
  CHECK(time.guides.front().position == 0.0);
  CHECK_THAT(time.series[0].y.front(), WithinAbs(0.0, tolerance));
}

TEST_CASE("the paths of the partial form have no border of stability", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(overtaken(), "eigen_spectrum", "every = 3\nform = \"partial\"");

  REQUIRE(results.figures.back().name == "eigenvalues_over_time");
  for (const mrnn::Panel& panel : results.figures.back().panels) {
    for (const mrnn::Guide& guide : panel.guides) CHECK(guide.kind == mrnn::Guide::Kind::epoch);
  }
}

TEST_CASE("the summary says radius, stability and the slowest decay in words", "[eigen_spectrum]") {
  const auto summary = [](const std::string& keys) {
    return test::analyse(turning(), "eigen_spectrum", keys).summary.front();
  };

  CHECK(summary("") == "control, trial 0, step 9 (90 ms): spectral radius 0.955 (stable), slowest decay 218 ms");
  CHECK(summary("form = \"continuous\"") ==
        "control, trial 0, step 9 (90 ms): largest real part -0.005 per ms (stable), slowest decay 200 ms");
}

TEST_CASE("nothing is said of decay where no mode decays", "[eigen_spectrum]") {
  test::Subject made = subject(mrnn::Activation::linear);
  set_weights(made, 2.0 * Eigen::Matrix3d::Identity());

  CHECK(test::analyse(made, "eigen_spectrum", "").summary.front() ==
        "control, trial 0, step 9 (90 ms): spectral radius 1.1 (unstable)");
}

TEST_CASE("of a few states smaller points lie over larger rings, and each says when it is", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(turning(), "eigen_spectrum", "times = [20.0, 50.0]");

  const std::vector<mrnn::Series>& series = results.figures.front().panels.front().series;
  REQUIRE(series.size() == 2);
  CHECK(series[0].open);
  CHECK_FALSE(series[1].open);
  CHECK(series[0].width > series[1].width);
  CHECK(series[0].label == "trial 0, step 2 (20 ms)");
}

TEST_CASE("many states have the colour of their trial", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(turning(), "eigen_spectrum", "trials = [0, 1]\nevery = 2");

  const std::vector<mrnn::Series>& series = results.figures.front().panels.front().series;
  REQUIRE(series.size() == 10);
  CHECK(series[4].colour == 0);
  CHECK(series[5].colour == 1);
  CHECK(series[0].label == "trial 0");
  CHECK(series[1].label.empty());
  CHECK(series[5].label == "trial 1");
}

TEST_CASE("leading eigenvalues are the first of all", "[eigen_spectrum]") {
  const mrnn::AnalysisResults results = test::analyse(turning(), "eigen_spectrum", "count = 1\nmethod = \"iterative\"");

  REQUIRE(test::array(results, "eigenvalues_real").shape == std::vector<Index>{1, 1});
  CHECK(std::abs(value(results, 0, 0) - std::complex<double>(0.95, 0.1)) < tolerance);
}

TEST_CASE("a given state needs nothing recorded, a simulated one x", "[eigen_spectrum]") {
  const test::Subject made = turning();

  CHECK(test::make_analysis("eigen_spectrum", "", made.network)->needs().x);
  CHECK_FALSE(test::make_analysis("eigen_spectrum", "state = [1, 2, 3]", made.network)->needs().x);
}

TEST_CASE("mistakes in the keys of eigen_spectrum are named", "[eigen_spectrum]") {
  const test::Subject made = turning();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "eigen_spectrum", keys); };

  CHECK_THAT(mistake("regions = \"c\""), StartsWith("x.toml:2:") && ContainsSubstring("\"c\""));
  CHECK_THAT(mistake("form = \"discret\""), ContainsSubstring("discrete"));
  CHECK_THAT(mistake("steps = [10]"),
             StartsWith("x.toml:2:9: steps: names step 10; simulation \"control\" has steps 0 to 9"));
  CHECK_THAT(mistake("times = [1e300]"), ContainsSubstring("simulation \"control\" has steps 0 to 9"));
  CHECK_THAT(mistake("steps = [0.5]"), ContainsSubstring("holds a number that is not 0, 1, 2, ..."));
  CHECK_THAT(mistake("trials = [2]"), ContainsSubstring("simulation \"control\" has trials 0 to 1"));
  CHECK_THAT(mistake("steps = [1]\nevery = 2"), ContainsSubstring("one of steps, times and every is accepted"));
  CHECK_THAT(mistake("state = [1, 2]"), ContainsSubstring("one per unit of the network (3)"));
  CHECK_THAT(mistake("count = 4"), ContainsSubstring("have 3 eigenvalues"));
  CHECK_THAT(mistake("cuont = 4"), ContainsSubstring("count"));
}
