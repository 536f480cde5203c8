// What the keys of lyapunov do, and what it says.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "lyapunov_problems.hpp"

using mrnn::Index;
using test::at;
using namespace test::lyapunov;

namespace {

/// One tanh unit that excites itself by `weight`; a trial for each pair of inputs, in the first half of the steps and
/// in the second.
test::Subject pulsed(double weight, const std::vector<std::array<double, 2>>& inputs, Index steps) {
  test::Subject made = subject({1, 0, 1}, mrnn::Activation::tanh);
  set_weights(made, Eigen::MatrixXd::Constant(1, 1, weight));
  made.parameters.input.front().setOnes();
  mrnn::Trials trials = mrnn::blank_trials(1, std::ssize(inputs), steps);
  for (Index trial = 0; trial < trials.count; ++trial) {
    for (Index step = 0; step < steps; ++step) {
      trials.inputs(0, trial, step) = inputs[std::size_t(trial)][2 * step < steps ? 0 : 1];
    }
  }
  made.simulations = {test::simulate(made, "pulse", trials)};
  return made;
}

}  // namespace

TEST_CASE("exponents do not depend on how many are asked for or how often they are orthonormalised", "[lyapunov]") {
  const test::Subject made = driven();
  const auto all = test::analyse(made, "lyapunov", "discard = 2000");
  const auto two = test::analyse(made, "lyapunov", "discard = 2000\ncount = 2");
  const auto rarely = test::analyse(made, "lyapunov", "discard = 2000\nevery = 7");

  REQUIRE(test::array(two, "exponents").shape == std::vector<Index>{1, 2});
  for (Index i = 0; i < 2; ++i) {
    CHECK_THAT(at(two, "exponents", {0, i}), WithinRel(at(all, "exponents", {0, i}), tolerance));
    CHECK_THAT(at(rarely, "exponents", {0, i}), WithinRel(at(all, "exponents", {0, i}), 1e-8));
  }
  CHECK(test::array(all, "convergence_time").shape == std::vector<Index>{1, 100});
  CHECK(test::array(rarely, "convergence_time").shape == std::vector<Index>{1, 15});  // 14 times 7 steps, and 2
  CHECK(at(rarely, "convergence_time", {0, 0}) == 70.0);
  CHECK(at(rarely, "convergence_time", {0, 14}) == 1000.0);
}

TEST_CASE("the last estimate of the convergence is the exponent", "[lyapunov]") {
  const auto results = test::analyse(driven(), "lyapunov", "");

  // 270 steps count, more than the 200 samples that are kept: every second one.
  REQUIRE(test::array(results, "convergence").shape == std::vector<Index>{1, 135, 3});
  CHECK(at(results, "convergence_time", {0, 0}) == 20.0);
  for (Index i = 0; i < 3; ++i) {
    CHECK(at(results, "convergence", {0, 134, i}) == at(results, "exponents", {0, i}));
    CHECK(at(results, "convergence", {0, 0, i}) != at(results, "exponents", {0, i}));
  }
}

TEST_CASE("orthonormalised too rarely, exponents lose digits, and the summary says so", "[lyapunov]") {
  const auto summary = [](const std::string& keys) {
    return test::analyse(triangular(0.9, 0.5, 0.1), "lyapunov", keys).summary;
  };

  CHECK(summary("every = 1").size() == 1);
  REQUIRE(summary("every = 20").size() == 2);
  CHECK(summary("every = 20").back() == "control: some exponents have lost digits; a smaller every keeps them");
}

TEST_CASE("an estimate that has not settled is called so in the summary", "[lyapunov]") {
  // At rest the one unit does not decay; driven away from 0 it does.
  const test::Subject made = pulsed(1.0, {{0.0, 3.0}}, 40);

  const auto moving = test::analyse(made, "lyapunov", "discard = 0").summary;
  const auto settled = test::analyse(made, "lyapunov", "discard = 300").summary;

  REQUIRE(moving.size() == 2);
  CHECK_THAT(moving[1], StartsWith("pulse: the largest exponent still moved by -") &&
                            EndsWith("per s over the second half of the time; a longer run (duration) settles it"));
  CHECK(settled.size() == 1);
}

TEST_CASE("a drift that all trials share is not hidden by how much they differ", "[lyapunov]") {
  const test::Subject made = pulsed(1.0, {{0.0, 0.6}, {0.3, 1.0}}, 40);

  const auto summary = test::analyse(made, "lyapunov", "discard = 0").summary;

  REQUIRE(summary.size() == 2);
  CHECK_THAT(summary[1], StartsWith("pulse: the largest exponent still moved by -"));
}

TEST_CASE("a small drift that the standard error does not hold is told of", "[lyapunov]") {
  // Two trials that hardly differ; driven from the middle on, the unit decays faster: by less than a tenth.
  const test::Subject made = pulsed(0.5, {{0.0, 0.3}, {0.0, 0.31}}, 80);

  const auto moving = test::analyse(made, "lyapunov", "discard = 0");
  const auto settled = test::analyse(made, "lyapunov", "discard = 600");

  const double from = at(moving, "convergence", {0, 40, 0}), to = at(moving, "exponents", {0, 0});
  REQUIRE(std::abs(to - from) < 0.1 * std::abs(to));
  REQUIRE(std::abs(to - from) > 5.0 * at(moving, "exponents_sem", {0, 0}));
  REQUIRE(moving.summary.size() == 2);
  CHECK_THAT(moving.summary[1], StartsWith("pulse: the largest exponent still moved by -"));
  CHECK(settled.summary.size() == 1);
}

TEST_CASE("the largest exponent is told though it is not the first, before they have settled", "[lyapunov]") {
  test::Subject made = triangular(0.3, 0.3, 3.0);
  bool found = false;
  for (Index trials = 1; trials <= 40 && !found; ++trials) {
    run(made, trials, 1);
    const std::string keys = "discard = 0\ntrials = [" + std::to_string(trials - 1) + "]";
    const auto results = test::analyse(made, "lyapunov", keys);
    const std::vector<double>& exponents = test::array(results, "exponents_trials").values;
    const double largest = *std::ranges::max_element(exponents);
    found = exponents.front() < 0.0 && largest > 0.0;  // the first column is almost at right angles to what grows
    if (!found) continue;
    std::ostringstream words;
    words.precision(3);
    words << "largest Lyapunov exponent " << largest << " per s, neighbouring states move apart";
    CHECK_THAT(results.summary.front(), ContainsSubstring(words.str()));
  }
  REQUIRE(found);
}

TEST_CASE("silent relu units without leak lose every direction at once", "[lyapunov]") {
  test::Subject made = subject({}, mrnn::Activation::relu, mrnn::Dynamics::elman);
  made.parameters.bias.setConstant(-1.0);
  made.parameters.initial_state.setConstant(-1.0);
  run(made, 1, 20);

  const auto results = test::analyse(made, "lyapunov", "");

  CHECK(at(results, "exponents", {0, 0}) == -std::numeric_limits<double>::infinity());
  CHECK(at(results, "dimension", {0}) == 0.0);
  CHECK(at(results, "entropy", {0}) == 0.0);
}

TEST_CASE("exponents of a region are those of its own rows and columns, the others as recorded", "[lyapunov]") {
  const test::Subject made = triangular(0.9, 0.7, 0.4);

  const auto a = test::analyse(made, "lyapunov", "regions = \"a\"\ndiscard = 2000");
  const auto b = test::analyse(made, "lyapunov", "regions = \"b\"");

  REQUIRE(test::array(a, "exponents").shape == std::vector<Index>{1, 2});
  CHECK_THAT(at(a, "exponents", {0, 0}), WithinRel(exponent(0.9), tolerance));
  CHECK_THAT(at(a, "exponents", {0, 1}), WithinRel(exponent(0.7), tolerance));
  REQUIRE(test::array(b, "exponents").shape == std::vector<Index>{1, 1});
  CHECK_THAT(at(b, "exponents", {0, 0}), WithinRel(exponent(0.4), tolerance));
}

TEST_CASE("a lesion of some trials changes the exponents of those", "[lyapunov]") {
  test::Subject made = triangular(0.9, 0.7, 0.4);
  mrnn::Trials trials = mrnn::blank_trials(0, 3, 200);
  const mrnn::Selection all({{0, 3}});
  trials.interventions.push_back(
      {{0, 200}, {1}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, all, all, 0.0}});
  made.simulations = {test::simulate(made, "lesioned", trials)};

  const auto results = test::analyse(made, "lyapunov", "discard = 1000");

  CHECK_THAT(at(results, "exponents_trials", {0, 2}), WithinRel(exponent(0.4), tolerance));
  CHECK_THAT(at(results, "exponents_trials", {1, 2}), WithinRel(exponent(1.0 - alpha), tolerance));
  CHECK_THAT(at(results, "exponents_trials", {2, 2}), WithinRel(exponent(0.4), tolerance));
  // Of three values of which two are equal: their difference / 3.
  const double spread = (exponent(0.9) - exponent(1.0 - alpha)) / 3.0;
  CHECK_THAT(at(results, "exponents_sem", {0, 0}), WithinRel(spread, tolerance));
  CHECK_THAT(results.summary.front(), ContainsSubstring("largest Lyapunov exponent -14.5 +- 3.93 per s"));
}

TEST_CASE("a trial's exponents do not depend on the other trials", "[lyapunov]") {
  test::Subject made = driven();
  run(made, 12, 30);

  const auto first_ten = test::analyse(made, "lyapunov", "");
  const auto one = test::analyse(made, "lyapunov", "trials = [7]");

  CHECK(test::array(first_ten, "exponents_trials").shape == std::vector<Index>{10, 3});
  REQUIRE(test::array(one, "trial").values == std::vector<double>{7.0});
  CHECK(at(one, "exponents_trials", {0, 1}) == at(first_ten, "exponents_trials", {7, 1}));
  CHECK(std::isnan(at(one, "exponents_sem", {0, 0})));
}

TEST_CASE("run on by itself, the network keeps the input of the moment at which it starts", "[lyapunov]") {
  test::Subject made = subject({1, 0, 1}, mrnn::Activation::tanh);
  const double w = 0.8;
  set_weights(made, Eigen::MatrixXd::Constant(1, 1, w));
  made.parameters.input.front().setOnes();
  mrnn::Trials trials = mrnn::blank_trials(1, 1, 10);
  trials.inputs(0, 0, 3) = 0.7;
  made.simulations = {test::simulate(made, "pulse", trials)};
  const auto largest = [&](const std::string& keys) {
    return at(test::analyse(made, "lyapunov", "duration = 20000\ndiscard = 10000\n" + keys), "exponents", {0, 0});
  };

  double x = 0.0;  // the fixed point under that input: x = w tanh x + 0.7
  for (int i = 0; i < 1000; ++i) x = w * std::tanh(x) + 0.7;
  const double slope = 1.0 - std::tanh(x) * std::tanh(x);
  CHECK_THAT(largest("hold_at = 30"), WithinRel(exponent(1.0 - alpha + alpha * w * slope), 1e-9));
  CHECK_THAT(largest(""), WithinRel(exponent(1.0 - alpha + alpha * w), 1e-9));  // the last step has no input
}

TEST_CASE("several simulations are compared in one figure", "[lyapunov]") {
  test::Subject made = triangular(0.9, 0.7, 0.4);
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "again";

  const auto results = test::analyse(made, "lyapunov", "discard = 2000");

  CHECK(test::texts(results, "simulations") == std::vector<std::string>{"control", "again"});
  CHECK(test::texts(results, "trial_simulation") == std::vector<std::string>{"control", "control", "again", "again"});
  CHECK(test::array(results, "exponents").shape == std::vector<Index>{2, 3});
  CHECK(results.summary.size() == 2);
  REQUIRE(results.figures.size() == 1);
  REQUIRE(results.figures.front().panels.size() == 2);
  CHECK(results.figures.front().panels[0].y.label == "Lyapunov exponent (1/s)");
  CHECK(results.figures.front().panels[1].x.label == "time (ms)");
}

TEST_CASE("exponents along a trajectory need the state recorded", "[lyapunov]") {
  CHECK(test::make_analysis("lyapunov", "", driven().network)->needs().x);
  const test::Subject rate = subject({}, mrnn::Activation::tanh, mrnn::Dynamics::rate);
  CHECK(test::make_analysis("lyapunov", "", rate.network)->needs().h);
}

TEST_CASE("a continued run that diverges is an error with trial and step", "[lyapunov]") {
  test::Subject made = subject({1, 0, 0}, mrnn::Activation::linear);
  set_weights(made, Eigen::MatrixXd::Constant(1, 1, 100.0));
  made.parameters.initial_state.setOnes();
  run(made, 1, 2);

  CHECK_THROWS_WITH(test::analyse(made, "lyapunov", "duration = 10000"),
                    StartsWith("the activity of trial 0 of simulation \"control\" is no longer finite ") &&
                        ContainsSubstring(" steps after its inputs are held"));
}

TEST_CASE("mistakes in the keys of lyapunov are named", "[lyapunov]") {
  const test::Subject made = driven();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "lyapunov", keys); };

  CHECK_THAT(mistake("regions = \"c\""), StartsWith("x.toml:2:") && ContainsSubstring("\"c\""));
  CHECK_THAT(mistake("count = 4"), ContainsSubstring("count: is 4; the selected units have 3 exponents"));
  CHECK_THAT(mistake("trials = [1]"),
             ContainsSubstring("trials: names trial 1; simulation \"control\" has trials 0 to 0"));
  CHECK_THAT(mistake("trials = [0.5]"), ContainsSubstring("holds a number that is not 0, 1, 2, ..."));
  CHECK_THAT(mistake("trials = []"), ContainsSubstring("is an empty list; leave it out for the first ten"));
  CHECK_THAT(mistake("discard = 3000"),
             ContainsSubstring("discard: leaves none of the 300 steps of simulation \"control\""));
  CHECK_THAT(mistake("duration = 1"), ContainsSubstring("duration: is shorter than half a step"));
  CHECK_THAT(mistake("hold_at = 10"), ContainsSubstring("hold_at: needs duration"));
  CHECK_THAT(mistake("duration = 100\nhold_at = 3000"),
             ContainsSubstring("hold_at: is step 300; simulation \"control\" has steps 0 to 299"));
  CHECK_THAT(mistake("evry = 4"), ContainsSubstring("Did you mean \"every\"?"));
}
