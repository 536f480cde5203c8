// Principal components by hand, and against numpy:
//
//   n, b, t = numpy.meshgrid(range(4), range(5), range(7), indexing="ij")
//   h = numpy.sin(1 + 1.3 n + 0.7 b + 0.31 t + 0.9 n b t) * (1 + n)
//   numpy.linalg.eigh(numpy.cov(samples)), the largest entry of each vector made positive
//
// where the samples are the columns of h.reshape(4, -1), or of the means over trials (0, 2, 4) and (1, 3).

#include <cmath>

#include "made_activity.hpp"

namespace {

using mrnn::Index;
using test::at;
using test::matrix;

constexpr double tolerance = 1e-12;

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

/// Two units that move along (3, 4), 5 a step, in each of two trials; and a region that does not.
test::Subject line() {
  test::Subject made{test::unconnected({{"a", 2}, {"b", 1}}), {}};
  made.simulations.push_back(test::made_simulation("control", 3, 2, 3, [](Index n, Index, Index t) {
    return n == 0 ? 3.0 * double(t) : n == 1 ? 4.0 * double(t) : 0.3;
  }));
  return made;
}

}  // namespace

TEST_CASE("activity along a line has one principal component", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(line(), "pca", "regions = \"a\"");

  CHECK((matrix(results, "a_axes") - Eigen::RowVector2d(0.6, 0.8)).norm() < tolerance);
  CHECK((matrix(results, "a_mean") - Eigen::Vector2d(3.0, 4.0)).norm() < tolerance);
  CHECK((matrix(results, "a_explained_variance") - Eigen::VectorXd::Ones(1)).norm() < tolerance);
  REQUIRE(test::array(results, "a_trials").shape == std::vector<Index>{2, 3, 1});
  CHECK_THAT(at(results, "a_trials", {1, 0, 0}), WithinAbs(-5.0, tolerance));
  CHECK_THAT(at(results, "a_trials", {1, 2, 0}), WithinAbs(5.0, tolerance));
  CHECK(test::array(results, "time").values == std::vector<double>{0.0, 10.0, 20.0});
  CHECK(results.summary.front() == "a: PC 1 (100 %); 90 % of the variance along 1 component");
  // Of one component there is no plane: it is drawn over time.
  CHECK(results.figures.front().panels.front().x.label == "time (ms)");
}

TEST_CASE("components of single trials are those of numpy", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "pca", "");

  const Eigen::Vector4d first(-0.04237974506609193, -0.08382128139606548, -0.10549418198835692, 0.9899742055022754);
  CHECK((matrix(results, "a_axes").row(0).transpose() - first).norm() < tolerance);
  CHECK_THAT(at(results, "a_explained_variance", {0}), WithinRel(0.5536729788465269, tolerance));
  CHECK_THAT(at(results, "a_cumulative_variance", {1}), WithinRel(0.5536729788465269 + 0.2961182936085249, tolerance));
  CHECK_THAT(at(results, "a_cumulative_variance", {3}), WithinRel(1.0, tolerance));
  CHECK_THAT(at(results, "a_trials", {2, 5, 1}), WithinRel(-0.8889273496896228, tolerance));
}

TEST_CASE("components of condition averages are those of numpy", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "pca", "fit = \"conditions\"");

  const Eigen::Vector4d first(0.00511034048384614, 0.12296806566429673, -0.31826573384331336, 0.9399785433232491);
  CHECK((matrix(results, "a_axes").row(0).transpose() - first).norm() < tolerance);
  CHECK_THAT(at(results, "a_explained_variance", {1}), WithinRel(0.23000624687776866, tolerance));
  CHECK(test::texts(results, "conditions") == std::vector<std::string>{"even", "odd"});
  test::Subject halves = waves();
  halves.simulations.front().trials.numbers["half"] = {2.0, 1.0, 1.0, 2.0, 2.0};
  const mrnn::AnalysisResults other = test::analyse(halves, "pca", "fit = \"conditions\"\nby = \"half\"");
  CHECK(test::texts(other, "conditions") == std::vector<std::string>{"1", "2"});
  CHECK(matrix(other, "a_axes") != matrix(results, "a_axes"));
  CHECK_THAT(at(results, "a_conditions", {1, 5, 1}), WithinRel(2.685951552214017, tolerance));
}

TEST_CASE("soft normalisation divides by the range of what is fitted, and a constant", "[pca]") {
  const std::string keys = "fit = \"conditions\"\nnormalise = \"soft\"\nsoftening = 0.5";
  const mrnn::AnalysisResults results = test::analyse(waves(), "pca", keys);

  const Eigen::Vector4d scale(1.7045259372419923, 3.1989061709079243, 4.605502859008002, 7.272545919335853);
  CHECK((matrix(results, "a_scale") - scale).norm() < tolerance);
  CHECK_THAT(at(results, "a_explained_variance", {0}), WithinRel(0.3808267311730603, tolerance));
  CHECK_THAT(at(results, "a_trials", {2, 5, 0}), WithinRel(0.13445061980290915, tolerance));
}

TEST_CASE("normalised by deviation, components are those of the correlations", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "pca", "normalise = \"zscore\"");

  CHECK_THAT(at(results, "a_explained_variance", {0}), WithinRel(0.335544055788337, tolerance));
}

TEST_CASE("steps between samples are left out of the fit, not of the trajectories", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "pca", "every = 3");

  CHECK_THAT(at(results, "a_explained_variance", {0}), WithinRel(0.6436204112099146, tolerance));
  CHECK(test::array(results, "a_trials").shape == std::vector<Index>{5, 7, 4});
}

TEST_CASE("so many components are kept as are asked for; all shares are told", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "pca", "components = 2\nper_trial = false");

  CHECK(test::array(results, "a_axes").shape == std::vector<Index>{2, 4});
  CHECK(test::array(results, "a_conditions").shape == std::vector<Index>{2, 7, 2});
  CHECK(test::array(results, "a_explained_variance").shape == std::vector<Index>{4});
  CHECK_FALSE(test::has_array(results, "a_trials"));
}

TEST_CASE("several simulations share their axes", "[pca]") {
  test::Subject made = line();
  made.simulations.push_back(test::made_simulation("silenced", 3, 1, 3, [](Index n, Index, Index t) {
    return n == 0 ? 3.0 + 4.0 * double(t - 1) : n == 1 ? 4.0 - 3.0 * double(t - 1) : 0.3;  // across the first
  }));

  const mrnn::AnalysisResults results = test::analyse(made, "pca", "regions = \"a\"");

  // Four deviations of 5 along (3, 4) / 5 in two trials, two along (4, -3) / 5 in one.
  CHECK((matrix(results, "a_explained_variance") - Eigen::Vector2d(2.0, 1.0) / 3.0).norm() < tolerance);
  CHECK_THAT(at(results, "a_trials", {2, 2, 0}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "a_trials", {2, 2, 1}), WithinAbs(5.0, tolerance));
  CHECK(test::texts(results, "conditions") == std::vector<std::string>{"control", "silenced"});
  CHECK(test::texts(results, "trial_simulation").back() == "silenced");
}

TEST_CASE("trials are aligned and cut before components are taken; where one has no value, it has no coordinate",
          "[pca]") {
  test::Subject made = line();
  made.simulations.front().trials.epochs.push_back({"go", {1, 2}, {3, 3}});

  const mrnn::AnalysisResults results = test::analyse(made, "pca", "regions = \"a\"\nalign = \"go\"\nwindow = [0, 20]");

  // Samples 1, 2 of the first trial and 2 of the second, 5 apart: mean at 5/3 steps.
  CHECK_THAT(at(results, "a_trials", {0, 0, 0}), WithinAbs(-10.0 / 3.0, tolerance));
  CHECK(std::isnan(at(results, "a_trials", {1, 1, 0})));
  CHECK_THAT(at(results, "a_conditions", {0, 1, 0}), WithinAbs(5.0 / 3.0, tolerance));
}

TEST_CASE("the pre-activation can be taken instead", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(line(), "pca", "regions = \"a\"\nquantity = \"x\"");

  CHECK_THAT(at(results, "a_trials", {1, 2, 0}), WithinAbs(10.0, tolerance));
  CHECK(test::make_analysis("pca", "quantity = \"x\"", line().network)->needs().x);
  CHECK_FALSE(test::make_analysis("pca", "", line().network)->needs().x);
}

TEST_CASE("trajectories are drawn by condition from a marked start, the variance beside them", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(waves(), "pca", "");

  REQUIRE(results.figures.size() == 2);
  const auto& series = results.figures[0].panels.front().series;
  REQUIRE(series.size() == 4);  // a line and a start each
  CHECK(series[0].label == "even");
  CHECK(series[1].kind == mrnn::Series::Kind::scatter);
  CHECK(series[1].x.front() == series[0].x.front());
  CHECK_THAT(series[2].y[5], WithinRel(at(results, "a_conditions", {1, 5, 1}), tolerance));
  const auto& variance = results.figures[1].panels.front().series;
  CHECK_THAT(variance[0].y.back(), WithinRel(100.0, tolerance));
  CHECK_THAT(variance[1].y.front(), WithinRel(55.36729788465269, tolerance));
}

TEST_CASE("lines that cross the panel again and again are thin", "[pca]") {
  test::Subject tangle{test::unconnected({{"a", 4}}), {}};
  tangle.simulations.push_back(test::made_simulation("control", 4, 5, 60, wave));
  tangle.simulations.back().trials.texts["condition"] = {"even", "odd", "even", "odd", "even"};
  const auto width = [](const test::Subject& made) {
    return test::analyse(made, "pca", "").figures[0].panels.front().series.front().width;
  };

  CHECK(width(waves()) == 0.0);  // the usual one
  CHECK(width(tangle) > 0.0);
  CHECK(width(tangle) < 1.0);
}

TEST_CASE("without conditions, single trials are drawn behind their mean", "[pca]") {
  test::Subject made = waves();
  made.simulations.front().trials.texts.clear();

  const auto& series = test::analyse(made, "pca", "").figures[0].panels.front().series;

  REQUIRE(series.size() == 5 + 2);
  CHECK(series[0].colour == mrnn::light_grey);
  CHECK(series[5].colour == 0);
}

TEST_CASE("progress goes through the regions", "[pca]") {
  test::Subject made{test::unconnected({{"a", 2}, {"b", 2}}), {}};
  made.simulations = waves().simulations;

  test::check_progress(made, "pca", "");
}

TEST_CASE("a region whose activity does not vary is left out and named", "[pca]") {
  const mrnn::AnalysisResults results = test::analyse(line(), "pca", "");

  CHECK(matrix(results, "a_axes") == matrix(test::analyse(line(), "pca", "regions = \"a\""), "a_axes"));
  CHECK_FALSE(test::has_array(results, "b_axes"));
  CHECK_FALSE(test::has_array(results, "b_trials"));
  CHECK(results.summary.back() == "the activity of b is constant, so it has no principal components");
  for (const mrnn::Figure& figure : results.figures) CHECK(figure.panels.size() == 1);
  test::check_progress(line(), "pca", "");
}

TEST_CASE("what is wrong with a pca is said", "[pca]") {
  const test::Subject made = line();

  CHECK(test::failure(made, "pca", "regions = \"b\"") ==
        "the activity of b is constant, so it has no principal components");
  CHECK_THAT(test::mistake(made, "pca", "regions = \"c\""), StartsWith("x.toml:2:") && ContainsSubstring("\"c\""));
  CHECK_THAT(test::mistake(made, "pca", "quantity = \"y\""), ContainsSubstring("quantity"));
  CHECK_THAT(test::mistake(made, "pca", "fit = \"means\""), ContainsSubstring("trials, conditions"));
  CHECK_THAT(test::mistake(made, "pca", "components = 0"), ContainsSubstring("components"));
  CHECK_THAT(test::mistake(made, "pca", "every = 0"), ContainsSubstring("every"));
  CHECK_THAT(test::mistake(made, "pca", "by = \"side\""), ContainsSubstring("no per-trial metadata called \"side\""));
  CHECK_THAT(test::mistake(made, "pca", "component = 3"), ContainsSubstring("Did you mean \"components\"?"));
}
