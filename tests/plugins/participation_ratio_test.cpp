// Dimensions of activity by hand, and against numpy, with the jackknife done by leaving trials out:
//
//   n, b, t = numpy.meshgrid(range(4), range(5), range(7), indexing="ij")    # wide: range(20), range(5), range(3)
//   h = numpy.sin(1 + 1.3 n + 0.7 b + 0.31 t + 0.9 n b t) * (1 + n)
//   l = numpy.linalg.eigvalsh(numpy.cov(samples));  ratio = l.sum()**2 / (l**2).sum()
//   sem = sqrt((5 - 1) / 5 * ((e - e.mean())**2).sum()), e the ratios without one trial each

#include <cmath>

#include "made_activity.hpp"

namespace {

using mrnn::Index;
using test::at;
using test::matrix;

constexpr double tolerance = 1e-11;

double wave(Index n, Index b, Index t) {
  return std::sin(1.0 + 1.3 * double(n) + 0.7 * double(b) + 0.31 * double(t) + 0.9 * double(n * b * t)) * double(1 + n);
}

/// Five trials of seven steps of four units, those of odd numbers of another condition.
test::Subject waves() {
  test::Subject made{test::unconnected({{"a", 4}}), {}};
  made.simulations.push_back(test::made_simulation("control", 4, 5, 7, wave));
  made.simulations.back().trials.texts["condition"] = {"even", "odd", "even", "odd", "even"};
  return made;
}

mrnn::AnalysisResults ratio(const test::Subject& subject, const std::string& keys) {
  return test::analyse(subject, "participation_ratio", keys);
}

}  // namespace

TEST_CASE("two directions of equal variance count as two, of 9 to 1 as 1.22", "[participation_ratio]") {
  // Four samples: the first unit +-3, the second +-3 or +-1, the third 0.
  const auto subject = [](double second) {
    test::Subject made{test::unconnected({{"a", 3}}), {}};
    made.simulations.push_back(test::made_simulation("control", 3, 1, 4, [&](Index n, Index, Index t) {
      return n == 0 ? (t < 2 ? 3.0 : -3.0) : n == 1 ? (t % 2 == 0 ? second : -second) : 0.0;
    }));
    return made;
  };

  CHECK_THAT(at(ratio(subject(3.0), ""), "a_ratio", {0}), WithinRel(2.0, tolerance));
  const mrnn::AnalysisResults uneven = ratio(subject(1.0), "variance = [0.85, 0.95]");
  CHECK_THAT(at(uneven, "a_ratio", {0}), WithinRel(100.0 / 82.0, tolerance));
  CHECK(matrix(uneven, "a_components") == Eigen::RowVector2d(1.0, 2.0));  // 90 % along the first
  CHECK(std::isnan(at(uneven, "a_sem", {0})));                            // of one trial
  CHECK(uneven.summary.front() == "a: participation ratio 1.22");
}

TEST_CASE("ratio, its standard error and components of shares are those of numpy", "[participation_ratio]") {
  const mrnn::AnalysisResults results = ratio(waves(), "");

  CHECK_THAT(at(results, "a_ratio", {0}), WithinRel(2.4412965819437384, tolerance));
  CHECK_THAT(at(results, "a_sem", {0}), WithinRel(0.077707745859054086, tolerance));
  CHECK(matrix(results, "a_components") == Eigen::RowVector3d(2.0, 3.0, 3.0));
  CHECK(test::array(results, "variance").values == std::vector<double>{0.8, 0.9, 0.95});
  CHECK(test::texts(results, "groups") == std::vector<std::string>{"control"});
  CHECK(results.summary.front() == "a: participation ratio 2.44 +- 0.0777");
}

TEST_CASE("the same with more units than samples", "[participation_ratio]") {
  test::Subject made{test::unconnected({{"a", 20}}), {}};
  made.simulations.push_back(test::made_simulation("control", 20, 5, 3, wave));

  const mrnn::AnalysisResults results = ratio(made, "");

  CHECK_THAT(at(results, "a_ratio", {0}), WithinRel(4.1553970099695778, tolerance));
  CHECK_THAT(at(results, "a_sem", {0}), WithinRel(0.95599283385850786, tolerance));
}

TEST_CASE("samples are single trials, means of conditions, or residuals about them", "[participation_ratio]") {
  CHECK_THAT(at(ratio(waves(), "fit = \"conditions\""), "a_ratio", {0}), WithinRel(2.0049663890634437, tolerance));
  CHECK_THAT(at(ratio(waves(), "fit = \"residuals\""), "a_ratio", {0}), WithinRel(2.4397840627851686, tolerance));
  CHECK_THAT(at(ratio(waves(), "every = 3"), "a_ratio", {0}), WithinRel(2.0711488873107911, tolerance));
  CHECK_THAT(at(ratio(waves(), "normalise = \"zscore\""), "a_ratio", {0}), WithinRel(3.702601262378165, tolerance));
  const std::string soft = "normalise = \"soft\"\nsoftening = ";
  CHECK(at(ratio(waves(), soft + "0.0"), "a_ratio", {0}) > at(ratio(waves(), soft + "5.0"), "a_ratio", {0}));
  // x is 2 h here; a single unit has one dimension.
  CHECK_THAT(at(ratio(waves(), "quantity = \"x\""), "a_ratio", {0}), WithinRel(2.4412965819437384, tolerance));
  CHECK(test::make_analysis("participation_ratio", "quantity = \"x\"", waves().network)->needs().x);
}

TEST_CASE("each condition has an estimate of its own", "[participation_ratio]") {
  const mrnn::AnalysisResults results = ratio(waves(), "over = \"conditions\"");

  CHECK(test::texts(results, "groups") == std::vector<std::string>{"even", "odd"});
  CHECK((matrix(results, "a_ratio") - Eigen::Vector2d(2.4250393419758121, 2.2606423868379424)).norm() < tolerance);
  test::Subject sides = waves();
  sides.simulations.front().trials.texts["side"] = {"left", "right", "left", "right", "left"};
  sides.simulations.front().trials.texts["condition"] = std::vector<std::string>(5, "all");
  CHECK(test::texts(ratio(sides, "over = \"conditions\"\nby = \"side\""), "groups") ==
        std::vector<std::string>{"left", "right"});
  // The means of the trials of a condition are one `trial`.
  const mrnn::AnalysisResults means = ratio(waves(), "over = \"conditions\"\nfit = \"conditions\"");
  CHECK(std::isnan(at(means, "a_sem", {0})));
  CHECK(at(means, "a_ratio", {0}) < 4.0);
}

TEST_CASE("each epoch has an estimate of its own, of trials that have it", "[participation_ratio]") {
  test::Subject made = waves();
  made.simulations.front().trials.epochs.push_back({"cue", {0, 0, -1, -1, -1}, {3, 3, -1, -1, -1}});
  made.simulations.front().trials.epochs.push_back({"go", {2, 2, 2, 2, 2}, {5, 5, 5, 5, 5}});

  const mrnn::AnalysisResults results = ratio(made, "over = \"epochs\"");

  CHECK(test::texts(results, "groups") == std::vector<std::string>{"cue", "go"});
  CHECK_THAT(at(results, "a_ratio", {1}), WithinRel(2.1034997423080597, tolerance));
  CHECK_THAT(at(results, "a_sem", {1}), WithinRel(0.31154485205878124, tolerance));
  CHECK(test::texts(ratio(made, "over = \"epochs\"\nepochs = \"go\""), "groups") == std::vector<std::string>{"go"});
}

TEST_CASE("over time, the covariance is that over trials at each step", "[participation_ratio]") {
  const mrnn::AnalysisResults results = ratio(waves(), "over = \"time\"");

  REQUIRE(test::array(results, "a_ratio").shape == std::vector<Index>{1, 7});
  CHECK_THAT(at(results, "a_ratio", {0, 3}), WithinRel(1.2814353698431593, tolerance));
  CHECK_THAT(at(results, "a_sem", {0, 3}), WithinRel(0.24912855504921225, tolerance));
  CHECK(test::array(results, "a_components").shape == std::vector<Index>{1, 7, 3});
  CHECK(test::array(results, "time").values.back() == 60.0);
  const mrnn::AnalysisResults thinned = ratio(waves(), "over = \"time\"\nevery = 3\nvariance = 0.9");
  CHECK(test::array(thinned, "time").values == std::vector<double>{0.0, 30.0, 60.0});
  CHECK_THAT(at(thinned, "a_ratio", {0, 1}), WithinRel(1.2814353698431593, tolerance));
  CHECK(test::array(thinned, "a_components").shape == std::vector<Index>{1, 3, 1});
  CHECK(results.figures.front().panels.front().y.log);
}

TEST_CASE("a window leaves out what lies beyond it", "[participation_ratio]") {
  const mrnn::AnalysisResults results = ratio(waves(), "align_at = 20.0\nwindow = [0, 30]");

  CHECK_THAT(at(results, "a_ratio", {0}), WithinRel(2.1034997423080597, tolerance));  // as of the epoch above
}

TEST_CASE("each simulation has its estimates", "[participation_ratio]") {
  test::Subject made = waves();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "again";

  const mrnn::AnalysisResults all = ratio(made, ""), conditions = ratio(made, "over = \"conditions\""),
                              time = ratio(made, "over = \"time\"");

  CHECK(test::texts(all, "groups") == std::vector<std::string>{"control", "again"});
  CHECK(at(all, "a_ratio", {1}) == at(all, "a_ratio", {0}));
  CHECK(test::texts(conditions, "groups").back() == "again: odd");
  CHECK(test::array(time, "a_ratio").shape == std::vector<Index>{2, 7});
  CHECK(time.figures.front().panels.size() == 2);
}

TEST_CASE("groups are drawn side by side; of a single one, regions are", "[participation_ratio]") {
  const mrnn::Panel one = ratio(waves(), "").figures.front().panels.front();
  const mrnn::Panel two = ratio(waves(), "over = \"conditions\"").figures.front().panels.front();

  REQUIRE(one.x.names.size() == 1);
  CHECK(one.x.names.front().words == "a");
  REQUIRE(one.series.size() == 2);  // the bar, the point
  CHECK_THAT(one.series[0].y[1] - one.series[0].y[0], WithinRel(2.0 * 0.077707745859054086, tolerance));
  REQUIRE(two.x.names.size() == 2);
  CHECK(two.x.names.back().words == "odd");
  CHECK(two.series.back().label == "a");
}

TEST_CASE("where activity does not vary there is no estimate, and nowhere is an error", "[participation_ratio]") {
  test::Subject made{test::unconnected({{"a", 2}}), {}};
  made.simulations.push_back(test::made_simulation(
      "control", 2, 3, 2, [](Index n, Index b, Index t) { return 0.1 + (t == 0 ? 0.0 : double(n + 1) * double(b)); }));

  const mrnn::AnalysisResults results = ratio(made, "over = \"time\"");

  CHECK(std::isnan(at(results, "a_ratio", {0, 0})));
  const std::vector<double> drawn = results.figures.front().panels.front().series.back().y;
  REQUIRE(drawn.size() == 2);  // the line is broken there
  CHECK(std::isnan(drawn[0]));
  CHECK_THAT(at(results, "a_ratio", {0, 1}), WithinRel(1.0, tolerance));
  CHECK(test::failure(made, "participation_ratio", "window = [0, 10]") ==
        "the activity of a is constant, so it has no dimensions");
}

TEST_CASE("a silent region has no estimate, and the others theirs", "[participation_ratio]") {
  test::Subject made{test::unconnected({{"a", 2}, {"b", 1}, {"c", 3}}), {}};
  made.simulations.push_back(test::made_simulation("control", 6, 5, 7, [](Index n, Index b, Index t) {
    return n == 2 ? 0.0 : std::sin(1.0 + 1.3 * double(n) + 0.7 * double(b) + 0.9 * double(n * b * t));
  }));
  const std::string keys = GENERATE(as<std::string>{}, "over = \"all\"", "over = \"time\"");
  CAPTURE(keys);

  const mrnn::AnalysisResults all = ratio(made, keys), others = ratio(made, keys + "\nregions = [\"a\", \"c\"]");

  for (const double value : test::array(all, "b_ratio").values) CHECK(std::isnan(value));
  CHECK(test::array(all, "c_ratio").values.back() == test::array(others, "c_ratio").values.back());
  CHECK(std::ranges::count(all.summary, "the activity of b is constant, so it has no dimensions") == 1);
  CHECK(all.summary.size() == others.summary.size() + 1);
  CHECK(all.figures.front().panels.front().series.size() == others.figures.front().panels.front().series.size());
  CHECK(all.figures.front().panels.front().x.names.size() == others.figures.front().panels.front().x.names.size());
}

TEST_CASE("progress goes through the regions, each with all its groups", "[participation_ratio]") {
  test::Subject made{test::unconnected({{"a", 2}, {"b", 2}}), {}};
  made.simulations = waves().simulations;

  test::check_progress(made, "participation_ratio", "over = \"conditions\"");
}

TEST_CASE("mistakes in the keys of participation_ratio are named", "[participation_ratio]") {
  test::Subject made = waves();
  made.simulations.front().trials.epochs.push_back({"go", {2, 2, 2, 2, 2}, {5, 5, 5, 5, 5}});
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "participation_ratio", keys); };

  CHECK_THAT(mistake("over = \"epoch\""), ContainsSubstring("Did you mean \"epochs\"?"));
  CHECK_THAT(mistake("every = 9223372036854775807"), ContainsSubstring("every: is 9223372036854775807; at most 1"));
  CHECK_THAT(mistake("fit = \"residual\""), ContainsSubstring("Did you mean \"residuals\"?"));
  CHECK_THAT(mistake("variance = [0.9, 1.0]"), ContainsSubstring("a number that is not between 0 and 1"));
  CHECK_THAT(mistake("epochs = \"go\""), ContainsSubstring("has no meaning without over = \"epochs\""));
  CHECK_THAT(mistake("over = \"epochs\"\nwindow = [0, 10]"), ContainsSubstring("each epoch is taken whole"));
  CHECK_THAT(mistake("over = \"epochs\"\nepochs = \"og\""), ContainsSubstring("no epoch called \"og\"; available: go"));
  CHECK_THAT(mistake("regions = \"b\""), ContainsSubstring("\"b\""));
  CHECK_THAT(mistake("by = \"side\""), ContainsSubstring("by: has no meaning without over = \"conditions\""));
  CHECK_THAT(mistake("by = \"side\"\nfit = \"residuals\""), ContainsSubstring("no per-trial metadata called \"side\""));
}
