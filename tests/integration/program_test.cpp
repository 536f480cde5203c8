// The program as a user meets it: commands, exit statuses, what goes to stdout and what to stderr, and what
// becomes of the run folder when things go wrong.

#include <sys/file.h>

#include <fcntl.h>

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/parallel.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

using test::small_experiment;
using test::with;
namespace fs = std::filesystem;

namespace {

struct RunFolder {
  RunFolder() { folder.write("small.toml", small_experiment()); }
  test::Outcome run(std::vector<std::string> more = {}, test::ProgramOptions options = {}) const {
    more.insert(more.begin(), {"run", "small.toml"});
    options.folder = folder.path();
    return test::mrnn(more, options);
  }
  fs::path file(const std::string& name) const { return folder.path() / "run" / name; }

  test::TemporaryFolder folder;
};

std::vector<std::string> leftovers(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find("tmp") != std::string::npos) names.push_back(name);
  }
  return names;
}

}  // namespace

TEST_CASE("a run leaves results, report, figures and the configuration", "[program]") {
  const RunFolder here;

  const test::Outcome outcome = here.run();

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("report:  run/report.html"));
  CHECK_THAT(outcome.err, ContainsSubstring("simulation \"control\""));
  CHECK(mrnn::Hdf5Reader(here.file("results.h5")).number_attribute("/", "threads") == mrnn::usable_cores());
  CHECK_THAT(test::text_of(here.file("report.html")), ContainsSubstring("<html") && ContainsSubstring("small"));
  CHECK(test::text_of(here.file("config.toml")) == small_experiment());
  CHECK(leftovers(here.file("")).empty());
}

TEST_CASE("a quiet run says nothing", "[program]") {
  const RunFolder here;

  const test::Outcome outcome = here.run({"--quiet"});

  CHECK(outcome.status == 0);
  CHECK(outcome.out.empty());
}

TEST_CASE("a finished run is replaced by the next", "[program]") {
  const RunFolder here;
  REQUIRE(here.run().status == 0);

  const test::Outcome again = here.run({"--set", "simulation.control.trials=6"});

  CHECK(again.status == 0);
  CHECK_THAT(test::text_of(here.file("config.toml")), StartsWith("# --set simulation.control.trials=6\n"));
}

TEST_CASE("a disk that fills up leaves the old results whole and nothing half written", "[program][bad]") {
  const RunFolder here;
  REQUIRE(here.run({"--set", "simulation.control.trials=1"}).status == 0);
  const std::string before = test::text_of(here.file("results.h5"));
  const rlim_t limit = GENERATE(0, 1, 4096, 20000, 60000);
  CAPTURE(limit);

  const test::Outcome outcome = here.run({"--set", "simulation.control.trials=2000"}, {.file_size = limit});

  CHECK(outcome.status == 3);
  CHECK(test::text_of(here.file("results.h5")) == before);
  CHECK(leftovers(here.file("")).empty());
}

TEST_CASE("a folder that another run is writing to is refused", "[program][bad]") {
  const RunFolder here;
  fs::create_directory(here.file(""));
  const int lock = open(here.file(".lock").c_str(), O_CREAT | O_RDWR, 0644);
  REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);

  const test::Outcome outcome = here.run();
  close(lock);

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("another run"));
  CHECK(here.run().status == 0);
}

TEST_CASE("a folder that cannot be made is answered with status 3 before anything runs", "[program][bad]") {
  const RunFolder here;
  here.folder.write("occupied", "a file");

  const test::Outcome below = here.run({"--output", "occupied/run"});
  const test::Outcome same = here.run({"--output", "occupied"});

  CHECK(below.status == 3);
  CHECK(same.status == 3);
  CHECK_THAT(below.err, ContainsSubstring("occupied"));
  CHECK(test::text_of(here.folder.path() / "occupied") == "a file");
}

TEST_CASE("an unfinished run is not overwritten unasked", "[program][bad]") {
  const RunFolder here;
  fs::create_directory(here.file(""));
  here.folder.write("run/checkpoint.h5", "what a training run left");

  const test::Outcome refused = here.run();

  CHECK(refused.status == 3);
  CHECK_THAT(refused.err, ContainsSubstring("unfinished run") && ContainsSubstring("--overwrite"));
  CHECK(here.run({"--overwrite"}).status == 0);
}

TEST_CASE("a failed analysis lets the others run and is summed up at the end", "[program][bad]") {
  const RunFolder here;
  here.folder.write("small.toml", small_experiment() +
                                      "\n[[analysis]]\nname = \"channels\"\n"
                                      "plugin = \"communication_subspace\"\nsimulation = \"control\"\n");

  const test::Outcome outcome = here.run();

  CHECK(outcome.status == 4);
  CHECK_THAT(outcome.err, ContainsSubstring("1 of the analyses failed") && ContainsSubstring("analysis \"channels\""));
  CHECK_THAT(test::text_of(here.file("report.html")), ContainsSubstring("psth"));
  CHECK(fs::exists(here.file("results.h5")));
}

TEST_CASE("names that only the trials know are found before anything runs", "[program][bad]") {
  const RunFolder here;
  const auto message = [&](const std::string& key) {
    here.folder.write("small.toml", small_experiment() + key + "\n");
    const test::Outcome outcome = here.run();
    CHECK(outcome.status == 2);
    CHECK_FALSE(fs::exists(here.file("results.h5")));
    return outcome.err;
  };

  CHECK_THAT(message("align = \"cu\""),
             ContainsSubstring("analysis[0].align: no epoch called \"cu\"; available: cue. Did you mean \"cue\"?"));
  CHECK_THAT(message("by = \"conditions\""),
             ContainsSubstring("analysis[0].by: no per-trial metadata called \"conditions\"; available: condition. Did "
                               "you mean \"condition\"? (simulation \"control\")"));
}

TEST_CASE("an analysis whose results another looks at is listed before it, and of the right kind", "[program][bad]") {
  const RunFolder here;
  const auto message = [&](const std::string& label) {
    here.folder.write("small.toml", small_experiment() + "\n[[analysis]]\nname = \"flow\"\nplugin = \"flow_field\"\n" +
                                        "simulation = \"control\"\nfixed_points_of = \"" + label + "\"\n");
    const test::Outcome outcome = here.run();
    CHECK(outcome.status == 2);
    CHECK_FALSE(fs::exists(here.file("results.h5")));
    return outcome.err;
  };

  CHECK_THAT(message("psht"),
             ContainsSubstring("analysis[1].fixed_points_of: no analysis listed before this one called "
                               "\"psht\"; available: psth. Did you mean \"psth\"?"));
  CHECK_THAT(message("flow"), ContainsSubstring("no analysis listed before this one called \"flow\""));
  CHECK_THAT(message("psth"), ContainsSubstring("names \"psth\", an analysis by psth; one by fixed_points is needed"));
}

TEST_CASE("activity that diverges ends the run with status 4, trial, step and region", "[program][bad]") {
  const RunFolder here;
  here.folder.write("small.toml", with(with(small_experiment(), "\"tanh\"", "\"linear\""), "dale = \"clamp\"",
                                       "dale = \"clamp\"\nbounds = [0.0, 1e6]\nspectral_radius = 1e5"));

  const test::Outcome outcome = here.run();

  CHECK(outcome.status == 4);
  CHECK_THAT(outcome.err,
             ContainsSubstring("trial") && ContainsSubstring("step") && ContainsSubstring("no longer finite"));
  CHECK_FALSE(fs::exists(here.file("results.h5")));
}

TEST_CASE("an interrupted run exits 130 and leaves the old results", "[program]") {
  const RunFolder here;
  REQUIRE(here.run().status == 0);
  const std::string before = test::text_of(here.file("results.h5"));
  const std::string long_run = with(small_experiment(), "duration = 200.0", "duration = 2000000.0");
  here.folder.write("small.toml", long_run);

  const test::Outcome outcome =
      here.run({"--set", "simulation.control.trials=64"}, {.signal_after = std::chrono::milliseconds(700)});

  CHECK(outcome.status == 130);
  CHECK_THAT(outcome.err, ContainsSubstring("interrupted"));
  CHECK(test::text_of(here.file("results.h5")) == before);
}

TEST_CASE("check prints the network and runs nothing", "[program]") {
  const RunFolder here;

  const test::Outcome outcome = test::mrnn({"check", "small.toml"}, {.folder = here.folder.path()});

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("7 units") && ContainsSubstring("sensory.exc") &&
                              ContainsSubstring("silence_motor") && ContainsSubstring("MB"));
  CHECK_FALSE(fs::exists(here.file("")));
}

TEST_CASE("check prints the values of the weights that will run, and warns of others in the configuration",
          "[program]") {
  const RunFolder here;
  REQUIRE(here.run().status == 0);
  const std::string weights = (here.file("results.h5")).string();
  const auto check = [&](const std::string& motor, const std::string& sensory = "units = 4") {
    std::string text = with(small_experiment(), "dt = 10.0", "dt = 10.0\nweights = \"" + weights + "\"");
    here.folder.write("other.toml", with(with(text, "units = 3", motor), "units = 4", sensory));
    return test::mrnn({"check", "other.toml"}, {.folder = here.folder.path()});
  };
  const auto row = [](const std::string& out) { return out.substr(out.find("\nmotor "), 80); };

  const test::Outcome same = check("units = 3");
  const test::Outcome differs = check("units = 3\nbase_firing = 1.0\ntau = 50.0");
  const test::Outcome learnt = check("units = 3\nbase_firing = 1.0\nlearnable_bias = true", "units = 4\ntau = 20.0");

  REQUIRE(differs.status == 0);
  CHECK_THAT(same.out, !ContainsSubstring("in the configuration"));
  CHECK_THAT(differs.out, ContainsSubstring("warning: " + weights +
                                            ": region motor: base_firing is 1 in the configuration, 0 in results.h5; "
                                            "tau is 50 in the configuration, 100 in results.h5, which is used\n"));
  CHECK(row(differs.out) == row(same.out));
  CHECK_THAT(learnt.out, !ContainsSubstring("region motor: ") &&
                             ContainsSubstring("region sensory: tau is 20 in the configuration, 100 in results.h5"));
}

TEST_CASE("results without training keep nothing of an earlier training but what they start from", "[program]") {
  const RunFolder here;
  REQUIRE(here.run().status == 0);
  for (const char* name : {"train.jsonl", "weights_last.h5"}) here.folder.write(std::string("run/") + name, "old");
  fs::copy_file(here.file("results.h5"), here.file("weights_best.h5"));
  here.folder.write("small.toml",
                    with(small_experiment(), "dt = 10.0", "dt = 10.0\nweights = \"run/weights_best.h5\""));

  CHECK(here.run().status == 0);
  // Of the training that this configuration starts from all is kept.
  for (const char* name : {"weights_best.h5", "train.jsonl", "weights_last.h5"}) CHECK(fs::exists(here.file(name)));
  here.folder.write("small.toml", small_experiment());
  CHECK(here.run().status == 0);
  for (const char* name : {"weights_best.h5", "train.jsonl", "weights_last.h5"}) {
    CHECK_FALSE(fs::exists(here.file(name)));
  }
}

TEST_CASE("a plugin that is used in place of one that failed to load is a warning", "[program]") {
  const RunFolder here;
  const auto own = here.folder.write("psth.so", "no library");
  here.folder.write("lyapunov.so", "no library, and not used");

  const test::Outcome run = here.run({"--quiet", "--plugin-path", here.folder.path().string()});
  const test::Outcome checked =
      test::mrnn({"check", "small.toml", "--plugin-path", here.folder.path().string()}, {.folder = here.folder.path()});

  CHECK(run.status == 0);
  for (const std::string& text : {run.err, checked.out}) {
    CHECK_THAT(text, ContainsSubstring("warning: " + own.string() + " failed to load: it is not a shared library; ") &&
                         ContainsSubstring("psth.so is used in its place\n") && !ContainsSubstring("lyapunov"));
  }
}

TEST_CASE("list shows what there is, where it comes from, and what did not load", "[program]") {
  const test::TemporaryFolder folder;
  folder.write("broken.so", "no library");

  const test::Outcome all = test::mrnn({"list", "--plugin-path", folder.path().string()});
  const test::Outcome tasks = test::mrnn({"list", "tasks"});

  CHECK(all.status == 0);
  for (const char* name : {"eigen:", "pulses:", "dataset:", "silence:", "stimulus:", "lesion:", "scale_connection:",
                           "noise:", "eigen_spectrum:", "psth:", "flow_field:", "broken.so"}) {
    CHECK_THAT(all.out, ContainsSubstring(name));
  }
  CHECK_THAT(tasks.out, !ContainsSubstring("psth") && ContainsSubstring("pulses"));
}

TEST_CASE("report draws a run again", "[program]") {
  const RunFolder here;
  REQUIRE(here.run().status == 0);
  const std::string before = test::text_of(here.file("report.html"));
  fs::remove(here.file("report.html"));

  const test::Outcome outcome = test::mrnn({"report", "run"}, {.folder = here.folder.path()});

  CHECK(outcome.status == 0);
  CHECK(test::text_of(here.file("report.html")) == before);
  CHECK(test::mrnn({"report", "nowhere"}, {.folder = here.folder.path()}).status == 3);
}

TEST_CASE("without gnuplot a run succeeds and says what to install", "[program]") {
  const RunFolder here;

  const test::Outcome outcome =
      test::run("/usr/bin/env", {"PATH=/nowhere", MRNN_PROGRAM, "run", "small.toml"}, {.folder = here.folder.path()});

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("apt-get install gnuplot-nox"));
  CHECK(fs::exists(here.file("report.html")));
}

TEST_CASE("a wrong command line is answered with status 2 and the nearest command", "[program][bad]") {
  CHECK(test::mrnn({"rnu"}).status == 2);
  CHECK_THAT(test::mrnn({"rnu"}).err, ContainsSubstring("no command called \"rnu\"") && ContainsSubstring("\"run\"?"));
  CHECK(test::mrnn({}).status == 2);
  CHECK(test::mrnn({"run"}).status == 2);
  CHECK(test::mrnn({"run", "a.toml", "--sett", "x=1"}).status == 2);
  CHECK(test::mrnn({"list", "task"}).status == 2);
  CHECK(test::mrnn({"run", "nowhere.toml"}).status == 3);
  CHECK_THAT(test::mrnn({"run", "nowhere.toml"}).err, ContainsSubstring("nowhere.toml: no such file"));
  CHECK(test::mrnn({"--help"}).status == 0);
  CHECK_THAT(test::mrnn({"--version"}).out, StartsWith("0.1") && ContainsSubstring("\ninner loops: "));
  CHECK(test::mrnn({"convert", "a.png", "b.toml"}).status == 2);
}

TEST_CASE("a network in JSON is checked, and is no configuration to run", "[program]") {
  const test::TemporaryFolder folder;
  folder.write("net.json", R"({"recurrent_regions": [{"name": "cortex", "num_units": 4}],
                               "input_regions": [{"name": "cue", "num_units": 2}],
                               "input_connections": [{"src_region": "cue", "dst_region": "cortex"}]})");
  const auto mrnn = [&](const std::vector<std::string>& arguments) {
    return test::mrnn(arguments, {.folder = folder.path()});
  };

  const test::Outcome checked = mrnn({"check", "net.json"}), ran = mrnn({"run", "net.json"}),
                      set = mrnn({"check", "net.json", "--set", "network.dt=1.0"});

  CHECK(checked.status == 0);
  CHECK_THAT(checked.out, StartsWith("4 units, 2 input channels, 0 output channels, 8 weights;"));
  CHECK(ran.status == 2);
  CHECK(ran.err ==
        "mrnn: net.json: is JSON; a configuration in TOML names a network of mRNNTorch as network.file, and mrnn "
        "convert makes TOML of it\n");
  CHECK(set.status == 2);
  CHECK_THAT(set.err, ContainsSubstring("--set: a network in JSON has no keys to override"));
}
