// Training through the program: what it leaves, what it says, and how its parts of the configuration work together.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "catch.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "small_experiment.hpp"
#include "training_experiment.hpp"

using test::training_experiment;
using test::with;
namespace fs = std::filesystem;

namespace {

struct Bench {
  explicit Bench(const std::string& text = training_experiment()) { folder.write("tiny.toml", text); }
  test::Outcome run(std::vector<std::string> more = {}, test::ProgramOptions options = {}) const {
    more.insert(more.begin(), {"run", "tiny.toml"});
    options.folder = folder.path();
    return test::mrnn(more, options);
  }
  fs::path file(const std::string& name) const { return folder.path() / "run" / name; }
  mrnn::Hdf5Reader results() const { return mrnn::Hdf5Reader(file("results.h5")); }

  test::TemporaryFolder folder;
};

std::vector<double> multiples(int step, int last) {
  std::vector<double> all;
  for (int k = step; k <= last; k += step) all.push_back(k);
  return all;
}

/// The training experiment up to its [task].
std::string before_task() {
  const std::string text = training_experiment();
  return text.substr(0, text.find("[task]"));
}

std::string rest_after_task() {
  const std::string text = training_experiment();
  return text.substr(text.find("[train]"));
}

/// Six units that follow one input, and an output that is their activity.
std::string recorded_experiment(int seed) {
  return "[experiment]\nname = \"rates\"\nseed = " + std::to_string(seed) + R"(
output = "run"

[network]
dt = 10.0
tau = 30.0
activation = "tanh"

[[region]]
name = "a"
units = 6

[[input]]
name = "cue"
units = 1

[[connection]]
from = "cue"
to = "a"

[[connection]]
from = "a"
to = "a"

[[output]]
name = "rates"
units = 6
readout = "identity"

[task]
plugin = "dataset"
file = "trials.h5"
)";
}

/// Eight trials of 20 steps with a cue of their own strength from step 5 to 10; what was recorded of all units but the
/// last, which the mask leaves out.
void write_recording(const fs::path& file, std::vector<double> rates) {
  std::vector<double> cue(8 * 20), mask(rates.size(), 1.0);
  for (std::size_t k = 0; k < cue.size(); ++k) {
    cue[k] = k % 20 >= 5 && k % 20 < 10 ? 0.5 * static_cast<double>(k / 20) : 0.0;
  }
  for (std::size_t k = 5; k < rates.size(); k += 6) {
    rates[k] = 1e3;
    mask[k] = 0.0;
  }
  mrnn::Hdf5Writer writer(file);
  writer.write("/inputs", {8, 20, 1}, cue);
  if (!rates.empty()) {
    writer.write("/targets", {8, 20, 6}, rates);
    writer.write("/mask", {8, 20, 6}, mask);
  }
  writer.finish();
}

std::string mistake(const std::string& text) {
  const Bench bench(text);
  const test::Outcome outcome = bench.run();
  CHECK(outcome.status == 2);
  CHECK_FALSE(fs::exists(bench.file("")));
  return outcome.err;
}

std::string line_of(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

}  // namespace

TEST_CASE("a trained run leaves the history, both weights, a checkpoint and a log", "[training]") {
  const Bench bench;

  const test::Outcome outcome = bench.run();

  REQUIRE(outcome.status == 0);
  CHECK_THAT(outcome.out, StartsWith("training: 60 iterations, loss "));
  CHECK_THAT(outcome.err, ContainsSubstring("training: done in "));
  const mrnn::Hdf5Reader results = bench.results();
  const std::vector<double> validated = multiples(10, 60);
  CHECK(results.read_doubles("training/validation_iteration") == validated);
  const std::vector<double> logged = results.read_doubles("training/iteration");
  CHECK(logged == std::vector<double>{1, 4, 8, 10, 12, 16, 20, 24, 28, 30, 32, 36, 40, 44, 48, 50, 52, 56, 60});
  for (const char* name : {"loss", "mse", "l2_weights", "l2_rates", "gradient_norm", "performance", "rate", "stage"}) {
    CHECK(results.read_doubles("training/" + std::string(name)).size() == logged.size());
  }
  CHECK(results.read_texts("training/terms") == std::vector<std::string>{"mse", "l2_weights", "l2_rates"});
  CHECK(results.number_attribute("/training", "iterations") == 60.0);
  CHECK(results.text_attribute("/training", "stopped_by") == "iterations");
  const std::vector<double> losses = results.read_doubles("training/loss");
  CHECK(losses.back() < 0.8 * losses.front());
  for (const char* name : {"checkpoint.h5", "weights_best.h5", "weights_last.h5", "train.jsonl", "report.html"}) {
    CHECK(fs::exists(bench.file(name)));
  }
  const std::string log = test::text_of(bench.file("train.jsonl"));
  CHECK(std::count(log.begin(), log.end(), '\n') == std::ssize(logged));
  CHECK_THAT(test::text_of(bench.file("report.html")), ContainsSubstring("Training"));
}

TEST_CASE("simulations and the network of the results have the weights that are kept", "[training]") {
  const Bench bench;
  const std::string kept = GENERATE(as<std::string>(), "best", "last");

  REQUIRE(bench.run({"--set", "train.keep=" + kept, "--set", "train.iterations=55"}).status == 0);

  const mrnn::Hdf5Reader weights(bench.file("weights_" + kept + ".h5"));
  const std::vector<double> readout = bench.results().read_doubles("network/W_out");
  CHECK(readout == weights.read_doubles("network/W_out"));
  CHECK(readout != mrnn::Hdf5Reader(bench.file(kept == "best" ? "weights_last.h5" : "weights_best.h5"))
                       .read_doubles("network/W_out"));
  // The output of the simulation is that of these weights.
  const std::vector<double> h = bench.results().read_doubles("simulations/control/h");
  const std::vector<double> y = bench.results().read_doubles("simulations/control/y");
  double expected = bench.results().read_doubles("network/b_out")[0];
  for (std::size_t unit = 0; unit < 6; ++unit) expected += readout[unit] * h[unit];
  CHECK_THAT(y[0], WithinAbs(expected, 1e-5));
}

TEST_CASE("what must not learn does not, to the bit", "[training]") {
  const Bench bench(with(training_experiment(), "[train]", "[[simulation]]\nname = \"control\"\n[train]"));
  REQUIRE(bench.run().status == 0);
  const Bench untrained(before_task() + "[task]\nplugin = \"sine_wave\"\nduration = 400.0\n");
  REQUIRE(untrained.run().status == 0);

  const std::vector<double> before = untrained.results().read_doubles("network/W_rec");
  const std::vector<double> after = bench.results().read_doubles("network/W_rec");

  for (std::size_t to = 0; to < 4; ++to) {
    for (std::size_t from = 4; from < 6; ++from) CHECK(before[6 * to + from] == after[6 * to + from]);  // b to a
  }
  CHECK(before != after);
}

TEST_CASE("training starts from the weights of an earlier one", "[training]") {
  const Bench bench;
  REQUIRE(bench.run({"--set", "train.iterations=200"}).status == 0);
  const double before = bench.results().read_doubles("training/loss").front();
  fs::copy_file(bench.file("weights_best.h5"), bench.folder.path() / "first.h5");

  REQUIRE(bench.run({"--set", "network.weights='first.h5'", "--set", "train.schedule='constant'"}).status == 0);

  CHECK(bench.results().read_doubles("training/loss").front() < 0.7 * before);
}

TEST_CASE("without validation and checkpoints a training has neither", "[training]") {
  const Bench bench(
      with(training_experiment(), "schedule = { name = \"plateau\", patience = 150, warmup = 5, floor = 0.1 }\n", ""));

  const test::Outcome outcome = bench.run({"--set", "train.validate_every=0", "--set", "train.checkpoint_every=0"});

  REQUIRE(outcome.status == 0);
  CHECK(bench.results().read_doubles("training/validation_iteration").empty());
  CHECK_THAT(outcome.out, !ContainsSubstring("validation"));
  CHECK(test::text_of(bench.file("weights_best.h5")) == test::text_of(bench.file("weights_last.h5")));
  // Saved once, at the end.
  CHECK(mrnn::Hdf5Reader(bench.file("checkpoint.h5")).number_attribute("/checkpoint", "iteration") == 60.0);
}

TEST_CASE("memory changes how training is done and not a bit of what comes of it", "[training]") {
  const Bench bench;
  REQUIRE(bench.run().status == 0);
  const std::string stored = test::text_of(bench.file("weights_last.h5"));

  REQUIRE(bench.run({"--set", "train.memory=recompute"}).status == 0);
  CHECK(test::text_of(bench.file("weights_last.h5")) == stored);
  const test::Outcome little = bench.run({"--set", "train.memory=0.000001"});
  CHECK(little.status == 2);
  CHECK_THAT(little.err, StartsWith("mrnn: --set train.memory=0.000001: train.memory: a training step of 4 trials and "
                                    "20 steps does not fit into 1e-06 MB; the least it can do with is "));
}

TEST_CASE("a manipulation in training changes what is learnt", "[training]") {
  const Bench bench(with(training_experiment(), "[train]\n",
                         "[[manipulation]]\nname = \"silence_b\"\nplugin = \"silence\"\nregions = [\"b\"]\n"
                         "[train]\nmanipulations = [{ name = \"silence_b\", share = 0.5 }]\n"));
  const Bench plain;
  REQUIRE(bench.run().status == 0);
  REQUIRE(plain.run().status == 0);

  CHECK(bench.results().read_doubles("network/W_out") != plain.results().read_doubles("network/W_out"));
}

TEST_CASE("a network learns the activity that was recorded, unit by unit", "[training]") {
  const Bench teacher(recorded_experiment(1));
  write_recording(teacher.folder.path() / "trials.h5", {});
  REQUIRE(teacher.run({"--set", "task.shuffle=false"}).status == 0);
  const Bench student(recorded_experiment(2) + R"(
[train]
iterations = 400
batch = 8
optimiser = { name = "adam", rate = 1e-2 }
validate_every = 0
)");
  write_recording(student.folder.path() / "trials.h5", teacher.results().read_doubles("simulations/control/h"));

  const test::Outcome outcome = student.run();

  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  const std::vector<double> losses = student.results().read_doubles("training/loss");
  CHECK(losses.front() < 1.0);  // the last unit, 1,000 away, does not count
  CHECK(losses.back() < 0.01 * losses.front());
}

TEST_CASE("a curriculum goes from stage to stage and a mix trains several tasks", "[training]") {
  const Bench bench(before_task() + R"([[task.mix]]
plugin = "sine_wave"
name = "slow"
duration = 400.0
highest_frequency = 2.0
share = 3

[[task.mix]]
plugin = "sine_wave"
name = "long"
duration = 500.0
)" + rest_after_task() +
                    R"(
[[train.curriculum]]
plugin = "sine_wave"
duration = 200.0
until = 0.0

[[train.curriculum]]
)");

  const test::Outcome outcome = bench.run({"--set", "train.iterations=30"});

  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  const std::vector<double> stage = bench.results().read_doubles("training/stage");
  CHECK(stage.front() == 0.0);
  CHECK(stage.back() == 1.0);
  CHECK(bench.results().read_doubles("training/iteration").size() == stage.size());
  const std::vector<std::string> tasks = bench.results().read_texts("simulations/control/trials/task");
  CHECK(tasks.size() == 2);
}

TEST_CASE("a stage of a curriculum ends at a validation loss", "[training]") {
  const std::string stages =
      "\n[[train.curriculum]]\nduration = 200.0\nuntil = { loss = 1000.0 }\n"
      "\n[[train.curriculum]]\nduration = 300.0\nuntil = { loss = 0.0, performance = 1.0 }\n"
      "\n[[train.curriculum]]\n";
  const Bench bench(training_experiment() + stages);

  const test::Outcome outcome = bench.run();

  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  const std::vector<double> stage = bench.results().read_doubles("training/stage");
  CHECK(stage.front() == 0.0);
  CHECK(stage.back() == 1.0);
}

TEST_CASE("the report names the plugins of stages, too", "[training]") {
  const Bench bench(before_task() + "[task]\nplugin = \"pulses\"\nduration = 400.0\n\n" + rest_after_task() +
                    "\n[[train.curriculum]]\nplugin = \"sine_wave\"\nduration = 200.0\nuntil = 0.0\n" +
                    "\n[[train.curriculum]]\n[[train.curriculum.mix]]\nplugin = \"sine_wave\"\n");

  const test::Outcome outcome = bench.run({"--set", "train.iterations=2"});

  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  std::ifstream report(bench.file("report.html"));
  const std::string text((std::istreambuf_iterator<char>(report)), {});
  CHECK_THAT(text, ContainsSubstring("<td>plugins</td><td>pulses 1.0, sine_wave 1.0</td>"));
}

TEST_CASE("a loss that runs away ends the run with status 4 and keeps the checkpoint", "[training][bad]") {
  const Bench bench(with(with(training_experiment(), "activation = \"tanh\"", "activation = \"linear\""),
                         "optimiser = { name = \"adam\", rate = 0.01, clip_norm = 1.0 }",
                         "optimiser = { name = \"sgd\", rate = 1e3 }"));

  const test::Outcome outcome = bench.run({"--set", "network.dale=none", "--set", "train.checkpoint_every=1"});

  CHECK(outcome.status == 4);
  CHECK_THAT(outcome.err, ContainsSubstring("mrnn: training failed in iteration "));
  CHECK_THAT(outcome.err, ContainsSubstring(": trial ") && ContainsSubstring(" of the batch, step "));
  CHECK_THAT(outcome.err, ContainsSubstring("the last finite loss was "));
  CHECK_THAT(outcome.err, EndsWith(" is kept\n"));
  CHECK(fs::exists(bench.file("checkpoint.h5")));
  CHECK_FALSE(fs::exists(bench.file("results.h5")));
}

TEST_CASE("check prints the training and the memory a step needs", "[training]") {
  const Bench bench(training_experiment() + "stop = { loss = 0.1, performance = 0.9, patience = 30 }\n");

  const test::Outcome outcome = test::mrnn({"check", "tiny.toml"}, {.folder = bench.folder.path()});

  CHECK(outcome.status == 0);
  CHECK_THAT(
      outcome.out,
      ContainsSubstring("\ntraining\n") && ContainsSubstring("mse + l2_weights + l2_rates") &&
          ContainsSubstring("after 60 iterations, at a loss of 0.1, at a performance of 0.9, after 30 iterations "
                            "without a better validation") &&
          ContainsSubstring("every 10 iterations, 8 trials") &&
          ContainsSubstring("MB for a batch of 4 trials and 20 steps, the state kept at every step"));
  CHECK_FALSE(fs::exists(bench.file("")));
}

TEST_CASE("progress without a terminal is a line for the whole training", "[training]") {
  const Bench bench;

  CHECK_THAT(bench.run().err, StartsWith("training: done in "));
  CHECK(bench.run({"--quiet", "--output", "other"}).err.empty());
}

TEST_CASE("tasks that cannot be trained on are answered before anything runs", "[training][bad]") {
  SECTION("no targets") {
    const std::string text = before_task() + "[task]\nplugin = \"pulses\"\nduration = 200.0\n" + rest_after_task();
    CHECK(mistake(text) == "mrnn: tiny.toml:" + line_of(text, "[task]") +
                               ":1: task: makes no targets, which training needs; mrnn list tasks shows what tasks "
                               "there are\n");
  }
  SECTION("no output") {
    std::string text = training_experiment();
    const std::size_t at = text.find("[[output]]");
    text.erase(at, text.find("[task]") - at);
    CHECK_THAT(mistake(text), StartsWith("mrnn: tiny.toml:"));
  }
  SECTION("a plugin and a mix") {
    const std::string text = with(training_experiment(), "[train]", "[[task.mix]]\nplugin = \"pulses\"\n[train]");
    CHECK(mistake(text) == "mrnn: tiny.toml:" + line_of(text, "[[task.mix]]") +
                               ":1: task.mix: stands beside a plugin; a task has one or the other\n");
  }
  SECTION("two of a mix with one name") {
    const std::string part = "[[task.mix]]\nplugin = \"sine_wave\"\n";
    const std::string text = before_task() + part + part + rest_after_task();
    CHECK_THAT(mistake(text), EndsWith("task.mix[1].plugin: there is already a task called \"sine_wave\" in the mix; "
                                       "give this one a name of its own\n"));
  }
  SECTION("a mix of nothing") {
    const std::string text = before_task() + "[task]\nmix = []\n" + rest_after_task();
    CHECK(mistake(text) == "mrnn: tiny.toml:" + line_of(text, "mix = []") +
                               ":7: task.mix: is an empty list; at least one [[task.mix]] is needed\n");
  }
  SECTION("stages without a validation") {
    const std::string stages = "[[train.curriculum]]\nuntil = 0.5\n[[train.curriculum]]\n";
    const std::string text =
        with(with(training_experiment(), "schedule = { name = \"plateau\", patience = 150, warmup = 5, floor = 0.1 }\n",
                  ""),
             "validate_every = 10", "validate_every = 0") +
        stages;
    CHECK(mistake(text) == "mrnn: tiny.toml:" + line_of(text, "[[train.curriculum]]") +
                               ":1: train.curriculum: goes on by the performance of the validation; validate_every = 0 "
                               "switches that off\n");
  }
  SECTION("a performance that the task does not measure") {
    const Bench bench(recorded_experiment(1) + "[train]\nbatch = 8\nstop = { performance = 0.9 }\n");
    write_recording(bench.folder.path() / "trials.h5", std::vector<double>(8 * 20 * 6));
    const test::Outcome outcome = bench.run();
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err,
               EndsWith("train.stop: asks for a performance, which the task does not measure; a loss can be "
                        "asked for: stop = { loss = ... }\n"));
  }
  SECTION("an unknown key of a stage") {
    const std::string text = training_experiment() + "[[train.curriculum]]\nduratoin = 200.0\n";
    CHECK_THAT(mistake(text), StartsWith("mrnn: tiny.toml:" + line_of(text, "duratoin") +
                                         ":12: train.curriculum[0].duratoin: unknown key; this table accepts: ") &&
                                  EndsWith("Did you mean \"duration\"?\n"));
  }
  SECTION("a stage without an end") {
    const std::string text = training_experiment() + "[[train.curriculum]]\n[[train.curriculum]]\n";
    CHECK(mistake(text) == "mrnn: tiny.toml:" + line_of(text, "[[train.curriculum]]") +
                               ":1: train.curriculum[0].until: is missing; a number from 0 to 1 is required\n");
  }
  SECTION("a stage whose end says nothing") {
    const std::string text = training_experiment() + "[[train.curriculum]]\nuntil = {}\n[[train.curriculum]]\n";
    CHECK_THAT(mistake(text), EndsWith("until: is empty; performance, loss or both are accepted\n"));
  }
  SECTION("a last stage with an end") {
    const std::string text = training_experiment() + "[[train.curriculum]]\nuntil = 0.5\n";
    CHECK(mistake(text) == "mrnn: tiny.toml:" + line_of(text, "until") +
                               ":9: train.curriculum[0].until: ends the last stage, which nothing follows; train.stop "
                               "ends the training\n");
  }
}
