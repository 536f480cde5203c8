// Which trials, factors and regions dpca takes, its figures, and what it refuses.

#include <algorithm>
#include <cmath>

#include "dpca_subject.hpp"

using namespace test::dpca;

namespace {

using mrnn::AnalysisResults;
using mrnn::Index;
using test::at;

std::string failure(const test::Subject& subject, const std::string& keys) {
  return test::failure(subject, "dpca", keys);
}

}  // namespace

TEST_CASE("a combination without trials is named, or a level is left out", "[dpca]") {
  test::Subject made = unequal();
  auto& labels = made.simulations.front().trials.texts;
  for (std::size_t k = 0; k < 11; ++k) {
    if (k % 2 == 0) labels["d"][k] = labels["s"][k] == "s0" ? labels["d"][k] : "d2";
  }
  const std::string keys = two_factors + "lambda = 0.01\n";

  CHECK_THAT(
      test::mistake(made, "dpca", keys),
      ContainsSubstring("x.toml:2:") &&
          ContainsSubstring("factors: no trial has s = s0, d = d2; ask for more trials, or leave levels out with "
                            "missing = \"drop\""));
  const AnalysisResults results = test::analyse(made, "dpca", keys + "missing = \"drop\"");
  CHECK(test::texts(results, "levels_d") == std::vector<std::string>{"d0", "d1"});
  CHECK(results.summary.back() == "left out, for want of trials: d = d2");
  made.simulations.front().trials.texts["d"] = {"d0", "d0", "d0", "d1", "d0", "d0", "d0", "d1", "d0", "d0", "d0"};
  CHECK_THAT(test::mistake(made, "dpca", keys), ContainsSubstring("no trial has s = s0, d = d1"));
  CHECK_THAT(test::mistake(made, "dpca", keys + "missing = \"drop\""),
             ContainsSubstring("names \"s\", which has fewer than two values left after") ||
                 ContainsSubstring("names \"d\", which has fewer than two values left after"));
}

TEST_CASE("what holds out trials needs two of each combination", "[dpca]") {
  test::Subject made = unequal();
  made.simulations.front().trials.texts["d"][3] = "d0";

  CHECK_THAT(test::mistake(made, "dpca", two_factors),
             ContainsSubstring("only 1 trial has s = s1, d = d1, where 2 are needed to hold one out"));
  CHECK_THAT(test::mistake(made, "dpca", two_factors + "lambda = 0.1\nsignificance = true"),
             ContainsSubstring("where 2 are needed"));
  CHECK(test::mistake(made, "dpca", two_factors + "lambda = 0.1").empty());
}

TEST_CASE("catch trials and trials that do not cover the window take no part", "[dpca]") {
  test::Subject made = unequal();
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.epochs.push_back({"catch", std::vector<Index>(11, 4), std::vector<Index>(11, 4)});
  trials.epochs.back().first[0] = 0;  // the first trial
  trials.epochs.push_back({"go", {1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1}, std::vector<Index>(11, 4)});

  const AnalysisResults results =
      test::analyse(made, "dpca", two_factors + "lambda = 0.01\nalign = \"go\"\nwindow = [-10, 30]");
  const AnalysisResults common = test::analyse(made, "dpca", two_factors + "lambda = 0.01\nalign = \"go\"");

  // Trial 0 is a catch trial, trial 2 ends before 30 ms after its step 2.
  CHECK(test::array(results, "trials").values == std::vector<double>{1, 2, 4, 2});
  CHECK(test::array(results, "time").values == std::vector<double>{-10.0, 0.0, 10.0, 20.0});
  CHECK_THAT(results.summary.back(), StartsWith("9 trials in 4 conditions; 2 trials are catch trials or do not cover"));
  CHECK(test::array(common, "time").values == std::vector<double>{-10.0, 0.0, 10.0});
}

TEST_CASE("figures have a row for each marginalisation, time first, and stack variances in their colours", "[dpca]") {
  const AnalysisResults results = test::analyse(unequal(), "dpca", two_factors + "lambda = 0.01");

  REQUIRE(results.figures.size() == 2);
  const auto& panels = results.figures[0].panels;
  REQUIRE(panels.size() == 12);
  CHECK_THAT(panels[0].title, StartsWith("3: time ("));
  CHECK_THAT(panels[3].title, StartsWith("1: s (") && EndsWith(" %)"));
  CHECK(panels[0].series.size() == 4);  // conditions
  CHECK(panels[0].series[0].label == "s0, d0");
  CHECK(panels[0].series[1].dashed);  // the second level of the second factor
  CHECK(panels[3].y.high == panels[4].y.high);
  // Boxes of the first component's bar stand on each other, up to its explained variance.
  const auto& boxes = results.figures[1].panels[0].polygons;
  CHECK(boxes[0].y[0] == 0.0);
  CHECK(boxes[1].y[0] == boxes[0].y[2]);
  CHECK(results.figures[1].panels[2].x.names[3].words == "s:d");
  const AnalysisResults apart = test::analyse(
      unequal(), "dpca", two_factors + "lambda = 0.01\nmarginalisations = { time = [\"time\"] }\ncomponents = 1");
  CHECK(apart.figures[0].panels.size() == 18);  // the six of seven with most variance
  CHECK(apart.figures[1].panels[2].x.names.back().words == "others");
  CHECK_THAT(apart.figures[0].caption, EndsWith("Only the 6 marginalisations with most variance are drawn."));
}

TEST_CASE("bins are averaged", "[dpca]") {
  const test::Subject made = noisy(
      3, 1, 0.0, [](Index unit, int s, int d, Index t) { return double(unit + 1) * (s + 0.1 * d) + double(t * t); });
  const AnalysisResults results =
      test::analyse(made, "dpca", two_factors + "lambda = 0\nbin = 20.0\nnoise_covariance = \"none\"");

  CHECK(test::array(results, "time").values == std::vector<double>{5.0, 25.0, 45.0});
  // t^2 in bins: 0.5, 6.5, 20.5, mean 55 / 6; the means over s and d add 0.55 (n + 1).
  CHECK_THAT(at(results, "all_mean", {0}), WithinRel(27.5 / 3.0 + 0.55, 1e-12));
}

TEST_CASE("regions are decomposed by themselves, components are limited by marginalisation", "[dpca]") {
  const AnalysisResults results = test::analyse(
      unequal(), "dpca",
      two_factors + "lambda = 0.01\nregions = [\"a\", \"b\"]\ncomponents = { s = 2, d = 0, time = 1, \"s:d\" = 0 }");

  CHECK(test::array(results, "a_encoder").shape == std::vector<Index>{3, 3});
  CHECK(test::array(results, "b_units").values == std::vector<double>{3.0, 4.0});
  CHECK_FALSE(test::has_array(results, "all_encoder"));
  REQUIRE(results.figures.size() == 4);
  CHECK(results.figures[0].name == "a");
  CHECK(results.figures[3].name == "variance_b");
}

TEST_CASE("simulations can be a factor", "[dpca]") {
  test::Subject made = unequal();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "lesion";
  auto& h = std::get<mrnn::Sequence>(made.simulations.back().h);
  for (double& value : h.data) value *= 0.5;

  const AnalysisResults results = test::analyse(made, "dpca", "factors = [\"simulation\", \"s\"]\nlambda = 0.01");

  CHECK(test::texts(results, "levels_simulation") == std::vector<std::string>{"control", "lesion"});
  CHECK(test::array(results, "trials").values == std::vector<double>{5, 6, 5, 6});
}

TEST_CASE("the network's own choice can be a factor", "[dpca]") {
  struct Chooser final : mrnn::Task {
    mrnn::Trials make(const mrnn::TrialRequest&) const override { return {}; }
    mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence&) const override {
      mrnn::Scores scores;
      scores.choice = Eigen::VectorXd::Zero(trials.count);
      for (Index k = 0; k < trials.count; k += 2) scores.choice(k) = 1.0;
      return scores;
    }
  };
  test::Subject made = unequal();
  made.simulations.front().y = mrnn::Sequence(2, 11, 4);
  const std::string keys = "factors = \"network_choice\"\nlambda = 0.01";

  CHECK_THAT(test::mistake(made, "dpca", keys), ContainsSubstring("but the task knows no choices"));
  const Chooser task;
  made.simulations.front().task = &task;
  const AnalysisResults results = test::analyse(made, "dpca", keys);
  CHECK(test::array(results, "trials").values == std::vector<double>{5, 6});
  const std::vector<mrnn::Series>& lines = results.figures.front().panels.front().series;
  CHECK(lines[0].label == "network_choice 0");
  CHECK(lines[0].colour == mrnn::ordered_colour(0.0));  // numbers have an ordered scale
  CHECK(lines[1].colour == mrnn::ordered_colour(1.0));
  CHECK(test::make_analysis("dpca", keys, made.network)->needs().y);
  CHECK_FALSE(test::make_analysis("dpca", "", made.network)->needs().y);
  CHECK(test::make_analysis("dpca", "quantity = \"x\"", made.network)->needs().x);
}

TEST_CASE("activity that does not vary cannot be demixed", "[dpca]") {
  const test::Subject made = noisy(3, 2, 0.0, [](Index unit, int, int, Index) { return 1.0 + double(unit); });
  const test::Subject time_only = noisy(3, 2, 0.0, [](Index, int, int, Index t) { return double(t); });

  CHECK(failure(made, two_factors + "lambda = 0.1") ==
        "the activity of all is constant, so it has no variance to demix");
  CHECK(failure(time_only, two_factors + "lambda = 0.1\ncomponents = { time = 0 }") ==
        "the marginalisations that have components have no variance in all");
}

TEST_CASE("a silent region is left out of the demixing and named", "[dpca]") {
  test::Subject made = unequal();
  auto& h = std::get<mrnn::Sequence>(made.simulations.front().h);
  for (Index step = 0; step < h.steps; ++step) h.at(step).bottomRows(2).setZero();
  const std::string keys = two_factors + "lambda = 0.1\nregions = [\"a\", \"b\"]\n";

  const AnalysisResults results = test::analyse(made, "dpca", keys);

  CHECK(test::has_array(results, "a_encoder"));
  CHECK_FALSE(test::has_array(results, "b_encoder"));
  CHECK(std::ranges::count(results.summary, "the activity of b is constant, so it has no variance to demix") == 1);
  test::check_progress(made, "dpca", keys);
}

TEST_CASE("mistakes in the keys of dpca are named", "[dpca]") {
  const test::Subject made = unequal();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "dpca", keys); };

  CHECK_THAT(mistake("factors = [\"s\", \"dd\"]"),
             ContainsSubstring("no per-trial metadata called \"dd\"; available: d, s") &&
                 ContainsSubstring("Did you mean \"d\"? (simulation \"control\")"));
  CHECK_THAT(mistake("factors = []"), ContainsSubstring("has 0 names; 1 to 5 are accepted"));
  CHECK_THAT(mistake("factors = [\"s\", \"s\"]"), ContainsSubstring("names \"s\" twice"));
  CHECK_THAT(mistake("factors = [\"s\", \"time\"]"), ContainsSubstring("which is always the last axis"));
  CHECK_THAT(mistake(two_factors + "lambda = \"best\""),
             ContainsSubstring("is \"best\"; \"auto\" or a number of 0 or more is accepted"));
  CHECK_THAT(mistake(two_factors + "lambda = -1"), ContainsSubstring("lambda"));
  CHECK_THAT(mistake(two_factors + "noise_covariance = \"ful\""), ContainsSubstring("Did you mean \"full\"?"));
  CHECK_THAT(mistake(two_factors + "missing = \"dorp\""), ContainsSubstring("Did you mean \"drop\"?"));
  CHECK_THAT(mistake(two_factors + "quantity = \"y\""), ContainsSubstring("quantity"));
  CHECK_THAT(mistake(two_factors + "regions = \"c\""), ContainsSubstring("no region"));
  CHECK_THAT(mistake(two_factors + "components = { t = 1 }"), ContainsSubstring("components.t: unknown key"));
  CHECK_THAT(mistake(two_factors + "components = { s = 0, d = 0, time = 0, \"s:d\" = 0 }"),
             ContainsSubstring("asks for no component of any marginalisation"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [\"s:tme\"] }"),
             ContainsSubstring("no axis called \"tme\"; available: s, d, time. Did you mean \"time\"?"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [\"s:s\"] }"), ContainsSubstring("has \"s\" twice"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [\"s\"], y = [\"d\", \"s\"] }"),
             ContainsSubstring("has the term \"s\", which is there already"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [] }"), ContainsSubstring("is an empty list"));
  CHECK_THAT(mistake(two_factors + "bin = 1000"), ContainsSubstring("is longer than the time that all trials have"));
  CHECK_THAT(mistake(two_factors + "window = [-20, 30]"),
             ContainsSubstring("window: leaves no trial that was recorded over the whole of it"));
  CHECK_THAT(mistake(two_factors + "significance = true\nsplits = 0"), ContainsSubstring("splits: is 0"));
  for (const std::string key : {"splits", "shuffles", "consecutive"}) {
    CHECK_THAT(mistake(two_factors + key + " = 5"),
               ContainsSubstring(key + ": has no meaning without significance = true"));
  }
  test::Subject one = unequal();
  one.simulations.front().trials.texts["s"].assign(11, "same");
  CHECK_THAT(test::mistake(one, "dpca", two_factors),
             ContainsSubstring("names \"s\", which has fewer than two values"));
}
