// Manipulations within an epoch whose place and length differ from trial to trial: in simulations, in trainings, and
// what `mrnn check` says beforehand.

#include <algorithm>

#include "catch.hpp"
#include "delays_experiment.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

using mrnn::Index;
using test::with;

namespace {

constexpr const char* delays = R"(plugin = "delayed_discrimination"
fixation = 40.0
f1 = 40.0
delay = [50, 200]
f2 = 40.0
decision = 40.0
catch_duration = 120.0
)";

/// Two regions of five units, whose cortex is manipulated in the delay.
std::string experiment(const std::string& manipulation, const std::string& task = "[task]\n" + std::string(delays)) {
  return test::delays_network() + task + "\n[[manipulation]]\nname = \"in_delay\"\n" + manipulation;
}

constexpr const char* silence = "plugin = \"silence\"\nregions = [\"cortex\"]\nvalue = 0.25\nepoch = \"delay\"\n";

const std::string simulations = R"(
[[simulation]]
name = "control"
trials = 24

[[simulation]]
name = "silenced"
trials = 24
manipulations = ["in_delay"]
)";

const std::string training = R"(
[train]
iterations = 12
batch = 2
validation_trials = 4
validate_every = 3
optimiser = { name = "adam", rate = 0.01 }
manipulations = [{ name = "in_delay", share = 1.0 }]
)";

test::Outcome mrnn_on(const test::TemporaryFolder& folder, const std::string& command, const std::string& text) {
  folder.write("delays.toml", text);
  return test::mrnn({command, "delays.toml"}, {.folder = folder.path()});
}

/// An array (trial, step, unit) of a simulation.
struct Activity {
  Activity(const mrnn::Hdf5Reader& results, const std::string& simulation)
      : shape(results.shape("simulations/" + simulation + "/h")),
        values(results.read_doubles("simulations/" + simulation + "/h")) {}
  double at(Index trial, Index step, Index unit) const {
    return values[static_cast<std::size_t>((trial * shape[1] + step) * shape[2] + unit)];
  }
  /// Has every unit of the cortex this activity?
  bool is(Index trial, Index step, double value) const {
    return at(trial, step, 0) == value && at(trial, step, 1) == value && at(trial, step, 2) == value;
  }

  std::vector<Index> shape;
  std::vector<double> values;
};

bool same(const Activity& a, const Activity& b, Index trial, Index step) {
  bool equal = true;
  for (Index unit = 0; unit < a.shape[2]; ++unit) equal = equal && a.at(trial, step, unit) == b.at(trial, step, unit);
  return equal;
}

}  // namespace

TEST_CASE("activity is held in the delay of each trial and nowhere else", "[program][epochs]") {
  const test::TemporaryFolder folder;
  const test::Outcome outcome = mrnn_on(folder, "run", experiment(silence) + simulations);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);

  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  const Activity control(results, "control"), silenced(results, "silenced");
  const auto first = results.read_doubles("simulations/silenced/trials/epoch_delay_first");
  const auto last = results.read_doubles("simulations/silenced/trials/epoch_delay_last");
  REQUIRE(silenced.shape == std::vector<Index>{24, silenced.shape[1], 5});
  std::vector<double> lengths;
  Index catch_trials = 0;
  for (Index trial = 0; trial < 24; ++trial) {
    const auto begin = static_cast<Index>(first[static_cast<std::size_t>(trial)]);
    const auto end = static_cast<Index>(last[static_cast<std::size_t>(trial)]);
    CAPTURE(trial, begin, end);
    for (Index step = 0; step < silenced.shape[1]; ++step) {
      CAPTURE(step);
      CHECK(silenced.is(trial, step, 0.25) == (step >= begin && step < end));
      if (step < begin || begin >= end) CHECK(same(control, silenced, trial, step));
    }
    if (begin >= end) ++catch_trials;
    lengths.push_back(static_cast<double>(end - begin));
  }
  CHECK(catch_trials > 0);
  std::ranges::sort(lengths);
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  CHECK(lengths.size() > 5);
}

TEST_CASE("weights scaled by epoch change each trial from its own delay on", "[program][epochs]") {
  const test::TemporaryFolder folder;
  const test::Outcome outcome =
      mrnn_on(folder, "run",
              experiment("plugin = \"scale_connection\"\nconnections = [\"thalamus->cortex\"]\nfactor = 0\n"
                         "epoch = \"delay\"\n") +
                  simulations);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);

  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  const Activity control(results, "control"), scaled(results, "silenced");
  const auto first = results.read_doubles("simulations/silenced/trials/epoch_delay_first");
  const auto last = results.read_doubles("simulations/silenced/trials/epoch_delay_last");
  for (Index trial = 0; trial < 24; ++trial) {
    const auto begin = static_cast<Index>(first[static_cast<std::size_t>(trial)]);
    const bool acts = last[static_cast<std::size_t>(trial)] > first[static_cast<std::size_t>(trial)];
    CAPTURE(trial, begin);
    for (Index step = 0; step < scaled.shape[1]; ++step) {
      CAPTURE(step);
      if (!acts || step <= begin) CHECK(same(control, scaled, trial, step) == (!acts || step < begin));
    }
  }
}

TEST_CASE("a training under a manipulation by epoch goes through batches and stages that lack it",
          "[training][epochs]") {
  const std::string mix = "[[task.mix]]\nname = \"some\"\n" + std::string(delays) +
                          "\n[[task.mix]]\nname = \"none\"\n" + std::string(delays) + "catch_probability = 1.0\n";
  const std::string stages = "\n[[train.curriculum]]\n" + with(delays, "delay = [50, 200]", "delay = 0.0") +
                             "until = 0.0\n\n[[train.curriculum]]\n";
  for (const char* keys : {silence,
                           "plugin = \"scale_connection\"\nconnections = [\"thalamus->cortex\"]\n"
                           "factor = 0.5\nepoch = \"delay\"\nstart = 20.0\n"}) {
    const test::TemporaryFolder folder;

    const test::Outcome outcome = mrnn_on(folder, "run", experiment(keys, mix) + simulations + training + stages);

    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
    CHECK(results.read_doubles("training/stage").front() == 0.0);
    CHECK(results.read_doubles("training/stage").back() == 1.0);
  }
}

TEST_CASE("an epoch that the trials lack is found before anything runs", "[check][epochs][bad]") {
  const auto message = [](const std::string& text) {
    const test::TemporaryFolder folder;
    const test::Outcome checked = mrnn_on(folder, "check", text);
    CHECK(checked.status == 2);
    const test::Outcome run = mrnn_on(folder, "run", text);
    CHECK(run.err == checked.err);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "run"));
    return checked.err;
  };
  const std::string misspelt = with(silence, "\"delay\"", "\"dealy\"");
  const std::string unknown =
      "manipulation[0].epoch: no epoch called \"dealy\"; available: fixation, f1, delay, f2, decision";

  CHECK_THAT(message(experiment(misspelt) + simulations),
             ContainsSubstring(unknown) && ContainsSubstring("Did you mean \"delay\"?"));
  CHECK_THAT(message(experiment(misspelt) + training),
             ContainsSubstring(unknown) && ContainsSubstring("Did you mean \"delay\"?"));
  CHECK_THAT(message(experiment(std::string(silence) + "start = 500.0\n") + training),
             ContainsSubstring("manipulation[0].start: is 500 ms from the beginning of the epoch \"delay\", but it "
                               "lasts "));
  CHECK_THAT(message(experiment(silence) + simulations +
                     "\n[[analysis]]\nplugin = \"psychometric\"\nsimulation = \"silenced\"\ntrials = 40\n"),
             ContainsSubstring("analysis[0].trials: cannot be given for simulation \"silenced\", whose manipulations "
                               "act on chosen trials or by epoch"));
}
