// Training in several processes that mpirun starts. Skipped where mrnn was built without MPI, or there is no mpirun.

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "small_experiment.hpp"
#include "training_experiment.hpp"

using test::training_experiment;
using test::with;
namespace fs = std::filesystem;

namespace {

/// What mpirun is told before its own arguments.
std::vector<std::string> mpirun_options() {
  std::vector<std::string> options{"--oversubscribe", "--bind-to", "none"};
  // Tests run as root in containers; nothing else is asked for that a user would not.
  if (*MRNN_MPIRUN_AS_ROOT != '\0') options.emplace_back(MRNN_MPIRUN_AS_ROOT);
  return options;
}

test::Outcome mpirun(int ranks, const std::string& program, const std::vector<std::string>& more,
                     const test::ProgramOptions& options = {}) {
  std::vector<std::string> arguments = mpirun_options();
  arguments.insert(arguments.end(), {"-n", std::to_string(ranks), program});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run(MRNN_MPIRUN, arguments, options);
}

/// Why no processes can be started here; empty where they can.
std::string obstacle() {
  if (*MRNN_MPIRUN == '\0') return "built without MPI, or without mpirun";
  const test::Outcome outcome = mpirun(2, "true", {});
  return outcome.status == 0 ? "" : "mpirun starts no processes here: " + outcome.err;
}

bool has_mpi() {
  static const std::string why = obstacle();
  if (!why.empty()) WARN("skipped: " + why);
  return why.empty();
}

struct Bench {
  explicit Bench(const std::string& text = training_experiment()) { folder.write("tiny.toml", text); }

  test::Outcome alone(std::vector<std::string> more) const {
    more.insert(more.begin(), {"run", "tiny.toml"});
    return test::mrnn(more, {.folder = folder.path()});
  }
  /// `mpirun -n RANKS mrnn run tiny.toml --mpi MORE`
  test::Outcome ranks(int count, const std::vector<std::string>& more, test::ProgramOptions options = {}) const {
    options.folder = folder.path();
    std::vector<std::string> arguments{"run", "tiny.toml", "--mpi", "--plugin-path", MRNN_PLUGINS_DIR};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return mpirun(count, MRNN_PROGRAM, arguments, options);
  }
  mrnn::Hdf5Reader results(const std::string& run) const {
    return mrnn::Hdf5Reader(folder.path() / run / "results.h5");
  }
  std::vector<double> read(const std::string& run, const std::string& array) const {
    return results(run).read_doubles(array);
  }

  test::TemporaryFolder folder;
};

/// Largest difference, as a share of the largest number.
double difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0.0, largest = 1e-30;
  for (std::size_t k = 0; k < a.size(); ++k) {
    most = std::max(most, std::abs(a[k] - b[k]));
    largest = std::max(largest, std::abs(b[k]));
  }
  return most / largest;
}

}  // namespace

#ifdef MRNN_MPI_SUM
TEST_CASE("ranks add up in their order, whatever the number of values", "[mpi]") {
  if (!has_mpi()) return;
  const int ranks = GENERATE(1, 3);

  const test::Outcome outcome = mpirun(ranks, MRNN_MPI_SUM, {});

  CAPTURE(outcome.err);
  CHECK(outcome.status == 0);
  CHECK(outcome.out == std::to_string(ranks) + " ranks\n");
}
#endif

TEST_CASE("ranks train the network that one process trains, but for rounding", "[mpi]") {
  if (!has_mpi()) return;
  const Bench bench(with(training_experiment(), "precision = \"float32\"", "precision = \"float64\""));
  REQUIRE(bench.alone({"--output", "one"}).status == 0);

  const test::Outcome outcome = bench.ranks(3, {"--output", "three"});

  REQUIRE(outcome.status == 0);
  CHECK(difference(bench.read("three", "network/W_rec"), bench.read("one", "network/W_rec")) < 1e-9);
  CHECK(difference(bench.read("three", "training/loss"), bench.read("one", "training/loss")) < 1e-9);
  CHECK(difference(bench.read("three", "training/validation_loss"), bench.read("one", "training/validation_loss")) <
        1e-9);
  CHECK(difference(bench.read("three", "training/performance"), bench.read("one", "training/performance")) < 1e-9);
  CHECK(bench.results("three").number_attribute("/", "ranks") == 3.0);
  CHECK(bench.results("one").number_attribute("/", "ranks") == 1.0);
  CHECK(test::text_of(bench.folder.path() / "three" / "report.html").find("trained by 3 ranks") != std::string::npos);
}

TEST_CASE("only the first rank says what there is to say", "[mpi]") {
  if (!has_mpi()) return;
  const Bench bench;

  const test::Outcome outcome = bench.ranks(2, {"--set", "train.iterations=5"});

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, StartsWith("training: 5 iterations"));
  CHECK(outcome.out.find("training", 8) == std::string::npos);
}

TEST_CASE("ranks that are stopped go on where they were, to the same bytes", "[mpi]") {
  if (!has_mpi()) return;
  std::string text = with(training_experiment(), "validate_every = 10", "validate_every = 400");
  const Bench bench(with(text, "checkpoint_every = 3", "checkpoint_every = 0"));
  const auto run = [&](const std::string& folder, long iterations, std::vector<std::string> more,
                       const test::ProgramOptions& options) {
    more.insert(more.end(), {"--output", folder, "--set", "train.iterations=" + std::to_string(iterations)});
    return bench.ranks(2, more, options);
  };

  const test::Outcome stopped =
      run("parts", 100'000'000, {}, {.signal_after = std::chrono::milliseconds(4000), .signal = SIGUSR1});
  const std::string words = "training interrupted after iteration ";
  REQUIRE(stopped.status == 130);
  REQUIRE_THAT(stopped.err, ContainsSubstring(words));
  const long total = std::stol(stopped.err.substr(stopped.err.find(words) + words.size())) + 300;
  REQUIRE(run("parts", total, {"--resume"}, {}).status == 0);
  REQUIRE(run("whole", total, {}, {}).status == 0);

  for (const char* array : {"network/W_rec", "network/bias", "training/loss", "training/validation_loss"}) {
    CHECK(bench.read("parts", array) == bench.read("whole", array));
  }
}

TEST_CASE("a training goes on with as many ranks as it began with", "[mpi]") {
  if (!has_mpi()) return;
  const Bench bench;
  REQUIRE(bench.ranks(2, {}).status == 0);

  const test::Outcome outcome = bench.ranks(3, {"--resume", "--set", "train.iterations=80"});

  CHECK(outcome.status == 2);
  CHECK_THAT(outcome.err, ContainsSubstring("ranks: 2 in the checkpoint, 3 now") &&
                              ContainsSubstring("as many ranks go on (mpirun -n 2)"));
}

TEST_CASE("a finished training of ranks is simulated by a process alone", "[mpi]") {
  if (!has_mpi()) return;
  const Bench bench;
  REQUIRE(bench.ranks(2, {}).status == 0);

  CHECK(bench.alone({"--resume"}).status == 0);
}

TEST_CASE("ranks of which one cannot write end together", "[mpi]") {
  if (!has_mpi()) return;
  const Bench bench;
  fs::create_directories(bench.folder.path() / "run" / "train.jsonl");  // where the first rank writes its log

  const test::Outcome outcome = bench.ranks(2, {});

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("train.jsonl"));
}

TEST_CASE("a rank whose trials ask for nothing is as good as others", "[mpi]") {
  if (!has_mpi()) return;
  std::string text = test::text_of(fs::path(MRNN_SOURCE_DIR) / "configs" / "flip_flop.toml");
  text = text.substr(0, text.find("[[analysis]]"));
  const Bench bench(text);
  std::vector<std::string> options;
  for (const std::string set : {"backend.precision=float64", "task.first_pulse=false", "task.probability=0.02",
                                "task.steps=12", "train.batch=4", "train.log_every=1", "train.iterations=10",
                                "train.validate_every=5", "train.validation_trials=8"}) {
    options.insert(options.end(), {"--set", set});
  }
  const auto with_output = [&](const std::string& run) {
    std::vector<std::string> all = options;
    all.insert(all.end(), {"--output", run});
    return all;
  };
  REQUIRE(bench.alone(with_output("one")).status == 0);
  REQUIRE(bench.ranks(3, with_output("three")).status == 0);

  for (const char* array : {"training/loss", "training/performance", "training/validation_loss",
                            "training/validation_performance", "network/W_rec"}) {
    CAPTURE(array);
    CHECK(difference(bench.read("three", array), bench.read("one", array)) < 1e-9);
  }
}

TEST_CASE("mistakes are said once, with their exit status", "[mpi]") {
  if (!has_mpi()) return;
  const Bench bench;
  const auto check = [&](const std::vector<std::string>& more, int status, const std::string& text) {
    CAPTURE(text);
    const test::Outcome outcome = bench.ranks(3, more);
    CHECK(outcome.status == status);
    CHECK_THAT(outcome.err, ContainsSubstring(text));
    CHECK(outcome.err.find("mrnn: ") == outcome.err.rfind("mrnn: "));
  };

  check({"--set", "train.batch=none"}, 2, "train.batch: is a string");
  check({"--set", "train.batch=2"}, 2, "train.batch=2: train.batch: is 2, fewer trials than the 3 ranks");
  check({"--set", "train.penalties.vanishing_gradient=0.1"}, 2, "vanishing_gradient: is of all trials of a batch");
  check({"--set", "train.optimiser.rate=1e30"}, 4, "training failed in iteration");
  check({"--resume"}, 3, "there is no such checkpoint");
}

TEST_CASE("a process that finds no others says so and trains alone", "[mpi]") {
  if (!has_mpi()) return;
  const Bench bench;

  const test::Outcome outcome = bench.alone({"--mpi", "--set", "train.iterations=5"});

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("warning: --mpi finds no process but this one; mpirun -n 4 mrnn run"));
}

TEST_CASE("ranks have nothing to do where nothing is trained", "[mpi]") {
  if (!has_mpi()) return;
  const std::string text = training_experiment();
  const Bench bench(text.substr(0, text.find("[train]")));

  const test::Outcome outcome = bench.ranks(2, {});

  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("there is no [train], so all ranks but the first have nothing to do"));
  CHECK(bench.results("run").number_attribute("/", "ranks") == 1.0);
}

TEST_CASE("without the library of MPI the program says what it misses", "[mpi]") {
  if (*MRNN_MPIRUN != '\0') return;  // it has it
  const Bench bench;

  const test::Outcome outcome = bench.alone({"--mpi"});

  CHECK(outcome.status == 4);
  CHECK_THAT(outcome.err, StartsWith("mrnn: --mpi: libmrnn_mpi.so."));
  CHECK_THAT(outcome.err, ContainsSubstring("mrnn has it where it was built with MPI"));
}
