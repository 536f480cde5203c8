// Task variance worked by hand, clusters against scikit-learn.

#include <algorithm>
#include <cmath>

#include "analysis_run.hpp"
#include "mrnn/random.hpp"
#include "recorded.hpp"

namespace {

using mrnn::AnalysisResults;
using mrnn::Index;
using test::at;

/// Variances of nine units in three tasks: three groups of three.
const std::vector<std::vector<double>> table{{1.00, 0.10, 0.05}, {0.20, 0.10, 1.00}, {0.10, 1.00, 0.20},
                                             {1.00, 0.20, 0.15}, {0.05, 0.25, 1.00}, {0.25, 1.00, 0.05},
                                             {1.00, 0.05, 0.30}, {0.30, 0.15, 1.00}, {0.15, 1.00, 0.30}};

/// Two trials of each task, in which the activity is 3 + and 3 - the root of the variance, in two steps after one of
/// fixation. Unit 9 is silent.
test::Subject groups() {
  test::Subject made{test::bare_network({{"a", 6}, {"b", 4}}), {}};
  made.simulations.push_back(test::recorded("control", 10, 6, 3, [](Index unit, Index trial, Index step) {
    if (step == 0) return 100.0 * double(trial);
    if (unit == 9) return 0.5;
    const double scale = 1.0 + 0.5 * double(unit);  // is divided out
    const double root = scale * std::sqrt(table[std::size_t(unit)][std::size_t(trial % 3)]);
    return 3.0 + (trial < 3 ? root : -root);
  }));
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.texts["rule"] = {"anti", "dm", "go", "anti", "dm", "go"};
  trials.epochs.push_back({"fixation", std::vector<Index>(6, 0), std::vector<Index>(6, 1)});
  trials.epochs.push_back({"stimulus", std::vector<Index>(6, 1), std::vector<Index>(6, 3)});
  return made;
}

/// One unit and three tasks, trials of these courses; step 0 is fixation.
test::Subject courses(const std::vector<std::string>& rules, const std::vector<std::vector<double>>& h) {
  test::Subject made{test::bare_network({{"a", 1}}), {}};
  const auto steps = std::ssize(h.front());
  made.simulations.push_back(
      test::recorded("control", 1, std::ssize(rules), steps,
                     [&](Index, Index trial, Index step) { return h[std::size_t(trial)][std::size_t(step)]; }));
  made.simulations.front().trials.texts["rule"] = rules;
  return made;
}

std::string failure(const test::Subject& subject, const std::string& keys) {
  return test::failure(subject, "task_variance", keys);
}

}  // namespace

TEST_CASE("task variance is over stimuli, averaged over time, without fixation", "[task_variance]") {
  const AnalysisResults results = test::analyse(groups(), "task_variance", "");

  CHECK(test::texts(results, "tasks") == std::vector<std::string>{"anti", "dm", "go"});
  REQUIRE(test::array(results, "variance").shape == std::vector<Index>{10, 3});
  for (Index unit = 0; unit < 9; ++unit) {
    const double scale = 1.0 + 0.5 * double(unit);
    for (Index task = 0; task < 3; ++task) {
      const double expected = table[std::size_t(unit)][std::size_t(task)];
      CHECK_THAT(at(results, "variance", {unit, task}), WithinRel(scale * scale * expected, 1e-12));
      CHECK_THAT(at(results, "normalised", {unit, task}), WithinRel(expected, 1e-12));
    }
  }
  CHECK(at(results, "total", {9}) == 0.0);
  CHECK(at(results, "active", {9}) == 0.0);
  CHECK(at(results, "cluster", {9}) == -1.0);
  CHECK(std::isnan(at(results, "normalised", {9, 0})));
  CHECK(at(results, "active", {0}) == 1.0);
}

// sklearn 1.9: silhouette_score(V, [0, 2, 1, 0, 2, 1, 0, 2, 1]) = 0.82491, of KMeans(2 or 4) 0.50573, 0.66374;
// KMeans(3, n_init=50).fit(V).inertia_ = 0.13, KMeans(2) 2.1725
TEST_CASE("the number of clusters is that of the largest silhouette, their order that of the tasks",
          "[task_variance]") {
  const AnalysisResults results = test::analyse(groups(), "task_variance", "");

  CHECK(test::array(results, "cluster_counts").values == std::vector<double>{2, 3, 4, 5, 6, 7, 8});
  CHECK_THAT(at(results, "silhouette", {0}), WithinAbs(0.5057266945324088, 1e-12));
  CHECK_THAT(at(results, "silhouette", {1}), WithinAbs(0.8249093241100335, 1e-12));
  CHECK_THAT(at(results, "silhouette", {2}), WithinAbs(0.6637365703480937, 1e-12));
  CHECK_THAT(at(results, "inertia", {0}), WithinAbs(2.1725, 1e-12));
  CHECK_THAT(at(results, "inertia", {1}), WithinAbs(0.13, 1e-12));
  CHECK(test::array(results, "cluster").values == std::vector<double>{0, 2, 1, 0, 2, 1, 0, 2, 1, -1});
  CHECK(test::array(results, "cluster_preferred").values == std::vector<double>{0, 1, 2});
  CHECK(test::array(results, "cluster_size").values == std::vector<double>{3, 3, 3});
  CHECK(test::array(results, "order").values == std::vector<double>{0, 3, 6, 2, 5, 8, 1, 4, 7});
  CHECK_THAT(at(results, "cluster_mean", {0, 1}), WithinRel((0.10 + 0.20 + 0.05) / 3.0, 1e-12));
  // Region a has units 0 to 5, region b 6 to 8 and the silent one.
  CHECK_THAT(at(results, "cluster_region_share", {0, 0}), WithinRel(2.0 / 6.0, 1e-12));
  CHECK_THAT(at(results, "cluster_region_share", {0, 1}), WithinRel(1.0 / 3.0, 1e-12));
  CHECK(results.summary[0] == "9 of 10 units are active in 3 columns; 3 clusters, silhouette 0.825");
  CHECK(results.summary[1] == "units of each cluster, and where they vary most: 3 (anti), 3 (dm), 3 (go)");
  // By the seed alone.
  CHECK(test::analyse(groups(), "task_variance", "").arrays.back().values == results.arrays.back().values);
}

TEST_CASE("the figure has the units by cluster and the first task at the top", "[task_variance]") {
  const AnalysisResults results = test::analyse(groups(), "task_variance", "");

  REQUIRE(results.figures.size() == 2);
  const mrnn::Panel& panel = results.figures[0].panels[0];
  REQUIRE(panel.heat_map->values.rows() == 3);
  REQUIRE(panel.heat_map->values.cols() == 9);
  CHECK(panel.heat_map->values(2, 0) == 1.0);                        // unit 0, go
  CHECK(panel.heat_map->values(1, 3) == 1.0);                        // unit 2, anti
  CHECK_THAT(panel.heat_map->values(0, 1), WithinRel(0.15, 1e-12));  // unit 3, dm
  CHECK(panel.series.size() == 2);                                   // borders
  CHECK(panel.y.names.front().words == "anti");
  CHECK(panel.y.names.front().position == 2.5);
  CHECK(results.figures[1].panels.size() == 2);  // silhouettes, regions
}

TEST_CASE("trials of different timing meet at the beginning of each epoch", "[task_variance]") {
  // Task A: epoch `go` from step 1 and from step 2, of three steps and of two; task B as it is.
  test::Subject made = courses({"A", "A", "B", "B"}, {{9, 1, 2, 7}, {9, 9, 5, 4}, {0, 1, 1, 1}, {0, 3, 3, 3}});
  made.simulations.front().trials.epochs.push_back({"go", {1, 2, 1, 1}, {4, 4, 4, 4}});

  const AnalysisResults results = test::analyse(made, "task_variance", "");

  // A: 1 and 5, then 2 and 4; the third step has one trial. B: 1 and 3 throughout.
  CHECK_THAT(at(results, "variance", {0, 0}), WithinRel((4.0 + 1.0) / 2.0, 1e-12));
  CHECK_THAT(at(results, "variance", {0, 1}), WithinRel(1.0, 1e-12));
}

TEST_CASE("a moment counts as often as it has stimuli", "[task_variance]") {
  // Three trials of A at the first step, two at the second.
  test::Subject made = courses({"A", "A", "A", "B", "B"}, {{0, 3}, {3, 5}, {6, 0}, {0, 0}, {2, 2}});
  made.simulations.front().trials.epochs.push_back({"go", {0, 0, 0, 0, 0}, {2, 2, 1, 2, 2}});

  const AnalysisResults results = test::analyse(made, "task_variance", "");

  // var(0, 3, 6) = 6, var(3, 5) = 1
  CHECK_THAT(at(results, "variance", {0, 0}), WithinRel((3.0 * 6.0 + 2.0 * 1.0) / 5.0, 1e-12));
}

TEST_CASE("trials of one condition are averaged first", "[task_variance]") {
  test::Subject made = courses({"A", "A", "A", "A", "B", "B", "B", "B"}, {{0}, {2}, {4}, {6}, {1}, {1}, {2}, {4}});
  made.simulations.front().trials.texts["side"] = {"l", "l", "r", "r", "l", "l", "r", "r"};

  const AnalysisResults each = test::analyse(made, "task_variance", "");
  const AnalysisResults averaged = test::analyse(made, "task_variance", "conditions = \"side\"");

  CHECK_THAT(at(each, "variance", {0, 0}), WithinRel(5.0, 1e-12));      // of 0, 2, 4, 6
  CHECK_THAT(at(averaged, "variance", {0, 0}), WithinRel(4.0, 1e-12));  // of 1, 5
  CHECK_THAT(at(averaged, "variance", {0, 1}), WithinRel(1.0, 1e-12));  // of 1, 3
}

TEST_CASE("epochs can be chosen, left out, or have columns of their own", "[task_variance]") {
  test::Subject made = courses({"A", "A", "B", "B"}, {{0, 1, 5}, {2, 1, 9}, {0, 4, 0}, {0, 6, 6}});
  made.simulations.front().trials.epochs.push_back({"fixation", {0, 0, 0, 0}, {1, 1, 1, 1}});
  made.simulations.front().trials.epochs.push_back({"cue", {1, 1, 1, 1}, {2, 2, 2, 2}});
  made.simulations.front().trials.epochs.push_back({"go", {2, 2, -1, -1}, {3, 3, -1, -1}});
  const auto variances = [&](const std::string& keys) {
    return test::array(test::analyse(made, "task_variance", keys), "variance").values;
  };

  CHECK(variances("") == std::vector<double>{(0.0 + 4.0) / 2.0, 1.0});
  CHECK(variances("epochs = \"cue\"") == std::vector<double>{0.0, 1.0});
  CHECK(variances("skip = \"go\"") == std::vector<double>{(1.0 + 0.0) / 2.0, (0.0 + 1.0) / 2.0});
  const AnalysisResults columns = test::analyse(made, "task_variance", "per_epoch = true");
  CHECK(test::texts(columns, "tasks") == std::vector<std::string>{"A: cue", "A: go", "B: cue"});
  CHECK(test::array(columns, "variance").values == std::vector<double>{0.0, 4.0, 1.0});
}

TEST_CASE("a task without any of the epochs that count is left out, and that is said", "[task_variance]") {
  test::Subject made = courses({"A", "A", "B", "B", "none", "none"}, {{0}, {2}, {0}, {4}, {0}, {8}});
  made.simulations.front().trials.epochs.push_back({"go", {0, 0, 0, 0, -1, -1}, {1, 1, 1, 1, -1, -1}});
  made.simulations.front().trials.epochs.push_back({"catch", {-1, -1, -1, -1, 0, 0}, {-1, -1, -1, -1, 1, 1}});

  const AnalysisResults results = test::analyse(made, "task_variance", "");
  CHECK(test::texts(results, "tasks") == std::vector<std::string>{"A", "B"});
  CHECK(test::array(results, "variance").values == std::vector<double>{1.0, 4.0});
  CHECK(std::ranges::count(results.summary, "left out: \"none\", whose trials have none of the epochs that count") ==
        1);
  const AnalysisResults all = test::analyse(made, "task_variance", "skip = []");
  CHECK(test::texts(all, "tasks") == std::vector<std::string>{"A", "B", "none"});
  CHECK(std::ranges::none_of(all.summary, [](const std::string& line) { return line.starts_with("left out"); }));
}

TEST_CASE("tasks are told by task, by rule, or as asked for", "[task_variance]") {
  test::Subject made = courses({"A", "A", "B", "B"}, {{0}, {2}, {4}, {6}});
  auto& texts = made.simulations.front().trials.texts;
  texts["task"] = {"x", "y", "x", "y"};
  texts["block"] = {"p", "p", "p", "q"};

  CHECK(test::texts(test::analyse(made, "task_variance", ""), "tasks") == std::vector<std::string>{"x", "y"});
  CHECK(test::texts(test::analyse(made, "task_variance", "by = \"rule\""), "tasks") ==
        std::vector<std::string>{"A", "B"});
  CHECK(failure(made, "by = \"block\"") ==
        "\"q\" has no moment with two stimuli or more, so its activity has no variance; ask for more trials");
  texts.erase("task");
  texts.erase("rule");
  CHECK_THAT(test::mistake(made, "task_variance", ""),
             ContainsSubstring("the trials have neither metadata \"task\" nor \"rule\"; name others with by"));
}

TEST_CASE("clusters can be asked for, and are few where units are few", "[task_variance]") {
  const AnalysisResults two = test::analyse(groups(), "task_variance", "clusters = 2");
  const AnalysisResults four = test::analyse(groups(), "task_variance", "most_clusters = 4\nrestarts = 3");
  const AnalysisResults strict = test::analyse(groups(), "task_variance", "threshold = 27");
  const AnalysisResults one_region = test::analyse(groups(), "task_variance", "regions = \"b\"");

  CHECK(test::array(two, "cluster_counts").values == std::vector<double>{2});
  CHECK(test::array(two, "cluster_size").shape == std::vector<Index>{2});
  CHECK(test::array(four, "cluster_counts").values == std::vector<double>{2, 3, 4});
  // Totals: (1 + unit / 2)^2 times 1.15 to 1.45; the largest are 29.36 of unit 7 and 36.25 of unit 8.
  CHECK_THAT(strict.summary[0], EndsWith("2 of 10 units are active in 3 columns, too few to be clustered"));
  CHECK_FALSE(test::has_array(strict, "silhouette"));
  CHECK(strict.figures.size() == 1);
  CHECK(test::array(one_region, "units").values == std::vector<double>{6, 7, 8, 9});
  CHECK(one_region.figures[1].panels.size() == 1);
  CHECK(failure(groups(), "threshold = 100") ==
        "no unit is active: the total variance of none is above 100, the largest is 36.2; lower threshold to see it");
}

TEST_CASE("more starts find clusters that are tighter", "[task_variance]") {
  mrnn::RandomStream random(5, mrnn::Stream::simulation_trials, "scattered");
  std::vector<double> roots;
  for (int k = 0; k < 60 * 4; ++k) roots.push_back(random.uniform(0.1, 1.0));
  test::Subject made{test::bare_network({{"a", 60}}), {}};
  made.simulations.push_back(test::recorded("control", 60, 8, 1, [&](Index unit, Index trial, Index) {
    const double root = roots[std::size_t(4 * unit + trial % 4)];
    return trial < 4 ? root : -root;
  }));
  made.simulations.front().trials.texts["rule"] = {"a", "b", "c", "d", "a", "b", "c", "d"};

  const double one = at(test::analyse(made, "task_variance", "clusters = 12\nrestarts = 1"), "inertia", {0});
  const double many = at(test::analyse(made, "task_variance", "clusters = 12\nrestarts = 40"), "inertia", {0});

  CHECK(many < 0.99 * one);
}

TEST_CASE("noise in the simulation is mentioned", "[task_variance]") {
  test::Subject made = groups();
  mrnn::NetworkSpec spec = made.network.spec();
  spec.noise_recurrent = 0.1;
  made.network = mrnn::build_network(spec, 1);

  CHECK(test::analyse(made, "task_variance", "").summary.size() == 2);  // it ran without
  made.simulations.front().noise = mrnn::Noise::on;
  CHECK(test::analyse(made, "task_variance", "").summary.back() ==
        "simulation \"control\" ran with noise, which adds to the variances of all tasks; noise = false in its table "
        "leaves it out");
}

TEST_CASE("mistakes in the keys of task_variance are named", "[task_variance]") {
  const test::Subject made = groups();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "task_variance", keys); };

  CHECK_THAT(mistake("by = \"rules\""), ContainsSubstring("Did you mean \"rule\"? (simulation \"control\")"));
  CHECK_THAT(mistake("conditions = \"side\""), ContainsSubstring("no per-trial metadata called \"side\""));
  CHECK_THAT(mistake("epochs = \"stimlus\""),
             ContainsSubstring("no epoch called \"stimlus\"; available: fixation, stimulus"));
  CHECK_THAT(mistake("skip = \"go\""), ContainsSubstring("skip: no epoch called \"go\""));
  CHECK_THAT(mistake("skip = [\"fixation\", \"stimulus\"]"), ContainsSubstring("skip: leaves no epoch"));
  CHECK_THAT(mistake("skip = \"fixation\"\nepochs = \"stimulus\""),
             ContainsSubstring("skip: cannot be given together with epochs"));
  CHECK_THAT(mistake("clusters = \"many\""), ContainsSubstring("is \"many\"; \"auto\" or a number of 2 or more"));
  CHECK_THAT(mistake("clusters = 1"), ContainsSubstring("clusters"));
  CHECK_THAT(mistake("clusters = 3\nmost_clusters = 4"),
             ContainsSubstring("most_clusters: has no meaning where clusters is a number"));
  CHECK_THAT(mistake("regions = [\"a\", \"*\"]"), ContainsSubstring("regions"));
  CHECK_THAT(mistake("quantity = \"y\""), ContainsSubstring("quantity"));
  test::Subject single = groups();
  single.simulations.front().trials.texts["rule"].assign(6, "go");
  CHECK_THAT(test::mistake(single, "task_variance", ""),
             ContainsSubstring("finds one task only, \"go\"; variances are compared between two or more"));
  CHECK(test::make_analysis("task_variance", "quantity = \"x\"", made.network)->needs().x);
  CHECK(test::make_analysis("task_variance", "", made.network)->needs().h);
}
