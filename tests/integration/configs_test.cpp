// Every file in configs/ runs.

#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"

namespace fs = std::filesystem;

namespace {

bool has(const fs::path& config, const std::string& line) {
  std::ifstream file(config);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("every configuration in configs/ is checked and run", "[configs]") {
  std::vector<fs::path> configs;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(MRNN_SOURCE_DIR) / "configs")) {
    if (entry.path().extension() == ".toml") configs.push_back(entry.path());
  }
  REQUIRE_FALSE(configs.empty());
  for (const fs::path& config : configs) {
    CAPTURE(config);
    const test::TemporaryFolder folder;

    const test::Outcome checked = test::mrnn({"check", config.string()}, {.folder = folder.path()});
    std::vector<std::string> arguments = {"run", config.string(), "--output", "run"};
    if (has(config, "[train]")) arguments.insert(arguments.end(), {"--set", "train.iterations=2"});
    if (has(config, "plugin = \"curbd_fit\"")) {
      arguments.insert(arguments.end(), {"--set", "analysis.fit.runs=1", "--set", "analysis.fit.free_runs=1"});
    }
    const test::Outcome run = test::mrnn(arguments, {.folder = folder.path()});

    CAPTURE(checked.err, run.err);
    CHECK(checked.status == 0);
    CHECK(run.status == 0);
    CHECK(fs::exists(folder.path() / "run" / "report.html"));
  }
}

TEST_CASE("the flip-flop learns 99 % of the signs under Dale's law", "[configs]") {
  const test::TemporaryFolder folder;
  const std::string config = MRNN_SOURCE_DIR "/configs/flip_flop.toml";

  const test::Outcome run =
      test::mrnn({"run", config, "--output", "run", "--set", "train.stop.performance=0.99"}, {.folder = folder.path()});

  CAPTURE(run.err);
  REQUIRE(run.status == 0);
  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  CHECK(results.text_attribute("/training", "stopped_by") == "performance");
  CHECK(results.read_doubles("training/validation_performance").back() >= 0.99);
  // 21 excitatory units, then 9 inhibitory ones: the sign of what each sends.
  const std::vector<double> weights = results.read_doubles("network/W_rec");
  for (std::size_t to = 0; to < 30; ++to) {
    for (std::size_t from = 0; from < 30; ++from) CHECK((from < 21 ? 1.0 : -1.0) * weights[30 * to + from] >= 0.0);
    CHECK(weights[31 * to] == 0.0);
  }
}

TEST_CASE("the same configuration gives the same bytes on 1, 2 and 3 threads", "[configs]") {
  const test::TemporaryFolder folder;
  const std::string config = MRNN_SOURCE_DIR "/configs/cbgtcl.toml";
  for (const std::string threads : {"1", "2", "3"}) {
    REQUIRE(test::mrnn({"run", config, "--output", threads, "--threads", threads, "--quiet", "--set",
                        "simulation.control.trials=70"},
                       {.folder = folder.path()})
                .status == 0);
  }

  const mrnn::Hdf5Reader one(folder.path() / "1" / "results.h5");
  for (const std::string threads : {"2", "3"}) {
    const mrnn::Hdf5Reader other(folder.path() / threads / "results.h5");
    for (const std::string simulation : {"control", "thalamus_silenced"}) {
      for (const std::string quantity : {"x", "h", "y"}) {
        const std::string path = "simulations/" + simulation + "/" + quantity;
        CAPTURE(threads, path);
        CHECK(one.read_doubles(path) == other.read_doubles(path));
      }
    }
  }
}
