// Trials of a batch that end before the longest one: what fills them up is not looked at by any analysis.

#include <cmath>

#include "made_activity.hpp"
#include "scan_subject.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr Index steps = 12, shorter = 9;

/// Six trials of two connected regions; every other one ends at step 9, and then has the activity `after`.
test::Subject waves(double after, bool known = true) {
  mrnn::NetworkSpec spec;
  spec.dt = 10.0;
  spec.activation = mrnn::Activation::tanh;
  spec.regions = {{"a", 3}, {"b", 3}};
  spec.connections = {{"a", "b"}, {"b", "a"}};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations.push_back(test::made_simulation("control", 6, 6, steps, [&](Index n, Index b, Index t) {
    if (b % 2 == 1 && t >= shorter) return after;
    return 0.5 * std::sin(0.7 * double(n + 1) * double(t + 1) + 1.3 * double(b * b)) + 0.02 * double(n * b);
  }));
  mrnn::Trials& trials = made.simulations.back().trials;
  trials.texts["condition"] = {"left", "left", "right", "right", "left", "right"};
  trials.numbers["coherence"] = {1.0, 2.0, 3.0, 1.0, 2.0, 3.0};
  // An epoch that outlasts the shorter trials, as a file may have it.
  trials.epochs = {{"cue", std::vector<Index>(6, 1), std::vector<Index>(6, 3)},
                   {"delay", std::vector<Index>(6, 3), std::vector<Index>(6, 11)}};
  if (known) trials.numbers[mrnn::trial_steps] = {12.0, 9.0, 12.0, 9.0, 12.0, 9.0};
  return made;
}

/// All numbers of an analysis; NaN as -1.
std::vector<double> numbers(const test::Subject& subject, const std::string& plugin, const std::string& keys) {
  std::vector<double> all;
  for (const mrnn::NamedArray& array : test::analyse(subject, plugin, keys).arrays) {
    for (const double value : array.values) all.push_back(std::isnan(value) ? -1.0 : value);
  }
  return all;
}

struct Case {
  std::string plugin, keys;
};

}  // namespace

TEST_CASE("what comes after a trial's own end changes nothing, where the metadata say when that is", "[trial_end]") {
  const Case one =
      GENERATE(values<Case>({{"cka", ""},
                             {"communication_subspace", "residuals = false\nfolds = 2"},
                             {"curbd_fit", "tau = 100\nruns = 2\nfree_runs = 1"},
                             {"currents", "store = true"},
                             {"dpca", "lambda = 0.1"},
                             {"dpca", "lambda = 0.1\nwindow = [60, 120]\nfactors = [\"coherence\"]"},
                             {"dsa", "delays = 1\nrank = 2"},
                             {"participation_ratio", ""},
                             {"participation_ratio", "over = \"epochs\""},
                             {"participation_ratio", "over = \"time\""},
                             {"pca", ""},
                             {"pca", "fit = \"conditions\""},
                             {"procrustes", ""},
                             {"psth", ""},
                             {"psth", "smoothing = { kernel = \"gaussian\", width = 30.0 }"},
                             {"psth", "align = \"delay\""},
                             {"subspace_alignment", "between = \"conditions\"\ndraws = 1"},
                             {"subspace_alignment", "draws = 1"},
                             {"task_variance", "by = \"condition\"\nepochs = \"delay\""},
                             {"tuning", "variable = \"coherence\"\npermutations = 0"},
                             {"tuning", "variable = \"coherence\"\npermutations = 0\nepoch = \"delay\""}}));
  CAPTURE(one.plugin, one.keys);
  if (one.keys.find("factors") != std::string::npos) {
    // Only trials that are whole in the window count, and every value has one of those.
    test::Subject quiet = waves(0.0), loud = waves(0.9);
    for (test::Subject* subject : {&quiet, &loud}) {
      subject->simulations.front().trials.numbers["coherence"] = {1.0, 1.0, 2.0, 1.0, 3.0, 2.0};
    }
    CHECK(numbers(quiet, one.plugin, one.keys) == numbers(loud, one.plugin, one.keys));
    return;
  }

  CHECK(numbers(waves(0.0), one.plugin, one.keys) == numbers(waves(0.9), one.plugin, one.keys));
  if (one.plugin == "dpca") return;  // with its common window shorter trials would be cut as well
  CHECK(numbers(waves(0.0, false), one.plugin, one.keys) != numbers(waves(0.9, false), one.plugin, one.keys));
}

TEST_CASE("fewer trials are averaged once some have ended", "[trial_end]") {
  const auto ended = test::analyse(waves(0.0), "psth", "");
  const auto unknown = test::analyse(waves(0.0, false), "psth", "");

  CHECK(at(ended, "counts", {0, shorter - 1}) == 3.0);  // left: trials 0, 1, 4
  CHECK(at(ended, "counts", {0, shorter}) == 2.0);
  CHECK(at(ended, "counts", {1, steps - 1}) == 1.0);  // right: trial 2
  CHECK(std::isnan(at(ended, "a_trials", {1, shorter})));
  for (Index step = 0; step < steps; ++step) CHECK(at(unknown, "counts", {0, step}) == 3.0);
}

TEST_CASE("a PSTH around an epoch ends with the last trial that is still going on", "[trial_end]") {
  test::Subject made = waves(0.0);
  mrnn::Trials& trials = made.simulations.front().trials;
  // A long catch trial, and a decision at the end of all others.
  trials.numbers[mrnn::trial_steps] = {12.0, 9.0, 8.0, 9.0, 7.0, 9.0};
  trials.epochs = {{"decision", {0, 6, 5, 6, 4, 6}, {0, 9, 8, 9, 7, 9}}};

  const auto results = test::analyse(made, "psth", "align = \"decision\"");

  CHECK(test::array(results, "time").values.back() == 20.0);  // three steps of 10 ms
}

TEST_CASE("a lesion scan averages over what was recorded of trials", "[trial_end]") {
  test::Subject made = test::chain();
  made.simulations.front().trials.numbers[mrnn::trial_steps] = {4.0, 2.0};

  const auto results = test::analyse(made, "lesion_scan", "");

  // h of a is the cue, 1 for four steps and 0.5 for two.
  CHECK_THAT(at(results, "control_activity", {0}), WithinAbs(5.0 / 6.0, 1e-12));
  CHECK_THAT(at(results, "activity_change", {1, 0}), WithinAbs(std::sqrt(4.5 / 6.0), 1e-12));
  // a->b cut: h of b was 1 for three steps and 0.5 for one, and so was the output.
  CHECK_THAT(at(results, "output_change", {0}), WithinAbs(std::sqrt(3.25 / 6.0), 1e-12));
}
