// What `mrnn check` says that a run will take of memory, beside what it takes.

#include <regex>

#include "catch.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

namespace {

/// One region of 200 units that learns to keep three bits, 128 trials at once.
std::string experiment(const std::string& train) {
  return R"([experiment]
name = "middle"
output = "run"

[backend]
threads = 2

[network]
dt = 10.0
tau = 100.0
noise = { recurrent = 0.05, input = 0.0 }

[[region]]
name = "memory"
units = 200

[[input]]
name = "pulses"
units = 3

[[output]]
name = "state"
units = 3

[[connection]]
from = "memory"
to = "memory"

[[connection]]
from = "pulses"
to = "memory"

[task]
plugin = "flip_flop"
steps = 1000

[[simulation]]
name = "control"
trials = 2

)" + train;
}

const std::string training = R"([train]
iterations = 2
batch = 128
validate_every = 0
checkpoint_every = 0
loss = { state = "mse" }
)";

struct Run {
  explicit Run(const std::string& train = "") { folder.write("middle.toml", experiment(train)); }
  test::Outcome mrnn(std::string command, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {std::move(command), "middle.toml"});
    return test::mrnn(more, {.folder = folder.path()});
  }

  test::Outcome shell(const std::string& command) const {
    return test::run("/bin/sh", {"-c", command}, {.folder = folder.path()});
  }

  test::TemporaryFolder folder;
};

const std::string program = MRNN_PROGRAM;

/// Bytes that a check says are held at most.
double planned(const test::Outcome& check) {
  std::smatch found;
  REQUIRE(std::regex_search(check.out, found, std::regex("most at a time: ([0-9.]+) MB")));
  return std::stod(found[1]) * 1e6;
}

/// How much more a larger run takes than a smaller one, as check expects it and as it is. Both are large enough for
/// what comes and goes while plugins are loaded not to matter.
void check_plan(const std::string& train, const std::vector<std::string>& small,
                const std::vector<std::string>& large) {
  const Run run(train);
  const auto peak = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--quiet", "--overwrite"});
    const test::Outcome outcome = run.mrnn("run", arguments);
    REQUIRE(outcome.status == 0);
    return static_cast<double>(outcome.peak);
  };
  const double before = peak(small), taken = peak(large) - before;
  const double expected = planned(run.mrnn("check", large)) - planned(run.mrnn("check", small));

  CAPTURE(expected, taken);
  CHECK(taken > 1e8);
  CHECK(expected >= 0.95 * taken);  // pages and the like are nobody's plan
  CHECK(expected <= 1.5 * taken);
}

}  // namespace

TEST_CASE("a training takes what check says, and not much less", "[memory]") {
  check_plan(training, {}, {"--set", "train.batch=256"});
}

TEST_CASE("a simulation takes what check says, and not much less", "[memory]") {
  check_plan("", {"--set", "simulation.control.trials=100"}, {"--set", "simulation.control.trials=200"});
}

TEST_CASE("check says what part of a run takes memory for what", "[memory]") {
  const std::string out = Run(training).mrnn("check").out;

  CHECK_THAT(out, ContainsSubstring("\nmemory ") && ContainsSubstring("weights") && ContainsSubstring("learning") &&
                      ContainsSubstring("\ntraining ") && ContainsSubstring("\ncontrol ") &&
                      ContainsSubstring("most at a time: ") && ContainsSubstring(" MB are free here\n"));
  CHECK_THAT(out, !ContainsSubstring("warning"));
}

TEST_CASE("check says how large the file of results becomes", "[memory]") {
  const Run run;
  const std::string out = run.mrnn("check").out;
  std::smatch found;
  REQUIRE(std::regex_search(
      out, found, std::regex("\nresults.h5: ([0-9.]+) MB, and what analyses add; [0-9.]+ MB are free there")));
  REQUIRE(run.mrnn("run", {"--quiet"}).status == 0);

  const auto size = static_cast<double>(std::filesystem::file_size(run.folder.path() / "run/results.h5"));
  CHECK_THAT(std::stod(found[1]) * 1e6, WithinRel(size, 0.05));
}

TEST_CASE("what does not fit into the memory that is free has a warning that says what would", "[memory][bad]") {
  // Many units, few weights, small trials: check itself needs little.
  std::string text = test::with(experiment(training), "units = 200", "units = 100000");
  text = test::with(text, "[[connection]]\nfrom = \"memory\"\nto = \"memory\"\n", "");
  const Run run{};
  run.folder.write("middle.toml", text);

  const std::string out =
      run.mrnn("check", {"--set", "task.steps=10000", "--set", "simulation.control.trials=256"}).out;

  CHECK_THAT(out, ContainsSubstring("warning: training takes ") && ContainsSubstring(", more than is free: ") &&
                      ContainsSubstring("train.memory = \"recompute\""));
  CHECK_THAT(out, ContainsSubstring("warning: simulation \"control\" takes ") &&
                      ContainsSubstring("a shorter record, fewer trials or fewer steps take less"));
  CHECK_THAT(out, ContainsSubstring("warning: results.h5 takes ") && ContainsSubstring(" MB that are free in run; "));

  // A run that ends before it takes any of that.
  const test::Outcome outcome = run.mrnn(
      "run", {"--set", "task.steps=10000", "--set", "simulation.control.trials=256", "--resume", "--output", "none"});

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("training takes ") && ContainsSubstring(", more than is free: "));
}

// A program with a sanitizer takes more than these limits to begin with.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a run that needs more memory than it may have ends with status 4 and says so", "[memory][bad]") {
  const auto [train, keys] = GENERATE(table<std::string, std::string>(
      {{"", " --set simulation.control.trials=4000"}, {training, " --set train.batch=4000"}}));
  const Run run(train);

  const test::Outcome outcome = run.shell("ulimit -d 600000; exec " + program + " run middle.toml --quiet" + keys);

  CHECK(outcome.status == 4);
  CHECK_THAT(outcome.err, EndsWith("mrnn: out of memory; fewer trials, fewer steps or a smaller record need less\n"));
  CHECK(outcome.peak < std::size_t{700'000'000});
  CHECK_FALSE(std::filesystem::exists(run.folder.path() / "run/results.h5"));
}

TEST_CASE("a run on the processor may take as much memory as is free, and what it starts too", "[memory]") {
  const Run run;
  const std::filesystem::path gnuplot = run.folder.write("gnuplot", "#!/bin/sh\nulimit -S -d > limit\nexit 1\n");
  std::filesystem::permissions(gnuplot, std::filesystem::perms::owner_all);
  const std::string drawn = "PATH=" + run.folder.path().string() + ":$PATH " + program +
                            " run middle.toml --quiet --overwrite --set task.steps=10";
  const auto limit = [&](const std::string& command) {
    std::filesystem::remove(run.folder.path() / "limit");
    REQUIRE(run.shell(command).status == 0);
    return test::text_of(run.folder.path() / "limit");
  };

  CHECK_THAT(limit(drawn), Catch::Matchers::Matches("[0-9]+\n"));
  CHECK(limit("ulimit -S -d 4000000; " + drawn) == "4000000\n");
}
#endif
