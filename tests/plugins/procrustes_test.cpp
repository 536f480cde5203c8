// Procrustes distances and canonical correlations against numpy, and shapes that are known to be the same.

#include <cmath>

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

double wave(Index unit, Index trial, Index step) {
  return std::sin(0.37 * double(unit + 1) * double(step + 1) + 1.1 * double(trial));
}

template <class Function>
test::Subject subject(Function&& h) {
  test::Subject made{network(), {}};
  mrnn::Simulation& run = made.simulations.emplace_back();
  run.name = "control";
  run.trials = mrnn::blank_trials(0, 2, 15);
  run.record.h = true;
  run.steps = {0, 15};
  mrnn::Sequence activity(7, 2, 15);
  for (Index trial = 0; trial < 2; ++trial) {
    for (Index step = 0; step < 15; ++step) {
      for (Index unit = 0; unit < 7; ++unit) activity(unit, trial, step) = h(unit, trial, step);
    }
  }
  run.h = activity;
  return made;
}

test::Subject waves() {
  return subject(wave);
}

/// b is what `view` makes of the three waves of a, for its units 0 to 3.
template <class View>
test::Subject views(View&& view) {
  return subject([&](Index unit, Index trial, Index step) {
    const double x = wave(0, trial, step), y = wave(1, trial, step), z = wave(2, trial, step);
    return unit < 3 ? wave(unit, trial, step) : view(unit - 3, x, y, z);
  });
}

/// Mirrored and turned, twice the size, and an offset; the fourth unit is silent.
double turned(Index unit, double x, double y, double z) {
  const double all[] = {5.0 - 2.0 * y, 2.0 * (0.6 * x + 0.8 * z), 2.0 * (0.8 * x - 0.6 * z), 0.0};
  return all[unit];
}

double distance(const test::Subject& of, const std::string& keys) {
  return at(test::analyse(of, "procrustes", keys), "distance", {0, 1});
}

const std::string schoenemann = "measure = \"schoenemann\"\n";

}  // namespace

// numpy, X and Y [30 samples x units] less their means, X with a column of zeros: S = svd(X' Y), Q = V' U'.

TEST_CASE("the angle between activities at the best rotation is that of numpy", "[procrustes]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "procrustes", "");

  CHECK_THAT(at(results, "distance", {0, 1}), WithinRel(1.4895398727408344, tolerance));
  CHECK(at(results, "distance", {1, 0}) == at(results, "distance", {0, 1}));
  CHECK(at(results, "distance", {0, 0}) == 0.0);
  CHECK(test::array(results, "distance").units == "rad");
  CHECK(at(results, "samples", {}) == 30.0);
  CHECK(results.summary.front() == "30 samples of 2 activities");
  CHECK(results.summary.back() == "angular distance (rad) of a and b (1.49)");
}

TEST_CASE("Schoenemann's distance is that of numpy, with and without scaling", "[procrustes]") {
  CHECK_THAT(distance(waves(), schoenemann), WithinRel(1.8031725681654054, tolerance));
  CHECK_THAT(distance(waves(), schoenemann + "scaling = true"), WithinRel(1.3556053510480894, tolerance));
}

TEST_CASE("the best exchange of units is that of scipy", "[procrustes]") {
  const std::string keys = "transform = \"permutation\"\n";

  const mrnn::AnalysisResults results = test::analyse(waves(), "procrustes", keys);

  // scipy.optimize.linear_sum_assignment(-X' Y)
  CHECK_THAT(at(results, "distance", {0, 1}), WithinRel(1.6257928380032332, tolerance));
  CHECK(test::array(results, "partners").values == std::vector<double>{2.0, 3.0, 1.0});
  CHECK(test::array(results, "pairs").values == std::vector<double>{0.0, 1.0});
  CHECK_THAT(distance(waves(), schoenemann + keys), WithinRel(1.9311346552995052, tolerance));
}

TEST_CASE("canonical correlations are those of numpy", "[procrustes]") {
  const auto check = [](const std::string& ridge, const std::vector<double>& correlations, double angle) {
    CAPTURE(ridge);
    const mrnn::AnalysisResults results = test::analyse(waves(), "procrustes", "measure = \"cca\"\n" + ridge);
    for (Index k = 0; k < 3; ++k) {
      CHECK_THAT(at(results, "correlations", {0, k}), WithinRel(correlations[static_cast<std::size_t>(k)], tolerance));
    }
    CHECK_THAT(at(results, "distance", {0, 1}), WithinRel(angle, tolerance));
  };

  // W = (X'X + ridge mean(eigenvalues) I)^-1/2; svd of (X Wx)' (Y Wy)
  check("ridge = 0.0", {0.36038879346066466, 0.019947333642546937, 0.0002933472117654738}, 1.4606957544989772);
  check("", {0.3598787437001669, 0.019928798557806316, 0.00029308462947038943}, 1.460733759138074);
  check("ridge = 0.1", {0.31573980517437383, 0.018250069643723433, 0.000269226893010923}, 1.4640541112627126);
}

TEST_CASE("a shape that is turned, mirrored, scaled and moved is the same", "[procrustes]") {
  const test::Subject same = views(turned);

  CHECK(distance(same, "") < 1e-12);
  CHECK(distance(same, schoenemann + "scaling = true") < 1e-12);
  CHECK(distance(same, "measure = \"cca\"\nridge = 0.0") < 1e-12);
  // Twice the size: |X - 2 X| = |X|.
  double squares = 0.0;
  for (Index unit = 0; unit < 3; ++unit) {
    double sum = 0.0, square = 0.0;
    for (Index k = 0; k < 30; ++k) {
      sum += wave(unit, k % 2, k / 2);
      square += std::pow(wave(unit, k % 2, k / 2), 2);
    }
    squares += square - sum * sum / 30.0;
  }
  CHECK_THAT(distance(same, schoenemann), WithinRel(std::sqrt(squares / 30.0), tolerance));
  CHECK(distance(same, "transform = \"permutation\"") > 0.1);
}

TEST_CASE("units in another order are the same for exchanges too", "[procrustes]") {
  const test::Subject same = views([](Index unit, double x, double y, double z) {
    const double all[] = {1.0, z, x, y};
    return all[unit];
  });

  const mrnn::AnalysisResults results = test::analyse(same, "procrustes", "transform = \"permutation\"");

  CHECK(at(results, "distance", {0, 1}) < 1e-12);
  CHECK(test::array(results, "partners").values == std::vector<double>{2.0, 3.0, 1.0});
}

TEST_CASE("a larger region has partners for some of its units", "[procrustes]") {
  const mrnn::AnalysisResults results =
      test::analyse(waves(), "procrustes", "transform = \"permutation\"\nregions = [\"b\", \"a\"]");

  CHECK(test::array(results, "partners").values == std::vector<double>{-1.0, 2.0, 0.0, 1.0});
  CHECK_THAT(at(results, "distance", {0, 1}), WithinRel(1.6257928380032332, tolerance));
}

TEST_CASE("linear maps change nothing for canonical correlations", "[procrustes]") {
  const test::Subject mapped = views([](Index unit, double x, double y, double z) {
    const double all[] = {x + 2.0 * y, y - z, 3.0 * z, 0.0};
    return all[unit];
  });

  CHECK(distance(mapped, "measure = \"cca\"\nridge = 0.0") < 1e-9);
  CHECK(distance(mapped, "") > 0.1);
}

TEST_CASE("activity without shape is named and not compared", "[procrustes]") {
  const test::Subject silent = views([](Index, double, double, double) { return 0.3; });

  for (const std::string keys : {"", "measure = \"schoenemann\"", "measure = \"cca\""}) {
    CAPTURE(keys);
    CHECK(test::failure(silent, "procrustes", keys) ==
          "the activity of b is constant, so there are no two activities to compare");
    const auto results = test::analyse(silent, "procrustes", "regions = [\"a\", \"b\", \"*\"]\n" + keys);
    CHECK(std::isnan(at(results, "distance", {1, 1})));
    CHECK(std::isnan(at(results, "distance", {0, 1})));
    CHECK(at(results, "distance", {0, 0}) == 0.0);
    CHECK(std::isfinite(at(results, "distance", {0, 2})));
    CHECK(results.summary.back() == "the activity of b is constant, so it is not compared");
  }
  const auto pairs = test::analyse(silent, "procrustes", "regions = [\"a\", \"b\", \"*\"]\nmeasure = \"cca\"");
  CHECK(test::array(pairs, "pairs").values == std::vector<double>{0.0, 2.0});
}

TEST_CASE("figures and arrays say what was measured", "[procrustes]") {
  const mrnn::AnalysisResults plain = test::analyse(waves(), "procrustes", schoenemann);
  const mrnn::AnalysisResults cca = test::analyse(waves(), "procrustes", "measure = \"cca\"");

  CHECK(plain.figures.at(0).name == "distances");
  CHECK(plain.figures[0].panels.at(0).heat_map->label == "Procrustes distance (a.u.)");
  CHECK(test::array(plain, "distance").units == "a.u.");
  CHECK_FALSE(test::has_array(plain, "correlations"));
  CHECK(cca.figures.at(0).title == "Distances by canonical correlations");
}

TEST_CASE("mistakes in the keys of procrustes are named", "[procrustes]") {
  const auto mistake = [](const std::string& keys) { return test::mistake(waves(), "procrustes", keys); };

  CHECK_THAT(mistake("measure = \"angualr\""),
             StartsWith("x.toml:2:11: measure: ") && ContainsSubstring("Did you mean \"angular\"?"));
  CHECK_THAT(mistake("transform = \"rotation\""), ContainsSubstring("accepted: orthogonal, permutation"));
  CHECK_THAT(mistake("measure = \"cca\"\ntransform = \"permutation\""), ContainsSubstring("transform: is"));
  CHECK_THAT(mistake("scaling = true"), ContainsSubstring("has no effect with measure = \"angular\""));
  CHECK_THAT(mistake("ridge = 0.1"), ContainsSubstring("it belongs to cca"));
  CHECK_THAT(mistake("measure = \"cca\"\nridge = -0.1"), ContainsSubstring("ridge"));
  CHECK_THAT(mistake("regions = \"a\""), ContainsSubstring("there is only one activity to compare"));
}
