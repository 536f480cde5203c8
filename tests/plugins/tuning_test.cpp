// Tuning curves, against numpy.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "analysis_run.hpp"
#include "recorded.hpp"

namespace {

using mrnn::AnalysisResults;
using mrnn::Index;
using test::at;

constexpr double radian = std::numbers::pi / 180.0;

/// Four units, twelve trials of three steps, directions 0, 60, ... 300 twice. In the middle step the activity is that
/// of the numbers below; before and after it is something else. Unit 3 is silent.
test::Subject directions() {
  test::Subject made{test::bare_network({{"a", 2}, {"b", 2}}), {}};
  made.simulations.push_back(test::recorded("control", 4, 12, 3, [](Index unit, Index trial, Index step) {
    if (step != 1) return 10.0 * double(unit) + double(trial * step);
    const double theta = 60.0 * double(trial % 6) * radian, k = double(trial);
    const std::vector<double> r{2.0 + std::cos(theta - 1.0) + 0.3 * std::sin(1.7 * k),
                                0.5 + 0.2 * std::cos(2.0 * theta) + 0.1 * std::cos(2.3 * k),
                                -1.0 + 0.5 * std::sin(theta) + 0.2 * std::cos(k * k), 0.7};
    return r[std::size_t(unit)];
  }));
  mrnn::Trials& trials = made.simulations.front().trials;
  for (int k = 0; k < 12; ++k) trials.numbers["direction"].push_back(60.0 * (k % 6));
  trials.epochs.push_back({"go", std::vector<Index>(12, 1), std::vector<Index>(12, 2)});
  return made;
}

/// One unit, one step: a response for each value.
test::Subject line(const std::vector<double>& values, const std::vector<double>& responses) {
  test::Subject made{test::bare_network({{"a", 1}}), {}};
  made.simulations.push_back(test::recorded("control", 1, std::ssize(values), 1,
                                            [&](Index, Index trial, Index) { return responses[std::size_t(trial)]; }));
  made.simulations.front().trials.numbers["v"] = values;
  return made;
}

const std::string on_circle = "variable = \"direction\"\ncircular = true\n";

}  // namespace

// By numpy, with v the directions, k = arange(12) and r each unit's responses as in directions():
//   X = c_[ones(12), cos(v), sin(v)]; c = linalg.lstsq(X, r)[0]; r2 = 1 - ((r - X @ c)**2).sum() / ((r -
//   r.mean())**2).sum() m = means by direction; w = m - min(0, m.min()); z = (w * exp(1j * directions)).sum() / w.sum()
TEST_CASE("directions have the cosine fit, the vector sum and the measures of numpy", "[tuning]") {
  const AnalysisResults results = test::analyse(directions(), "tuning", on_circle + "epoch = \"go\"");

  const auto all = [&](const std::string& name, const std::vector<double>& expected) {
    CAPTURE(name);
    REQUIRE(test::array(results, name).shape == std::vector<Index>{4});
    for (Index unit = 0; unit < 3; ++unit) {
      CHECK_THAT(at(results, name, {unit}), WithinRel(expected[std::size_t(unit)], 1e-10));
    }
  };
  all("intercept", {1.99826008900807, 0.508585622073126, -0.9639350152614188});
  all("amplitude", {1.0363524144545906, 0.021251022580568563, 0.4971045663950582});
  all("preferred", {57.69006349751068, 328.75924117567575, 81.9951363665799});
  all("r_squared", {0.9297539595046574, 0.006862106402388268, 0.8823919129268754});
  all("vector_length", {0.25931369498778134, 0.020892276205080103, 0.5193192280170924});
  all("vector_direction", {57.690063497510664, 328.75924117567575, 81.99513636657987});
  all("circular_variance", {1.0 - 0.25931369498778134, 1.0 - 0.020892276205080103, 1.0 - 0.5193192280170924});
  all("depth", {2.123894580493893, 0.44606118496510005, 0.9596489495491862});
  all("selectivity", {0.5328470643169929, 0.41035221127322413, 0.49840382921919973});
  REQUIRE(test::array(results, "mean").shape == std::vector<Index>{4, 6});
  CHECK_THAT(at(results, "mean", {0, 0}),
             WithinRel(2.0 + std::cos(1.0) + 0.15 * (std::sin(0.0) + std::sin(1.7 * 6.0)), 1e-12));
  CHECK_THAT(at(results, "sem", {1, 0}), WithinRel(0.03345925610254757, 1e-10));
  CHECK(test::array(results, "points").values == std::vector<double>{0, 60, 120, 180, 240, 300});
  CHECK(at(results, "trials", {0}) == 2.0);
  CHECK_FALSE(test::has_array(results, "slope"));
}

TEST_CASE("a unit that never changes prefers nothing", "[tuning]") {
  const AnalysisResults results = test::analyse(directions(), "tuning", on_circle + "epoch = \"go\"");

  for (const char* name : {"preferred", "selectivity", "vector_length", "vector_direction"}) {
    CHECK(std::isnan(at(results, name, {3})));
  }
  CHECK(at(results, "depth", {3}) == 0.0);
  CHECK(at(results, "r_squared", {3}) == 0.0);
  CHECK(at(results, "p", {3}) == 1.0);
  CHECK(test::texts(results, "unit_region") == std::vector<std::string>{"a", "a", "b", "b"});
  // The strong fits of units 0 and 2 are tuned, units 1 and 3 are not.
  CHECK(at(results, "region_tuned", {0}) == 0.5);
  CHECK(at(results, "region_tuned", {1}) == 0.5);
  CHECK_THAT(at(results, "region_r_squared", {1}), WithinRel(0.5 * 0.8823919129268754, 1e-10));
  CHECK_THAT(results.summary[0], StartsWith("a: 1 of 2 units are tuned to direction (p < 0.01; 0.02 by chance), R² "
                                            "0.468 on average"));
}

TEST_CASE("a line has a slope, and prefers the point with the largest mean", "[tuning]") {
  std::vector<double> values, responses;
  for (int k = 0; k < 12; ++k) {
    values.push_back(std::vector<double>{-8, -4, -1, 1, 4, 8}[std::size_t(k % 6)]);
    responses.push_back(0.3 + 0.05 * values.back() + 0.1 * std::sin(1.3 * k));
  }
  const AnalysisResults results = test::analyse(line(values, responses), "tuning", "variable = \"v\"");

  // numpy.polyfit(v, r, 1), corrcoef(v, r)[0, 1]**2
  CHECK_THAT(at(results, "slope", {0}), WithinRel(0.04799555171093319, 1e-10));
  CHECK_THAT(at(results, "intercept", {0}), WithinRel(0.3104810782186905, 1e-10));
  CHECK_THAT(at(results, "r_squared", {0}), WithinRel(0.92850383710087, 1e-10));
  CHECK(at(results, "preferred", {0}) == 8.0);
  CHECK_FALSE(test::has_array(results, "amplitude"));
  CHECK(results.figures.size() == 2);
}

TEST_CASE("p is the share of permutations that fit as well", "[tuning]") {
  // Of the 24 orders of four values, two fit four responses on a line perfectly: p = 1 / 12 but for chance.
  const test::Subject made = line({0, 1, 2, 3}, {1.0, 2.0, 3.0, 4.0});

  const double p = at(test::analyse(made, "tuning", "variable = \"v\"\npermutations = 2000"), "p", {0});

  CHECK_THAT(p, WithinAbs(1.0 / 12.0, 4.0 * std::sqrt(1.0 / 12.0 * 11.0 / 12.0 / 2000.0)));
  CHECK(at(test::analyse(made, "tuning", "variable = \"v\"\npermutations = 2000"), "p", {0}) == p);
  const AnalysisResults untested = test::analyse(made, "tuning", "variable = \"v\"\npermutations = 0");
  CHECK(std::isnan(at(untested, "p", {0})));
  CHECK(at(untested, "region_tuned", {0}) == 1.0);
  const AnalysisResults lax = test::analyse(made, "tuning", "variable = \"v\"\nlevel = 0.2");
  CHECK(at(lax, "region_tuned", {0}) == 1.0);
  CHECK(at(test::analyse(made, "tuning", "variable = \"v\""), "region_tuned", {0}) == 0.0);
}

TEST_CASE("many values are put into bins of equal width, empty ones left out", "[tuning]") {
  const test::Subject made = line({0, 1, 2, 3, 10}, {1.0, 3.0, 5.0, 7.0, 21.0});
  test::Subject turning = line({-10.0, 100.0, 130.0, 350.0, 370.0}, {1.0, 2.0, 3.0, 4.0, 5.0});

  const AnalysisResults results = test::analyse(made, "tuning", "variable = \"v\"\nbins = 4");
  const AnalysisResults circle =
      test::analyse(turning, "tuning", "variable = \"v\"\ncircular = true\nbins = 3\npermutations = 0");
  const AnalysisResults half =
      test::analyse(turning, "tuning", "variable = \"v\"\ncircular = true\nperiod = 180\npermutations = 0");

  CHECK(test::array(results, "points").values == std::vector<double>{1.25, 3.75, 8.75});  // 2.5 wide, from 0
  CHECK(test::array(results, "trials").values == std::vector<double>{3, 1, 1});
  CHECK(at(results, "mean", {0, 0}) == 3.0);
  CHECK(at(results, "sem", {0, 1}) == 0.0);
  CHECK_THAT(at(results, "slope", {0}), WithinRel(2.0, 1e-12));  // of single trials
  // -10 and 370 are 350 and 10: bins 0 to 120 with 10 and 100, 120 to 240 with 130, 240 to 360 with 350 twice.
  CHECK(test::array(circle, "trials").values == std::vector<double>{2, 1, 2});
  CHECK(at(circle, "mean", {0, 0}) == 3.5);
  // Modulo 180: 170, 100, 130, 170, 10.
  CHECK(test::array(half, "points").values == std::vector<double>{10, 100, 130, 170});
}

TEST_CASE("responses are of the epoch, or of the window", "[tuning]") {
  test::Subject made = directions();
  made.simulations.front().trials.epochs.front().first[0] = -1;  // a trial without the epoch
  made.simulations.front().trials.epochs.front().last[0] = -1;
  made.simulations.front().trials.numbers["direction"][1] = std::nan("");

  const AnalysisResults epoch = test::analyse(made, "tuning", on_circle + "epoch = \"go\"");
  const AnalysisResults window = test::analyse(made, "tuning", on_circle + "window = [0, 10]");
  const AnalysisResults aligned = test::analyse(made, "tuning", on_circle + "align = \"go\"\nwindow = [-10, 0]");
  const AnalysisResults whole = test::analyse(made, "tuning", on_circle);

  CHECK(test::array(epoch, "trials").values == std::vector<double>{1, 1, 2, 2, 2, 2});
  CHECK(test::array(window, "trials").values == std::vector<double>{2, 1, 2, 2, 2, 2});
  CHECK(at(window, "mean", {1, 0}) == 10.0);  // the first step: 10 unit
  CHECK(at(aligned, "mean", {2, 3}) == 20.0);
  CHECK_THAT(at(whole, "mean", {3, 0}), WithinRel((2.0 * 30.0 + 0.7 + 0.5 * (0.0 + 12.0)) / 3.0, 1e-12));
}

TEST_CASE("trials of several simulations are pooled, regions can be chosen", "[tuning]") {
  test::Subject made = directions();
  made.simulations.push_back(made.simulations.front());

  const AnalysisResults results =
      test::analyse(made, "tuning", on_circle + "epoch = \"go\"\nregions = [\"b\"]\npermutations = 10");

  CHECK(at(results, "trials", {0}) == 4.0);
  CHECK(test::array(results, "units").values == std::vector<double>{2.0, 3.0});
  CHECK_THAT(at(results, "preferred", {0}), WithinRel(81.9951363665799, 1e-10));
  CHECK(test::make_analysis("tuning", on_circle + "quantity = \"x\"", made.network)->needs().x);
  CHECK(test::make_analysis("tuning", on_circle, made.network)->needs().h);
}

TEST_CASE("figures show the best units of the regions in turn", "[tuning]") {
  const AnalysisResults results = test::analyse(directions(), "tuning", on_circle + "epoch = \"go\"");

  std::vector<std::string> titles;
  for (const mrnn::Panel& panel : results.figures[0].panels) titles.push_back(panel.title);
  // Unit 1 of b never changes.
  CHECK(titles == std::vector<std::string>{"a 0 (R² 0.93)", "b 0 (R² 0.88)", "a 1 (R² 0.01)"});
  // 57.7 degrees lie in the second of twelve bars, which are 1 wide; 82 in the third.
  const auto& bars = results.figures[1].panels[1].polygons;
  REQUIRE(bars.size() == 2);
  CHECK(bars[0].x[0] > 1.0);
  CHECK(bars[0].x[1] < 2.0);
  CHECK(bars[1].x[0] > 2.0);
  CHECK(bars[0].y[2] == 100.0);
}

TEST_CASE("mistakes in the keys of tuning are named", "[tuning]") {
  const test::Subject made = directions();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "tuning", keys); };

  CHECK_THAT(mistake(""), ContainsSubstring("variable"));
  CHECK_THAT(mistake("variable = \"directoin\""), ContainsSubstring("Did you mean \"direction\"? (simulation"));
  CHECK_THAT(mistake("variable = \"direction\"\nperiod = 180"), ContainsSubstring("needs circular = true"));
  CHECK_THAT(mistake(on_circle + "epoch = \"og\""), ContainsSubstring("no epoch called \"og\"; available: go"));
  CHECK_THAT(mistake(on_circle + "epoch = \"go\"\nwindow = [0, 10]"),
             ContainsSubstring("window: cannot be given together with epoch"));
  CHECK_THAT(mistake(on_circle + "regions = [\"a\", \"*\"]"), ContainsSubstring("regions"));
  CHECK_THAT(mistake(on_circle + "bins = 1"), ContainsSubstring("bins"));
  CHECK_THAT(mistake(on_circle + "level = 2"), ContainsSubstring("level"));
  CHECK_THAT(mistake(on_circle + "level = 0.05\npermutations = 0"),
             ContainsSubstring("level: has no meaning without permutations"));
  test::Subject never = directions();
  never.simulations.front().trials.epochs.front() = {"go", std::vector<Index>(12, -1), std::vector<Index>(12, -1)};
  CHECK_THAT(test::mistake(never, "tuning", on_circle + "epoch = \"go\""),
             ContainsSubstring("has no value in any trial that has go"));
  CHECK(test::failure(line({1, 1, 1, 1}, {1, 2, 3, 4}), "tuning", "variable = \"v\"") ==
        "tuning to v needs 2 or more different values and 3 or more trials; here are 1 and 4");
}
