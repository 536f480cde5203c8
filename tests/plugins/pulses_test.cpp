// Trials made of pulses, worked by hand, and the text of each mistake in the table.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/runtime.hpp"

namespace {

using mrnn::Index;

/// Channels: cue 0..1, tone 2.
mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.dt = 10.0;
  spec.regions.push_back(mrnn::Region{"area"});
  spec.inputs = {{"cue", 2}, {"tone", 1}};
  return mrnn::build_network(spec, 1);
}

std::unique_ptr<mrnn::Task> make(const std::string& keys) {
  static const mrnn::Network net = network();
  static mrnn::Runtime runtime;
  runtime.load(std::string(MRNN_PLUGINS_DIR) + "/pulses.so");
  const auto root = mrnn::ConfigNode::parse("[task]\nplugin = \"pulses\"\n" + keys, "x.toml");
  const auto config = root.table("task");
  config.text("plugin");
  auto task = runtime.tasks.find("pulses")->make(config, net);
  config.finish();
  return task;
}

mrnn::Trials trials(const std::string& keys, mrnn::TrialRequest request = {}) {
  return make(keys)->make(request);
}

std::string mistake(const std::string& keys) {
  try {
    make(keys);
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "";
}

std::vector<double> channel(const mrnn::Trials& of, Index number, Index trial = 0) {
  std::vector<double> course;
  for (Index step = 0; step < of.steps; ++step) course.push_back(of.inputs(number, trial, step));
  return course;
}

const std::string cue = "[[task.pulse]]\ninput = \"cue\"\n";

}  // namespace

TEST_CASE("a pulse is on from its rounded onset to its rounded end", "[pulses]") {
  const auto made = trials("duration = 60\n" + cue + "onset = 18\nduration = 26\namplitude = [1.5, -1]");

  CHECK(made.steps == 6);
  CHECK(channel(made, 0) == std::vector<double>{0, 0, 1.5, 1.5, 0, 0});
  CHECK(channel(made, 1) == std::vector<double>{0, 0, -1, -1, 0, 0});
  CHECK(channel(made, 2) == std::vector<double>(6, 0.0));
  CHECK(made.texts.at("condition") == std::vector<std::string>{"all"});
  REQUIRE(made.epochs.size() == 1);
  CHECK(made.epochs[0].name == "cue");
  CHECK(made.epochs[0].first == std::vector<Index>{2});
  CHECK(made.epochs[0].last == std::vector<Index>{4});
}

TEST_CASE("overlapping pulses add to each other and to the baseline", "[pulses]") {
  const auto made =
      trials("duration = 40\nbaseline = { cue = [0.5, 0], tone = 0.25 }\n" + cue + "onset = 0\nduration = 20\n" + cue +
             "channels = 0\nonset = 10\nduration = 30\namplitude = 2");

  CHECK(channel(made, 0) == std::vector<double>{1.5, 3.5, 2.5, 2.5});
  CHECK(channel(made, 1) == std::vector<double>{1, 1, 0, 0});
  CHECK(channel(made, 2) == std::vector<double>(4, 0.25));
}

TEST_CASE("trials cycle through the conditions", "[pulses]") {
  const std::string keys = "duration = 20\nconditions = [\"left\", \"right\"]\n" + cue +
                           "name = \"go\"\nonset = 0\nduration = 10\nconditions = \"left\"\n" + cue +
                           "name = \"go\"\nonset = 10\nduration = 10\nconditions = [\"right\"]";
  const auto made = trials(keys, {.first = 1, .count = 2});

  CHECK(make(keys)->default_trials() == 2);
  CHECK(made.ids == std::vector<std::uint64_t>{1, 2});
  CHECK(made.texts.at("condition") == std::vector<std::string>{"right", "left"});
  CHECK(channel(made, 0, 0) == std::vector<double>{0, 1});
  CHECK(channel(made, 0, 1) == std::vector<double>{1, 0});
  REQUIRE(made.epochs.size() == 1);
  CHECK(made.epochs[0].first == std::vector<Index>{1, 0});
  CHECK(made.epochs[0].last == std::vector<Index>{2, 1});
}

TEST_CASE("a pulse that does not occur still has its epoch", "[pulses]") {
  const auto made = trials("duration = 30\nconditions = [\"with\", \"without\"]\n" + cue +
                               "onset = 10\nduration = 10\nconditions = \"with\"",
                           {.count = 2});

  CHECK(channel(made, 0, 1) == std::vector<double>(3, 0.0));
  CHECK(made.epochs.at(0).first == std::vector<Index>{1, 1});
  CHECK(made.epochs.at(0).last == std::vector<Index>{2, 2});
}

TEST_CASE("further epochs are the same in every trial", "[pulses]") {
  const auto made = trials("duration = 100\n[[task.epoch]]\nname = \"late\"\nstart = 50\nstop = 100", {.count = 2});

  REQUIRE(made.epochs.size() == 1);
  CHECK(made.epochs[0].name == "late");
  CHECK(made.epochs[0].first == std::vector<Index>{5, 5});
  CHECK(made.epochs[0].last == std::vector<Index>{10, 10});
}

TEST_CASE("a jittered onset is drawn by seed and trial, whatever the batch", "[pulses]") {
  const std::string keys = "duration = 1000\n" + cue + "onset = [100, 500]\nduration = 50";

  const auto all = trials(keys, {.seed = 3, .count = 20});
  const auto part = trials(keys, {.seed = 3, .first = 7, .count = 1});
  const auto other = trials(keys, {.seed = 4, .count = 20});

  const std::vector<double>& onsets = all.numbers.at("cue_onset");
  CHECK(std::set<double>(onsets.begin(), onsets.end()).size() > 5);
  for (std::size_t k = 0; k < onsets.size(); ++k) {
    const auto trial = static_cast<Index>(k);
    CAPTURE(trial);
    CHECK(onsets[k] >= 100.0);
    CHECK(onsets[k] <= 500.0);
    const auto first = static_cast<Index>(onsets[k] / 10.0);
    CHECK(all.epochs[0].first[k] == first);
    CHECK(all.inputs(0, trial, first - 1) == 0.0);
    CHECK(all.inputs(0, trial, first) == 1.0);
    CHECK(all.inputs(0, trial, first + 4) == 1.0);
    CHECK(all.inputs(0, trial, first + 5) == 0.0);
  }
  CHECK(channel(part, 0) == channel(all, 0, 7));
  CHECK(other.numbers.at("cue_onset") != onsets);
}

TEST_CASE("a trial without pulses is blank", "[pulses]") {
  const auto made = trials("duration = 30");

  CHECK(made.steps == 3);
  CHECK(made.epochs.empty());
  CHECK(channel(made, 0) == std::vector<double>(3, 0.0));
}

TEST_CASE("mistakes in the task are told at their key", "[pulses]") {
  CHECK_THAT(mistake(""), ContainsSubstring("task.duration: is missing"));
  CHECK_THAT(mistake("duration = -5"), ContainsSubstring("task.duration: is -5"));
  CHECK_THAT(mistake("duration = 4"), ContainsSubstring("task.duration: is shorter than one step of 10 ms"));
  CHECK_THAT(mistake("duration = 1e30"), ContainsSubstring("task.duration: has more than 4294967295 steps"));
  CHECK_THAT(mistake("duration = 100\nconditions = [\"a\", \"a\"]"), ContainsSubstring("\"a\" is listed twice"));
  CHECK_THAT(mistake("duration = 100\nconditions = []"), ContainsSubstring("task.conditions: is an empty list"));
  CHECK_THAT(
      mistake("duration = 100\nbaseline = { cu = 1 }"),
      ContainsSubstring("task.baseline.cu: no input called \"cu\"; available: cue, tone. Did you mean \"cue\"?"));
  CHECK_THAT(mistake("duration = 100\nbaseline = { cue = [1, 2, 3] }"),
             ContainsSubstring("task.baseline.cue: has 3 values for 2 channels"));
  CHECK_THAT(mistake("duration = 100\npulses = 3"), ContainsSubstring("task.pulses"));
}

TEST_CASE("mistakes in a pulse are told at their key", "[pulses]") {
  const std::string start = "duration = 100\n[[task.pulse]]\n";
  const std::string timed = start + "input = \"cue\"\nonset = 0\nduration = 20\n";

  CHECK_THAT(mistake(start + "input = \"tune\""),
             StartsWith("x.toml:5:9: task.pulse[0].input: no input called \"tune\"; available: cue, tone. Did you mean "
                        "\"tone\"?"));
  CHECK_THAT(mistake(start + "input = \"cue\"\nonset = 0"), ContainsSubstring("task.pulse[0].duration: is missing"));
  CHECK_THAT(mistake(start + "input = \"cue\"\nonset = 0\nduration = -1"), ContainsSubstring("duration: is -1"));
  CHECK_THAT(mistake(start + "input = \"cue\"\nonset = 0\nduration = 3"),
             ContainsSubstring("duration: is 3 ms, shorter than one step of 10 ms"));
  CHECK_THAT(mistake(start + "input = \"cue\"\nonset = 90\nduration = 20.5"),
             ContainsSubstring("the pulse ends at 110.5 ms, after the trial (100 ms)"));
  CHECK_THAT(mistake(start + "input = \"cue\"\nonset = [10, 90]\nduration = 20"), ContainsSubstring("ends at 110 ms"));
  CHECK_THAT(mistake(start + "input = \"cue\"\nonset = -10\nduration = 20"),
             ContainsSubstring("onset: a time of 0 ms or more, or two as [earliest, latest], is accepted"));
  CHECK_THAT(mistake(start + "input = \"cue\"\nonset = [20, 10]\nduration = 20"), ContainsSubstring("onset: a time"));
  CHECK_THAT(mistake(timed + "amplitude = [1, 2, 3]"), ContainsSubstring("amplitude: has 3 values for 2 channels"));
  CHECK_THAT(mistake(timed + "channels = 2"), ContainsSubstring("channels: there is no such channel; \"cue\" has the "
                                                                "channels 0 to 1"));
  CHECK_THAT(mistake(timed + "channels = [1, 1]"), ContainsSubstring("channels: names a channel twice"));
  CHECK_THAT(mistake(timed + "conditions = \"al\""),
             ContainsSubstring("conditions: no condition called \"al\"; available: all. Did you mean \"all\"?"));
  CHECK_THAT(mistake(timed + "name = \"a b\""), ContainsSubstring("name: \"a b\" is not a name"));
  CHECK_THAT(mistake(timed + "amplitud = 2"), ContainsSubstring("task.pulse[0].amplitud"));
}

TEST_CASE("mistakes in an epoch are told at their key", "[pulses]") {
  const std::string start = "duration = 100\n" + cue + "onset = 0\nduration = 20\n[[task.epoch]]\n";

  CHECK_THAT(mistake(start + "name = \"cue\"\nstart = 0\nstop = 10"),
             ContainsSubstring("task.epoch[0].name: there is already a pulse or an epoch called \"cue\""));
  CHECK_THAT(mistake(start + "name = \"late\"\nstart = 50\nstop = 110"),
             ContainsSubstring("the epoch is not within the trial of 100 ms"));
  CHECK_THAT(mistake(start + "name = \"late\"\nstart = 50\nstop = 50"), ContainsSubstring("stop: is not after start"));
  CHECK_THAT(mistake(start + "name = \"late\"\nstart = 50\nstop = 52"), ContainsSubstring("shorter than one step"));
}
