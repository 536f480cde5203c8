// Dynamic similarity: linear systems with known dynamics, and numpy on waves.

#include <cmath>

#include "analysis_run.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/random.hpp"

namespace {

using Eigen::MatrixXd;
using mrnn::Index;
using test::at;

constexpr double dt = 10.0;

/// Three regions, a of 3, b of 3 and c of 5 units, and an input of two channels.
mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.dt = dt;
  spec.regions.resize(3);
  const Index units[] = {3, 3, 5};
  for (std::size_t k = 0; k < 3; ++k) {
    spec.regions[k].name = std::string(1, static_cast<char>('a' + k));
    spec.regions[k].units = units[k];
  }
  spec.inputs.resize(1);
  spec.inputs[0].name = "drive";
  spec.inputs[0].units = 2;
  spec.outputs.resize(1);
  spec.outputs[0].name = "out";
  return mrnn::build_network(spec, 1);
}

MatrixXd draw(Index rows, Index columns, std::uint64_t seed) {
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, "matrix");
  return MatrixXd::NullaryExpr(rows, columns, [&random](Index, Index) { return random.normal(); });
}

/// A simulation of 11 units with the activity `h(unit, trial, step)`.
template <class Function>
mrnn::Simulation simulation(const std::string& name, Index trials, Index steps, Function&& h) {
  mrnn::Simulation made;
  made.name = name;
  made.trials = mrnn::blank_trials(2, trials, steps);
  made.record.h = true;
  made.steps = {0, steps};
  mrnn::Sequence activity(11, trials, steps);
  for (Index trial = 0; trial < trials; ++trial) {
    for (Index step = 0; step < steps; ++step) {
      for (Index unit = 0; unit < 11; ++unit) activity(unit, trial, step) = h(unit, trial, step);
    }
  }
  made.h = activity;
  return made;
}

/// The same waves in every region, the units counted from 0 in each.
double wave(Index unit, Index trial, Index step) {
  const double n = double(unit < 3 ? unit : unit < 6 ? unit - 3 : unit - 6), b = double(trial), t = double(step);
  return std::sin(0.37 * (n + 1.0) * (t + 1.0) + 1.1 * b) + 0.2 * std::cos(0.11 * (n + 2.0) * t * t + b);
}

test::Subject waves(Index trials = 2, Index steps = 20) {
  test::Subject subject{network(), {}};
  subject.simulations.push_back(simulation("control", trials, steps, wave));
  return subject;
}

/// x(t + 1) = A x(t) + B u(t + 1) from a drawn start in each trial: [3 x trials] per step.
mrnn::Sequence run_system(const MatrixXd& a, const MatrixXd& b, const mrnn::Sequence& inputs, std::uint64_t seed) {
  mrnn::Sequence x(3, inputs.trials, inputs.steps);
  x.at(0) = draw(3, inputs.trials, seed);
  for (Index step = 1; step < inputs.steps; ++step) x.at(step) = a * x.at(step - 1) + b * inputs.at(step);
  return x;
}

MatrixXd slow_system() {
  MatrixXd a(3, 3);
  a << 0.9, -0.3, 0.0, 0.3, 0.9, 0.2, 0.0, 0.0, 0.8;
  return a;
}

/// Linear systems: a as given, b in other coordinates, c seen through five units that mix it; inputs are noise.
test::Subject systems(const MatrixXd& of_a, const MatrixXd& of_b, const MatrixXd& of_c,
                      const MatrixXd& inputs_of = MatrixXd::Zero(3, 2), Index trials = 6) {
  test::Subject subject{network(), {}};
  const Index steps = 30;
  mrnn::Simulation made = simulation("control", trials, steps, [](Index, Index, Index) { return 0.0; });
  for (Index step = 0; step < steps; ++step) {
    made.trials.inputs.at(step) = draw(2, trials, 1000 + static_cast<std::uint64_t>(step));
  }
  const MatrixXd turn = draw(3, 3, 1) + 2.0 * MatrixXd::Identity(3, 3), mix = draw(5, 3, 2);
  const mrnn::Sequence a = run_system(of_a, inputs_of, made.trials.inputs, 11);
  const mrnn::Sequence b = run_system(of_b, inputs_of, made.trials.inputs, 12);
  const mrnn::Sequence c = run_system(of_c, inputs_of, made.trials.inputs, 13);
  mrnn::Sequence h(11, trials, steps);
  for (Index step = 0; step < steps; ++step) h.at(step) << a.at(step), turn * b.at(step), mix * c.at(step);
  made.h = h;
  subject.simulations.push_back(made);
  return subject;
}

/// Eigenvalues of an item as pairs of real and imaginary part, in the order of the results.
std::vector<std::complex<double>> eigenvalues(const mrnn::AnalysisResults& results, Index item) {
  std::vector<std::complex<double>> values;
  const Index count = test::array(results, "eigenvalues_real").shape[1];
  for (Index k = 0; k < count; ++k) {
    values.emplace_back(at(results, "eigenvalues_real", {item, k}), at(results, "eigenvalues_imag", {item, k}));
  }
  return values;
}

const std::string three = "delays = 3\ndelay_interval = 2\nrank = 4\n";

}  // namespace

TEST_CASE("delays are embedded, factorised and fitted as numpy does it", "[dsa]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "dsa", three + "regions = [\"a\", \"b\"]");

  // H from rows [x_t, x_(t-2), x_(t-4)] of both trials; numpy.linalg.svd; A = (V-'V- + 1e-8)^-1 V-'V+ transposed.
  const double singular[] = {5.900912418009512, 5.668309673425272, 5.332452032745828, 4.5382629305843};
  for (Index k = 0; k < 4; ++k) CHECK_THAT(at(results, "singular_values", {0, k}), WithinRel(singular[k], 1e-10));
  CHECK(test::array(results, "singular_values").shape == std::vector<Index>{2, 9});
  const auto values = eigenvalues(results, 0);
  CHECK(std::abs(values[0] - std::complex(0.45803981, 0.85915397)) < 1e-8);
  CHECK(std::abs(values[1] - std::complex(0.45803981, -0.85915397)) < 1e-8);
  CHECK(std::abs(values[2] - std::complex(0.79690727, 0.03853825)) < 1e-8);
  CHECK_THAT(at(results, "dynamics_error", {0}), WithinRel(0.17241775326625544, 1e-9));
  CHECK_THAT(at(results, "non_normality", {0}), WithinRel(0.21766501350626638, 1e-9));
  CHECK_THAT(at(results, "explained", {0}), WithinRel(0.7856307600201728, 1e-10));
  CHECK(at(results, "rank", {}) == 4.0);
  CHECK(at(results, "delays", {}) == 3.0);
  CHECK(test::array(results, "dynamics").shape == std::vector<Index>{2, 4, 4});
  // The second region does the same.
  CHECK(at(results, "distance", {0, 1}) < 1e-10);
}

TEST_CASE("the same linear system in other coordinates is nearer the more trials there are, another one is far",
          "[dsa]") {
  MatrixXd other(3, 3);
  other << 0.5, 0.4, 0.0, -0.4, 0.5, 0.0, 0.0, 0.0, -0.9;
  const MatrixXd none = MatrixXd::Zero(3, 2);
  const test::Subject same = systems(slow_system(), slow_system(), slow_system());
  const test::Subject long_same = systems(slow_system(), slow_system(), slow_system(), none, 500);
  const test::Subject unlike = systems(slow_system(), other, slow_system());
  const std::string keys = "delays = 2\nrank = 3";

  const mrnn::AnalysisResults near = test::analyse(same, "dsa", keys), apart = test::analyse(unlike, "dsa", keys);
  const mrnn::AnalysisResults nearer = test::analyse(long_same, "dsa", keys);

  for (Index item = 0; item < 3; ++item) {
    CHECK(std::abs(eigenvalues(near, item)[0] - std::complex(0.9, 0.3)) < 1e-6);
  }
  // U is whitened by the trials there are, and each region has its own.
  CHECK(at(near, "distance", {0, 1}) < 0.1);
  CHECK(at(nearer, "distance", {0, 1}) < 0.01);
  CHECK(at(nearer, "distance", {0, 2}) < 0.01);
  CHECK(at(apart, "distance", {0, 1}) > 0.8);
  CHECK(at(apart, "distance", {0, 1}) == at(apart, "distance", {1, 0}));
  CHECK(at(apart, "distance", {0, 0}) == 0.0);
}

TEST_CASE("two views of one trajectory are at distance 0", "[dsa]") {
  test::Subject subject = systems(slow_system(), slow_system(), slow_system());
  mrnn::Sequence& h = std::get<mrnn::Sequence>(subject.simulations[0].h);
  const MatrixXd mix = draw(5, 3, 3);
  MatrixXd mirror = mrnn::qr(draw(3, 3, 4)).q;
  mirror.col(0) *= -1.0;
  for (Index step = 0; step < h.steps; ++step) {
    const MatrixXd x = h.at(step).topRows(3);
    h.at(step) << x, mirror * x, mix * x;
  }
  const std::vector<double> before = h.data;

  const mrnn::AnalysisResults results = test::analyse(subject, "dsa", "delays = 2\nrank = 3");

  CHECK(at(results, "distance", {0, 1}) < 1e-9);
  CHECK(at(results, "distance", {0, 2}) < 1e-6);
  CHECK(at(results, "dynamics_error", {0}) < 1e-12);
  CHECK(std::get<mrnn::Sequence>(subject.simulations[0].h).data == before);
}

TEST_CASE("eigenvalues can be compared instead, which no invertible change of coordinates moves", "[dsa]") {
  const test::Subject subject = systems(slow_system(), slow_system(), 0.9 * slow_system());
  const std::string keys = "delays = 2\nrank = 3\nmetric = \"wasserstein\"";

  const mrnn::AnalysisResults results = test::analyse(subject, "dsa", keys);

  CHECK(at(results, "distance", {0, 1}) < 1e-6);
  // Every eigenvalue moves by a tenth of its size: 0.9 +- 0.3i and 0.8.
  CHECK_THAT(at(results, "distance", {0, 2}), WithinRel(0.1 * std::sqrt((2.0 * 0.9 + 0.64) / 3.0), 1e-6));
  CHECK(test::array(results, "distance").units == "1");
}

TEST_CASE("dynamics are told from what inputs do", "[dsa]") {
  const MatrixXd drive = draw(3, 2, 5);
  const test::Subject subject = systems(slow_system(), slow_system(), slow_system(), drive);
  const std::string keys = "delays = 1\nrank = 3\nmetric = \"wasserstein\"\n";

  const mrnn::AnalysisResults without = test::analyse(subject, "dsa", keys);
  const mrnn::AnalysisResults with = test::analyse(subject, "dsa", keys + "inputs = true");

  CHECK(std::abs(eigenvalues(with, 0)[0] - std::complex(0.9, 0.3)) < 1e-6);
  CHECK(at(with, "dynamics_error", {0}) < 1e-10);
  CHECK(at(without, "dynamics_error", {0}) > 1e-2);
  CHECK(std::abs(eigenvalues(without, 0)[0] - std::complex(0.9, 0.3)) > 1e-3);
}

TEST_CASE("what inputs can reach is compared", "[dsa]") {
  test::Subject subject = systems(slow_system(), slow_system(), slow_system(), draw(3, 2, 6));
  mrnn::Sequence& h = std::get<mrnn::Sequence>(subject.simulations[0].h);
  const MatrixXd mix = draw(5, 3, 3);
  for (Index step = 0; step < h.steps; ++step) {
    const MatrixXd x = h.at(step).topRows(3);
    h.at(step).bottomRows(5) = mix * x;
  }
  const std::string keys = "delays = 1\nrank = 3\nmetric = \"controllability\"\n";

  const mrnn::AnalysisResults results = test::analyse(subject, "dsa", keys);
  const mrnn::AnalysisResults near = test::analyse(subject, "dsa", keys + "horizon = 1");

  CHECK(at(results, "distance", {0, 2}) < 1e-6);
  CHECK(at(results, "distance", {0, 1}) > 1e-3);
  CHECK(at(near, "distance", {0, 1}) != at(results, "distance", {0, 1}));
  CHECK(test::array(results, "input_effect").shape == std::vector<Index>{3, 3, 2});
}

TEST_CASE("the rank is found by singular values", "[dsa]") {
  const std::string keys = "delays = 3\ndelay_interval = 2\nregions = [\"a\", \"b\"]\n";
  const auto rank = [&](const std::string& more) { return at(test::analyse(waves(), "dsa", keys + more), "rank", {}); };

  // 5.90, 5.67, 5.33, 4.54, ...
  CHECK(rank("threshold = 5.0") == 3.0);
  CHECK(rank("threshold = 5.5") == 2.0);
  CHECK(rank("explained_variance = 0.78") == 4.0);
  CHECK(rank("explained_variance = 0.79") == 5.0);
  CHECK(rank("explained_variance = 0.0") == 1.0);
}

TEST_CASE("an item with fewer directions sets the rank of all, and is named", "[dsa]") {
  const test::Subject subject = systems(slow_system(), slow_system(), slow_system());

  const mrnn::AnalysisResults results = test::analyse(subject, "dsa", "delays = 1\nrank = 5");

  CHECK(at(results, "rank", {}) == 3.0);
  CHECK(results.summary.front() == "rank 3 instead of 5: a has no more directions");
}

TEST_CASE("each option of the fit has an effect", "[dsa]") {
  const std::string keys = three + "regions = [\"a\", \"b\"]\n";
  const auto largest = [&](const std::string& more) {
    return std::abs(eigenvalues(test::analyse(waves(), "dsa", keys + more), 0).front());
  };
  const double plain = largest("");

  // numpy: A of rank 2, and A over two steps
  CHECK_THAT(largest("reduced_rank = 2"), WithinRel(0.932806883, 1e-8));
  CHECK(std::abs(eigenvalues(test::analyse(waves(), "dsa", keys + "reduced_rank = 2"), 0)[2]) < 1e-12);
  CHECK_THAT(largest("steps_ahead = 2"), WithinRel(0.9565970649832949, 1e-9));
  CHECK(std::abs(largest("ridge = 0.1") - plain) > 1e-3);
  CHECK(std::abs(largest("centre = true") - plain) > 1e-6);
  CHECK(std::abs(largest("components = 2") - plain) > 1e-3);
  CHECK(at(test::analyse(waves(), "dsa", keys + "components = 2"), "kept", {0}) < 0.95);
  CHECK(test::array(test::analyse(waves(), "dsa", keys + "components = 2"), "singular_values").shape[1] == 6);
}

TEST_CASE("each option of the distance has an effect", "[dsa]") {
  const std::string keys = "delays = 1\nrank = 3\n";
  test::Subject subject = waves();
  subject.simulations[0] = simulation("control", 2, 20, [](Index unit, Index trial, Index step) {
    return wave(unit, trial, step) + (unit < 3 ? 0.0 : 0.5 * std::sin(double((unit + 1) * step)));
  });
  const auto distance = [&](const std::string& more) {
    return at(test::analyse(subject, "dsa", keys + more), "distance", {0, 1});
  };
  const double angle = distance("");

  CHECK_THAT(distance("metric = \"euclidean\""), WithinRel(2.0 * std::sin(0.5 * angle), 1e-9));
  CHECK(std::abs(distance("metric = \"euclidean\"\nnormalise = false") - 2.0 * std::sin(0.5 * angle)) > 1e-3);
  CHECK(distance("starts = 0\ntolerance = 0.5") > angle);
}

TEST_CASE("delays and rank are chosen by predictions of trials held out", "[dsa]") {
  const std::string keys = "delays = [3, 1]\ndelay_interval = 2\nrank = [2, 4]\nregions = [\"a\", \"b\"]\n";

  const mrnn::AnalysisResults aic = test::analyse(waves(5), "dsa", keys);
  const mrnn::AnalysisResults mase = test::analyse(waves(5), "dsa", keys + "criterion = \"mase\"");

  // numpy: fitted to trials 0 to 3, errors of x of trial 4 from its step 4 on
  CHECK_THAT(at(aic, "sweep_aic", {0, 0}), WithinRel(-0.7354000873692216, 1e-9));
  CHECK_THAT(at(aic, "sweep_mase", {0, 0}), WithinRel(1.1310959556745828, 1e-9));
  CHECK_THAT(at(aic, "sweep_aic", {1, 0}), WithinRel(-0.6608199670204968, 1e-9));
  CHECK_THAT(at(aic, "sweep_aic", {1, 1}), WithinRel(-0.6686901319904006, 1e-9));
  CHECK_THAT(at(aic, "sweep_mase", {1, 1}), WithinRel(0.8037922283265381, 1e-9));
  CHECK(std::isnan(at(aic, "sweep_aic", {0, 1})));  // three units without delays have no rank 4
  CHECK(test::array(aic, "sweep_delays").values == std::vector<double>{1.0, 3.0});
  CHECK(aic.summary.front() == "chosen by AIC: delays = 1, rank = 2");
  CHECK(mase.summary.front() == "chosen by MASE: delays = 3, rank = 4");
  CHECK(at(mase, "delays", {}) == 3.0);
  CHECK(at(mase, "rank", {}) == 4.0);
  CHECK(aic.figures.back().name == "sweep");
  CHECK(aic.figures.back().panels[0].x.names[1].words == "4");
  // Other trials are held out.
  CHECK(at(test::analyse(waves(5), "dsa", keys + "held_out = 0.4"), "sweep_aic", {0, 0}) !=
        at(aic, "sweep_aic", {0, 0}));
}

TEST_CASE("rows of delays do not cross trials", "[dsa]") {
  // One trial repeated: with rows across the joint, two trials would differ from one.
  test::Subject one = waves(1), two = waves(2);
  two.simulations[0] = simulation("control", 2, 20, [](Index unit, Index, Index step) { return wave(unit, 0, step); });

  const auto first = eigenvalues(test::analyse(one, "dsa", three), 0);
  const auto second = eigenvalues(test::analyse(two, "dsa", three), 0);

  for (std::size_t k = 0; k < 4; ++k) CHECK(std::abs(first[k] - second[k]) < 1e-6);
}

TEST_CASE("the window cuts what is fitted", "[dsa]") {
  const auto whole = eigenvalues(test::analyse(waves(2, 14), "dsa", three), 0);
  const auto cut = eigenvalues(test::analyse(waves(2, 20), "dsa", three + "window = [0, 140]"), 0);

  for (std::size_t k = 0; k < 4; ++k) CHECK(std::abs(whole[k] - cut[k]) < 1e-12);
}

TEST_CASE("many units are first projected, so that rows of delays stay short", "[dsa]") {
  test::Subject subject = waves(4, 120);

  const mrnn::AnalysisResults results = test::analyse(subject, "dsa", "delays = 110\nrank = 2");

  // 500 / 110: four components of the five units of c.
  CHECK(at(results, "kept", {0}) == 1.0);
  CHECK(at(results, "kept", {2}) < 1.0);
  CHECK_THAT(results.summary.front(), ContainsSubstring("components keep"));
}

TEST_CASE("figures show distances, places and eigenvalues", "[dsa]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "dsa", three);

  REQUIRE(results.figures.size() == 2);
  CHECK(results.figures[0].name == "distances");
  CHECK(results.figures[0].panels.size() == 2);
  CHECK(results.figures[1].name == "eigenvalues");
  REQUIRE(results.figures[1].panels.size() == 1);
  CHECK(results.figures[1].panels[0].series.size() == 3);
  CHECK(results.figures[1].panels[0].series[0].x.size() == 4);
  const mrnn::Panel& plane = results.figures[1].panels[0];  // no flat strip along the real axis
  CHECK(*plane.y.high - *plane.y.low >= 0.6 * (*plane.x.high - *plane.x.low - 0.2));
  CHECK_THAT(results.summary[0], StartsWith("rank 4 of rows of 3 delays: "));
  CHECK_THAT(results.summary[1],
             StartsWith("angular distance (rad), closest: a and b (") && ContainsSubstring("farthest: "));
}

TEST_CASE("trials that are too short for the delays say how long they must be", "[dsa]") {
  const auto failure = [](const test::Subject& subject, const std::string& keys) {
    return test::failure(subject, "dsa", keys);
  };

  CHECK_THAT(failure(waves(2, 8), "delays = 5\ndelay_interval = 2"),
             ContainsSubstring("the trials of a have 8 steps within the window; delays = 5 with delay_interval = 2 "
                               "need 10"));
  CHECK_THAT(failure(waves(1), "rank = [1, 2]\ndelays = 1"), ContainsSubstring("there are too few trials for that"));
  CHECK_THAT(failure(waves(5, 4), "rank = [1, 2]\ndelays = 6"), ContainsSubstring("can be judged"));
  CHECK_THAT(failure(waves(), "delays = 1\nthreshold = 1e9"), ContainsSubstring("is above all singular values"));
  test::Subject silent = waves();
  silent.simulations[0] = simulation("control", 2, 20, [](Index, Index, Index) { return 0.0; });
  CHECK(failure(silent, "delays = 1") ==
        "the activity of a, b, c is constant, so there are no two activities to compare");
}

TEST_CASE("a region that stays as it is has no dynamics; the others are compared as without it", "[dsa]") {
  test::Subject still = waves();
  still.simulations[0] = simulation("control", 6, 30, [](Index unit, Index trial, Index step) {
    return unit >= 3 && unit < 6 ? 0.3 : wave(unit, trial, step);
  });
  const std::string keys = GENERATE(as<std::string>{}, "delays = 3\nrank = 4", "delays = [1, 3]\nrank = [2, 4]");
  CAPTURE(keys);

  const auto all = test::analyse(still, "dsa", keys);
  const auto others = test::analyse(still, "dsa", keys + "\nregions = [\"a\", \"c\"]");

  CHECK(at(all, "rank", {}) == at(others, "rank", {}));
  CHECK(at(all, "distance", {0, 2}) == at(others, "distance", {0, 1}));
  for (const char* name : {"kept", "explained", "dynamics_error", "non_normality"}) {
    CAPTURE(name);
    CHECK(std::isnan(at(all, name, {1})));
    CHECK(at(all, name, {2}) == at(others, name, {1}));
  }
  CHECK(std::isnan(at(all, "distance", {1, 1})));
  CHECK(std::isnan(at(all, "distance", {0, 1})));
  CHECK(std::isnan(at(all, "dynamics", {1, 0, 0})));
  CHECK(std::isnan(at(all, "eigenvalues_real", {1, 0})));
  CHECK(at(all, "dynamics", {2, 0, 1}) == at(others, "dynamics", {1, 0, 1}));
  CHECK(all.figures[1].panels.front().series.size() == 2);  // eigenvalues of a and c
  CHECK(all.summary.back() == "the activity of b is constant, so it is not compared");
}

TEST_CASE("mistakes in the keys of dsa are named", "[dsa]") {
  const auto mistake = [](const std::string& keys) { return test::mistake(waves(), "dsa", keys); };

  CHECK_THAT(mistake("delays = 0"), StartsWith("x.toml:2:10: delays: ") && ContainsSubstring("not 1, 2, 3, ..."));
  CHECK_THAT(mistake("delays = 1.5"), ContainsSubstring("not 1, 2, 3, ..."));
  CHECK(mistake("delays = 3\ndelay_interval = 9223372036854775807") ==
        "x.toml:3:18: delay_interval: is 9223372036854775807; at most 1000000 is accepted");
  CHECK_THAT(mistake("rank = []"), ContainsSubstring("rank: is an empty list"));
  CHECK_THAT(mistake("rank = [2, 2]"), ContainsSubstring("has a number twice"));
  CHECK_THAT(mistake("rank = 3\nthreshold = 1.0"), ContainsSubstring("threshold: says the rank in another way"));
  CHECK_THAT(mistake("explained_variance = 1.5"), ContainsSubstring("explained_variance"));
  CHECK_THAT(mistake("metric = \"wassertein\""), ContainsSubstring("Did you mean \"wasserstein\"?"));
  CHECK_THAT(mistake("normalise = false"), ContainsSubstring("has no effect with metric = \"angular\""));
  CHECK_THAT(mistake("metric = \"wasserstein\"\nstarts = 3"), ContainsSubstring("it belongs to angular and euclidean"));
  CHECK_THAT(mistake("metric = \"wasserstein\"\ntolerance = 1e-3"), ContainsSubstring("tolerance: has no effect"));
  CHECK_THAT(mistake("horizon = 3"), ContainsSubstring("it belongs to controllability"));
  CHECK_THAT(mistake("criterion = \"mase\""), ContainsSubstring("has no effect with one number of delays"));
  CHECK_THAT(mistake("held_out = 0.5"), ContainsSubstring("has no effect with one number of delays"));
  CHECK_THAT(mistake("rank = [1, 2]\nheld_out = 1.0"), ContainsSubstring("must lie between 0 and 1"));
  CHECK_THAT(mistake("delays = [1, 2]\nthreshold = 1.0"), ContainsSubstring("give rank instead of threshold"));
  CHECK_THAT(mistake("inputs = true\nsteps_ahead = 2"), ContainsSubstring("must be 1 where the effect of inputs"));
  CHECK_THAT(mistake("inputs = true\nreduced_rank = 2"), ContainsSubstring("cannot be combined with inputs"));
  CHECK_THAT(mistake("metric = \"controllability\"\ninputs = false"), ContainsSubstring("inputs: is false"));
  CHECK_THAT(mistake("regions = \"a\""), ContainsSubstring("there is only one activity to compare"));
}

TEST_CASE("controllability needs inputs", "[dsa]") {
  mrnn::NetworkSpec spec;
  spec.regions.resize(2);
  spec.regions[0].name = "a";
  spec.regions[1].name = "b";
  const mrnn::Network bare = mrnn::build_network(spec, 1);

  CHECK_THROWS_WITH(test::make_analysis("dsa", "metric = \"controllability\"", bare),
                    ContainsSubstring("the network has no inputs"));
}
