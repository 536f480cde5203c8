// A training that is killed at any moment and resumed ends with the same bytes as one that never was.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/random.hpp"
#include "program.hpp"
#include "small_experiment.hpp"
#include "training_experiment.hpp"

using test::training_experiment;
using test::with;
using Milliseconds = std::chrono::milliseconds;
namespace fs = std::filesystem;

namespace {

/// Every array of a group, as bytes, by its path.
void collect(const mrnn::Hdf5Reader& reader, const std::string& group, std::map<std::string, std::string>& arrays) {
  for (const std::string& name : reader.members(group)) {
    const std::string path = group + "/" + name;
    const mrnn::Hdf5Kind kind = reader.kind(path);
    if (kind == mrnn::Hdf5Kind::group) collect(reader, path, arrays);
    if (kind == mrnn::Hdf5Kind::texts) {
      for (const std::string& text : reader.read_texts(path)) arrays[path] += text + "\n";
    }
    if (kind != mrnn::Hdf5Kind::numbers) continue;
    const std::vector<double> values = reader.read_doubles(path);
    std::string& bytes = arrays[path];
    bytes.resize(values.size() * sizeof(double));
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  }
}

std::map<std::string, std::string> trained(const fs::path& folder) {
  const mrnn::Hdf5Reader reader(folder / "results.h5");
  std::map<std::string, std::string> arrays;
  collect(reader, "network", arrays);
  collect(reader, "training", arrays);
  for (const char* name : {"iterations", "best_iteration"}) {
    arrays[name] = std::to_string(reader.number_attribute("/training", name));
  }
  arrays["stopped_by"] = reader.text_attribute("/training", "stopped_by");
  return arrays;
}

std::vector<std::string> names_of_differences(const std::map<std::string, std::string>& a,
                                              const std::map<std::string, std::string>& b) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : a) {
    const auto other = b.find(name);
    if (other == b.end() || other->second != bytes) names.push_back(name);
  }
  if (a.size() != b.size()) names.push_back("the number of arrays");
  return names;
}

/// Lines of a training log, without what depends on the clock.
std::vector<std::string> log_lines(const fs::path& folder) {
  std::vector<std::string> all;
  std::istringstream lines(test::text_of(folder / "train.jsonl"));
  for (std::string line; std::getline(lines, line);) all.push_back(line.substr(0, line.find(",\"seconds\"")));
  return all;
}

/// How long a training took, by the last line of its log.
Milliseconds training_time(const fs::path& folder) {
  const std::string log = test::text_of(folder / "train.jsonl"), key = "\"seconds\":";
  return Milliseconds(std::llround(1000.0 * std::stod(log.substr(log.rfind(key) + key.size()))));
}

/// A configuration in a folder of its own.
struct Bench {
  explicit Bench(const std::string& text = training_experiment()) { folder.write("tiny.toml", text); }
  test::Outcome run(const std::string& output, std::vector<std::string> more = {},
                    test::ProgramOptions options = {}) const {
    more.insert(more.begin(), {"run", "tiny.toml", "--quiet", "--output", output});
    options.folder = folder.path();
    return test::mrnn(more, options);
  }
  fs::path file(const std::string& name) const { return folder.path() / name; }

  test::TemporaryFolder folder;
};

Milliseconds time_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

TEST_CASE("a training killed twenty times over ends as one that was never killed", "[resume]") {
  const Bench bench;
  const std::vector<std::string> many{"--set", "train.iterations=1000", "--set", "train.checkpoint_every=10"};
  const Milliseconds startup = time_of([&] { test::mrnn({"check", "tiny.toml"}, {.folder = bench.folder.path()}); });
  const Milliseconds whole = time_of([&] { REQUIRE(bench.run("whole", many).status == 0); });
  mrnn::RandomStream random(1, mrnn::Stream::analyses, "lives");
  const auto live = [&](Milliseconds longest) {
    const auto life = startup + Milliseconds(random.below(static_cast<std::uint64_t>(longest.count()) + 1));
    std::vector<std::string> more = many;
    more.emplace_back(fs::exists(bench.file("killed/checkpoint.h5")) ? "--resume" : "--overwrite");
    const test::Outcome outcome = bench.run("killed", more, {.signal_after = life, .signal = SIGKILL});
    INFO(outcome.err);
    REQUIRE((outcome.status == 128 + SIGKILL || outcome.status == 0));
  };

  // Lives that get further than the one before, but not to the end of the training: it takes twenty of the longest.
  std::set<double> killed_after;  // iterations of the checkpoints left behind
  for (int lives = 0; killed_after.size() < 20; ++lives) {
    REQUIRE(lives < 500);
    live(training_time(bench.file("whole")) / 20);
    if (!fs::exists(bench.file("killed/checkpoint.h5"))) continue;
    const mrnn::Hdf5Reader checkpoint(bench.file("killed/checkpoint.h5"));
    killed_after.insert(checkpoint.number_attribute("/checkpoint", "iteration"));
  }
  CHECK(*killed_after.rbegin() < 1000);
  // Lives that may end anywhere, while the results are written and the figures drawn too.
  for (int lives = 0; lives < 2; ++lives) live(whole);
  std::vector<std::string> last = many;
  last.emplace_back("--resume");
  REQUIRE(bench.run("killed", last).status == 0);

  CHECK(names_of_differences(trained(bench.file("whole")), trained(bench.file("killed"))).empty());
  CHECK(test::text_of(bench.file("whole/weights_best.h5")) == test::text_of(bench.file("killed/weights_best.h5")));
  CHECK(test::text_of(bench.file("whole/weights_last.h5")) == test::text_of(bench.file("killed/weights_last.h5")));
  CHECK(log_lines(bench.file("whole")) == log_lines(bench.file("killed")));
  for (const fs::directory_entry& entry : fs::directory_iterator(bench.file("killed"))) {
    CHECK_THAT(entry.path().filename().string(), !ContainsSubstring("tmp"));
  }
}

TEST_CASE("more iterations give what a longer run would have given", "[resume]") {
  const Bench bench;
  REQUIRE(bench.run("long").status == 0);
  REQUIRE(bench.run("parts", {"--set", "train.iterations=31"}).status == 0);

  REQUIRE(bench.run("parts", {"--resume"}).status == 0);

  CHECK(names_of_differences(trained(bench.file("long")), trained(bench.file("parts"))).empty());
}

TEST_CASE("a resumed training may be logged otherwise and run on other threads", "[resume]") {
  const Bench bench;
  REQUIRE(bench.run("run", {"--set", "train.iterations=31"}).status == 0);

  const test::Outcome outcome =
      bench.run("run", {"--resume", "--set", "train.log_every=1", "--set", "backend.threads=2"});

  CHECK(outcome.status == 0);
  REQUIRE(bench.run("whole").status == 0);
  CHECK(test::text_of(bench.file("run/weights_best.h5")) == test::text_of(bench.file("whole/weights_best.h5")));
  CHECK(test::text_of(bench.file("run/weights_last.h5")) == test::text_of(bench.file("whole/weights_last.h5")));
}

TEST_CASE("a finished training is kept for other simulations and analyses", "[resume]") {
  const Bench bench;
  REQUIRE(bench.run("run").status == 0);
  const std::map<std::string, std::string> before = trained(bench.file("run"));
  const std::string log = test::text_of(bench.file("run/train.jsonl"));
  const std::string more = R"(
[[analysis]]
name = "axes"
plugin = "pca"
simulation = "control"
)";
  bench.folder.write("tiny.toml", training_experiment() + more);

  const test::Outcome outcome = bench.run("run", {"--resume"});

  CHECK(outcome.err.empty());
  CHECK(outcome.status == 0);
  CHECK(names_of_differences(before, trained(bench.file("run"))).empty());
  CHECK(test::text_of(bench.file("run/train.jsonl")) == log);
  CHECK(mrnn::Hdf5Reader(bench.file("run/results.h5")).has("analyses/axes"));
}

TEST_CASE("that a training is done again though it is there is said", "[resume]") {
  const Bench bench;
  REQUIRE(bench.run("run").err.empty());

  const test::Outcome again = bench.run("run"), other = bench.run("run", {"--set", "train.batch=5"});

  CHECK(again.status == 0);
  CHECK(again.err ==
        "warning: this training is in run already and is done again from its start; --resume goes on from its "
        "checkpoint, "
        "where it is finished to simulate and analyse alone\n");
  CHECK(other.err.empty());
}

TEST_CASE("a signal saves the training and exits 130", "[resume]") {
  const Bench bench;
  const int signal = GENERATE(SIGINT, SIGTERM);
  const std::vector<std::string> endless{"--set", "train.iterations=1000000", "--set", "train.checkpoint_every=0"};

  const test::Outcome outcome = bench.run("run", endless, {.signal_after = Milliseconds(700), .signal = signal});

  CHECK(outcome.status == 130);
  CHECK_THAT(outcome.err, StartsWith("mrnn: training interrupted after iteration "));
  const std::string iteration = outcome.err.substr(43, outcome.err.find(';') - 43);
  CHECK(outcome.err == "mrnn: training interrupted after iteration " + iteration + "; the checkpoint of iteration " +
                           iteration + " is kept\n");
  CHECK(mrnn::Hdf5Reader(bench.file("run/checkpoint.h5")).number_attribute("/checkpoint", "iteration") ==
        std::stod(iteration));
  const test::Outcome refused = bench.run("run");
  CHECK(refused.status == 3);
  CHECK(refused.err == "mrnn: run: holds an unfinished run; --resume goes on with it, --overwrite starts afresh\n");
  CHECK(bench.run("run", {"--resume", "--set", "train.iterations=1", "--set", "train.checkpoint_every=0"}).status == 0);
}

TEST_CASE("an interrupted second training leaves the results of the first and is an unfinished run", "[resume]") {
  const Bench bench;
  REQUIRE(bench.run("run").status == 0);
  const std::string before = test::text_of(bench.file("run/results.h5"));
  const std::vector<std::string> endless{"--set", "train.iterations=1000000"};

  REQUIRE(bench.run("run", endless, {.signal_after = Milliseconds(700)}).status == 130);

  CHECK(test::text_of(bench.file("run/results.h5")) == before);
  CHECK(bench.run("run").status == 3);
  CHECK(bench.run("run", {"--overwrite"}).status == 0);
  CHECK(bench.run("run").status == 0);
}

TEST_CASE("a configuration that changed is refused with what changed", "[resume][bad]") {
  const Bench bench;
  REQUIRE(bench.run("run").status == 0);

  const test::Outcome batch = bench.run("run", {"--resume", "--set", "train.batch=5"});
  const test::Outcome network =
      bench.run("run", {"--resume", "--set", "region.a.units=8", "--set", "train.noise=false"});

  CHECK(batch.status == 2);
  CHECK(
      batch.err ==
      "mrnn: --resume: the configuration is not that of the checkpoint; train.batch: 4 in the checkpoint, 5 now. "
      "Only train.log_every, train.iterations, backend.threads, experiment.output, plugins and the tables simulation, "
      "analysis, manipulation may change; --overwrite starts afresh\n");
  CHECK(network.status == 2);
  CHECK_THAT(network.err, ContainsSubstring("region[0].units: 4 in the checkpoint, 8 now; train.noise: absent in the "
                                            "checkpoint, false now"));
}

TEST_CASE("weights that changed under a training are noticed", "[resume][bad]") {
  const Bench bench;
  REQUIRE(bench.run("first").status == 0);
  bench.folder.write("tiny.toml", with(training_experiment(), "dt = 20.0", "dt = 20.0\nweights = \"w.h5\""));
  fs::copy_file(bench.file("first/weights_best.h5"), bench.file("w.h5"));
  REQUIRE(bench.run("run").status == 0);
  fs::copy_file(bench.file("run/weights_last.h5"), bench.file("w.h5"), fs::copy_options::overwrite_existing);

  const test::Outcome outcome = bench.run("run", {"--resume"});

  CHECK(outcome.status == 3);
  CHECK(outcome.err ==
        "mrnn: run/checkpoint.h5: began from other initial weights than the configuration gives now; a file that it "
        "names must have changed. --overwrite starts afresh\n");
}

TEST_CASE("there must be something to resume", "[resume][bad]") {
  const Bench bench;
  const std::string text = training_experiment();

  const test::Outcome nothing = bench.run("nowhere", {"--resume"});
  bench.folder.write("tiny.toml", text.substr(0, text.find("[train]")));
  const test::Outcome untrained = bench.run("nowhere", {"--resume"});

  CHECK(nothing.status == 3);
  CHECK(nothing.err ==
        "mrnn: nowhere/checkpoint.h5: there is no such checkpoint, so there is nothing to resume; run without "
        "--resume\n");
  CHECK_FALSE(fs::exists(bench.file("nowhere")));
  CHECK(untrained.status == 2);
  CHECK(untrained.err ==
        "mrnn: --resume: there is no [train] in this configuration, so there is nothing to resume; run without it\n");
}

TEST_CASE("a checkpoint that cannot be looked up is an error of its file", "[resume][bad]") {
  const Bench bench;

  const test::Outcome outcome = bench.run(std::string(300, 'x'), {"--resume"});

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, EndsWith("x/checkpoint.h5: cannot be looked up: File name too long\n"));
}

TEST_CASE("a checkpoint that is foreign or damaged is refused and left as it is", "[resume][bad]") {
  const Bench bench;
  REQUIRE(bench.run("run").status == 0);
  const std::string good = test::text_of(bench.file("run/checkpoint.h5"));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"no HDF5", "is not an HDF5 file"},
      {good.substr(0, good.size() / 2), "is cut short: it ends before the end that its header states"},
      {test::text_of(bench.file("run/weights_last.h5")),
       "is not a checkpoint of a training run: it has no group /checkpoint"}};

  for (const auto& [bytes, problem] : cases) {
    bench.folder.write("run/checkpoint.h5", bytes);
    const test::Outcome outcome = bench.run("run", {"--resume"});
    CHECK(outcome.status == 3);
    CHECK(outcome.err == "mrnn: run/checkpoint.h5: " + problem + "\n");
    CHECK(test::text_of(bench.file("run/checkpoint.h5")) == bytes);
  }
}

TEST_CASE("a disk that fills up while saving leaves the old checkpoint whole", "[resume][bad]") {
  const Bench bench;
  REQUIRE(bench.run("run", {"--set", "train.iterations=31"}).status == 0);
  const std::string before = test::text_of(bench.file("run/checkpoint.h5"));

  const test::Outcome outcome = bench.run("run", {"--resume"}, {.file_size = 20000});

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, StartsWith("mrnn: run/checkpoint.h5: cannot be written: "));
  CHECK(test::text_of(bench.file("run/checkpoint.h5")) == before);
  REQUIRE(bench.run("run", {"--resume"}).status == 0);
  REQUIRE(bench.run("whole").status == 0);
  CHECK(names_of_differences(trained(bench.file("whole")), trained(bench.file("run"))).empty());
}
