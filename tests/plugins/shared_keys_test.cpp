// Keys that many analyses share: what says which part of a trial counts has an effect in each of them, and what trials
// do not have is found before anything runs.

#include <cmath>

#include "made_activity.hpp"
#include "scan_subject.hpp"

namespace {

using mrnn::Index;

/// Six trials of twelve steps of two regions, with a word, a number and two epochs each.
test::Subject waves() {
  test::Subject made{test::unconnected({{"a", 3}, {"b", 3}}), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations.push_back(test::made_simulation("control", 6, 6, 12, [](Index n, Index b, Index t) {
    return std::sin(0.7 * double(n + 1) * double(t + 1) + 1.3 * double(b * b)) + 0.1 * double(n * b);
  }));
  mrnn::Trials& trials = made.simulations.back().trials;
  trials.texts["condition"] = {"left", "right", "left", "right", "left", "right"};
  trials.numbers["coherence"] = {1.0, 2.0, 3.0, 1.0, 2.0, 3.0};
  trials.epochs = {{"cue", std::vector<Index>(6, 1), std::vector<Index>(6, 3)},
                   {"delay", std::vector<Index>(6, 3), std::vector<Index>(6, 9)}};
  return made;
}

/// All numbers of an analysis but its times, which count from time zero; NaN as -1.
std::vector<double> numbers(const std::string& plugin, const std::string& keys) {
  std::vector<double> all;
  for (const mrnn::NamedArray& array : test::analyse(waves(), plugin, keys).arrays) {
    if (array.name == "time") continue;
    for (const double value : array.values) all.push_back(std::isnan(value) ? -1.0 : value);
  }
  return all;
}

/// The message of what is found before anything runs; empty where there is nothing.
std::string planned_mistake(const std::string& plugin, const std::string& keys) {
  test::Subject made = waves();
  mrnn::Simulation& planned = made.simulations.front();
  planned.x = planned.h = {};
  planned.trials.inputs = {};
  try {
    test::make_analysis(plugin, keys, made.network)->check({&planned});
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "";
}

struct Case {
  std::string plugin, keys;
};

}  // namespace

TEST_CASE("time zero is an epoch's start or a time, and the window lies around it", "[shared_keys]") {
  const Case one = GENERATE(values<Case>({{"communication_subspace", "residuals = false\nfolds = 2\n"},
                                          {"cka", ""},
                                          {"currents", "store = true\n"},
                                          {"dpca", "lambda = 0.1\n"},
                                          {"dsa", "delays = 1\nrank = 2\n"},
                                          {"participation_ratio", ""},
                                          {"pca", ""},
                                          {"procrustes", ""},
                                          {"psth", ""},
                                          {"subspace_alignment", "between = \"conditions\"\ndraws = 1\n"},
                                          {"tuning", "variable = \"coherence\"\npermutations = 0\n"}}));
  CAPTURE(one.plugin);

  const std::vector<double> expected = numbers(one.plugin, one.keys + "window = [30, 90]");

  CHECK(numbers(one.plugin, one.keys + "align = \"delay\"\nwindow = [0, 60]") == expected);
  CHECK(numbers(one.plugin, one.keys + "align_at = 40\nwindow = [-10, 50]") == expected);
  if (one.plugin != "currents") CHECK(numbers(one.plugin, one.keys + "window = [0, 60]") != expected);
}

TEST_CASE("states are chosen by times as by steps", "[shared_keys]") {
  for (const char* plugin : {"eigen_spectrum", "gramians"}) {
    const auto results = test::analyse(waves(), plugin, "times = [30, 50]\nregions = \"a\"");
    CHECK(test::array(results, "step").values == std::vector<double>{3.0, 5.0});
  }
  const auto linear = test::analyse(waves(), "linear_approximation", "times = [0, 50]");
  CHECK(test::array(linear, "references").values == std::vector<double>{0.0, 5.0});
}

TEST_CASE("epochs that the trials lack are found before anything runs", "[shared_keys]") {
  const Case one = GENERATE(values<Case>({{"cka", "align"},
                                          {"communication_subspace", "align"},
                                          {"currents", "align"},
                                          {"dpca", "align"},
                                          {"dsa", "align"},
                                          {"participation_ratio", "align"},
                                          {"participation_ratio", "over = \"epochs\"\nepochs"},
                                          {"pca", "align"},
                                          {"procrustes", "align"},
                                          {"psth", "align"},
                                          {"subspace_alignment", "between = \"conditions\"\nalign"},
                                          {"task_variance", "by = \"condition\"\nepochs"},
                                          {"tuning", "variable = \"coherence\"\nalign"},
                                          {"tuning", "variable = \"coherence\"\nepoch"}}));
  CAPTURE(one.plugin, one.keys);

  CHECK(planned_mistake(one.plugin, one.keys + " = \"delay\"").empty());
  CHECK_THAT(planned_mistake(one.plugin, one.keys + " = \"delya\""),
             ContainsSubstring("no epoch called \"delya\"; available: cue, delay. Did you mean \"delay\"?"));
}

TEST_CASE("subspaces of epochs that the trials lack, or of a single one, are found before anything runs",
          "[shared_keys]") {
  const std::string plugin = "subspace_alignment";
  CHECK(planned_mistake(plugin, "epochs = [\"cue\", \"delay\"]").empty());
  CHECK_THAT(planned_mistake(plugin, "epochs = [\"cue\", \"delya\"]"), ContainsSubstring("no epoch called \"delya\""));
  CHECK_THAT(planned_mistake(plugin, "epochs = \"cue\""),
             ContainsSubstring("epochs: leaves a single set, \"cue\"; subspaces of two at least are compared"));
}

TEST_CASE("metadata that the trials lack are found before anything runs", "[shared_keys]") {
  const Case one = GENERATE(values<Case>({{"cka", "level = \"conditions\"\nby"},
                                          {"communication_subspace", "by"},
                                          {"currents", "by"},
                                          {"dpca", "factors"},
                                          {"dsa", "level = \"conditions\"\nby"},
                                          {"participation_ratio", "fit = \"residuals\"\nby"},
                                          {"pca", "by"},
                                          {"procrustes", "level = \"conditions\"\nby"},
                                          {"psth", "by"},
                                          {"stimulation_scan", "strengths = 1\nby"},
                                          {"subspace_alignment", "between = \"conditions\"\nby"},
                                          {"subspace_alignment", "fit = \"conditions\"\nby"},
                                          {"task_variance", "by"},
                                          {"task_variance", "by = \"condition\"\nconditions"},
                                          {"tuning", "variable"}}));
  CAPTURE(one.plugin, one.keys);

  CHECK(planned_mistake(one.plugin, one.keys + " = \"coherence\"").empty());
  CHECK_THAT(planned_mistake(one.plugin, one.keys + " = \"coherance\""),
             ContainsSubstring("no per-trial metadata called \"coherance\"; available: condition, coherence. Did you "
                               "mean \"coherence\"?"));
}

TEST_CASE("conditions of a lesion scan are found before anything runs", "[shared_keys]") {
  const test::Subject chain = test::chain();
  const auto check = [&](const std::string& keys) {
    test::make_analysis("lesion_scan", keys, chain.network)->check({&chain.simulations.front()});
  };

  CHECK_NOTHROW(check("by = \"condition\""));
  CHECK_THROWS_WITH(check("by = \"conditon\""), ContainsSubstring("Did you mean \"condition\"?"));
}

TEST_CASE("trials and times beyond the simulation are found before anything runs", "[shared_keys]") {
  const Case one = GENERATE(values<Case>({{"curbd_fit", "tau = 100\ntrials = [6]"},
                                          {"eigen_spectrum", "trials = [6]"},
                                          {"eigen_spectrum", "steps = [12]"},
                                          {"eigen_spectrum", "times = [120]"},
                                          {"fixed_points", "start = 120"},
                                          {"fixed_points", "input = { trial = 6, step = 0 }"},
                                          {"flow_field", "trial = 6"},
                                          {"flow_field", "trials = [6]"},
                                          {"flow_field", "start = 120"},
                                          {"gramians", "trials = [6]"},
                                          {"gramians", "reach_times = [130]"},
                                          {"linear_approximation", "trials = [6]"},
                                          {"linear_approximation", "about_trial = 6"},
                                          {"linear_approximation", "start = 120"},
                                          {"lyapunov", "trials = [6]"},
                                          {"lyapunov", "duration = 100\nhold_at = 120"},
                                          {"stimulation_scan", "strengths = 1\nonsets = 120"}}));
  CAPTURE(one.plugin, one.keys);
  const std::string key = one.keys.substr(one.keys.rfind('\n') + 1);

  CHECK_THAT(planned_mistake(one.plugin, one.keys),
             ContainsSubstring(": " + key.substr(0, key.find(' ')) + ": ") && ContainsSubstring("\"control\""));
  CHECK(planned_mistake(one.plugin, one.plugin == "stimulation_scan" ? "strengths = 1" : "").empty());
}

TEST_CASE("psychometric curves without choices are refused before anything runs", "[shared_keys]") {
  mrnn::NetworkSpec spec;
  spec.regions.resize(1);
  spec.regions[0].name = "a";
  spec.outputs.resize(1);
  spec.outputs[0].name = "choice";
  const mrnn::Simulation planned = waves().simulations.front();

  CHECK_THROWS_WITH(test::make_analysis("psychometric", "", mrnn::build_network(spec, 1))->check({&planned}),
                    ContainsSubstring("needs a task with choices and a psychometric curve"));
}
