// Activities of several runs, simulations and regions, brought together.

#include "mrnn/comparison.hpp"

#include <cmath>

#include "catch.hpp"
#include "files/results_file.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::Comparison;
using mrnn::Correspondence;
using mrnn::Index;
using Texts = std::vector<std::string>;

/// Units: a 0, 1; b 2, 3, 4. Outputs choice 0, 1.
mrnn::Network network(double dt = 10.0, const std::string& second = "b") {
  mrnn::NetworkSpec spec;
  spec.dt = dt;
  spec.regions.resize(2);
  spec.regions[0].name = "a";
  spec.regions[0].units = 2;
  spec.regions[1].name = second;
  spec.regions[1].units = 3;
  spec.inputs.resize(1);
  spec.inputs[0].name = "cue";
  spec.outputs.resize(1);
  spec.outputs[0].name = "choice";
  spec.outputs[0].units = 2;
  return mrnn::build_network(spec, 1);
}

/// 3 trials of 4 steps: h(unit, trial, step) = start + 100 trial + 10 step + unit, y = step - 3 - channel. The epoch go
/// begins at 0, 1, 2.
mrnn::Simulation simulation(const std::string& name, double start,
                            const Texts& conditions = {"left", "right", "left"}) {
  mrnn::Simulation made;
  made.name = name;
  const auto trials = std::ssize(conditions);
  made.trials = mrnn::blank_trials(1, trials, 4);
  made.trials.texts["condition"] = conditions;
  made.trials.epochs.push_back({"go", {}, {}});
  made.steps = {0, 4};
  made.record.h = made.record.y = true;
  mrnn::Sequence h(5, trials, 4), y(2, trials, 4);
  for (Index trial = 0; trial < trials; ++trial) {
    made.trials.epochs[0].first.push_back(trial);
    made.trials.epochs[0].last.push_back(4);
    for (Index step = 0; step < 4; ++step) {
      made.trials.inputs(0, trial, step) = start + double(trial) + 0.1 * double(step);
      for (Index unit = 0; unit < 5; ++unit) h(unit, trial, step) = start + 100.0 * trial + 10.0 * step + double(unit);
      for (Index channel = 0; channel < 2; ++channel) y(channel, trial, step) = double(step - 3 - channel);
    }
  }
  made.h = h;
  made.y = y;
  return made;
}

/// Folders of finished runs beside a configuration.
struct Bench {
  void add_run(const std::string& name, const std::vector<mrnn::Simulation>& simulations,
               const mrnn::Network& of = network()) const {
    std::filesystem::create_directories(folder.path() / name);
    mrnn::ResultsFile results(folder.path() / name / "results.h5");
    mrnn::RunInfo info;
    info.experiment = name;
    info.precision = mrnn::Precision::float64;
    results.write_info(info);
    results.write_network(of, mrnn::initial_parameters(of, 1));
    for (const mrnn::Simulation& simulation : simulations) results.write_simulation(simulation);
    results.finish();
  }
  mrnn::ConfigNode config(const std::string& keys) const {
    return mrnn::ConfigNode::parse(keys, "x.toml", folder.path());
  }
  Comparison comparison(const std::string& keys, Correspondence correspondence = Correspondence::samples) const {
    const mrnn::ConfigNode table = config(keys);
    Comparison made(table, net, correspondence);
    return made;
  }
  /// What is wrong with the keys; nothing has run yet.
  std::string mistake(const std::string& keys) const {
    try {
      comparison(keys);
    } catch (const mrnn::Error& error) {
      return error.what();
    }
    return "no error";
  }
  mrnn::AnalysisContext context() const {
    std::vector<const mrnn::Simulation*> pointers;
    for (const mrnn::Simulation& simulation : own) pointers.push_back(&simulation);
    return {net, parameters, pointers, {*backend}};
  }

  test::TemporaryFolder folder;
  mrnn::Network net = network();
  mrnn::Parameters parameters = mrnn::initial_parameters(net, 1);
  std::unique_ptr<mrnn::Backend> backend = mrnn::eigen::make_backend();
  std::vector<mrnn::Simulation> own{simulation("control", 0.0)};
};

Texts labels(const mrnn::ComparedActivities& activities) {
  Texts all;
  for (const mrnn::ComparedItem& item : activities.items()) all.push_back(item.label);
  return all;
}

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

}  // namespace

TEST_CASE("regions of one simulation are compared with each other", "[comparison]") {
  const Bench bench;
  const Comparison comparison = bench.comparison("");

  const mrnn::ComparedActivities activities = comparison.read(bench.context());

  CHECK(comparison.needs().h);
  CHECK_FALSE(comparison.needs().x);
  CHECK(labels(activities) == Texts{"a", "b"});
  CHECK(activities.pairs() == Pairs{{0, 1}});
  CHECK(activities.activity(1).units == 3);
  CHECK(activities.activity(1)(2, 1, 3) == 134.0);
}

TEST_CASE("other runs come before this one, each with all its regions", "[comparison]") {
  Bench bench;
  bench.add_run("runs/first", {simulation("control", 1000.0), simulation("lesion", 2000.0)});
  const Comparison comparison = bench.comparison("runs = \"runs/first\"\nsimulation = [\"control\", \"lesion\"]");
  bench.own.push_back(simulation("lesion", 500.0));

  const mrnn::ComparedActivities activities = comparison.read(bench.context());

  CHECK(labels(activities) == Texts{"first: control: a", "first: control: b", "first: lesion: a", "first: lesion: b",
                                    "this run: control: a", "this run: control: b", "this run: lesion: a",
                                    "this run: lesion: b"});
  CHECK(activities.activity(3)(0, 0, 0) == 2002.0);
  CHECK(activities.activity(5)(1, 2, 0) == 203.0);
  CHECK(activities.activity(6)(0, 0, 0) == 500.0);
  CHECK(activities.pairs().size() == 28);
  CHECK(activities.items()[3].run == "first");
  CHECK(activities.items()[3].simulation == "lesion");
  CHECK(activities.items()[3].part == "b");
}

TEST_CASE("namesakes alone are compared where that is asked for", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)});
  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"\npairs = \"matching\"");

  CHECK(comparison.read(bench.context()).pairs() == Pairs{{0, 2}, {1, 3}});
}

TEST_CASE("this run can be left out", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)}, network(2.0, "c"));
  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"\nthis_run = false");

  // Regions and dt are those of the other runs.
  CHECK(labels(comparison.read(bench.context())) == Texts{"a", "c"});
  CHECK(comparison.dt() == 2.0);
  CHECK_FALSE(comparison.needs().h);
}

TEST_CASE("runs are found beside the configuration or in the working directory, by folder or file", "[comparison]") {
  const Bench bench;
  bench.add_run("here/run", {simulation("control", 1.0)});
  bench.add_run("there/run", {simulation("control", 2.0)});
  const std::string absolute = (bench.folder.path() / "there/run/results.h5").string();

  const Comparison comparison =
      bench.comparison("runs = [\"here/run/\", \"" + absolute + "\"]\nsimulation = \"control\"\nregions = \"a\"");

  // Both are called run, so that their whole names tell them apart.
  CHECK(labels(comparison.read(bench.context())) == Texts{"here/run/", absolute, "this run"});
  const std::string wrong = bench.mistake("runs = \"nowhere\"\nsimulation = \"control\"");
  CHECK_THAT(wrong,
             ContainsSubstring((bench.folder.path() / "nowhere").string() + ": there is no such folder of a run"));
  CHECK_THAT(wrong, ContainsSubstring("x.toml:1:8: runs") &&
                        ContainsSubstring("nor is there " + (std::filesystem::current_path() / "nowhere").string()));
}

TEST_CASE("outputs are compared as wholes", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)});

  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"\nquantity = \"y\"");

  CHECK(comparison.needs().y);
  const mrnn::ComparedActivities activities = comparison.read(bench.context());
  CHECK(labels(activities) == Texts{"first", "this run"});
  CHECK(activities.items()[0].part == "choice");
  CHECK(activities.activity(0).units == 2);
  CHECK(activities.activity(0)(1, 2, 3) == -1.0);
}

TEST_CASE("samples are those that all simulations have, trials fastest", "[comparison]") {
  Bench bench;
  mrnn::Simulation shorter = simulation("control", 1000.0);
  shorter.steps = {0, 3};
  shorter.trials.steps = 3;
  shorter.trials.epochs[0].last = {3, 3, 3};
  mrnn::Sequence h = std::get<mrnn::Sequence>(shorter.h);
  h.steps = 3;
  h.data.resize(5 * 3 * 3);
  shorter.h = h;
  shorter.y = {};
  shorter.trials.inputs = mrnn::Sequence(1, 3, 3);
  bench.add_run("first", {shorter});
  const Comparison comparison =
      bench.comparison("runs = \"first\"\nsimulation = \"control\"\nregions = \"a\"\nalign = \"go\"");

  const mrnn::ComparedActivities activities = comparison.read(bench.context());

  // Around go: trial 0 has steps 0 to 2, trial 1 -1 to 1, trial 2 -2 to 0.
  CHECK(activities.sample_count() == 9);
  const mrnn::Sequence own = activities.samples(1), other = activities.samples(0);
  REQUIRE(own.trials == 9);
  const std::vector<double> expected{200, 100, 210, 0, 110, 220, 10, 120, 20};
  for (Index k = 0; k < 9; ++k) {
    CHECK(own(0, k, 0) == expected[static_cast<std::size_t>(k)]);
    CHECK(own(1, k, 0) == expected[static_cast<std::size_t>(k)] + 1.0);
    CHECK(other(0, k, 0) == own(0, k, 0) + 1000.0);
  }
  CHECK(activities.bytes() == 4 * 9 * sizeof(double));
}

TEST_CASE("averages over conditions are matched by name", "[comparison]") {
  Bench bench;
  bench.add_run("first", {simulation("control", 1000.0, {"right", "left"})});
  const Comparison comparison =
      bench.comparison("runs = \"first\"\nsimulation = \"control\"\nregions = \"a\"\nlevel = \"conditions\"");

  const mrnn::ComparedActivities activities = comparison.read(bench.context());

  // Of the first run right (trial 0) and left; of this run left (trials 0 and 2) and right (trial 1).
  const mrnn::Sequence first = activities.activity(0), own = activities.activity(1);
  REQUIRE(first.trials == 2);
  CHECK(first(0, 0, 0) == 1100.0);
  CHECK(first(0, 1, 0) == 1000.0);
  CHECK(own(0, 0, 0) == 100.0);
  CHECK(own(0, 1, 0) == 100.0);
  CHECK(own(1, 0, 3) == 131.0);
  CHECK(activities.sample_count() == 8);
  CHECK_THAT(bench.mistake("runs = \"first\"\nsimulation = \"control\"\nby = \"condition\""),
             ContainsSubstring("level = \"conditions\" averages them"));
}

TEST_CASE("inputs are aligned as the activity is", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1000.0)});
  const Comparison comparison =
      bench.comparison("runs = \"first\"\nsimulation = \"control\"\nregions = \"a\"\nalign = \"go\"");

  const mrnn::ComparedActivities activities = comparison.read(bench.context());

  // The window begins two steps before go; trial 1 has go at step 1.
  CHECK(activities.inputs(0)(0, 1, 2) == 1000.0 + 1.0 + 0.1);
  CHECK(activities.inputs(1)(0, 1, 1) == 1.0);
  CHECK(std::isnan(activities.inputs(1)(0, 1, 0)));
  REQUIRE(comparison.inputs().size() == 2);
  CHECK(comparison.inputs()[0][0].name == "cue");
}

TEST_CASE("names that other runs lack are found before anything runs", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)});
  bench.add_run("other", {simulation("control", 1.0)}, network(10.0, "beta"));
  bench.add_run("finer", {simulation("control", 1.0)}, network(5.0));
  mrnn::Simulation bare = simulation("control", 1.0);
  bare.h = {};
  bench.add_run("bare", {bare});
  const std::string keys = "runs = \"first\"\nsimulation = \"control\"\n";

  CHECK(bench.mistake(keys) == "no error");
  CHECK_THAT(bench.mistake("runs = \"first\"\nsimulation = \"contrl\""),
             StartsWith("x.toml:2:14: simulation: run \"first\": no simulation called \"contrl\"") &&
                 ContainsSubstring("Did you mean \"control\"?"));
  CHECK_THAT(bench.mistake("runs = \"first\""), ContainsSubstring("simulation: is missing; with runs, it names"));
  CHECK_THAT(bench.mistake(keys + "regions = \"c\""), ContainsSubstring("no region called \"c\"; available: a, b"));
  CHECK_THAT(bench.mistake("runs = \"other\"\nsimulation = \"control\""),
             ContainsSubstring("regions: run \"other\": no region called \"b\"; available: a, beta"));
  CHECK_THAT(
      bench.mistake(keys + "quantity = \"x\""),
      ContainsSubstring("run \"first\": simulation \"control\" has no x recorded; add \"x\" to its record there"));
  CHECK_THAT(bench.mistake("runs = \"bare\"\nsimulation = \"control\""), ContainsSubstring("has no h recorded"));
  CHECK_THAT(bench.mistake(keys + "quantity = \"y\"\noutputs = \"choise\""),
             ContainsSubstring("run \"first\": no output called \"choise\"; available: choice"));
  CHECK_THAT(bench.mistake("runs = \"finer\"\nsimulation = \"control\""),
             ContainsSubstring("run \"finer\" has steps of 5 ms, this run of 10 ms"));
  CHECK_THAT(bench.mistake(keys + "align = \"og\""),
             ContainsSubstring("align: run \"first\": no epoch called \"og\"; available: go"));
  CHECK_THAT(bench.mistake(keys + "level = \"conditions\"\nby = \"contrast\""),
             ContainsSubstring("by: run \"first\": no per-trial metadata called \"contrast\""));
  CHECK_THAT(bench.mistake(keys + "window = [900, 950]"),
             ContainsSubstring("window: run \"first\": holds nothing that was recorded"));
}

TEST_CASE("keys that make no comparison are named", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)});

  CHECK_THAT(bench.mistake("regions = \"a\""), ContainsSubstring("there is only one activity to compare (\"a\")"));
  CHECK_THAT(bench.mistake("pairs = \"matching\""), ContainsSubstring("each region is there once"));
  CHECK_THAT(bench.mistake("pairs = \"mathcing\""), ContainsSubstring("Did you mean \"matching\"?"));
  CHECK_THAT(bench.mistake("this_run = false"), ContainsSubstring("is false, and no other runs are named"));
  CHECK_THAT(bench.mistake("runs = [\"first\", \"first\"]\nsimulation = \"control\""),
             ContainsSubstring("names \"first\" twice"));
  CHECK_THAT(bench.mistake("runs = []\nsimulation = \"control\""), ContainsSubstring("runs: is an empty list"));
  CHECK_THAT(bench.mistake("runs = \"\"\nsimulation = \"control\""), ContainsSubstring("has an empty name"));
  CHECK_THAT(bench.mistake("quantity = \"y\"\nregions = \"a\""), ContainsSubstring("use outputs"));
  CHECK_THAT(bench.mistake("outputs = \"choice\""), ContainsSubstring("needs quantity = \"y\""));
  CHECK_THAT(bench.mistake("level = \"condition\""), ContainsSubstring("Did you mean \"conditions\"?"));
}

TEST_CASE("trials of stored runs that do not match are found before anything runs", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)});
  bench.add_run("fewer", {simulation("control", 1.0, {"left", "right"})});
  bench.add_run("others", {simulation("control", 1.0, {"left", "left", "right"})});
  bench.add_run("third", {simulation("control", 1.0, {"left", "up", "right"})});

  CHECK_THAT(bench.mistake("runs = [\"first\", \"fewer\"]\nsimulation = \"control\""),
             ContainsSubstring("simulation \"control\" of run \"first\" has 3 trials, simulation \"control\" of run "
                               "\"fewer\" has 2; the same trials are needed"));
  CHECK_THAT(bench.mistake("runs = [\"first\", \"others\"]\nsimulation = \"control\""),
             ContainsSubstring("do not have the same trials: trial 1 has condition right and left"));
  CHECK(bench.mistake("runs = [\"first\", \"others\"]\nsimulation = \"control\"\nlevel = \"conditions\"") ==
        "no error");
  CHECK_THAT(
      bench.mistake("runs = [\"first\", \"third\"]\nsimulation = \"control\"\nlevel = \"conditions\""),
      ContainsSubstring("the conditions of simulation \"control\" of run \"first\" are left, right, of simulation "
                        "\"control\" of run \"third\" left, right, up"));
  // Dynamics have no need of the same trials.
  CHECK_NOTHROW(bench.comparison("runs = [\"first\", \"fewer\"]\nsimulation = \"control\"", Correspondence::none));
}

TEST_CASE("trials of this run that do not match are found before it runs", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)});
  const auto mistake = [&](const std::string& keys, mrnn::Simulation planned) -> std::string {
    planned.trials.inputs = {};
    try {
      bench.comparison("runs = \"first\"\nsimulation = \"control\"\n" + keys).check({&planned});
    } catch (const mrnn::ConfigError& error) {
      return error.what();
    }
    return "no error";
  };

  CHECK_THAT(mistake("", simulation("control", 0.0, {"left", "right"})),
             ContainsSubstring("runs: simulation \"control\" of run \"first\" has 3 trials, simulation \"control\" of "
                               "this run has 2; the same trials are needed"));
  CHECK_THAT(mistake("", simulation("control", 0.0, {"left", "right", "right"})),
             ContainsSubstring("simulation \"control\" of run \"first\" and simulation \"control\" of this run do not "
                               "have the same trials: trial 2 has condition left and right"));
  CHECK_THAT(mistake("level = \"conditions\"", simulation("control", 0.0, {"left", "up", "up"})),
             ContainsSubstring("of simulation \"control\" of this run left, up; the same conditions are needed"));
  CHECK(mistake("", simulation("control", 7.0)) == "no error");
  CHECK(mistake("this_run = false", simulation("control", 0.0, {"left", "right"})) == "no error");
}

TEST_CASE("times that this run has not in common with the others are found before it runs", "[comparison]") {
  const Bench bench;
  bench.add_run("first", {simulation("control", 1.0)});
  mrnn::Simulation late = simulation("control", 0.0);
  late.trials.epochs[0].first = {40, 40, 40};
  late.trials.epochs[0].last = {44, 44, 44};
  late.steps = {30, 34};
  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"\nalign = \"go\"");

  CHECK_THROWS_WITH(
      comparison.check({&late}),
      ContainsSubstring("simulation \"control\" of this run has no time around the moment of alignment in "
                        "common with the others"));
}

TEST_CASE("trials of this run without metadata that have other inputs are found once it has run", "[comparison]") {
  Bench bench;
  mrnn::Simulation bare = simulation("control", 1.0);
  bare.trials.texts.clear();
  bench.add_run("first", {bare});
  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"");
  bench.own = {bare};
  bench.own.front().trials.inputs(0, 1, 2) += 1.0;
  mrnn::Simulation planned = bench.own.front();
  planned.trials.inputs = {};

  CHECK_NOTHROW(comparison.check({&planned}));
  CHECK_THROWS_WITH(comparison.read(bench.context()),
                    ContainsSubstring("do not have the same trials: trial 1 has different inputs at step 2"));
}

TEST_CASE("trials without metadata are told apart by their inputs", "[comparison]") {
  const Bench bench;
  mrnn::Simulation bare = simulation("control", 1.0), other = simulation("control", 1.0);
  bare.trials.texts.clear();
  other.trials.texts.clear();
  bench.add_run("first", {bare});
  bench.add_run("same", {other});
  other.trials.inputs(0, 2, 1) += 1.0;
  bench.add_run("other", {other});

  CHECK(bench.mistake("runs = [\"first\", \"same\"]\nsimulation = \"control\"\nthis_run = false") == "no error");
  CHECK_THAT(bench.mistake("runs = [\"first\", \"other\"]\nsimulation = \"control\""),
             ContainsSubstring("do not have the same trials: trial 2 has different inputs at step 1"));
}

TEST_CASE("activities without a common time cannot be compared", "[comparison]") {
  Bench bench;
  mrnn::Simulation late = simulation("control", 1.0);
  late.steps = {4, 8};
  bench.add_run("first", {late});
  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"");

  CHECK_THROWS_WITH(comparison.read(bench.context()), ContainsSubstring("have no time in common"));
}

TEST_CASE("what is read does not change what was recorded", "[comparison]") {
  const Bench bench;
  const Comparison comparison = bench.comparison("");
  const std::vector<double> before = std::get<mrnn::Sequence>(bench.own.front().h).data;

  mrnn::Sequence samples = comparison.read(bench.context()).samples(0);
  samples.at(0).setZero();

  CHECK(std::get<mrnn::Sequence>(bench.own.front().h).data == before);
}

TEST_CASE("activity that does not vary is told from one that does", "[comparison]") {
  mrnn::Sequence samples(2, 7, 1);
  std::ranges::fill(samples.data, 0.1);
  CHECK(mrnn::is_constant(samples));
  samples(1, 3, 0) += 1e-6;
  CHECK_FALSE(mrnn::is_constant(samples));

  mrnn::Sequence steps(2, 3, 4);
  std::ranges::fill(steps.data, 0.1);
  steps.at(2).col(1).setConstant(std::nan(""));
  CHECK(mrnn::is_constant(steps));
  steps.at(3).setConstant(0.2);  // each step is the same in all trials
  CHECK_FALSE(mrnn::is_constant(steps));
}

TEST_CASE("constant activity is not compared where samples must correspond", "[comparison]") {
  Bench bench;
  auto& h = std::get<mrnn::Sequence>(bench.own.front().h);
  const Index first = bench.net.select("b").ranges().front().start, units = bench.net.select("b").size();
  for (Index step = 0; step < h.steps; ++step) h.at(step).middleRows(first, units).setConstant(0.3);
  const std::string keys = "regions = [\"a\", \"b\", \"*\"]";

  const Comparison comparison = bench.comparison(keys);
  const mrnn::ComparedActivities activities = comparison.read(bench.context());

  CHECK(activities.is_left_out(1));
  CHECK_FALSE(activities.is_left_out(0));
  CHECK(activities.pairs() == Pairs{{0, 2}});
  CHECK(activities.remarks() == Texts{"the activity of b is constant, so it is not compared"});
}

TEST_CASE("what was prepared is kept for later pairs, or made again", "[comparison]") {
  const Bench bench;
  const Comparison comparison = bench.comparison("regions = [\"a\", \"b\", \"*\"]");
  const mrnn::ComparedActivities activities = comparison.read(bench.context());
  const bool keep = GENERATE(true, false);
  std::vector<std::size_t> made;
  Pairs seen;

  mrnn::for_each_pair(
      activities, bench.context(), keep,
      [&](std::size_t item) {
        made.push_back(item);
        return static_cast<int>(10 * item);
      },
      [&](std::size_t i, int x, std::size_t j, int y) {
        CHECK(x == static_cast<int>(10 * i));
        CHECK(y == static_cast<int>(10 * j));
        seen.emplace_back(i, j);
      });

  CHECK(seen == Pairs{{0, 1}, {0, 2}, {1, 2}});
  CHECK(made == (keep ? std::vector<std::size_t>{0, 1, 2} : std::vector<std::size_t>{0, 1, 2, 1, 2}));
}

TEST_CASE("how long trials are does not make those with different inputs the same", "[comparison]") {
  Bench bench;
  mrnn::Simulation stored = simulation("control", 0.0), own = simulation("control", 0.0);
  for (mrnn::Simulation* one : {&stored, &own}) {
    one->trials.texts.clear();
    one->trials.numbers[mrnn::trial_steps] = {4.0, 4.0, 4.0};
  }
  stored.trials.inputs(0, 1, 2) += 1.0;
  bench.add_run("first", {stored});
  bench.own = {own};
  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"\nregions = \"a\"");

  CHECK_THROWS_WITH(comparison.read(bench.context()),
                    ContainsSubstring("do not have the same trials: trial 1 has different inputs at step 2"));
}

TEST_CASE("inputs of trials end where their activity does", "[comparison]") {
  Bench bench;
  mrnn::Simulation stored = simulation("control", 0.0), own = simulation("control", 0.0);
  for (mrnn::Simulation* one : {&stored, &own}) one->trials.numbers[mrnn::trial_steps] = {4.0, 2.0, 4.0};
  bench.add_run("first", {stored});
  bench.own = {own};
  const Comparison comparison = bench.comparison("runs = \"first\"\nsimulation = \"control\"\nregions = \"a\"");

  const mrnn::ComparedActivities activities = comparison.read(bench.context());

  for (const std::size_t item : {0, 1}) {
    CHECK(std::isnan(activities.inputs(item)(0, 1, 2)));
    CHECK(std::isnan(activities.activity(item)(0, 1, 2)));
    CHECK_FALSE(std::isnan(activities.inputs(item)(0, 1, 1)));
  }
  CHECK(activities.sample_count() == 10);
}
