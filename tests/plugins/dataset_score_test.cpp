// How well trials from a file are done: the keys score and psychometric of the task dataset.

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/runtime.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::Index;
using Numbers = std::vector<double>;

enum class Outputs { choice, choice_and_gain, gain, none };

/// An input of one channel; outputs: choice 0..1, gain 0.
mrnn::Network network(Outputs outputs) {
  mrnn::NetworkSpec spec;
  spec.regions.resize(1);
  spec.regions[0].name = "a";
  spec.inputs.resize(1);
  spec.inputs[0].name = "cue";
  mrnn::Output choice, gain;
  choice.name = "choice";
  choice.units = 2;
  gain.name = "gain";
  if (outputs == Outputs::choice || outputs == Outputs::choice_and_gain) spec.outputs.push_back(choice);
  if (outputs == Outputs::gain || outputs == Outputs::choice_and_gain) spec.outputs.push_back(gain);
  return mrnn::build_network(spec, 1);
}

constexpr Index trials = 5, steps = 3;

/// Targets of the last steps that count are (1, 0), (0, 1), (1, 1), (0, 1) and nothing; with a third channel 2, -2, ...
/// Trial 3 ends after its second step; trial 4 counts nowhere.
void write(const test::TemporaryFolder& folder, Index channels) {
  const Numbers first{1, 0, 1, 0, 0}, second{0, 1, 1, 1, 0}, third{2, -2, 0, 2, 2};
  Numbers targets, mask;
  for (std::size_t trial = 0; trial < trials; ++trial) {
    for (Index step = 0; step < steps; ++step) {
      const bool last = step == (trial == 3 ? 1 : 2);
      const Numbers values = channels == 1 ? Numbers{third[trial]} : Numbers{first[trial], second[trial], third[trial]};
      for (Index channel = 0; channel < channels; ++channel) {
        targets.push_back(last ? values[static_cast<std::size_t>(channel)] : 0.5);
        mask.push_back(last && trial != 4 ? 1.0 : 0.0);
      }
    }
  }
  mrnn::Hdf5Writer writer(folder.path() / "trials.h5");
  writer.write("/inputs", {trials, steps, 1}, Numbers(trials * steps, 0.0));
  if (channels > 0) writer.write("/targets", {trials, steps, channels}, targets);
  if (channels > 0) writer.write("/mask", {trials, steps, channels}, mask);
  writer.write("/trial_steps", {trials}, Numbers{3, 3, 3, 2, 3});
  writer.write("/epoch_answer_first", {trials}, Numbers{0, 0, 0, 0, 0});
  writer.write("/epoch_answer_last", {trials}, Numbers{3, 2, 3, 2, 3});
  writer.write("/coherence", {trials}, Numbers{-1, 1, 0, 2, 3});
  writer.write_texts("/context", {"motion", "motion", "colour", "colour", "colour"});
  writer.finish();
}

/// A network, the task on it, and all trials of the file.
struct Bench {
  test::TemporaryFolder folder;
  mrnn::Network network;
  mrnn::Runtime runtime;
  std::unique_ptr<mrnn::Task> task;
  mrnn::Trials all;

  Bench(Outputs outputs, const std::string& keys) : network(::network(outputs)) {
    write(folder, network.outputs());
    runtime.load(std::string(MRNN_PLUGINS_DIR) + "/dataset.so");
    const auto root = mrnn::ConfigNode::parse(
        "[task]\nplugin = \"dataset\"\nfile = \"trials.h5\"\nshuffle = false\n" + keys, "x.toml", folder.path());
    const auto config = root.table("task");
    config.text("plugin");
    task = runtime.tasks.find("dataset")->make(config, network);
    config.finish();
    all = task->make({1, mrnn::Stream::simulation_trials, 0, trials});
  }

  /// Scores of the same outputs in every trial and at every step.
  mrnn::Scores score(const Numbers& values) const {
    mrnn::Sequence outputs(network.outputs(), trials, steps);
    for (Index trial = 0; trial < trials; ++trial) {
      for (Index channel = 0; channel < network.outputs(); ++channel) {
        for (Index step = 0; step < steps; ++step) {
          outputs(channel, trial, step) = values[static_cast<std::size_t>(channel)];
        }
      }
    }
    return mrnn::scores_of(*task, all, outputs);
  }
};

/// NaN as -1, so that scores compare.
Numbers plain(const Eigen::VectorXd& values) {
  Numbers all;
  for (const double value : values) all.push_back(std::isnan(value) ? -1.0 : value);
  return all;
}

std::string mistake(Outputs outputs, const std::string& keys) {
  try {
    const Bench bench(outputs, keys);
  } catch (const mrnn::ConfigError& error) {
    return error.key() + ": " + error.problem();
  }
  return "no error";
}

}  // namespace

TEST_CASE("trials of a file have no score unless it is asked for", "[dataset][score]") {
  const Bench bench(Outputs::choice, "");

  CHECK(bench.score({0.2, 0.3}).score.size() == 0);
  CHECK(!bench.task->psychometric());
}

TEST_CASE("a choice is the largest output at the last step that counts", "[dataset][score]") {
  const Bench bench(Outputs::choice, "score = \"choice\"\n");

  CHECK(plain(bench.score({0.2, 0.3}).score) == Numbers{0, 1, -1, 1, -1});
  CHECK(plain(bench.score({0.3, 0.2}).score) == Numbers{1, 0, -1, 0, -1});
  CHECK(bench.score({0.3, 0.2}).choice.size() == 0);
  CHECK(bench.task->performance_label() == "share of correct choices");
}

TEST_CASE("a choice is judged at the last step of the trial and epoch that counts", "[dataset][score]") {
  Bench bench(Outputs::choice, "score = { measure = \"choice\", epoch = \"answer\" }\n");

  // Trial 1 has no step that counts before its epoch ends.
  CHECK(plain(bench.score({0.2, 0.3}).score) == Numbers{0, -1, -1, 1, -1});

  bench.all.mask = {};  // then targets of (0.5, 0.5) before the last step of the trial are a tie
  CHECK(plain(bench.score({0.2, 0.3}).score) == Numbers{0, -1, -1, 1, -1});
}

TEST_CASE("a choice by one output says on which side of a threshold it is", "[dataset][score]") {
  const Bench zero(Outputs::gain, "score = \"choice\"\n");
  CHECK(plain(zero.score({0.5}).score) == Numbers{1, 0, -1, 1, -1});
  CHECK(plain(zero.score({-0.5}).score) == Numbers{0, 1, -1, 0, -1});

  const Bench one(Outputs::gain, "score = { measure = \"choice\", threshold = 1 }\n");
  CHECK(plain(one.score({0.5}).score) == Numbers{0, 1, 1, 0, -1});

  const Bench named(Outputs::choice_and_gain, "score = { measure = \"choice\", output = \"gain\" }\n");
  CHECK(plain(named.score({9.0, 8.0, -0.5}).score) == Numbers{0, 1, -1, 0, -1});
}

TEST_CASE("outputs within a tolerance of their targets are counted where these count", "[dataset][score]") {
  const Bench bench(Outputs::choice, "score = { measure = \"tolerance\", tolerance = 0.25 }\n");

  CHECK(plain(bench.score({0.75, 1.25}).score) == Numbers{0.5, 0.5, 1, 0.5, -1});
  CHECK(bench.task->performance_label() == "share of outputs within 0.25 of the target");
}

TEST_CASE("a psychometric curve counts a choice by metadata of the file", "[dataset][score]") {
  const std::string scored = "score = \"choice\"\n";
  const Bench bench(Outputs::choice, scored + "psychometric = { variable = \"coherence\", by = \"context\" }\n");

  CHECK(plain(bench.score({0.2, 0.3}).choice) == Numbers{1, 1, -1, 1, -1});
  const auto curve = bench.task->psychometric();
  REQUIRE(curve);
  CHECK(curve->variable == "coherence");
  CHECK(curve->group == "context");
  CHECK(curve->x_label == "coherence");
  CHECK(curve->conditions == trials);
  CHECK(curve->y_label == "share of choices of channel 1");

  const Bench other(Outputs::choice,
                    scored + "psychometric = { variable = \"coherence\", choice = 0, label = \"%\" }\n");
  CHECK(plain(other.score({0.2, 0.3}).choice) == Numbers{0, 0, -1, 0, -1});
  CHECK(other.task->psychometric()->x_label == "%");

  const Bench one(Outputs::gain, scored + "psychometric = { variable = \"coherence\" }\n");
  CHECK(plain(one.score({0.5}).choice) == Numbers{1, 1, -1, 1, -1});
  CHECK(one.task->psychometric()->y_label == "share of outputs above 0");
}

TEST_CASE("a score that the file or the network cannot give is refused", "[dataset][score][bad]") {
  CHECK(mistake(Outputs::choice, "score = \"chioce\"\n") ==
        "task.score: is \"chioce\"; accepted: choice. Did you mean \"choice\"?");
  CHECK(mistake(Outputs::none, "score = \"choice\"\n") == "task.score: needs a network with outputs");
  CHECK(mistake(Outputs::choice_and_gain, "score = \"choice\"\n") ==
        "task.score: is about one output, and the network has several; score = { measure = \"choice\", output = "
        "\"choice\" } names one");
  CHECK(mistake(Outputs::choice, "score = { measure = \"choice\", output = \"chioce\" }\n") ==
        "task.score.output: no output called \"chioce\"; available: choice. Did you mean \"choice\"?");
  CHECK(mistake(Outputs::choice, "score = { measure = \"choice\", epoch = \"answers\" }\n") ==
        "task.score.epoch: no epoch in the file called \"answers\"; available: answer. Did you mean \"answer\"?");
  CHECK(mistake(Outputs::choice, "score = { measure = \"choice\", threshold = 1 }\n") ==
        "task.score.threshold: unknown key; this table accepts: epoch measure output");
  CHECK(mistake(Outputs::choice, "score = { measure = \"tolerance\" }\n") ==
        "task.score.tolerance: is missing; a number above 0 is required");
}

TEST_CASE("a psychometric curve that the file cannot give is refused", "[dataset][score][bad]") {
  const std::string scored = "score = \"choice\"\n";
  CHECK(mistake(Outputs::choice, "psychometric = { variable = \"coherence\" }\n") ==
        "task.psychometric: needs choices: score = \"choice\"");
  CHECK(mistake(Outputs::choice, scored + "psychometric = { variable = \"context\" }\n") ==
        "task.psychometric.variable: no number in the file called \"context\"; available: coherence, trial_steps");
  CHECK(mistake(Outputs::choice, scored + "psychometric = { variable = \"coherence\", by = \"contexts\" }\n") ==
        "task.psychometric.by: no metadata in the file called \"contexts\"; available: context, coherence, "
        "trial_steps. Did you mean \"context\"?");
  CHECK(mistake(Outputs::choice, scored + "psychometric = { variable = \"coherence\", choice = 2 }\n") ==
        "task.psychometric.choice: is 2; at most 1 is accepted");
}
