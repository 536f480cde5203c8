// Runs that the program wrote are compared by another run of it.

#include <cmath>

#include "catch.hpp"
#include "document.hpp"
#include "mrnn/config.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

using test::with;
namespace fs = std::filesystem;

namespace {

/// The small experiment without its own analysis.
std::string experiment() {
  const std::string text = test::small_experiment();
  return text.substr(0, text.find("[[analysis]]"));
}

const std::string comparisons = R"(
[[analysis]]
plugin = "dsa"
runs = ["runs/one", "runs/two"]
simulation = ["control", "silenced"]
regions = ["sensory", "motor"]
delays = 2
rank = 2
metric = "wasserstein"

[[analysis]]
plugin = "cka"
runs = ["runs/one", "runs/two"]
simulation = "control"
pairs = "matching"

[[analysis]]
plugin = "procrustes"
runs = ["runs/one", "runs/two"]
simulation = "control"
level = "conditions"
)";

/// A folder with a configuration and two runs of it, of which the first has the seed of the configuration.
struct Runs {
  Runs() {
    folder.write("small.toml", experiment());
    for (const auto& [name, seed] : {std::pair("one", "3"), std::pair("two", "4")}) {
      const test::Outcome run = test::mrnn({"run", "small.toml", "--quiet", "--output", std::string("runs/") + name,
                                            "--set", std::string("experiment.seed=") + seed},
                                           {.folder = folder.path()});
      CAPTURE(run.err);
      REQUIRE(run.status == 0);
    }
  }
  test::Outcome compare(const std::string& analyses, const std::string& command = "run") const {
    folder.write("compare.toml", experiment() + analyses);
    return test::mrnn({command, "compare.toml"}, {.folder = folder.path()});
  }

  test::TemporaryFolder folder;
};

double at(const mrnn::Hdf5Reader& results, const std::string& name, std::size_t i, std::size_t j) {
  const auto columns = static_cast<std::size_t>(results.shape(name)[1]);
  return results.read_doubles(name)[i * columns + j];
}

}  // namespace

TEST_CASE("a run is compared with earlier ones, and with one of its own seed is at distance 0", "[compare]") {
  const Runs runs;

  const test::Outcome outcome = runs.compare(comparisons);

  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  const mrnn::Hdf5Reader results(runs.folder.path() / "run" / "results.h5");
  // Items of dsa: one, two and this run; control and silenced; sensory and motor.
  CHECK(results.read_texts("analyses/dsa/item")[3] == "one: silenced: motor");
  CHECK(results.shape("analyses/dsa/distance") == std::vector<mrnn::Index>{12, 12});
  CHECK(at(results, "analyses/dsa/distance", 0, 8) < 1e-12);
  CHECK(at(results, "analyses/dsa/distance", 0, 4) > 1e-6);
  // Of cka: the two regions of the three runs; namesakes alone.
  CHECK_THAT(at(results, "analyses/cka/cka", 0, 4), WithinAbs(1.0, 1e-12));
  CHECK(at(results, "analyses/cka/cka", 0, 2) < 0.9999);
  CHECK(std::isnan(at(results, "analyses/cka/cka", 0, 1)));
  CHECK(at(results, "analyses/procrustes/distance", 1, 5) < 1e-12);
  CHECK(at(results, "analyses/procrustes/distance", 1, 3) > 1e-3);
  CHECK(fs::exists(runs.folder.path() / "run" / "figures" / "dsa_distances.json"));
  CHECK_THAT(outcome.out, ContainsSubstring("dsa: Wasserstein distance, closest: "));
}

TEST_CASE("a run may replace one that it is compared with", "[compare]") {
  const Runs runs;

  const test::Outcome outcome =
      test::mrnn({"run", "compare.toml", "--output", "runs/two"},
                 {.folder = (runs.folder.write("compare.toml", experiment() + comparisons), runs.folder.path())});

  CAPTURE(outcome.err);
  CHECK(outcome.status == 0);
  CHECK(at(mrnn::Hdf5Reader(runs.folder.path() / "runs/two/results.h5"), "analyses/cka/cka", 0, 2) < 0.9999);
}

TEST_CASE("other runs that cannot be compared are found before anything runs", "[compare]") {
  const Runs runs;
  fs::create_directories(runs.folder.path() / "runs/unfinished");
  fs::create_directories(runs.folder.path() / "runs/empty");
  runs.folder.write("runs/unfinished/checkpoint.h5", "");
  runs.folder.write("runs/broken.h5", "no HDF5");
  const auto check = [&](const std::string& change, const std::string& to, int status, const std::string& problem) {
    CAPTURE(to);
    const test::Outcome outcome = runs.compare(with(comparisons, change, to));
    CHECK(outcome.status == status);
    CHECK_THAT(outcome.err, ContainsSubstring(problem));
    CHECK_FALSE(fs::exists(runs.folder.path() / "run"));
  };
  const std::string one = "\"runs/one\"";

  check(one, "\"runs/none\"", 3, "there is no such folder of a run (compare.toml:");
  check(one, "\"runs/unfinished\"", 3, "holds an unfinished run");
  check(one, "\"runs/empty\"", 3, "is not the folder of a run: it has no results.h5");
  check(one, "\"runs/broken.h5\"", 3, "is not an HDF5 file");
  check(one, "\"small.toml\"", 3, "is not an HDF5 file");
  check("\"silenced\"]\nregions", "\"silensed\"]\nregions", 2, "no simulation called \"silensed\"");
  check("\"motor\"]", "\"moter\"]", 2, "Did you mean \"motor\"?");
}

TEST_CASE("this run's trials that do not match are found before anything runs", "[compare]") {
  const Runs runs;
  runs.folder.write("compare.toml", with(experiment(), "trials = 4", "trials = 6") + comparisons);

  for (const std::string command : {"check", "run"}) {
    CAPTURE(command);
    const test::Outcome uneven = test::mrnn({command, "compare.toml"}, {.folder = runs.folder.path()});

    CHECK(uneven.status == 2);
    CHECK_THAT(uneven.err, StartsWith("mrnn: compare.toml:") &&
                               ContainsSubstring("has 4 trials, simulation \"control\" of this run has 6"));
    CHECK_FALSE(fs::exists(runs.folder.path() / "run"));
  }
}

TEST_CASE("the comparison of the tutorial works as it says", "[compare]") {
  const test::Document tutorial = test::read_document(MRNN_SOURCE_DIR "/docs/tutorial.md");
  std::string memory, analyses;
  for (const test::CodeBlock& block : tutorial.blocks) {
    if (block.marker == "configuration: run") memory = block.text;
    if (block.marker == "configuration: fragment") analyses = block.text;
  }
  const test::TemporaryFolder folder;
  const auto run = [&](const std::string& text, std::vector<std::string> more) {
    folder.write("memory.toml", text);
    std::vector<std::string> arguments{"run", "memory.toml", "--set", "simulation.control.seed=100"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::mrnn(arguments, {.folder = folder.path()});
  };

  REQUIRE(run(memory, {"--set", "experiment.seed=2", "--output", "runs/seed2"}).status == 0);
  REQUIRE(run(memory, {"--set", "experiment.seed=3", "--output", "runs/seed3"}).status == 0);
  const test::Outcome compared = run(memory + analyses, {});
  folder.write("memory.toml", memory + analyses);
  const test::Outcome refused = test::mrnn({"run", "memory.toml", "--overwrite"}, {.folder = folder.path()});

  CAPTURE(compared.err);
  CHECK(compared.status == 0);
  CHECK_THAT(compared.out, ContainsSubstring("procrustes: 640 samples of 3 activities") &&
                               ContainsSubstring("dsa: rank 3 of rows of 10 delays: "));
  CHECK(refused.status == 2);
  CHECK_THAT(refused.err,
             ContainsSubstring("simulation \"control\" of run \"seed2\" and simulation \"control\" of this "
                               "run do not have the same trials: "));
}
