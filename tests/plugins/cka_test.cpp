// Centred kernel alignment against numpy's definitions, sample by sample.

#include <cmath>
#include <numbers>

#include "analysis_run.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-10;

/// Regions a of 3 and b of 4 units.
mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.regions.resize(2);
  spec.regions[0].name = "a";
  spec.regions[0].units = 3;
  spec.regions[1].name = "b";
  spec.regions[1].units = 4;
  return mrnn::build_network(spec, 1);
}

template <class Function>
mrnn::Simulation simulation(const std::string& name, Index trials, Index steps, Function&& h) {
  mrnn::Simulation made;
  made.name = name;
  made.trials = mrnn::blank_trials(0, trials, steps);
  made.record.h = true;
  made.steps = {0, steps};
  mrnn::Sequence activity(7, trials, steps);
  for (Index trial = 0; trial < trials; ++trial) {
    for (Index step = 0; step < steps; ++step) {
      for (Index unit = 0; unit < 7; ++unit) activity(unit, trial, step) = h(unit, trial, step);
    }
  }
  made.h = activity;
  return made;
}

double wave(Index unit, Index trial, Index step) {
  return std::sin(0.37 * double(unit + 1) * double(step + 1) + 1.1 * double(trial));
}

test::Subject waves(Index steps = 15) {
  test::Subject subject{network(), {}};
  subject.simulations.push_back(simulation("control", 2, steps, wave));
  return subject;
}

double similarity(const test::Subject& subject, const std::string& keys) {
  return at(test::analyse(subject, "cka", keys), "cka", {0, 1});
}

std::string failure(const test::Subject& subject, const std::string& keys) {
  return test::failure(subject, "cka", keys);
}

}  // namespace

// numpy, X and Y [30 samples x units], H = I - 1/30: tr(K H L H) with K = X X' or exp(-|x - x'|^2 / (2 s^2)), s = width
// numpy.median(scipy.spatial.distance.pdist(X)); unbiased HSIC by equation 5 of Song et al. (2012).

TEST_CASE("linear alignment is that of numpy", "[cka]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "cka", "");

  CHECK_THAT(at(results, "cka", {0, 1}), WithinRel(0.01892154034435989, tolerance));
  CHECK(at(results, "cka", {1, 0}) == at(results, "cka", {0, 1}));
  CHECK(at(results, "cka", {0, 0}) == 1.0);
  CHECK_THAT(at(results, "distance", {0, 1}), WithinRel(std::acos(0.01892154034435989), tolerance));
  CHECK(at(results, "samples", {}) == 30.0);
  CHECK(results.summary.front() == "30 samples of 2 activities");
  CHECK(results.summary.back() == "CKA of a and b (0.0189)");
}

TEST_CASE("debiased alignment is that of numpy, and may be negative", "[cka]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "cka", "debiased = true");

  CHECK_THAT(at(results, "cka", {0, 1}), WithinRel(-0.10534702571908476, tolerance));
  CHECK(at(results, "distance", {0, 1}) > 0.5 * std::numbers::pi);
}

TEST_CASE("alignment of Gaussian kernels is that of numpy", "[cka]") {
  const std::string keys = "kernel = \"rbf\"\n";

  CHECK_THAT(similarity(waves(), keys), WithinRel(0.06957335297622033, tolerance));
  CHECK_THAT(similarity(waves(), keys + "debiased = true"), WithinRel(-0.10881892213709811, tolerance));
  CHECK_THAT(similarity(waves(), keys + "bandwidth = 0.5"), WithinRel(0.27245998406646604, tolerance));
  CHECK_THAT(similarity(waves(), keys + "bandwidth = 0.5\ndebiased = true"),
             WithinRel(-0.048730294954175093, tolerance));
}

TEST_CASE("fewer samples are those of all trials", "[cka]") {
  // Fifty trials and a sample in fifty: a fixed stride would see trial 0 alone, in which b does as a does.
  test::Subject subject = waves();
  subject.simulations[0] = simulation("control", 50, 40, [](Index unit, Index trial, Index step) {
    const Index shown = unit < 3 || trial == 0 ? unit % 3 : unit + 4;
    return wave(shown, 7 * trial, step);
  });

  const double all = similarity(subject, "");
  CHECK(all < 0.3);
  CHECK_THAT(similarity(subject, "samples = 40"), WithinAbs(all, 0.15));
  CHECK(similarity(subject, "kernel = \"rbf\"\nsamples = 40") < 0.5);
}

// numpy of samples 1, 4, 8, 11, 14, 16, 19, 22, 25 and 28, those that Philox in numpy spreads over 30.
TEST_CASE("samples are thinned over the whole time", "[cka]") {
  CHECK_THAT(similarity(waves(), "samples = 10"), WithinRel(0.11592040812296048, tolerance));
  CHECK_THAT(similarity(waves(), "samples = 10\ndebiased = true"), WithinRel(-0.21487904274720646, tolerance));
  CHECK(at(test::analyse(waves(), "cka", "samples = 10"), "samples", {}) == 10.0);
  CHECK(at(test::analyse(waves(), "cka", "samples = 100"), "samples", {}) == 30.0);
  CHECK(at(test::analyse(waves(600), "cka", "kernel = \"rbf\""), "samples", {}) == 1000.0);
}

TEST_CASE("fewer samples than units give the same by the other product", "[cka]") {
  // Two samples: each activity is a line, and lines are alike.
  CHECK_THAT(similarity(waves(1), ""), WithinAbs(1.0, 1e-12));
  CHECK_THAT(similarity(waves(1), "kernel = \"rbf\""), WithinAbs(1.0, 1e-12));
}

TEST_CASE("rotation, scale and offset change nothing, other activity does", "[cka]") {
  test::Subject subject = waves();
  // Unit 3 is -2 times unit 1 plus 5, unit 4 mixes 0 and 2 at a right angle to unit 5; unit 6 is silent.
  subject.simulations[0] = simulation("control", 2, 15, [](Index unit, Index trial, Index step) {
    const double x = wave(0, trial, step), y = wave(1, trial, step), z = wave(2, trial, step);
    const double views[] = {x, y, z, 5.0 - 2.0 * y, 2.0 * (0.6 * x + 0.8 * z), 2.0 * (0.8 * x - 0.6 * z), 0.0};
    return views[unit];
  });

  CHECK_THAT(similarity(subject, ""), WithinAbs(1.0, 1e-12));
  CHECK_THAT(similarity(subject, "debiased = true"), WithinAbs(1.0, 1e-12));
  CHECK_THAT(similarity(subject, "kernel = \"rbf\""), WithinAbs(1.0, 1e-12));
  CHECK(at(test::analyse(subject, "cka", ""), "distance", {0, 1}) < 1e-6);
}

TEST_CASE("a figure shows similarities and, of three or more, places", "[cka]") {
  const mrnn::AnalysisResults two = test::analyse(waves(), "cka", "");
  const mrnn::AnalysisResults three = test::analyse(waves(), "cka", "regions = [\"a\", \"b\", \"*\"]");

  CHECK(two.figures.at(0).panels.size() == 1);
  CHECK(two.figures[0].name == "similarity");
  CHECK_FALSE(test::has_array(two, "places"));
  CHECK(three.figures.at(0).panels.size() == 2);
  CHECK(test::array(three, "places").shape == std::vector<Index>{3, 2});
  CHECK(test::texts(three, "item") == std::vector<std::string>{"a", "b", "*"});
}

TEST_CASE("a silent region is not compared; the others are", "[cka]") {
  test::Subject subject = waves();
  subject.simulations[0] = simulation(
      "control", 2, 15, [](Index unit, Index trial, Index step) { return unit < 3 ? wave(unit, trial, step) : 0.0; });
  subject.simulations.push_back(waves().simulations.front());
  subject.simulations.back().name = "other";

  for (const std::string keys : {"", "debiased = true", "kernel = \"rbf\""}) {
    CAPTURE(keys);
    const auto results = test::analyse(subject, "cka", keys);

    REQUIRE(test::texts(results, "item") ==
            std::vector<std::string>{"control: a", "control: b", "other: a", "other: b"});
    for (Index k = 0; k < 4; ++k) {
      CHECK(std::isnan(at(results, "cka", {1, k})));
      CHECK(std::isnan(at(results, "distance", {k, 1})));
      if (k != 1) CHECK(at(results, "cka", {k, k}) == 1.0);
    }
    CHECK_THAT(at(results, "cka", {0, 2}), WithinAbs(1.0, tolerance));  // the same activity
    CHECK(std::isnan(at(results, "places", {1, 0})));
    CHECK(std::isfinite(at(results, "places", {3, 0})));
    CHECK(results.summary.back() == "the activity of control: b is constant, so it is not compared");
    CHECK(results.figures.front().panels.front().heat_map->values.rows() == 3);
  }
}

TEST_CASE("activity that says nothing is named", "[cka]") {
  test::Subject subject = waves();
  subject.simulations[0] = simulation(
      "control", 2, 15, [](Index unit, Index trial, Index step) { return unit < 3 ? wave(unit, trial, step) : 0.1; });

  for (const std::string keys : {"", "debiased = true", "kernel = \"rbf\""}) {
    CHECK(failure(subject, keys) == "the activity of b is constant, so there are no two activities to compare");
  }
  CHECK_THAT(failure(waves(1), "debiased = true"), ContainsSubstring("there are 2 samples; 4 are needed"));
  // Each sample differs from the others by as much: nothing but noise.
  subject.simulations[0] = simulation("control", 1, 4, [](Index unit, Index, Index step) {
    return unit < 3 ? (unit == step ? 1.0 : 0.0) : wave(unit, 0, step);
  });
  CHECK(failure(subject, "debiased = true") ==
        "the activity of a is without structure beyond that of independent samples (debiased = false compares it as it "
        "is), so there are no two activities to compare");
  const auto others = test::analyse(subject, "cka", "debiased = true\nregions = [\"a\", \"b\", \"*\"]");
  CHECK(std::isnan(at(others, "cka", {0, 0})));
  CHECK(std::isnan(at(others, "cka", {2, 0})));
  CHECK(std::isfinite(at(others, "cka", {1, 2})));
}

TEST_CASE("mistakes in the keys of cka are named", "[cka]") {
  const auto mistake = [](const std::string& keys) { return test::mistake(waves(), "cka", keys); };

  CHECK_THAT(mistake("kernel = \"rfb\""), StartsWith("x.toml:2:10: kernel: ") && ContainsSubstring("rbf"));
  CHECK_THAT(mistake("bandwidth = 0.5"), ContainsSubstring("has no effect with kernel = \"linear\""));
  CHECK_THAT(mistake("kernel = \"rbf\"\nbandwidth = 0.0"),
             ContainsSubstring("above zero") || ContainsSubstring("above 0"));
  CHECK_THAT(mistake("kernel = \"rbf\"\nsamples = 20000"), ContainsSubstring("takes at most 10000"));
  CHECK_THAT(mistake("samples = 3"), ContainsSubstring("at least 4"));
  CHECK_THAT(mistake("regions = \"a\""), ContainsSubstring("there is only one activity to compare"));
}

TEST_CASE("what cka needs is the quantity asked for", "[cka]") {
  CHECK(test::make_analysis("cka", "", network())->needs().h);
  CHECK(test::make_analysis("cka", "quantity = \"x\"", network())->needs().x);
}
