// An analysis that solves on the device, played by the host (tests/gpu/emulation).

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"

namespace fs = std::filesystem;

namespace {

constexpr std::size_t units = 24;

/// A network of many fixed points, and the search for them.
std::string experiment(const std::string& dynamics) {
  return R"([experiment]
name = "points"
seed = 3

[network]
dynamics = ")" +
         dynamics + R"("
activation = "tanh"
dt = 10.0
tau = 50.0
dale = "none"

[[region]]
name = "memory"
units = 24

[[input]]
name = "cue"
units = 1

[[connection]]
from = "cue"
to = "memory"

[[connection]]
from = "memory"
to = "memory"
init = { distribution = "normal", mean = 0.0, standard_deviation = 0.35 }

[[output]]
name = "choice"
units = 1

[task]
plugin = "sine_wave"
duration = 200.0

[[simulation]]
name = "control"
trials = 4

[[analysis]]
plugin = "fixed_points"
input = "zero"
seeds = 60
noise_scale = 0.5
)";
}

struct Found {
  std::vector<double> x, seed_q;
};

class Searches {
 public:
  explicit Searches(const std::string& dynamics) {
    fs::copy_file(MRNN_PROGRAM, program());
    fs::create_directory(folder_.path() / "plugins");
    fs::copy_file(MRNN_EMULATED_CUDA, folder_.path() / "plugins" / "cuda.so");
    for (const std::string name : {"sine_wave.so", "fixed_points.so"}) {
      fs::copy_file(fs::path(MRNN_PLUGINS_DIR) / name, folder_.path() / "plugins" / name);
    }
    folder_.write("points.toml", experiment(dynamics));
  }

  /// @param setting  of the environment
  Found run(const std::string& backend, const std::string& setting = "MRNN_NOTHING=1") const {
    const std::string output = backend + "_" + setting;
    const test::Outcome outcome = test::run(
        "/usr/bin/env",
        {setting, program(), "run", "points.toml", "--quiet", "--backend", backend, "--set",
         "backend.precision=\"float64\"", "--plugin-path", (folder_.path() / "plugins").string(), "--output", output},
        {folder_.path()});
    CAPTURE(setting, outcome.err);
    REQUIRE(outcome.status == 0);
    const mrnn::Hdf5Reader results(folder_.path() / output / "results.h5");
    return {results.read_doubles("/analyses/fixed_points/x"), results.read_doubles("/analyses/fixed_points/seed_q")};
  }

 private:
  std::string program() const { return (folder_.path() / "mrnn").string(); }

  test::TemporaryFolder folder_;
};

/// Is there a point of `among` within rounding of each of `points`?
bool has_all(const std::vector<double>& among, const std::vector<double>& points) {
  constexpr double rounding = 1e-9;
  for (std::size_t one = 0; one < points.size(); one += units) {
    bool found = false;
    for (std::size_t other = 0; other < among.size() && !found; other += units) {
      double distance = 0.0;
      for (std::size_t unit = 0; unit < units; ++unit) {
        distance = std::max(distance, std::abs(among[other + unit] - points[one + unit]));
      }
      found = distance <= rounding;
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a search on the device finds the fixed points that one on the processor finds",
          "[program][cuda][fixed_points]") {
  const std::string dynamics = GENERATE("leaky", "rate");
  const Searches searches(dynamics);
  const Found expected = searches.run("eigen"), device = searches.run("cuda");

  CAPTURE(dynamics);
  REQUIRE(expected.x.size() >= 3 * units);
  CHECK(device.x.size() == expected.x.size());
  CHECK(has_all(device.x, expected.x));

  if (dynamics == "rate") return;
  // Where the device solves few systems at a time, or none, or lacks the library, the same are found.
  const Found few = searches.run("cuda", "MRNN_EMULATED_SYSTEMS=3");
  const Found full = searches.run("cuda", "MRNN_EMULATED_SYSTEMS=0");
  const Found absent = searches.run("cuda", "MRNN_EMULATED_SYSTEMS=absent");
  for (const Found* other : {&few, &full, &absent}) {
    CHECK(other->x.size() == expected.x.size());
    CHECK(has_all(other->x, expected.x));
  }
  // The digits that rounding leaves open tell who has solved.
  CHECK(few.seed_q == device.seed_q);
  CHECK(full.seed_q == absent.seed_q);
  CHECK(device.seed_q != absent.seed_q);
}
