// A whole results.h5, as the program writes it, read from Python.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "small_experiment.hpp"
#include "training_experiment.hpp"

TEST_CASE("h5py reads the whole layout of a results file", "[results]") {
  if (std::string(MRNN_PYTHON).empty()) {
    WARN("skipped: no python3 with h5py here");
    return;
  }
  const std::string precision = GENERATE("float32", "float64");
  const test::TemporaryFolder folder;
  folder.write("small.toml", test::small_experiment() +
                                 "\n[[analysis]]\nplugin = \"eigen_spectrum\"\n\n[[analysis]]\nplugin = "
                                 "\"flow_field\"\nnum_points = 5\n\n[backend]\nprecision = \"" +
                                 precision + "\"\n");
  const test::Outcome run = test::mrnn({"run", "small.toml"}, {.folder = folder.path()});
  CAPTURE(run.err);
  REQUIRE(run.status == 0);

  const test::Outcome read = test::run(
      MRNN_PYTHON, {MRNN_SOURCE_DIR "/tests/integration/read_results.py", "run/results.h5"}, {.folder = folder.path()});

  CAPTURE(read.out, read.err);
  CHECK(read.status == 0);
}

TEST_CASE("a simulation says how well its trials were done, where its outputs are recorded", "[results]") {
  const test::TemporaryFolder folder;
  folder.write("tiny.toml", test::training_experiment() +
                                "\n[[simulation]]\nname = \"all\"\ntrials = 5\n"
                                "\n[[simulation]]\nname = \"rates\"\ntrials = 5\nrecord = [\"h\"]\n");

  const test::Outcome run = test::mrnn({"run", "tiny.toml", "--set", "train.iterations=2"}, {.folder = folder.path()});

  CAPTURE(run.err);
  REQUIRE(run.status == 0);
  CHECK_THAT(run.out, ContainsSubstring("all: power of the sine explained "));
  CHECK_THAT(run.out, !ContainsSubstring("rates: "));
  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  const std::vector<double> scores = results.read_doubles("simulations/all/score");
  REQUIRE(scores.size() == 5);
  CHECK(std::ranges::all_of(scores, [](double score) { return score >= 0.0 && score <= 1.0; }));
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / 5.0;
  CHECK_THAT(results.number_attribute("simulations/all", "performance"), WithinAbs(mean, 1e-12));
  CHECK(results.text_attribute("simulations/all", "performance_measure") == "power of the sine explained");
  CHECK_FALSE(results.has("simulations/rates/score"));
}

TEST_CASE("results that another program has changed are still weights and trials", "[results]") {
  if (std::string(MRNN_PYTHON).empty()) {
    WARN("skipped: no python3 with h5py here");
    return;
  }
  const test::TemporaryFolder folder;
  folder.write("small.toml", test::small_experiment());
  REQUIRE(test::mrnn({"run", "small.toml"}, {.folder = folder.path()}).status == 0);
  const std::string change =
      "import h5py\nwith h5py.File('run/results.h5', 'r+') as results:\n    results['network/bias'][0] = 0.5\n";
  REQUIRE(test::run(MRNN_PYTHON, {"-c", change}, {.folder = folder.path()}).status == 0);
  folder.write("next.toml",
               test::with(test::small_experiment(), "dt = 10.0", "dt = 10.0\nweights = \"run/results.h5\""));

  const test::Outcome checked = test::mrnn({"check", "next.toml"}, {.folder = folder.path()});

  CAPTURE(checked.err);
  CHECK(checked.status == 0);
  CHECK_THAT(checked.out, ContainsSubstring("0 to 0.5"));
}

TEST_CASE("the script in the documents redraws figures of a run", "[results]") {
  if (std::string(MRNN_PYTHON).empty()) {
    WARN("skipped: no python3 with h5py here");
    return;
  }
  const test::TemporaryFolder folder;
  if (test::run(MRNN_PYTHON, {"-c", "import matplotlib"}, {.folder = folder.path()}).status != 0) {
    WARN("skipped: this python3 has no matplotlib");
    return;
  }
  folder.write("small.toml", test::small_experiment() + "\n[[analysis]]\nplugin = \"eigen_spectrum\"\n");
  REQUIRE(test::mrnn({"run", "small.toml", "--quiet"}, {.folder = folder.path()}).status == 0);

  const test::Outcome drawn =
      test::run(MRNN_PYTHON, {MRNN_SOURCE_DIR "/docs/python/redraw_figures.py", "run"}, {.folder = folder.path()});

  CAPTURE(drawn.out, drawn.err);
  CHECK(drawn.status == 0);
  CHECK_THAT(drawn.out, ContainsSubstring("simulations: control, silenced"));
  for (const char* file : {"activity.png", "activity.pdf", "spectrum.png", "spectrum.pdf"}) {
    CAPTURE(file);
    REQUIRE(std::filesystem::exists(folder.path() / "run" / file));
    CHECK(std::filesystem::file_size(folder.path() / "run" / file) > 3000);  // more than an empty page
  }
}
