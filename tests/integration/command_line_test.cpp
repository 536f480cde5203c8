// The program at its edges: a terminal, an output that nobody can write or read, words of the command line that are
// wrong, and a run that is stopped while its figures are drawn.

#include <algorithm>

#include "catch.hpp"
#include "program.hpp"
#include "small_experiment.hpp"
#include "training_experiment.hpp"

using test::small_experiment;
using test::with;
namespace fs = std::filesystem;

namespace {

/// An experiment in a folder of its own.
struct Bench {
  explicit Bench(const std::string& text = small_experiment()) { folder.write("small.toml", text); }
  test::Outcome mrnn(const std::vector<std::string>& words, test::ProgramOptions options = {}) const {
    options.folder = folder.path();
    return test::mrnn(words, options);
  }
  test::Outcome shell(const std::string& command) const {
    return test::run("/bin/sh", {"-c", command}, {.folder = folder.path()});
  }
  fs::path file(const std::string& name) const { return folder.path() / name; }

  test::TemporaryFolder folder;
};

const std::string program = MRNN_PROGRAM;

}  // namespace

TEST_CASE("output that cannot be written is an error, and a reader that leaves is none", "[program][bad]") {
  const Bench bench;
  REQUIRE(bench.mrnn({"run", "small.toml"}).status == 0);

  for (const char* words : {"list", "check small.toml", "run small.toml --quiet --set analysis=[]", "--help"}) {
    CAPTURE(words);
    const test::Outcome full = bench.shell(program + " " + words + " > /dev/full");
    const bool silent = std::string(words).find("--quiet") != std::string::npos;
    CHECK(full.status == (silent ? 0 : 3));
    if (!silent) CHECK(full.err == "mrnn: standard output cannot be written: No space left on device\n");
  }
  CHECK(bench.shell(program + " run small.toml > /dev/full").status == 3);
  const test::Outcome closed = bench.shell("(" + program + " list; echo \"status $?\" >&2) | true");
  CHECK(closed.err == "status 0\n");
}

TEST_CASE("what the command line does not expect comes in order and with the nearest option", "[program][bad]") {
  CHECK_THAT(test::mrnn({"run", "a.toml", "x", "--outptu", "dir"}).err,
             StartsWith("mrnn: not expected: x --outptu dir. Did you mean \"--output\"?\n"));
  CHECK_THAT(test::mrnn({"--quiet", "run", "a.toml"}).err,
             StartsWith("mrnn: not expected before the command: --quiet; options come after it"));
  CHECK(test::mrnn({"list", "task"}).err ==
        "mrnn: list: no kind called \"task\"; available: backends, tasks, manipulations, analyses. Did you mean "
        "\"tasks\"?\n");
  const Bench bench;
  CHECK(bench.mrnn({"run", "small.toml", "--output", ""}).err == "mrnn: --output: is empty; a folder is needed\n");
  CHECK_THAT(bench.mrnn({"report", "small.toml"}).err, StartsWith("mrnn: small.toml: is no folder; mrnn report needs"));
}

TEST_CASE("a message on a terminal has a line of its own", "[program]") {
  const Bench bench(with(with(small_experiment(), "\"tanh\"", "\"linear\""), "dale = \"clamp\"",
                         "dale = \"clamp\"\nbounds = [0.0, 1e6]\nspectral_radius = 1e5"));

  const test::Outcome outcome = bench.mrnn({"run", "small.toml"}, {.terminal = true});

  CHECK(outcome.status == 4);
  CHECK_THAT(outcome.err, ContainsSubstring("simulation \"control\" [...") && ContainsSubstring("\r\033[Kmrnn: "));
}

TEST_CASE("a run stopped while its figures are drawn keeps results and report", "[program]") {
  const Bench bench;
  const fs::path gnuplot =
      bench.folder.write("gnuplot", "#!/bin/sh\nmkdir sent 2>/dev/null && kill -INT $PPID\nsleep 0.2\nexit 1\n");
  fs::permissions(gnuplot, fs::perms::owner_all);

  const test::Outcome outcome =
      bench.shell("PATH=" + bench.folder.path().string() + ":$PATH " + program + " run small.toml");

  CHECK(outcome.status == 130);
  CHECK_THAT(outcome.err, EndsWith("mrnn: interrupted while figures were drawn; results and report are in run, without "
                                   "2 of the 2 figures, which mrnn report run draws\n"));
  CHECK(fs::exists(bench.file("run/results.h5")));
  CHECK(fs::exists(bench.file("run/report.html")));
  CHECK(bench.mrnn({"report", "run"}).status == 0);
  CHECK(fs::exists(bench.file("run/figures/psth.json")));
}

TEST_CASE("a report whose figures cannot be written is an error", "[program][bad]") {
  const Bench bench;
  REQUIRE(bench.mrnn({"run", "small.toml"}).status == 0);

  const test::Outcome outcome = bench.mrnn({"report", "run"}, {.file_size = 1000});

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("cannot be written"));
}

TEST_CASE("an analysis that is called as a figure of the training keeps its own", "[program]") {
  const Bench bench(test::training_experiment() + "\n[[analysis]]\nname = \"training\"\nplugin = \"eigen_spectrum\"\n");

  REQUIRE(bench.mrnn({"run", "small.toml"}).status == 0);

  const std::string own = test::text_of(bench.file("run/figures/training_eigenvalues.csv"));
  const std::string other = test::text_of(bench.file("run/figures/training_eigenvalues_2.csv"));
  CHECK_THAT(own, StartsWith("panel,"));
  CHECK_THAT(other, StartsWith("panel,"));
  CHECK(own != other);
  CHECK_THAT(test::text_of(bench.file("run/figures/report.json")), ContainsSubstring("\"training_eigenvalues_2\""));
}

TEST_CASE("a configuration in the run folder stays as the user wrote it", "[program]") {
  const Bench bench;
  fs::create_directory(bench.file("run"));
  bench.folder.write("run/config.toml", small_experiment());

  const test::Outcome outcome = bench.mrnn({"run", "run/config.toml", "--set", "simulation.control.trials=2"});

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("run/config.toml is the configuration of this run and stays as it is; "
                                            "results.h5 has the overrides\n"));
  CHECK(test::text_of(bench.file("run/config.toml")) == small_experiment());
}

TEST_CASE("a copied configuration does not collect the overrides of its ancestors", "[program]") {
  const Bench bench;
  REQUIRE(bench.mrnn({"run", "small.toml", "--set", "experiment.seed=5"}).status == 0);

  REQUIRE(bench.mrnn({"run", "run/config.toml", "--output", "next", "--set", "experiment.seed=6"}).status == 0);

  CHECK(test::text_of(bench.file("next/config.toml")) == "# --set experiment.seed=6\n" + small_experiment());
}

TEST_CASE("a stored configuration that is run without its overrides says so, and how it is run with them",
          "[program]") {
  const Bench bench;
  const std::vector<std::string> keys = {"--set", "experiment.seed=5", "--set", "analysis=[ ]"};
  REQUIRE(bench.mrnn({"run", "small.toml", keys[0], keys[1], keys[2], keys[3]}).status == 0);
  const std::string warning = "warning: run/config.toml is of a run with";

  const std::string dropped = bench.mrnn({"run", "run/config.toml", "--output", "next"}).err;
  CHECK_THAT(dropped,
             ContainsSubstring(warning + " --set experiment.seed=5 --set 'analysis=[ ]', which a comment in it "
                                         "says and which has no effect here; to run it so: mrnn run "
                                         "run/config.toml --output next --set experiment.seed=5 --set "
                                         "'analysis=[ ]'\n"));
  CHECK_THAT(bench.mrnn({"check", "run/config.toml", "--set", "experiment.seed=6"}).out,
             ContainsSubstring(warning + " --set 'analysis=[ ]', which") && !ContainsSubstring("seed=5"));
  CHECK_THAT(bench.mrnn({"check", "run/config.toml", keys[2], keys[3], keys[0], keys[1]}).out,
             !ContainsSubstring(warning));
}

TEST_CASE("comments of others are no overrides", "[program]") {
  const Bench bench("# small\n# --set experiment.seed=5\n" + small_experiment());
  CHECK_THAT(bench.mrnn({"check", "small.toml"}).out, !ContainsSubstring("is of a run with"));
  bench.folder.write("small.toml", "# --set a key = 5 to see more\n" + small_experiment());
  CHECK_THAT(bench.mrnn({"check", "small.toml"}).out, !ContainsSubstring("is of a run with"));
}

TEST_CASE("a stored configuration whose files lie elsewhere is answered with where they are looked for",
          "[program][bad]") {
  const std::string hint =
      ". Relative paths start from the folder of the configuration; where run/config.toml is the copy that a run has "
      "made, run the original, or a copy beside it\n";
  const Bench bench;
  REQUIRE(bench.mrnn({"run", "small.toml", "--output", "first"}).status == 0);
  const auto [part, replacement, message] = GENERATE(table<std::string, std::string, std::string>({
      {"dt = 10.0", "dt = 10.0\nweights = \"first/results.h5\"", "run/first/results.h5: there is no such file"},
      {"dt = 10.0", "dt = 10.0\nfile = \"net.toml\"", "run/net.toml: no such file (network.file in run/config.toml:"},
  }));
  bench.folder.write("net.toml", "");
  bench.folder.write("small.toml", with(small_experiment(), part, replacement));
  REQUIRE(bench.mrnn({"run", "small.toml"}).status == 0);

  const test::Outcome outcome = bench.mrnn({"run", "run/config.toml", "--output", "next"});

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("mrnn: " + message) && EndsWith(hint));
  fs::copy_file(bench.file("run/config.toml"), bench.file("copy.toml"));
  CHECK(bench.mrnn({"check", "copy.toml"}).status == 0);
  bench.folder.write("small.toml", with(small_experiment(), "dt = 10.0", "dt = 10.0\nweights = \"absent.h5\""));
  CHECK_THAT(bench.mrnn({"run", "small.toml"}).err, EndsWith("there is no such file\n"));
}

TEST_CASE("a failed analysis is not said to be done", "[program][bad]") {
  const Bench bench(small_experiment() + "\n[[analysis]]\nname = \"channels\"\nplugin = \"communication_subspace\"\n");

  const test::Outcome outcome = bench.mrnn({"run", "small.toml"});

  CHECK(outcome.status == 4);
  CHECK_THAT(outcome.err,
             ContainsSubstring("analysis \"psth\": done") && !ContainsSubstring("analysis \"channels\": done"));
}
