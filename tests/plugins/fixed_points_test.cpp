// The keys of the analysis: what is searched from, in what, under which inputs, and what counts as one point.

#include <algorithm>
#include <cmath>

#include "fixed_points_subject.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-10;

test::SmallNetwork bistable() {
  return test::small_network(Eigen::MatrixXd::Constant(1, 1, 2.0));
}

/// x = w x + b of one linear unit with an input.
test::SmallNetwork one_linear(double weight, double bias) {
  test::SmallNetwork choice = test::small_network(Eigen::MatrixXd::Constant(1, 1, weight));
  choice.activation = mrnn::Activation::linear;
  choice.bias = Eigen::VectorXd::Constant(1, bias);
  choice.inputs = 1;
  return choice;
}

/// One linear unit, x = 0.5 x + u, with u = 1 in the first five steps, then 2; 20 trials.
test::Subject two_inputs() {
  test::Subject subject = test::subject_of(one_linear(0.5, 0.0));
  mrnn::Trials trials = test::scattered(subject, 20, 10, 1.0);
  for (Index step = 0; step < 10; ++step) trials.inputs.at(step).setConstant(step < 5 ? 1.0 : 2.0);
  subject.simulations = {test::simulate(subject, "control", trials)};
  return subject;
}

/// a (1 unit) gets 0.5 of itself and 2 of b; b (2 units) keeps what it is. Linear.
test::Subject two_regions() {
  Eigen::Matrix3d weights;
  weights << 0.5, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0;
  test::SmallNetwork choice = test::small_network(weights);
  choice.activation = mrnn::Activation::linear;
  choice.units_of_b = 2;
  choice.bias = Eigen::Vector3d(1.0, 0.0, 0.0);
  return test::with_trials(choice);
}

std::vector<double> values(const mrnn::AnalysisResults& results, const std::string& name) {
  std::vector<double> sorted = test::array(results, name).values;
  std::ranges::sort(sorted);
  return sorted;
}

Index shape(const mrnn::AnalysisResults& results, const std::string& name, std::size_t axis = 0) {
  return test::array(results, name).shape[axis];
}

}  // namespace

TEST_CASE("seeds are recorded states, drawn without replacement, each with the point it leads to", "[fixed_points]") {
  const test::Subject subject = test::with_trials(bistable());

  const auto results = test::analyse(subject, "fixed_points", "seeds = 60");
  const auto all = test::analyse(subject, "fixed_points", "seeds = 1000");

  REQUIRE(shape(results, "seeds") == 60);
  CHECK(shape(all, "seeds") == 200);  // 20 trials of 10 states, none twice without noise
  std::vector<std::pair<double, double>> moments;
  double found = 0.0;
  for (Index seed = 0; seed < 60; ++seed) {
    const double trial = at(results, "seed_trial", {seed}), step = at(results, "seed_step", {seed});
    moments.emplace_back(trial, step);
    CHECK(at(results, "seeds", {seed, 0}) ==
          subject.simulations[0].state(subject.network, subject.parameters, Index(trial), Index(step) - 1)(0));
    // A unit goes downhill: to the well on its own side.
    const double x = at(results, "x", {Index(at(results, "seed_point", {seed})), 0});
    if (std::abs(at(results, "seeds", {seed, 0})) > 1.0) CHECK(x * at(results, "seeds", {seed, 0}) > 0.0);
    CHECK(at(results, "seed_q", {seed}) <= 1e-20);
    CHECK(at(results, "iterations", {seed}) < 20.0);
  }
  for (const double count : test::array(results, "found").values) found += count;
  CHECK(found == 60.0);
  std::ranges::sort(moments);
  CHECK(std::ranges::adjacent_find(moments) == moments.end());
  CHECK(moments.front().first < 3.0);  // of all trials
  CHECK(moments.back().first > 16.0);
  CHECK(test::texts(results, "seed_simulation") == std::vector<std::string>(60, "control"));
  CHECK(test::texts(results, "simulation").front() == "control");
  const auto seed = static_cast<Index>(at(results, "seed", {0}));
  CHECK(at(results, "trial", {0}) == at(results, "seed_trial", {seed}));
  CHECK(at(results, "step", {0}) == at(results, "seed_step", {seed}));
}

TEST_CASE("noise is added to the seeds, which may then come from the same state", "[fixed_points]") {
  const test::Subject subject = test::with_trials(bistable());

  const auto noisy = test::analyse(subject, "fixed_points", "seeds = 1000\nnoise_scale = 0.3");

  REQUIRE(shape(noisy, "seeds") == 1000);
  double square = 0.0;
  for (Index seed = 0; seed < 1000; ++seed) {
    const auto trial = Index(at(noisy, "seed_trial", {seed})), step = Index(at(noisy, "seed_step", {seed}));
    const double x = subject.simulations[0].state(subject.network, subject.parameters, trial, step - 1)(0);
    square += std::pow(at(noisy, "seeds", {seed, 0}) - x, 2);
  }
  CHECK_THAT(std::sqrt(square / 1000.0), WithinRel(0.3, 0.1));
}

TEST_CASE("seeds of all simulations named are searched from", "[fixed_points]") {
  test::Subject subject = test::with_trials(bistable());
  subject.simulations.push_back(subject.simulations.front());
  subject.simulations.back().name = "again";

  const auto results = test::analyse(subject, "fixed_points", "");

  CHECK(shape(results, "seeds") == 400);
  CHECK(std::ranges::count(test::texts(results, "seed_simulation"), "again") == 200);
  CHECK(test::points(results) == 3);  // the network is the same
}

TEST_CASE("start and stop choose the steps that seeds come from", "[fixed_points]") {
  const auto results = test::analyse(test::with_trials(bistable()), "fixed_points", "start = 30\nstop = 50.0");

  CHECK(shape(results, "seeds") == 40);
  CHECK(values(results, "seed_step").front() == 3.0);
  CHECK(values(results, "seed_step").back() == 4.0);
}

TEST_CASE("each point has the input of the step its seed came from, or the one asked for", "[fixed_points]") {
  const test::Subject subject = two_inputs();
  const auto run = [&](const std::string& keys) { return test::analyse(subject, "fixed_points", keys); };

  // x = 0.5 x + u: x = 2 u
  const auto own = run("");
  REQUIRE(test::points(own) == 2);
  for (Index point = 0; point < 2; ++point) {
    CHECK_THAT(at(own, "x", {point, 0}), WithinAbs(2.0 * at(own, "input", {point, 0}), tolerance));
  }
  CHECK(values(own, "input") == std::vector<double>{1.0, 2.0});
  CHECK_THAT(at(run("input = \"zero\""), "x", {0, 0}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(run("input = [3.0]"), "x", {0, 0}), WithinAbs(6.0, tolerance));
  CHECK(at(run("input = 3.0"), "input", {0, 0}) == 3.0);
  CHECK_THAT(at(run("input = { time = 60.0 }"), "x", {0, 0}), WithinAbs(4.0, tolerance));
  CHECK_THAT(at(run("input = { trial = 2, step = 4 }"), "x", {0, 0}), WithinAbs(2.0, tolerance));
  CHECK(test::points(run("input = { trial = 2, step = 4 }")) == 1);
  CHECK(run("input = { trial = 2, step = 4 }")
            .summary[0]
            .starts_with("1 fixed point with the input of trial 2 at step 4: 1 stable; q at most "));
}

TEST_CASE("points under different inputs are different, even where the state is the same", "[fixed_points]") {
  test::Subject subject = two_inputs();
  for (Eigen::MatrixXd& block : subject.parameters.input) block.setZero();

  const auto results = test::analyse(subject, "fixed_points", "");

  REQUIRE(test::points(results) == 2);
  CHECK(values(results, "input") == std::vector<double>{1.0, 2.0});
  for (const double x : test::array(results, "x").values) CHECK_THAT(x, WithinAbs(0.0, tolerance));
}

TEST_CASE("a region is searched in with the others as they were in the trajectory", "[fixed_points]") {
  const test::Subject subject = two_regions();

  const auto results = test::analyse(subject, "fixed_points", "regions = [\"a\"]\nseeds = 30\nunique_distance = 1e-6");

  REQUIRE(test::points(results) >= 10);
  CHECK(shape(results, "x", 1) == 1);
  REQUIRE(shape(results, "held", 1) == 2);
  CHECK(test::array(results, "units").values == std::vector<double>{0.0});
  CHECK(test::array(results, "held_units").values == std::vector<double>{1.0, 2.0});
  for (Index point = 0; point < test::points(results); ++point) {
    // x_a = 0.5 x_a + 2 x_b + 1
    CHECK_THAT(at(results, "x", {point, 0}), WithinAbs(2.0 * (2.0 * at(results, "held", {point, 0}) + 1.0), tolerance));
    CHECK_THAT(at(results, "eigenvalues_real", {point, 0}), WithinAbs(0.95, tolerance));
    const auto trial = Index(at(results, "trial", {point})), step = Index(at(results, "step", {point}));
    CHECK(at(results, "held", {point, 1}) ==
          subject.simulations[0].state(subject.network, subject.parameters, trial, step - 1)(2));
    CHECK(at(results, "q", {point}) < 1e-24);
  }
}

TEST_CASE("the other regions may be held at their mean, or at zero", "[fixed_points]") {
  const test::Subject subject = two_regions();
  double mean = 0.0;  // of the first unit of b, which keeps what it was
  const Eigen::MatrixXd& start = subject.simulations[0].trials.initial_state;
  for (Index trial = 0; trial < 20; ++trial) mean += start(1, trial) / 20.0;

  const auto at_mean = test::analyse(subject, "fixed_points", "regions = \"a\"\nothers = \"mean\"");
  const auto at_zero = test::analyse(subject, "fixed_points", "regions = \"a\"\nothers = \"zero\"");
  const auto frozen = test::analyse(subject, "fixed_points", "regions = \"a\"\nothers = \"frozen\"");

  REQUIRE(test::points(at_mean) == 1);
  REQUIRE(test::points(at_zero) == 1);
  CHECK(test::points(frozen) > 10);
  CHECK_THAT(at(at_mean, "x", {0, 0}), WithinAbs(2.0 * (2.0 * mean + 1.0), tolerance));
  CHECK_THAT(at(at_zero, "x", {0, 0}), WithinAbs(2.0, tolerance));
  CHECK(at(at_zero, "held", {0, 0}) == 0.0);
}

TEST_CASE("regions are searched in the order given", "[fixed_points]") {
  const auto forward = test::analyse(two_regions(), "fixed_points", "regions = [\"a\", \"b\"]\nseeds = 5");
  const auto backward = test::analyse(two_regions(), "fixed_points", "regions = [\"b\", \"a\"]\nseeds = 5");

  CHECK(test::array(backward, "units").values == std::vector<double>{1.0, 2.0, 0.0});
  for (Index point = 0; point < test::points(backward); ++point) {
    CHECK_THAT(at(backward, "x", {point, 2}), WithinAbs(4.0 * at(backward, "x", {point, 0}) + 2.0, 1e-8));
  }
  CHECK(test::points(forward) == test::points(backward));
}

TEST_CASE("lesions, drives and clamps act where and when they were in force", "[fixed_points]") {
  test::Subject subject = test::subject_of(one_linear(0.5, 1.0));  // x = 0.5 x + 1
  mrnn::Trials trials = test::scattered(subject, 20, 10, 1.0);
  const mrnn::Selection unit({{0, 1}});
  trials.interventions.push_back(
      {{0, 10}, {0, 1, 2}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, unit, unit, 0.0}});
  trials.interventions.push_back(
      {{0, 10}, {10, 11}, mrnn::Drive{unit, Eigen::VectorXd::Constant(1, 3.0), Eigen::VectorXd::Ones(10)}});
  trials.interventions.push_back({{5, 10}, {19}, mrnn::Clamp{unit, 7.0}});
  subject.simulations = {test::simulate(subject, "perturbed", trials)};

  const auto results = test::analyse(subject, "fixed_points", "unique_distance = 0.1");

  // Lesioned: x = 1; driven: x = 2 (1 + 3); activity held: x = 0.5 * 7 + 1, h = 7; else x = 2.
  const std::vector<double> expected{1.0, 2.0, 4.5, 8.0};
  const std::vector<double> found = values(results, "x");
  REQUIRE(test::points(results) >= 4);
  for (const double x : expected) {
    CAPTURE(x);
    const test::Nearest nearest = test::nearest_point(results, test::state({x}));
    CHECK(nearest.distance < tolerance);
    CHECK_THAT(at(results, "eigenvalues_real", {nearest.point, 0}),
               WithinAbs(x == 1.0 || x == 4.5 ? 0.9 : 0.95, tolerance));
    const double trial = at(results, "trial", {nearest.point});
    CHECK((x == 1.0 ? trial < 3.0 : x == 8.0 ? trial == 10.0 || trial == 11.0 : x != 4.5 || trial == 19.0));
  }
  CHECK_THAT(at(results, "h", {test::nearest_point(results, test::state({4.5})).point, 0}), WithinAbs(7.0, tolerance));
  for (const double x : found) CHECK(std::ranges::any_of(expected, [&](double y) { return std::abs(x - y) < 1e-8; }));
}

TEST_CASE("a clamp counts from its first step on and not after its last", "[fixed_points]") {
  const auto dynamics = GENERATE(mrnn::Dynamics::leaky, mrnn::Dynamics::elman, mrnn::Dynamics::rate);
  const std::string method = GENERATE("newton", "scyfi");
  CAPTURE(dynamics, method);
  test::SmallNetwork choice = one_linear(0.5, 1.0);
  choice.dynamics = dynamics;
  test::Subject subject = test::subject_of(choice);
  mrnn::Trials trials = test::scattered(subject, 6, 10, 1.0);
  trials.interventions.push_back({{2, 5}, {}, mrnn::Clamp{mrnn::Selection({{0, 1}}), 7.0}});
  subject.simulations = {test::simulate(subject, "held", trials)};
  const auto points_of_step = [&](int step) {  // of 10 ms
    const auto results =
        test::analyse(subject, "fixed_points",
                      "start = " + std::to_string(10 * step) + ".0\nstop = " + std::to_string(10 * step + 10) +
                          ".0\nseeds = 6\nmethod = \"" + method + "\"");
    return values(results, "h");
  };

  for (const int step : {2, 3, 4}) CHECK(points_of_step(step) == std::vector<double>{7.0});
  for (const int step : {1, 5, 6}) {
    const std::vector<double> found = points_of_step(step);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found.front(), WithinAbs(2.0, tolerance));
  }
}

TEST_CASE("points nearer than unique_distance are one, that with the smallest q", "[fixed_points]") {
  Eigen::Matrix2d weights = Eigen::Matrix2d::Identity();  // every state is a fixed point
  test::SmallNetwork choice = test::small_network(weights);
  choice.activation = mrnn::Activation::linear;
  const test::Subject subject = test::with_trials(choice);

  const auto fine = test::analyse(subject, "fixed_points", "unique_distance = 1e-6\nbetween = false");
  const auto coarse = test::analyse(subject, "fixed_points", "unique_distance = 0.5\nbetween = false");
  const auto relative =
      test::analyse(subject, "fixed_points", "unique_distance = 0.5\nunique_scale = \"relative\"\nbetween = false");

  CHECK(test::points(fine) == 20);
  REQUIRE(test::points(coarse) > 4);
  CHECK(test::points(coarse) < 20);
  const std::vector<Eigen::VectorXd> x = test::rows(coarse, "x");
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK((x[i] - x[j]).norm() > 0.5);
  }
  // Mean distance of the seeds from their centroid, times 0.5
  const Eigen::MatrixXd& start = subject.simulations[0].trials.initial_state;
  const double scale = (start.colwise() - start.rowwise().mean()).colwise().norm().mean();
  const std::vector<Eigen::VectorXd> apart = test::rows(relative, "x");
  CHECK(scale > 1.05);
  for (std::size_t i = 0; i < apart.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK((apart[i] - apart[j]).norm() > 0.5 * scale);
  }
}

TEST_CASE("a point far outside the seeds is kept, and flagged", "[fixed_points]") {
  const auto near = test::analyse(test::with_trials(one_linear(0.5, 1.0)), "fixed_points", "");
  const auto far = test::analyse(test::with_trials(one_linear(0.99, 1.0)), "fixed_points", "");  // x = 100

  CHECK(at(near, "outlier", {0}) == 0.0);
  CHECK_THAT(at(far, "x", {0, 0}), WithinRel(100.0, tolerance));
  CHECK(at(far, "outlier", {0}) == 1.0);
  CHECK(far.summary.back() == "1 point lies far outside the activity that was searched from (outlier)");
}

TEST_CASE("the saddle between two wells is found from their midpoint, unless that is switched off", "[fixed_points]") {
  test::Subject subject = test::subject_of(bistable());
  mrnn::Trials trials = test::scattered(subject, 2, 10, 0.0);
  trials.initial_state << 1.8, -1.8;
  subject.simulations = {test::simulate(subject, "control", trials)};

  const auto between = test::analyse(subject, "fixed_points", "");
  const auto alone = test::analyse(subject, "fixed_points", "between = false");

  CHECK(test::points(alone) == 2);
  REQUIRE(test::points(between) == 3);
  const test::Nearest saddle = test::nearest_point(between, test::state({0.0}));
  CHECK(saddle.distance < tolerance);
  CHECK(at(between, "found", {saddle.point}) == 0.0);
}

TEST_CASE("a search ends at the tolerance, and after the iterations it may have", "[fixed_points]") {
  const test::Subject subject = test::with_trials(bistable());

  const auto rough = test::analyse(subject, "fixed_points", "tolerance = 1e-4\nbetween = false");
  const auto fine = test::analyse(subject, "fixed_points", "");
  const auto cut = test::analyse(subject, "fixed_points", "iterations = 1\nfollow = 0");

  const auto most = [](const mrnn::AnalysisResults& results, const char* name) { return values(results, name).back(); };
  CHECK(most(rough, "seed_q") <= 1e-4);
  CHECK(most(rough, "seed_q") > 1e-12);
  CHECK(most(rough, "iterations") < most(fine, "iterations"));
  CHECK(most(cut, "iterations") == 1.0);
  CHECK(test::points(cut) < 3);
  const bool said = std::ranges::any_of(
      cut.summary, [](const std::string& line) { return line.find("used all iterations") != std::string::npos; });
  CHECK(said);
}

TEST_CASE("the figure shows points by stability over trajectories, and their eigenvalues", "[fixed_points]") {
  Eigen::Matrix2d weights;
  weights << 2.0, 0.0, 0.0, 2.0;  // two bistable units: 4 stable points, 4 saddles, 1 repeller
  const auto results = test::analyse(test::with_trials(test::small_network(weights), 2.0), "fixed_points", "");

  REQUIRE(test::points(results) == 9);
  REQUIRE(results.figures.size() == 1);
  const mrnn::Figure& figure = results.figures[0];
  REQUIRE(figure.panels.size() == 2);
  CHECK(figure.panels[0].x.label == "PC 1 of points (50 %)");
  std::vector<std::string> labels;
  std::vector<std::size_t> sizes;
  for (const mrnn::Series& series : figure.panels[0].series) {
    if (series.label.empty()) continue;
    labels.push_back(series.label);
    sizes.push_back(series.x.size());
  }
  CHECK(labels == std::vector<std::string>{"stable", "1 unstable mode", "2 unstable modes"});
  CHECK(sizes == std::vector<std::size_t>{4, 4, 1});
  CHECK(figure.panels[1].equal_aspect);
  CHECK(figure.panels[1].series.back().x.size() == 2);
  REQUIRE(figure.panels[1].series.size() == 3);  // smaller ones over larger ones: none is hidden
  CHECK(figure.panels[1].series[0].width > figure.panels[1].series[1].width);
  CHECK(figure.panels[1].series[1].width > figure.panels[1].series[2].width);
}

TEST_CASE("the analysis asks for the state that the dynamics carry", "[fixed_points]") {
  test::SmallNetwork choice = bistable();
  const auto leaky = test::make_analysis("fixed_points", "", test::subject_of(choice).network)->needs();
  choice.dynamics = mrnn::Dynamics::rate;
  const auto rate = test::make_analysis("fixed_points", "", test::subject_of(choice).network)->needs();

  CHECK((leaky.x && !leaky.h));
  CHECK((rate.h && !rate.x));
}

TEST_CASE("mistakes in the keys are pointed at", "[fixed_points]") {
  const test::Subject subject = two_inputs();
  const auto mistake = [&](const std::string& keys) { return test::mistake(subject, "fixed_points", keys); };

  CHECK(mistake("regions = \"A\"") ==
        "x.toml:2:11: regions: no region called \"A\"; available: a, *. Did you mean \"a\"?");
  CHECK(mistake("seeds = 0") == "x.toml:2:9: seeds: is 0; an integer of at least 1 is accepted");
  CHECK(mistake("noise_scale = -1.0") == "x.toml:2:15: noise_scale: is -1; a number of 0 or more is accepted");
  CHECK(mistake("start = -10.0") == "x.toml:2:9: start: is negative; it is a time in ms from the start of the run");
  CHECK(mistake("start = 50.0\nstop = 50.0") == "x.toml:3:8: stop: is not after start by at least one step");
  CHECK(mistake("start = 500.0") ==
        "x.toml:2:9: start: leaves no step of simulation \"control\" whose state was "
        "recorded; it has 10 steps");
  CHECK(mistake("others = \"mean\"") ==
        "x.toml:2:10: others: has no meaning where regions names all units: there are no others");
  CHECK(mistake("input = [1.0, 2.0]") == "x.toml:2:9: input: has 2 values; the network has 1 input channels");
  CHECK(mistake("input = \"none\"") == "x.toml:2:9: input: is \"none\"; accepted: step, zero");
  CHECK(mistake("input = { trial = 0 }") ==
        "x.toml:2:9: input: needs a time in ms or a step, and not both: { trial = 0, time = 200.0 }");
  CHECK(mistake("input = { trial = 20, step = 3 }") ==
        "x.toml:2:9: input: names trial 20 and step 3; simulation \"control\" has 20 trials of 10 steps");
  CHECK(mistake("method = \"adam\"") == "x.toml:2:10: method: is \"adam\"; accepted: newton, gradient, scyfi");
  CHECK(mistake("period = 2") == "x.toml:2:10: period: needs method = \"scyfi\"");
  CHECK(mistake("method = \"scyfi\"\nperiod = [2, 1]") ==
        "x.toml:3:10: period: holds a number that is not 2, 3, 4, ... steps");
  CHECK(mistake("method = \"scyfi\"\nslow_tolerance = 1e-3") ==
        "x.toml:3:18: slow_tolerance: has no meaning for the exact solver");
  CHECK(mistake("method = \"scyfi\"\nbetween = true") ==
        "x.toml:3:11: between: has no meaning for the exact solver, which does not start from states");
  CHECK(mistake("tolerance = 1e-6\nslow_tolerance = 1e-6") == "x.toml:3:18: slow_tolerance: must be above tolerance");
  CHECK(mistake("unique_scale = \"both\"") == "x.toml:2:16: unique_scale: is \"both\"; accepted: absolute, relative");
  CHECK(test::mistake(test::with_trials(bistable()), "fixed_points", "method = \"scyfi\"") ==
        "x.toml:2:10: method: scyfi needs units whose activation is relu or linear; newton works for all");
}
