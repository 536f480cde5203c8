// What a simulation, a file or a loss would fail with is found before a training begins.

#include <algorithm>

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

/// An experiment with a training in a folder of its own.
struct Bench {
  explicit Bench(const std::string& text) { folder.write("tiny.toml", text); }
  test::Outcome mrnn(const std::string& command, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{command, "tiny.toml"};
    words.insert(words.end(), more.begin(), more.end());
    return test::mrnn(words, {.folder = folder.path()});
  }
  fs::path file(const std::string& name) const { return folder.path() / name; }

  test::TemporaryFolder folder;
};

/// The experiment with a simulation of three trials under a manipulation that says so.
std::string manipulated(const std::string& keys) {
  return training_experiment() +
         "\n[[manipulation]]\nname = \"push\"\nplugin = \"stimulus\"\nregions = [\"a\"]\nstrength = 1.0\n" + keys +
         "\n[[simulation]]\nname = \"pushed\"\ntrials = 3\nmanipulations = [\"push\"]\n";
}

/// The experiment on a file of ten trials of 20 steps, without its number of validation trials.
struct FileBench : Bench {
  explicit FileBench(const std::string& keys) : Bench(on_file(keys)) {
    mrnn::Hdf5Writer writer(file("data.h5"));
    for (const char* name : {"inputs", "targets"}) writer.write(name, {10, 20, 1}, std::vector<double>(200, 0.5));
    writer.finish();
  }

  static std::string on_file(const std::string& keys) {
    const std::string text = with(training_experiment(), "validation_trials = 8\n", "");
    return text.substr(0, text.find("[task]")) + "[task]\nplugin = \"dataset\"\nfile = \"data.h5\"\n" + keys + "\n" +
           text.substr(text.find("[train]"));
  }
};

}  // namespace

TEST_CASE("what a manipulation misses in the trials of a simulation is found before the training", "[early][bad]") {
  const auto message = [](const std::string& text) {
    const Bench bench(text);
    const test::Outcome outcome = bench.mrnn("run");
    CHECK(outcome.status == 2);
    CHECK_FALSE(fs::exists(bench.file("run")));
    CHECK(bench.mrnn("check").err == outcome.err);
    return outcome.err;
  };

  CHECK_THAT(message(manipulated("conditions = [\"left\"]")), ContainsSubstring("manipulation[0].conditions: "));
  CHECK_THAT(message(manipulated("start = 1e6")),
             ContainsSubstring("manipulation[0].start: is 1000000 ms, but the run"));
  CHECK_THAT(message(manipulated("trials = [99]")),
             ContainsSubstring("manipulation[0].trials: there is no trial 99; the simulation has trials 0 to 2"));
  CHECK_THAT(message(manipulated("time_course = [1.0]")),
             ContainsSubstring("manipulation[0].time_course: has 1 values"));
  CHECK_THAT(message(with(manipulated(""), "manipulations = [\"push\"]", "manipulations = [\"push\", \"push\"]")),
             ContainsSubstring("simulation[0].manipulations: names \"push\" twice"));
}

TEST_CASE("of more trials than fit the first are looked at, and the memory is said", "[early][memory]") {
  const Bench bench(with(manipulated("trials = [2999999]"), "trials = 3\n", "trials = 3000000\n"));

  const test::Outcome outcome = bench.mrnn("check");

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out,
             ContainsSubstring("\npushed               3000000 ") && ContainsSubstring("most at a time: "));
  CHECK_THAT(outcome.out, ContainsSubstring("warning: only the first ") &&
                              ContainsSubstring(" of the 3000000 trials of simulation \"pushed\" were looked at; ") &&
                              ContainsSubstring("manipulation[0].trials: there is no trial 2999999"));
  CHECK(outcome.peak < (std::size_t{3} << 29));
}

TEST_CASE("targets that are no probabilities cannot be learnt by cross-entropy", "[early][bad]") {
  const Bench bench(
      with(with(training_experiment(), "name = \"wave\"\n", "name = \"wave\"\nactivation = \"softmax\"\n"), "[train]\n",
           "[train]\nloss = \"cross_entropy\"\n"));

  const test::Outcome outcome = bench.mrnn("run");

  CHECK(outcome.status == 2);
  CHECK_THAT(outcome.err, ContainsSubstring("mrnn: tiny.toml:") &&
                              ContainsSubstring(": train.loss: the target of output \"wave\", channel 0, is -") &&
                              ContainsSubstring("cross_entropy wants probabilities"));
  CHECK_FALSE(fs::exists(bench.file("run")));
}

TEST_CASE("a network file that changed under a training is noticed", "[early][resume][bad]") {
  std::string text = training_experiment();
  const std::size_t from = text.find("[[region]]"), to = text.find("[task]");
  const std::string network = text.substr(from, to - from);
  text =
      with(text.substr(0, from) + text.substr(to), "dale = \"project\"\n", "dale = \"project\"\nfile = \"net.toml\"\n");
  const Bench bench(text);
  bench.folder.write("net.toml", network);
  REQUIRE(bench.mrnn("run").status == 0);
  bench.folder.write("net.toml", "# the same network\n" + network);
  REQUIRE(bench.mrnn("run", {"--resume"}).status == 0);

  bench.folder.write("net.toml", with(network, "trainable = false", "trainable = true"));
  const test::Outcome outcome = bench.mrnn("run", {"--resume"});

  CHECK(outcome.status == 2);
  CHECK_THAT(
      outcome.err,
      EndsWith("mrnn: --resume: the network is not that of the checkpoint, so a file that the configuration names "
               "must have changed; connection[3].trainable: false in the checkpoint, absent now. --overwrite "
               "starts afresh\n"));
}

TEST_CASE("a validation has as many trials as the task has for it, unless the number is given", "[early][bad]") {
  CHECK_THAT(FileBench("held_out = 0.3").mrnn("check").out, ContainsSubstring("every 10 iterations, 3 trials"));
  CHECK_THAT(FileBench("").mrnn("check").out, ContainsSubstring("every 10 iterations, 10 trials"));

  const test::Outcome outcome = FileBench("held_out = 0.3").mrnn("run", {"--set", "train.validation_trials=4"});
  CHECK(outcome.status == 2);
  CHECK_THAT(outcome.err, ContainsSubstring("train.validation_trials: is 4; the task has 3 trials for it"));
}

TEST_CASE("a simulation of more trials than a file has is an error at its place", "[early][bad]") {
  const FileBench bench("");
  bench.folder.write("tiny.toml", FileBench::on_file("") +
                                      "\n[[simulation]]\nname = \"all\"\ntrials = 10\n\n"
                                      "[[simulation]]\nname = \"more\"\ntrials = 11\n");

  const test::Outcome outcome = bench.mrnn("run");

  CHECK(outcome.status == 2);
  CHECK_THAT(outcome.err,
             StartsWith("mrnn: tiny.toml:") && EndsWith(":10: simulation[1].trials: is 11; the task has 10 trials\n"));
  CHECK_FALSE(fs::exists(bench.file("run")));
  // A task of its own has trials of its own.
  CHECK(bench.mrnn("check", {"--set", "simulation.more.task={ plugin = \"sine_wave\" }"}).status == 0);
}

TEST_CASE("a training without a validation reports as many trials as its file has", "[early]") {
  const std::string keys = "held_out = 0.3\nscore = { measure = \"tolerance\", tolerance = 9 }";
  const std::string schedule = "schedule = { name = \"plateau\", patience = 150, warmup = 5, floor = 0.1 }\n";
  const FileBench bench(keys);
  bench.folder.write("tiny.toml", with(FileBench::on_file(keys), schedule, ""));

  const test::Outcome outcome = bench.mrnn("run", {"--set", "train.validate_every=0"});

  INFO(outcome.err);
  CHECK(outcome.status == 0);
  CHECK(fs::exists(bench.file("run/report.html")));
}

TEST_CASE("a file takes part in a mix of tasks", "[early]") {
  std::string text = FileBench::on_file("");
  text = with(text, "[task]\nplugin = \"dataset\"\nfile = \"data.h5\"\n",
              "[[task.mix]]\nplugin = \"sine_wave\"\nshare = 0.5\n\n"
              "[[task.mix]]\nplugin = \"dataset\"\nfile = \"data.h5\"\n");
  const FileBench bench("");
  bench.folder.write("tiny.toml", text);

  const test::Outcome outcome = bench.mrnn("run");

  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  const mrnn::Hdf5Reader results(bench.file("run/results.h5"));
  CHECK(results.read_doubles("simulations/control/trials/id").size() == 10);
  CHECK(results.read_doubles("simulations/control/trials/id")[9] == 9.0);
}

TEST_CASE("that a validation is on the trials of the training is a warning", "[early]") {
  const std::string warning = "warning: validation is on trials that the network is trained on";

  CHECK_THAT(FileBench("").mrnn("check").out, ContainsSubstring(warning));
  CHECK_THAT(FileBench("held_out = 0.3").mrnn("check").out, !ContainsSubstring(warning));
  const FileBench bench("held_out = 0.3");
  REQUIRE(bench.mrnn("run").status == 0);
  CHECK_THAT(test::text_of(bench.file("run/report.html")), ContainsSubstring("of trials held out for validation"));
}

TEST_CASE("data that changed under a training are noticed", "[early][resume][bad]") {
  const std::string text = training_experiment();
  const std::size_t from = text.find("[task]"), to = text.find("[train]");
  const Bench bench(text.substr(0, from) + "[task]\nplugin = \"dataset\"\nfile = \"data.h5\"\n\n" + text.substr(to));
  const auto write = [&](double target) {
    mrnn::Hdf5Writer writer(bench.file("data.h5"));
    writer.write("inputs", {8, 10, 1}, std::vector<double>(80, 1.0));
    writer.write("targets", {8, 10, 1}, std::vector<double>(80, target));
    writer.finish();
  };
  write(0.5);
  REQUIRE(bench.mrnn("run").status == 0);
  REQUIRE(bench.mrnn("run", {"--resume"}).status == 0);

  write(0.25);
  const test::Outcome outcome = bench.mrnn("run", {"--resume"});

  CHECK(outcome.status == 2);
  CHECK_THAT(outcome.err,
             ContainsSubstring("mrnn: --resume: the trials come from a file that has changed; task.file: ") &&
                 ContainsSubstring(" bytes, checksum "));
  const test::Outcome many = bench.mrnn("run", {"--overwrite", "--set", "simulation.control.trials=9"});
  CHECK(many.status == 2);
  CHECK_THAT(many.err,
             ContainsSubstring("--set simulation.control.trials=9: simulation[0].trials: is 9; the task has 8 trials"));
}

TEST_CASE("fewer iterations than are done leave the training as it is, and that is said", "[early][resume]") {
  const Bench bench(with(training_experiment(), "name = \"plateau\", patience = 150, warmup = 5, floor = 0.1",
                         "name = \"constant\""));
  REQUIRE(bench.mrnn("run").status == 0);

  const test::Outcome outcome = bench.mrnn("run", {"--resume", "--set", "train.iterations=1"});

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("warning: train.iterations is 1, but the training in run has done ") &&
                              ContainsSubstring(" already; it stays as it is\n"));
}

TEST_CASE("a finished run stays finished when its files are copied or touched", "[early][resume]") {
  const Bench bench(training_experiment());
  REQUIRE(bench.mrnn("run").status == 0);

  const fs::path checkpoint = bench.file("run/checkpoint.h5");
  fs::last_write_time(checkpoint, fs::last_write_time(bench.file("run/results.h5")) + std::chrono::seconds(5));

  CHECK(bench.mrnn("run").status == 0);
}
