// Averages over units and trials, worked by hand.

#include <cmath>

#include "psth_subject.hpp"

namespace {

using mrnn::Index;
using test::at;
using namespace test::psth;

constexpr double tolerance = 1e-13;

/// One trial whose units all have this course.
test::Subject course(const std::vector<double>& values) {
  test::Subject made{network(), {}};
  made.simulations.push_back(simulation("run", 1, std::ssize(values),
                                        [&](Index, Index, Index t) { return values[static_cast<std::size_t>(t)]; }));
  return made;
}

}  // namespace

TEST_CASE("psth averages over units, then over the trials of each condition", "[psth]") {
  const mrnn::AnalysisResults results = test::analyse(counting(), "psth", "");

  REQUIRE(test::array(results, "a_trials").shape == std::vector<Index>{3, 4});
  CHECK_THAT(at(results, "a_trials", {1, 2}), WithinRel(100.0 + 20.0 + 0.5, tolerance));
  REQUIRE(test::texts(results, "conditions") == std::vector<std::string>{"left", "right"});
  REQUIRE(test::array(results, "a_mean").shape == std::vector<Index>{2, 4});
  CHECK_THAT(at(results, "a_mean", {0, 1}), WithinRel((10.5 + 210.5) / 2.0, tolerance));
  CHECK_THAT(at(results, "a_mean", {1, 1}), WithinRel(110.5, tolerance));
  // Two trials 200 apart: standard deviation 200 / sqrt(2), SEM 100.
  CHECK_THAT(at(results, "a_sem", {0, 1}), WithinRel(100.0, tolerance));
  CHECK(at(results, "a_sem", {1, 1}) == 0.0);
  CHECK(at(results, "counts", {0, 0}) == 2.0);
  CHECK(at(results, "counts", {1, 3}) == 1.0);
  CHECK(test::array(results, "time").values == std::vector<double>{0.0, 10.0, 20.0, 30.0});
  CHECK(test::array(results, "trial_condition").values == std::vector<double>{0.0, 1.0, 0.0});
  CHECK(results.summary.front() == "conditions: left (2 trials), right (1 trial)");
}

TEST_CASE("by default every region and each of its cell types has a panel", "[psth]") {
  const mrnn::AnalysisResults results = test::analyse(counting(), "psth", "");

  std::vector<std::string> titles;
  for (const mrnn::Panel& panel : results.figures.front().panels) titles.push_back(panel.title);
  CHECK(titles == std::vector<std::string>{"a", "b", "b.e", "b.i"});
  CHECK_THAT(at(results, "b_mean", {1, 0}), WithinRel(103.5, tolerance));    // units 2 to 5
  CHECK_THAT(at(results, "b.i_mean", {1, 0}), WithinRel(104.5, tolerance));  // units 4 and 5
}

TEST_CASE("the band of a condition of one trial is left out", "[psth]") {
  const mrnn::AnalysisResults results = test::analyse(counting(), "psth", "regions = \"a\"");

  const auto& series = results.figures.front().panels.front().series;
  REQUIRE(series.size() == 3);  // left: band and line, right: line
  CHECK(series[0].kind == mrnn::Series::Kind::band);
  CHECK_THAT(series[0].y[1], WithinRel(10.5, tolerance));  // mean 110.5 less SEM 100
  CHECK_THAT(series[0].upper[1], WithinRel(210.5, tolerance));
  CHECK(series[1].label == "left");
  CHECK(series[2].label == "right");
  CHECK(series[2].kind == mrnn::Series::Kind::line);
  CHECK(series[1].colour != series[2].colour);
}

TEST_CASE("aligned to an epoch, trials are NaN where their window leaves the run and are not counted", "[psth]") {
  test::Subject made = counting();
  made.simulations.front().trials.epochs.push_back({"go", {1, 2, 3}, {4, 4, 4}});
  made.simulations.front().trials.texts.clear();

  const mrnn::AnalysisResults results = test::analyse(made, "psth", "align = \"go\"\nwindow = [-10, 20]");

  CHECK(test::array(results, "time").values == std::vector<double>{-10.0, 0.0, 10.0});
  CHECK_THAT(at(results, "a_trials", {0, 1}), WithinRel(10.5, tolerance));   // trial 0, step 1
  CHECK_THAT(at(results, "a_trials", {2, 1}), WithinRel(230.5, tolerance));  // trial 2, step 3
  CHECK(std::isnan(at(results, "a_trials", {2, 2})));                        // trial 2, step 4
  CHECK(test::array(results, "counts").values == std::vector<double>{3.0, 3.0, 2.0});
  CHECK_THAT(at(results, "a_mean", {0, 2}), WithinRel((20.5 + 130.5) / 2.0, tolerance));
}

TEST_CASE("a trial without the epoch takes no part", "[psth]") {
  test::Subject made = counting();
  made.simulations.front().trials.epochs.push_back({"go", {1, -1, 3}, {4, -1, 4}});
  made.simulations.front().trials.texts.clear();

  const mrnn::AnalysisResults results = test::analyse(made, "psth", "align = \"go\"\nwindow = [0, 10]");

  CHECK(at(results, "counts", {0, 0}) == 2.0);
  CHECK(std::isnan(at(results, "a_trials", {1, 0})));
}

TEST_CASE("aligned to a time, the whole run is shown around it", "[psth]") {
  const mrnn::AnalysisResults results = test::analyse(counting(), "psth", "align_at = 20.0");

  CHECK(test::array(results, "time").values == std::vector<double>{-20.0, -10.0, 0.0, 10.0});
  CHECK_THAT(at(results, "a_trials", {0, 2}), WithinRel(20.5, tolerance));
}

TEST_CASE("a boxcar covers steps by the share of them that it spans, and is cut at the ends", "[psth]") {
  const test::Subject made = course({0.0, 0.0, 1.0, 0.0, 4.0});

  const auto results = test::analyse(made, "psth", "smoothing = { kernel = \"boxcar\", width = 20.0 }");

  // Two steps wide: weights 1/4, 1/2, 1/4; at the end 1/4 and 1/2, made to sum to 1.
  const std::vector<double> expected{0.0, 0.25, 0.5, 0.25 + 1.0, 4.0 * 2.0 / 3.0};
  for (Index t = 0; t < 5; ++t) {
    CHECK_THAT(at(results, "a_mean", {0, t}), WithinAbs(expected[static_cast<std::size_t>(t)], tolerance));
  }
}

TEST_CASE("a Gaussian has its width as standard deviation and keeps constants", "[psth]") {
  const std::string keys = "smoothing = { kernel = \"gaussian\", width = 5.0 }";

  const auto impulse = test::analyse(course({0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0}), "psth", keys);
  const auto constant = test::analyse(course({2.0, 2.0, 2.0, 2.0, 2.0}), "psth", keys);

  // One step is two standard deviations.
  CHECK_THAT(at(impulse, "a_mean", {0, 4}) / at(impulse, "a_mean", {0, 3}), WithinRel(std::exp(-2.0), tolerance));
  for (Index t = 0; t < 5; ++t) CHECK_THAT(at(constant, "a_mean", {0, t}), WithinRel(2.0, tolerance));
}

TEST_CASE("several simulations are compared as conditions", "[psth]") {
  test::Subject made = counting();
  made.simulations.front().trials.texts.clear();
  made.simulations.push_back(simulation("silenced", 2, 4, [](Index, Index, Index) { return 1.0; }));
  made.simulations.back().trials.interventions.push_back({{1, 3}, {}, mrnn::Clamp{mrnn::Selection({{0, 2}}), 1.0}});

  const mrnn::AnalysisResults results = test::analyse(made, "psth", "regions = [\"a\", \"b\"]");

  CHECK(test::texts(results, "conditions") == std::vector<std::string>{"control", "silenced"});
  CHECK_THAT(at(results, "a_mean", {0, 0}), WithinRel(100.5, tolerance));
  CHECK_THAT(at(results, "a_mean", {1, 0}), WithinRel(1.0, tolerance));
  CHECK(at(results, "a_sem", {1, 0}) == 0.0);
  CHECK(test::texts(results, "trial_simulation").back() == "silenced");
  CHECK(results.summary[1] == "largest change from control to silenced: b, 118 to 1 on average over the window");
  // The clamp begins at 10 ms and ends at 30 ms.
  const auto& guides = results.figures.front().panels.front().guides;
  REQUIRE(guides.size() == 2);
  CHECK(guides[0].position == 10.0);
  CHECK(guides[1].position == 30.0);
}

TEST_CASE("two simulations of two conditions share colours and differ in dashes", "[psth]") {
  test::Subject made = counting();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "lesion";

  const mrnn::AnalysisResults results = test::analyse(made, "psth", "regions = \"a\"");

  CHECK(test::texts(results, "conditions") ==
        std::vector<std::string>{"control: left", "control: right", "lesion: left", "lesion: right"});
  // The same condition is compared; nothing has changed.
  CHECK_THAT(results.summary[1], StartsWith("largest change from control: left to lesion: left: a, 116 to 116"));
  std::vector<std::pair<int, bool>> styles;
  for (const mrnn::Series& series : results.figures.front().panels.front().series) {
    if (series.kind == mrnn::Series::Kind::line) styles.emplace_back(series.colour, series.dashed);
  }
  CHECK(styles == std::vector<std::pair<int, bool>>{{0, false}, {1, false}, {0, true}, {1, true}});
}

TEST_CASE("conditions that are numbers are sorted, and a NaN belongs to none", "[psth]") {
  test::Subject made = counting();
  made.simulations.front().trials.numbers["coherence"] = {10.0, std::nan(""), -2.5};

  const mrnn::AnalysisResults results = test::analyse(made, "psth", "by = \"coherence\"");

  CHECK(test::texts(results, "conditions") == std::vector<std::string>{"-2.5", "10"});
  CHECK(test::array(results, "trial_condition").values == std::vector<double>{1.0, -1.0, 0.0});
}

TEST_CASE("outputs are shown channel by channel", "[psth]") {
  const mrnn::AnalysisResults results = test::analyse(counting(), "psth", "quantity = \"y\"\nper_trial = false");

  CHECK(at(results, "choice_1_mean", {0, 0}) == 1.0);
  CHECK(at(results, "score_mean", {0, 0}) == 2.0);
  CHECK(results.figures.front().title == "Mean output y over trials, channel by channel");
  CHECK_FALSE(test::has_array(results, "score_trials"));
}

TEST_CASE("what is needed is the quantity asked for", "[psth]") {
  const mrnn::Network net = network();

  CHECK(test::make_analysis("psth", "", net)->needs().h);
  CHECK_FALSE(test::make_analysis("psth", "quantity = \"x\"", net)->needs().h);
  CHECK(test::make_analysis("psth", "quantity = \"x\"", net)->needs().x);
  CHECK(test::make_analysis("psth", "quantity = \"y\"", net)->needs().y);
}

TEST_CASE("mistakes in the keys of psth are named", "[psth]") {
  test::Subject made = counting();
  made.simulations.front().trials.epochs.push_back({"go", {1, 2, 3}, {4, 4, 4}});
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "psth", keys); };

  CHECK_THAT(mistake("regions = [\"a\", \"b.x\"]"), StartsWith("x.toml:2:") && ContainsSubstring("\"b.x\""));
  CHECK_THAT(mistake("regions = [\"a\", \"a\"]"), ContainsSubstring("names \"a\" twice"));
  CHECK_THAT(mistake("align = \"og\""), ContainsSubstring("no epoch called \"og\"; available: go"));
  CHECK_THAT(mistake("align = \"go\"\nalign_at = 1.0"), ContainsSubstring("cannot be given together with align"));
  CHECK_THAT(mistake("by = \"conditoin\""), ContainsSubstring("Did you mean \"condition\"? (simulation \"control\")"));
  made.simulations.front().trials.numbers["empty"].assign(3, std::nan(""));
  CHECK_THAT(mistake("by = \"empty\""), ContainsSubstring("has no value in any trial"));
  CHECK_THAT(mistake("window = [1.0]"), ContainsSubstring("[from, to] in ms is accepted"));
  CHECK_THAT(mistake("window = [20, 20]"), ContainsSubstring("holds no whole step"));
  CHECK_THAT(mistake("window = [500, 600]"), ContainsSubstring("holds nothing that was recorded"));
  CHECK_THAT(mistake("smoothing = { kernel = \"box\", width = 3 }"), ContainsSubstring("boxcar"));
  CHECK_THAT(mistake("smoothing = { width = 0 }"), ContainsSubstring("smoothing.width"));
  CHECK_THAT(mistake("outputs = \"score\""), ContainsSubstring("needs quantity = \"y\""));
  CHECK_THAT(mistake("quantity = \"y\"\nregions = \"a\""), ContainsSubstring("use outputs"));
  CHECK_THAT(mistake("quantity = \"y\"\noutputs = \"scores\""), ContainsSubstring("Did you mean \"score\"?"));
}
