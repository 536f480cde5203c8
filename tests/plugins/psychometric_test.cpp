// Psychometric curves, against scipy and against choices drawn from known curves.

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis_run.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/random.hpp"
#include "recorded.hpp"

namespace {

using mrnn::AnalysisResults;
using mrnn::Index;
using test::at;

/// The choice is `right` where the first of two outputs is larger at the last step; psychometric trials have x = -2,
/// -1, 1, 2 in turn and drive two units with the evidence for right and for left.
class Chooser final : public mrnn::Task {
 public:
  explicit Chooser(std::string group = "") : group_(std::move(group)) {}

  mrnn::Trials make(const mrnn::TrialRequest& request) const override {
    constexpr Index steps = 5;
    mrnn::Trials trials = mrnn::blank_trials(0, request.count, steps);
    trials.stimulus = mrnn::Sequence(2, request.count, steps);
    for (Index trial = 0; trial < request.count; ++trial) {
      const double x = std::vector<double>{-2.0, -1.0, 1.0, 2.0}[std::size_t(trial % 4)];
      trials.numbers["x"].push_back(x);
      for (Index t = 0; t < steps; ++t) {
        trials.stimulus(0, trial, t) = std::max(0.0, x);
        trials.stimulus(1, trial, t) = std::max(0.0, -x);
      }
    }
    return trials;
  }
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override {
    mrnn::Scores scores{Eigen::VectorXd::Ones(trials.count), Eigen::VectorXd(trials.count)};
    for (Index trial = 0; trial < trials.count; ++trial) {
      scores.choice(trial) = outputs(0, trial, outputs.steps - 1) > outputs(1, trial, outputs.steps - 1) ? 1.0 : 0.0;
      if (trials.numbers.contains("correct") && std::isnan(trials.numbers.at("correct")[std::size_t(trial)])) {
        scores.score(trial) = std::nan("");
      }
    }
    return scores;
  }
  std::optional<mrnn::Psychometric> psychometric() const override {
    return mrnn::Psychometric{"x", "evidence (%)", "share of choices to the right", group_, 4};
  }

 private:
  std::string group_;
};

/// Trials of one value of x: how many, and how many of them chose right.
struct Value {
  double x = 0.0;
  int trials = 0, right = 0;
};

/// A simulation with these choices, written into its outputs.
mrnn::Simulation answers(const std::string& name, const std::vector<Value>& values) {
  Index trials = 0;
  for (const Value& value : values) trials += value.trials;
  mrnn::Simulation made = test::recorded(name, 2, trials, 1, [](Index, Index, Index) { return 0.0; });
  mrnn::Sequence y(2, trials, 1);
  Index trial = 0;
  for (const Value& value : values) {
    for (int k = 0; k < value.trials; ++k, ++trial) {
      made.trials.numbers["x"].push_back(value.x);
      y(k < value.right ? 0 : 1, trial, 0) = 1.0;
    }
  }
  made.y = std::move(y);
  return made;
}

const Chooser chooser;

test::Subject subject(std::vector<mrnn::Simulation> simulations, const mrnn::Task& task = chooser) {
  for (mrnn::Simulation& simulation : simulations) simulation.task = &task;
  return {test::bare_network({{"a", 2}}), {}, std::move(simulations)};
}

/// 40 trials at each of eight values.
std::vector<Value> eight_values() {
  return {{-16, 40, 3}, {-8, 40, 4}, {-4, 40, 9}, {-2, 40, 16}, {2, 40, 27}, {4, 40, 30}, {8, 40, 37}, {16, 40, 38}};
}

/// Choices drawn from a logistic curve.
std::vector<Value> drawn(double bias, double slope, double guess, double lapse) {
  mrnn::RandomStream random(3, mrnn::Stream::simulation_trials, "drawn choices");
  std::vector<Value> values;
  for (int k = -10; k <= 10; ++k) {
    Value value{double(k), 400, 0};
    const double p = guess + (1.0 - guess - lapse) / (1.0 + std::exp(-slope * (value.x - bias)));
    for (int trial = 0; trial < value.trials; ++trial) value.right += random.uniform() < p ? 1 : 0;
    values.push_back(value);
  }
  return values;
}

/// A network whose two outputs are its two units, each of which follows what drives it.
test::Subject following() {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::linear;
  mrnn::Region region;
  region.name = "a";
  region.units = 2;
  spec.regions = {region};
  mrnn::Output output;
  output.name = "choice";
  output.units = 2;
  output.readout = mrnn::Readout::identity;
  spec.outputs = {output};
  mrnn::Network network = mrnn::build_network(spec, 1);
  const mrnn::Parameters parameters = mrnn::initial_parameters(network, 1);
  test::Subject made{std::move(network), parameters};
  made.simulations.push_back(test::simulate(made, "control", chooser.make({})));
  made.simulations.back().task = &chooser;
  return made;
}

}  // namespace

// The numbers of the next test, by scipy 1.17 (x, n, k as in eight_values()):
//   def nll(a, b, g, l): z = b * (x - a); P = g + (1 - g - l) * F(z); Q = l + (1 - g - l) * F(-z)
//                        return -(k * log(P) + (n - k) * log(Q)).sum()
// with F expit or norm.cdf, minimised by trust-constr from many starts (free lapses) and by Nelder-Mead to 1e-13.
TEST_CASE("curves are those of greatest likelihood that scipy finds", "[psychometric]") {
  struct Expected {
    std::string keys;
    double bias, slope, guess, lapse, log_likelihood;
  };
  const std::vector<Expected> all{
      {"", -0.06240930153, 0.35559781495, 0.06457263644, 0.04385343416, -138.657169347585},
      {"lapses = \"none\"", -0.37153831611131705, 0.23193496847140563, 0.0, 0.0, -141.6931722592061},
      {"lapses = \"equal\"", -0.271359115457201, 0.35622856843080075, 0.05430269950935257, 0.05430269950935257,
       -138.76067240499037},
      {"lapses = [0.05, 0.02]", 0.04767892978004084, 0.3204400608654934, 0.05, 0.02, -139.07855770850324},
      {"fit = \"normal\"", -0.03822927826, 0.2150786381, 0.06979179664, 0.04797727397, -138.53680493385755},
      {"fit = \"normal\"\nlapses = \"none\"", -0.42183533752760016, 0.12626745624376495, 0.0, 0.0, -143.42783316636047},
      {"fit = \"normal\"\nlapses = \"equal\"", -0.2542532076026636, 0.21535648041927336, 0.0589279320597183,
       0.0589279320597183, -138.65091307629223},
  };
  const double through_all_points = -138.21835296098158;
  const test::Subject made = subject({answers("control", eight_values())});
  for (const Expected& expected : all) {
    CAPTURE(expected.keys);

    const AnalysisResults results = test::analyse(made, "psychometric", expected.keys + "\nbootstrap = 0");

    CHECK_THAT(at(results, "bias", {0}), WithinAbs(expected.bias, 1e-6));
    CHECK_THAT(at(results, "slope", {0}), WithinAbs(expected.slope, 1e-7));
    CHECK_THAT(at(results, "guess", {0}), WithinAbs(expected.guess, 1e-7));
    CHECK_THAT(at(results, "lapse", {0}), WithinAbs(expected.lapse, 1e-7));
    CHECK_THAT(at(results, "deviance", {0}), WithinAbs(2.0 * (through_all_points - expected.log_likelihood), 1e-9));
    CHECK(at(results, "at_limit", {0}) == 0.0);
  }
}

TEST_CASE("the threshold is the way from one half to three quarters of the transition", "[psychometric]") {
  const test::Subject made = subject({answers("control", eight_values())});

  const AnalysisResults logistic = test::analyse(made, "psychometric", "bootstrap = 0");
  const AnalysisResults normal = test::analyse(made, "psychometric", "fit = \"normal\"\nbootstrap = 0");

  CHECK_THAT(at(logistic, "threshold", {0}), WithinRel(std::log(3.0) / at(logistic, "slope", {0}), 1e-12));
  const double at_threshold =
      0.5 * std::erfc(-at(normal, "slope", {0}) * at(normal, "threshold", {0}) / std::sqrt(2.0));
  CHECK_THAT(at_threshold, WithinRel(0.75, 1e-12));
}

TEST_CASE("lapses, bias and slope of drawn choices are found again, within their intervals", "[psychometric]") {
  const test::Subject made = subject({answers("control", drawn(1.5, 0.8, 0.06, 0.12))});

  const AnalysisResults results = test::analyse(made, "psychometric", "bootstrap = 200");

  CHECK_THAT(at(results, "bias", {0}), WithinAbs(1.5, 0.15));
  CHECK_THAT(at(results, "slope", {0}), WithinAbs(0.8, 0.1));
  CHECK_THAT(at(results, "guess", {0}), WithinAbs(0.06, 0.012));
  CHECK_THAT(at(results, "lapse", {0}), WithinAbs(0.12, 0.015));
  const std::vector<std::pair<std::string, double>> truth{
      {"bias", 1.5}, {"slope", 0.8}, {"guess", 0.06}, {"lapse", 0.12}};
  for (const auto& [name, value] : truth) {
    CAPTURE(name);
    CHECK(at(results, name + "_low", {0}) < value);
    CHECK(at(results, name + "_high", {0}) > value);
  }
  // 3,000 of 8,400 choices lie at the lower end: s.e. of the guess rate sqrt(0.06 0.94 / 3000) = 0.0043 at least.
  const double width = at(results, "guess_high", {0}) - at(results, "guess_low", {0});
  CHECK(width > 2.0 * 1.96 * 0.0043 * 0.7);
  CHECK(width < 2.0 * 1.96 * 0.0043 * 2.0);
  CHECK(at(results, "fit_p", {0}) > 0.02);
  CHECK(at(results, "fit_low", {0, 100}) < at(results, "fit_y", {0, 100}));
  CHECK(at(results, "fit_high", {0, 100}) > at(results, "fit_y", {0, 100}));
  // By the seed alone.
  CHECK(test::analyse(made, "psychometric", "bootstrap = 200").arrays[1].values == results.arrays[1].values);
}

TEST_CASE("a falling curve has a negative slope", "[psychometric]") {
  std::vector<Value> values = eight_values();
  for (Value& value : values) value.right = value.trials - value.right;

  const AnalysisResults results = test::analyse(subject({answers("control", values)}), "psychometric", "bootstrap = 0");

  CHECK_THAT(at(results, "slope", {0}), WithinAbs(-0.35559781495, 1e-7));
  CHECK_THAT(at(results, "bias", {0}), WithinAbs(-0.06240930153, 1e-6));
  CHECK_THAT(at(results, "guess", {0}), WithinAbs(0.04385343416, 1e-7));
  CHECK(at(results, "threshold", {0}) > 0.0);
}

TEST_CASE("rates are kept below their bound", "[psychometric]") {
  const test::Subject made = subject({answers("control", drawn(0.0, 1.0, 0.3, 0.0))});

  CHECK(at(test::analyse(made, "psychometric", "bootstrap = 0"), "guess", {0}) == 0.25);
  CHECK_THAT(at(test::analyse(made, "psychometric", "bootstrap = 0\nmost_lapses = 0.4"), "guess", {0}),
             WithinAbs(0.3, 0.02));
}

TEST_CASE("choices without a mistake reach the limit of the slope, and the summary says so", "[psychometric]") {
  const test::Subject made = subject({answers("control", {{-2, 20, 0}, {-1, 20, 0}, {1, 20, 20}, {2, 20, 20}})});

  const AnalysisResults results = test::analyse(made, "psychometric", "bootstrap = 20");

  CHECK(at(results, "at_limit", {0}) == 1.0);
  CHECK(std::isfinite(at(results, "bias", {0})));
  CHECK(std::abs(at(results, "bias", {0})) < 1.0);
  CHECK_THAT(results.summary.front(),
             EndsWith("80 trials; the choices do not rule out a curve as steep as the fit allows"));
}

// The numbers, by scipy 1.17, are the values of slope and bias at which the likelihood, the others refitted by
// Nelder-Mead (rates from 0 to 0.25, slope to 10), has lost half of chi^2's 95 % point:
//   brentq(lambda s: profile(s) - greatest + 1.9207294103470622, ...)
TEST_CASE("a threshold of which one value of x alone tells has an upper limit only", "[psychometric]") {
  const double infinite = std::numeric_limits<double>::infinity();
  std::vector<Value> one_between;
  for (const double x : {-32.0, -16.0, -8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0}) {
    one_between.push_back({x, x == 0.0 ? 200 : 100, 0});
  }
  one_between.push_back({16.0, 100, 30});
  one_between.push_back({32.0, 100, 100});
  std::vector<Value> falling = one_between;
  for (Value& value : falling) value.right = value.trials - value.right;
  const test::Subject made =
      subject({answers("control", eight_values()), answers("rising", one_between), answers("falling", falling)});

  const AnalysisResults results = test::analyse(made, "psychometric", "lapses = \"equal\"\nbootstrap = 20");

  CHECK(test::array(results, "at_limit").values == std::vector<double>{0.0, 1.0, 1.0});
  for (const Index curve : {1, 2}) {
    CHECK(at(results, "threshold_low", {curve}) == 0.0);
    CHECK_THAT(at(results, "threshold_high", {curve}), WithinRel(2.5023752601723173, 1e-5));
    CHECK_THAT(at(results, "bias_low", {curve}), WithinAbs(16.043012949006815, 1e-4));
    CHECK_THAT(at(results, "bias_high", {curve}), WithinAbs(18.384391101777503, 1e-4));
  }
  CHECK_THAT(at(results, "slope_low", {1}), WithinRel(0.4390277933743869, 1e-5));
  CHECK(at(results, "slope_high", {1}) == infinite);
  CHECK(at(results, "slope_low", {2}) == -infinite);
  CHECK_THAT(at(results, "slope_high", {2}), WithinRel(-0.4390277933743869, 1e-5));
  CHECK_THAT(results.summary.at(1), ContainsSubstring(" (16 to 18.4), threshold at most 2.5 (not determined), guess") &&
                                        EndsWith("the choices do not rule out a curve as steep as the fit allows"));
  // Neither has a point among the biases and thresholds; all have one among the rates.
  const mrnn::Figure& parameters = results.figures.at(1);
  CHECK(parameters.panels.at(0).series.size() == 2);
  CHECK(parameters.panels.at(1).series.size() == 2);
  CHECK(parameters.panels.at(2).series.size() == 6);
}

TEST_CASE("a curve that only its lower end describes is at the limit of its offset", "[psychometric]") {
  const test::Subject made =
      subject({answers("control", {{-3, 99, 19}, {-2, 99, 19}, {-1, 99, 18}, {1, 99, 18}, {2, 99, 17}, {3, 99, 18}})});

  const AnalysisResults results = test::analyse(made, "psychometric", "bootstrap = 0\nlapses = [0.2, 0.0]");

  CHECK(at(results, "at_limit", {0}) == 1.0);
  CHECK_THAT(results.summary.front(),
             EndsWith("; the choices do not bound slope or bias, which are at the limits of the fit"));
}

TEST_CASE("points of many curves are drawn at their own values of x", "[psychometric]") {
  std::vector<mrnn::Simulation> simulations;
  for (int k = 0; k < 13; ++k) simulations.push_back(answers("simulation " + std::to_string(k), eight_values()));
  const test::Subject made = subject(std::move(simulations));

  const AnalysisResults results = test::analyse(made, "psychometric", "bootstrap = 0");

  int curves = 0;
  for (const mrnn::Series& series : results.figures.at(0).panels.at(0).series) {
    if (series.kind != mrnn::Series::Kind::scatter) continue;
    ++curves;
    CHECK(series.x == std::vector<double>{-16, -8, -4, -2, 2, 4, 8, 16});
  }
  CHECK(curves == 13);
  CHECK_THAT(results.figures.at(0).caption, !ContainsSubstring("apart"));
}

TEST_CASE("intervals of more than four curves would hide each other, and are left out", "[psychometric]") {
  std::vector<mrnn::Simulation> simulations;
  for (int k = 0; k < 5; ++k) simulations.push_back(answers("simulation " + std::to_string(k), eight_values()));
  const test::Subject five = subject(simulations);
  simulations.pop_back();
  const test::Subject four = subject(std::move(simulations));

  const mrnn::Figure many = test::analyse(five, "psychometric", "bootstrap = 20").figures.at(0);
  const mrnn::Figure few = test::analyse(four, "psychometric", "bootstrap = 20").figures.at(0);

  CHECK(many.panels.at(0).series.size() == 2 * 5);  // line and discs
  CHECK_THAT(many.caption, EndsWith("Of more than 4 curves in a panel no intervals are drawn."));
  CHECK(few.panels.at(0).series.size() == 4 * 4);  // with bands and bars
  CHECK_THAT(few.caption, ContainsSubstring("bands: their 95 % intervals (bootstrap)."));
}

TEST_CASE("where all choices are the same, the summary says that and no more", "[psychometric]") {
  const test::Subject made = subject({answers("control", {{-2, 20, 20}, {-1, 20, 20}, {1, 20, 20}, {2, 20, 20}})});

  const AnalysisResults results = test::analyse(made, "psychometric", "bootstrap = 20");

  CHECK(results.summary.front() ==
        "control: all choices are the same, which leaves bias and threshold open; 80 trials");
  CHECK(at(results, "at_limit", {0}) == 1.0);
}

TEST_CASE("choices that do not depend on the variable are called so", "[psychometric]") {
  const test::Subject made =
      subject({answers("control", {{-2, 60, 31}, {-1, 60, 29}, {0, 60, 30}, {1, 60, 31}, {2, 60, 29}})});

  const AnalysisResults results = test::analyse(made, "psychometric", "bootstrap = 100\nlapses = \"none\"");

  CHECK_THAT(results.summary.front(), StartsWith("control: the choices may not depend on the variable at all, slope"));
}

TEST_CASE("choices that no such curve describes have a small p", "[psychometric]") {
  const test::Subject made = subject({answers(
      "control", {{-3, 90, 45}, {-2, 90, 85}, {-1, 90, 40}, {0, 90, 88}, {1, 90, 42}, {2, 90, 86}, {3, 90, 44}})});

  const AnalysisResults results = test::analyse(made, "psychometric", "bootstrap = 100");

  CHECK(at(results, "fit_p", {0}) == 0.0);
  CHECK_THAT(results.summary.front(), ContainsSubstring("the curve fits poorly (p = 0)"));
}

TEST_CASE("points are shares of trials with Wilson's intervals; many values are put into parts", "[psychometric]") {
  mrnn::Simulation many = answers("control", std::vector<Value>(60, Value{0.0, 1, 0}));
  for (std::size_t k = 0; k < 60; ++k) many.trials.numbers["x"][k] = double(k);
  for (Index k = 30; k < 60; ++k) {
    auto& y = std::get<mrnn::Sequence>(many.y);
    y(0, k, 0) = 2.0;
  }

  const AnalysisResults few =
      test::analyse(subject({answers("control", eight_values())}), "psychometric", "bootstrap = 0");
  const AnalysisResults parts = test::analyse(subject({many}), "psychometric", "bootstrap = 0");

  REQUIRE(test::array(few, "share").shape == std::vector<Index>{1, 8});
  CHECK(at(few, "variable", {0, 2}) == -4.0);
  CHECK(at(few, "share", {0, 2}) == 9.0 / 40.0);
  CHECK(at(few, "trials", {0, 2}) == 40.0);
  // scipy.stats.binomtest(9, 40).proportion_ci(method="wilson")
  CHECK_THAT(at(few, "share_low", {0, 2}), WithinRel(0.12316091323540743, 1e-12));
  CHECK_THAT(at(few, "share_high", {0, 2}), WithinRel(0.37503096742310027, 1e-12));
  CHECK(test::array(parts, "share").shape == std::vector<Index>{1, 25});
}

TEST_CASE("groups and simulations have curves of their own, trials that do not count are left out", "[psychometric]") {
  const Chooser by_side("side");
  mrnn::Simulation control = answers("control", eight_values()), lesion = control;
  lesion.name = "lesion";
  for (mrnn::Simulation* simulation : {&control, &lesion}) {
    for (Index k = 0; k < 320; ++k) simulation->trials.texts["side"].push_back(k % 2 == 0 ? "left" : "right");
    simulation->trials.numbers["correct"].assign(320, 0.0);
    simulation->trials.numbers["correct"][0] = std::nan("");
    simulation->trials.numbers["half"].resize(320);
    for (std::size_t k = 0; k < 320; ++k)
      simulation->trials.numbers["half"][k] = 0.5 * simulation->trials.numbers["x"][k];
  }

  const AnalysisResults one = test::analyse(subject({control}, by_side), "psychometric", "bootstrap = 10");
  const AnalysisResults both = test::analyse(subject({control, lesion}, by_side), "psychometric", "bootstrap = 10");
  const AnalysisResults half = test::analyse(subject({control}), "psychometric", "variable = \"half\"\nbootstrap = 0");
  const AnalysisResults all = test::analyse(subject({control}), "psychometric", "bootstrap = 0");
  const AnalysisResults by = test::analyse(subject({control}), "psychometric", "by = \"side\"\nbootstrap = 0");

  CHECK(test::texts(one, "curves") == std::vector<std::string>{"left", "right"});
  CHECK(test::texts(by, "curves") == std::vector<std::string>{"left", "right"});
  CHECK(at(one, "trials", {0, 0}) == 19.0);  // of 20, one does not count
  CHECK(at(one, "trials", {1, 0}) == 20.0);
  CHECK(test::texts(both, "curves") ==
        std::vector<std::string>{"control: left", "control: right", "lesion: left", "lesion: right"});
  REQUIRE(both.figures.size() == 2);
  CHECK(both.figures[0].panels.size() == 2);
  CHECK(both.figures[0].panels[1].title == "right");
  CHECK(one.figures[0].panels.size() == 1);
  CHECK(half.figures.size() == 1);
  CHECK_THAT(at(half, "slope", {0}), WithinRel(2.0 * at(all, "slope", {0}), 1e-6));
  CHECK(half.figures[0].panels[0].x.label == "half");
  CHECK(all.figures[0].panels[0].x.label == "evidence (%)");
}

TEST_CASE("psychometric trials of its own run with the simulation's manipulations", "[psychometric]") {
  test::Subject made = following();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "pushed";
  mrnn::Drive push{mrnn::Selection({{0, 1}}), Eigen::VectorXd::Constant(1, 1.5), Eigen::VectorXd::Ones(20)};
  made.simulations.back().trials.interventions.push_back({{0, 20}, {}, push});  // longer than the trials

  const AnalysisResults results = test::analyse(made, "psychometric", "trials = 9\nlapses = \"none\"\nbootstrap = 0");

  // Three rounds of four. Without a push right wins from x = 1 on; with 1.5 more for right, from x = -1 on.
  CHECK(test::texts(results, "curves") == std::vector<std::string>{"control", "pushed"});
  for (Index point = 0; point < 4; ++point) {
    CHECK(at(results, "trials", {0, point}) == 3.0);
    CHECK(at(results, "share", {0, point}) == (point < 2 ? 0.0 : 1.0));
    CHECK(at(results, "share", {1, point}) == (point < 1 ? 0.0 : 1.0));
  }
  CHECK(at(results, "bias", {1}) < at(results, "bias", {0}) - 0.5);
  CHECK_FALSE(test::make_analysis("psychometric", "trials = 9", made.network)->needs().y);
  CHECK(test::make_analysis("psychometric", "", made.network)->needs().y);
  made.simulations.back().trials.interventions.back().trials = {0};
  const std::string refusal =
      "cannot be given for simulation \"pushed\", whose manipulations act on chosen trials or by epoch, and these "
      "would be other trials; leave it out";
  CHECK_THAT(test::mistake(made, "psychometric", "trials = 9"),
             ContainsSubstring("x.toml:2:") && ContainsSubstring(refusal));
  const auto analysis = test::make_analysis("psychometric", "trials = 9", made.network);
  CHECK_THROWS_WITH(analysis->check({&made.simulations.back()}), ContainsSubstring(refusal));
  CHECK_NOTHROW(analysis->check({&made.simulations.front()}));
}

TEST_CASE("mistakes in the keys of psychometric are named", "[psychometric]") {
  const test::Subject made = subject({answers("control", eight_values())});
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "psychometric", keys); };

  CHECK_THAT(mistake("fit = \"erf\""), ContainsSubstring("logistic") && ContainsSubstring("normal"));
  CHECK_THAT(mistake("lapses = \"fre\""), ContainsSubstring("Did you mean \"free\"?"));
  CHECK_THAT(mistake("lapses = [0.6, 0.5]"), ContainsSubstring("rates of 0 or more whose sum is below 1"));
  CHECK_THAT(mistake("lapses = [0.1]"), ContainsSubstring("as a list is [guess, lapse]"));
  CHECK_THAT(mistake("most_lapses = 0.5"), ContainsSubstring("most_lapses"));
  CHECK_THAT(mistake("most_lapses = 0.1\nlapses = \"none\""),
             ContainsSubstring("most_lapses: has no meaning where rates are not free"));
  CHECK_THAT(mistake("trials = 0"), ContainsSubstring("trials"));
  CHECK_THAT(mistake("trials = 9223372036854775807"),
             EndsWith("trials: is 9223372036854775807; at most 10000000 is accepted"));
  CHECK_THAT(mistake("bootstrap = -1"), ContainsSubstring("bootstrap"));
  CHECK_THAT(mistake("variable = \"y\""), ContainsSubstring("no per-trial metadata called \"y\"; available: x"));
  CHECK_THAT(mistake("by = \"side\""), ContainsSubstring("no per-trial metadata called \"side\""));
  const auto too_few = [&](const std::string& keys) {
    const test::Subject three = subject({answers("control", {{-1, 20, 3}, {0, 20, 9}, {1, 20, 16}})});
    return test::failure(three, "psychometric", keys);
  };
  CHECK(
      too_few("") ==
      "the curve \"control\" has 3 values of x, too few for the 4 parameters of the fit; lapses = \"none\" leaves two "
      "of them, and trials = N takes trials with all values");
  CHECK(too_few("lapses = \"equal\"\nbootstrap = 0").empty());
}

TEST_CASE("psychometric curves need a task with choices", "[psychometric]") {
  struct Silent final : mrnn::Task {
    mrnn::Trials make(const mrnn::TrialRequest&) const override { return {}; }
  };
  const Silent silent;
  test::Subject made = subject({answers("control", eight_values())}, silent);

  CHECK_THAT(test::mistake(made, "psychometric", ""),
             ContainsSubstring("needs a task with choices and a psychometric curve; that of simulation \"control\" has "
                               "none"));
  struct Other final : mrnn::Task {
    mrnn::Trials make(const mrnn::TrialRequest&) const override { return {}; }
    std::optional<mrnn::Psychometric> psychometric() const override {
      return mrnn::Psychometric{"frequency", "frequency (Hz)", "share of choices of the higher", "", 4};
    }
  };
  const Other other;
  test::Subject two = subject({answers("control", eight_values()), answers("pitch", eight_values())});
  two.simulations.back().task = &other;
  CHECK_THAT(
      test::mistake(two, "psychometric", ""),
      EndsWith("simulation: names \"control\" and \"pitch\", whose tasks have different curves: share of choices "
               "to the right by x, share of choices of the higher by frequency; give each an analysis of its "
               "own"));
  made.simulations.front().task = nullptr;
  CHECK_THAT(test::mistake(made, "psychometric", ""), ContainsSubstring("needs a task with choices"));
  mrnn::NetworkSpec spec;
  mrnn::Region region;
  region.name = "a";
  spec.regions = {region};
  const mrnn::Network without_outputs = mrnn::build_network(spec, 1);
  CHECK_THROWS_WITH(test::make_analysis("psychometric", "", without_outputs),
                    EndsWith("needs a network with outputs, from which choices are read"));
}
