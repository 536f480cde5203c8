// Trials from a file: which rows a request gets, and every way in which a file can be wrong.

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/runtime.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::Hdf5Writer;
using mrnn::Index;
using mrnn::Stream;
using mrnn::TrialRequest;
using Numbers = std::vector<double>;

/// Units: a 0..1, b 0; channels: cue 0..1; outputs: choice 0.
mrnn::Network network(bool with_output = true) {
  mrnn::NetworkSpec spec;
  spec.regions.resize(2);
  spec.regions[0].name = "a";
  spec.regions[0].units = 2;
  spec.regions[1].name = "b";
  spec.inputs.resize(1);
  spec.inputs[0].name = "cue";
  spec.inputs[0].units = 2;
  if (with_output) {
    spec.outputs.resize(1);
    spec.outputs[0].name = "choice";
  }
  return mrnn::build_network(spec, 1);
}

/// 0, 1, 2, ...
Numbers counted(Index elements) {
  Numbers values(static_cast<std::size_t>(elements));
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<double>(k);
  return values;
}

/// A data set of four trials of three steps with inputs and metadata, and what a test adds or changes.
class File {
 public:
  File() : inputs({4, 3, 2}, 0) {}

  struct Array {
    std::vector<Index> shape;
    Numbers values;
    Array(std::vector<Index> shape_, double first) : shape(std::move(shape_)) {
      Index elements = 1;
      for (const Index length : shape) elements *= length;
      values = counted(elements);
      for (double& value : values) value += first;
    }
  };

  Array inputs;
  std::vector<std::pair<std::string, Array>> others;

  std::filesystem::path write(const test::TemporaryFolder& folder, const std::string& group = "") const {
    const std::string prefix = "/" + (group.empty() ? "" : group + "/");
    Hdf5Writer writer(folder.path() / "trials.h5");
    writer.write(prefix + "inputs", inputs.shape, inputs.values);
    for (const auto& [name, array] : others) writer.write(prefix + name, array.shape, array.values);
    writer.write(prefix + "coherence", {4}, Numbers{0.5, 0.25, -0.25, -0.5});
    writer.write_texts(prefix + "condition", {"left", "left", "right", "right"});
    writer.finish();
    return folder.path() / "trials.h5";
  }
};

std::unique_ptr<mrnn::Task> make(const std::filesystem::path& folder, const std::string& keys = "",
                                 bool with_output = true) {
  static const mrnn::Network with = network();
  static const mrnn::Network without = network(false);
  static mrnn::Runtime runtime;
  runtime.load(std::string(MRNN_PLUGINS_DIR) + "/dataset.so");
  const auto root =
      mrnn::ConfigNode::parse("[task]\nplugin = \"dataset\"\nfile = \"trials.h5\"\n" + keys, "x.toml", folder);
  const auto config = root.table("task");
  config.text("plugin");
  auto task = runtime.tasks.find("dataset")->make(config, with_output ? with : without);
  config.finish();
  return task;
}

mrnn::Trials trials(const File& file, const TrialRequest& request, const std::string& keys = "") {
  const test::TemporaryFolder folder;
  file.write(folder);
  return make(folder.path(), keys)->make(request);
}

TrialRequest request(Stream stream, std::uint64_t first, Index count, std::uint64_t seed = 1) {
  return {seed, stream, first, count};
}

/// What is wrong with a file, without its name.
std::string mistake(const File& file) {
  const test::TemporaryFolder folder;
  file.write(folder);
  try {
    make(folder.path());
  } catch (const mrnn::FileError& error) {
    return std::string(error.what()).substr(error.path().string().size() + 2);
  }
  return "no error";
}

File with(const std::string& name, std::vector<Index> shape) {
  File file;
  file.others.emplace_back(name, File::Array(std::move(shape), 0));
  return file;
}

const std::string in_order = "shuffle = false\n";

}  // namespace

TEST_CASE("without shuffling, trials come in the order of the file", "[dataset]") {
  const auto made = trials(File(), request(Stream::simulation_trials, 1, 2), in_order);

  CHECK(made.count == 2);
  CHECK(made.steps == 3);
  CHECK(made.inputs(0, 0, 0) == 6.0);
  CHECK(made.inputs(1, 0, 2) == 11.0);
  CHECK(made.inputs(0, 1, 1) == 14.0);
  CHECK(made.ids == std::vector<std::uint64_t>{1, 2});
  CHECK(made.numbers.at("coherence") == Numbers{0.25, -0.25});
  CHECK(made.numbers.at("row") == Numbers{1, 2});
  CHECK(made.texts.at("condition") == std::vector<std::string>{"left", "right"});
  CHECK(made.targets.empty());
  CHECK(made.stimulus.empty());
  CHECK(made.initial_state.size() == 0);
}

TEST_CASE("every array of the file goes to its place", "[dataset]") {
  File file;
  file.others.emplace_back("targets", File::Array({4, 3, 1}, 100));
  file.others.emplace_back("mask", File::Array({4, 3, 1}, 200));
  file.others.emplace_back("stimulus", File::Array({4, 3, 3}, 300));
  file.others.emplace_back("x0", File::Array({4, 3}, 400));
  file.others.emplace_back("epoch_cue_first", File::Array({4}, 0));
  file.others.emplace_back("epoch_cue_last", File::Array({4}, 0));
  file.others.back().second.values = {1, 2, 3, 3};

  const auto made = trials(file, request(Stream::simulation_trials, 2, 1), in_order);

  CHECK(made.targets(0, 0, 1) == 107.0);
  CHECK(made.mask(0, 0, 2) == 208.0);
  CHECK(made.stimulus(2, 0, 1) == 323.0);
  CHECK(made.initial_state(1, 0) == 407.0);
  REQUIRE(made.epochs.size() == 1);
  CHECK(made.epochs[0].name == "cue");
  CHECK(made.epochs[0].first == std::vector<Index>{2});
  CHECK(made.epochs[0].last == std::vector<Index>{3});
  CHECK(made.numbers.size() == 2);
}

/// Four trials of three steps with an epoch.
File with_epoch(Numbers first, Numbers last) {
  File file = with("epoch_cue_first", {4});
  file.others.back().second.values = std::move(first);
  file.others.emplace_back("epoch_cue_last", File::Array({4}, 0));
  file.others.back().second.values = std::move(last);
  return file;
}

TEST_CASE("a trial whose epoch is NaN or -1 lacks it", "[dataset]") {
  const double none = std::nan("");

  const auto made =
      trials(with_epoch({none, 1, -1, 0}, {3, none, -1, 3}), request(Stream::simulation_trials, 0, 4), in_order);

  REQUIRE(made.epochs.size() == 1);
  CHECK(made.epochs[0].first == std::vector<Index>{0, 0, 0, 0});
  CHECK(made.epochs[0].last == std::vector<Index>{0, 0, 0, 3});
}

TEST_CASE("epochs that are not steps of the trial are refused", "[dataset][bad]") {
  const std::string end = " is needed, not a time in ms, and NaN where a trial lacks the epoch";
  const double infinity = std::numeric_limits<double>::infinity();

  CHECK(mistake(with_epoch({0, 0, 250, 0}, {3, 3, 300, 3})) ==
        "epoch_cue_first is 250 at trial 2; a step from 0 to 3" + end);
  CHECK(mistake(with_epoch({0, 0, 0, 0}, {3, 1e300, 3, 3})) ==
        "epoch_cue_last is 1e+300 at trial 1; a step from 0 to 3" + end);
  CHECK(mistake(with_epoch({0, -infinity, 0, 0}, {3, 3, 3, 3})) ==
        "epoch_cue_first is -inf at trial 1; a step from 0 to 3" + end);
  CHECK(mistake(with_epoch({0.5, 0, 0, 0}, {3, 3, 3, 3})) ==
        "epoch_cue_first is 0.5 at trial 0; a step from 0 to 3" + end);
  CHECK(mistake(with_epoch({0, 0, 0, 2}, {3, 3, 3, 1})) ==
        "epoch_cue_last is 1 at trial 3; a step of 2 (first) or more" + end);
}

TEST_CASE("what the task says of a trial takes the place of what the file says under that name", "[dataset]") {
  File file;
  file.others.emplace_back("row", File::Array({4}, 70));
  file.others.emplace_back("held_out", File::Array({4}, 80));

  const auto plain = trials(file, request(Stream::simulation_trials, 1, 2), in_order);
  const auto split = trials(file, request(Stream::simulation_trials, 0, 4), in_order + "held_out = 0.25\n");

  CHECK(plain.numbers.at("row") == Numbers{1, 2});
  CHECK(plain.numbers.at("held_out") == Numbers{81, 82});
  const Numbers held_out = split.numbers.at("held_out");
  CHECK(std::ranges::count(held_out, 1.0) == 1);
  CHECK(std::ranges::count(held_out, 0.0) == 3);
}

TEST_CASE("a group of the file is read as the file itself", "[dataset]") {
  const test::TemporaryFolder folder;
  File().write(folder, "session/one");

  const auto task = make(folder.path(), in_order + "group = \"session/one\"\n");

  CHECK(task->default_trials() == 4);
  CHECK(task->make(request(Stream::simulation_trials, 3, 1)).inputs(0, 0, 0) == 18.0);
  CHECK_THROWS_WITH(make(folder.path(), "group = \"sesion\"\n"),
                    EndsWith("no group called \"sesion\"; available: session. Did you mean \"session\"?"));
}

TEST_CASE("shuffled trials are each there once, with their own data", "[dataset]") {
  const auto made = trials(File(), request(Stream::simulation_trials, 0, 4));
  const auto again = trials(File(), request(Stream::simulation_trials, 0, 4));

  const std::set<std::uint64_t> ids(made.ids.begin(), made.ids.end());
  CHECK(ids == std::set<std::uint64_t>{0, 1, 2, 3});
  CHECK(made.ids == again.ids);
  for (Index trial = 0; trial < 4; ++trial) {
    const auto row = static_cast<double>(made.ids[static_cast<std::size_t>(trial)]);
    CHECK(made.inputs(0, trial, 0) == 6.0 * row);
    CHECK(made.numbers.at("row")[static_cast<std::size_t>(trial)] == row);
  }
}

TEST_CASE("the order depends on the seed and is the same however trials are asked for", "[dataset]") {
  std::set<std::vector<std::uint64_t>> orders;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    orders.insert(trials(File(), request(Stream::simulation_trials, 0, 4, seed)).ids);
  }
  const auto whole = trials(File(), request(Stream::simulation_trials, 0, 4));
  const auto part = trials(File(), request(Stream::simulation_trials, 2, 2));

  CHECK(orders.size() > 5);
  CHECK(part.ids == std::vector<std::uint64_t>{whole.ids[2], whole.ids[3]});
}

TEST_CASE("training passes through the file again and again, in a new order each time", "[dataset]") {
  const test::TemporaryFolder folder;
  File().write(folder);
  const auto task = make(folder.path());

  std::set<Numbers> passes;
  for (std::uint64_t pass = 0; pass < 20; ++pass) {
    Numbers rows = task->make(request(Stream::training_trials, 4 * pass, 4)).numbers.at("row");
    passes.insert(rows);
    std::ranges::sort(rows);
    CHECK(rows == Numbers{0, 1, 2, 3});
  }
  const auto across = task->make(request(Stream::training_trials, 2, 4));

  CHECK(passes.size() > 5);
  CHECK(across.ids == std::vector<std::uint64_t>{2, 3, 4, 5});
  CHECK(across.numbers.at("row")[2] == task->make(request(Stream::training_trials, 4, 1)).numbers.at("row")[0]);
}

TEST_CASE("more trials than the file has are an error", "[dataset]") {
  const test::TemporaryFolder folder;
  const auto file = File().write(folder);
  const auto task = make(folder.path());

  CHECK_THROWS_WITH(task->make(request(Stream::training_trials, 0, 5)),
                    Catch::Equals(file.string() + ": has 4 trials; a batch of 5 is asked for"));
  CHECK_THROWS_WITH(task->make(request(Stream::simulation_trials, 3, 2)),
                    Catch::Equals(file.string() + ": has 4 trials; trial 4 is asked for (counted from 0)"));
}

TEST_CASE("trials that are held out are those of the validation, and training has the others", "[dataset]") {
  const test::TemporaryFolder folder;
  const auto file = File().write(folder);
  const auto task = make(folder.path(), "held_out = 0.25");

  std::set<double> trained, validated;
  for (std::uint64_t first = 0; first < 12; first += 3) {
    const mrnn::Trials drawn = task->make(request(Stream::training_trials, first, 3));
    for (const double row : drawn.numbers.at("row")) {
      trained.insert(row);
    }
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      auto asked = request(Stream::validation_trials, first, 1);
      asked.seed = seed;
      const mrnn::Trials made = task->make(asked);
      for (const double row : made.numbers.at("row")) validated.insert(row);
    }
  }
  const auto all = task->make(request(Stream::simulation_trials, 0, 4));

  CHECK(trained.size() == 3);
  REQUIRE(validated.size() == 1);
  CHECK_FALSE(trained.contains(*validated.begin()));
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(all.numbers.at("held_out")[k] == (validated.contains(all.numbers.at("row")[k]) ? 1.0 : 0.0));
  }
  CHECK(task->holds_out_trials());
  CHECK(task->available_trials(Stream::training_trials) == 3);
  CHECK(task->available_trials(Stream::validation_trials) == 1);
  CHECK(task->available_trials(Stream::simulation_trials) == 4);
  CHECK_THROWS_WITH(task->make(request(Stream::training_trials, 0, 4)),
                    Catch::Equals(file.string() + ": has 4 trials, 3 of them for this; a batch of 4 is asked for"));
}

TEST_CASE("without trials held out the validation has those of the training", "[dataset]") {
  const test::TemporaryFolder folder;
  File().write(folder);
  const auto task = make(folder.path());

  CHECK_FALSE(task->holds_out_trials());
  CHECK(task->available_trials(Stream::validation_trials) == 4);
  CHECK_FALSE(task->make(request(Stream::simulation_trials, 0, 4)).numbers.contains("held_out"));
}

TEST_CASE("a share to hold out leaves trials on both sides", "[dataset]") {
  const test::TemporaryFolder folder;
  File().write(folder);

  CHECK_THROWS_WITH(make(folder.path(), "held_out = 1.0"),
                    EndsWith("held_out: is a share of the trials; a number from 0 to below 1 is accepted"));
  CHECK_THROWS_WITH(make(folder.path(), "held_out = 0.1"),
                    EndsWith("held_out: leaves 4 of 4 trials to train on and 0 to validate on; each needs one"));
}

TEST_CASE("targets are of no concern to a network without outputs", "[dataset]") {
  const test::TemporaryFolder folder;
  with("targets", {4, 3, 5}).write(folder);

  CHECK(make(folder.path(), "", false)->make(request(Stream::simulation_trials, 0, 1)).targets.empty());
}

TEST_CASE("arrays that do not fit the network are named with what it has", "[dataset]") {
  File file;
  file.inputs = File::Array({4, 3, 3}, 0);
  CHECK(mistake(file) ==
        "inputs has 3 channels, the network has 2 (cue 2); its shape is (4, 3, 3), read as (trial, time, channel)");
  CHECK(mistake(with("targets", {4, 3, 2})) ==
        "targets has 2 channels, the network has 1 (choice 1); its shape is (4, 3, 2), read as (trial, time, channel)");
  CHECK(mistake(with("stimulus", {4, 3, 2})) ==
        "stimulus has 2 units, the network has 3 (a 2, b 1); its shape is (4, 3, 2), read as (trial, time, unit)");
  CHECK(mistake(with("x0", {4, 2})) ==
        "x0 has 2 units, the network has 3 (a 2, b 1); its shape is (4, 2), read as (trial, unit)");
  file.inputs = File::Array({2, 3, 4}, 0);
  CHECK(mistake(file) ==
        "inputs has 4 channels, the network has 2 (cue 2); its shape is (2, 3, 4), read as (trial, time, channel). Its "
        "axes seem to be reversed, which is how MATLAB writes an array (trial, time, channel); permute(array, [3 2 1]) "
        "before writing it");
}

TEST_CASE("arrays that do not fit each other are named", "[dataset]") {
  File file;
  file.inputs = File::Array({4, 6}, 0);
  CHECK(mistake(file) == "inputs has shape (4, 6); it needs three axes (trial, time, channel)");
  file.inputs = File::Array({4, 0, 2}, 0);
  CHECK(mistake(file) == "inputs has shape (4, 0, 2): no trials, or no steps");
  CHECK(mistake(with("mask", {3, 3, 1})) == "mask has 3 trials, inputs has 4");
  CHECK(mistake(with("targets", {4, 2, 1})) == "targets has 2 steps, inputs has 3");
  CHECK(mistake(with("targets", {4, 3})) == "targets has shape (4, 3); it needs (trial, time, channel)");
  CHECK(mistake(with("contrast", {5})) == "metadata contrast has 5 values; there are 4 trials");
}

TEST_CASE("a value for each step says nothing of trials", "[dataset]") {
  CHECK_FALSE(trials(with("time", {3}), request(Stream::simulation_trials, 0, 1)).numbers.contains("time"));
}

TEST_CASE("a misspelt array is not passed over", "[dataset]") {
  CHECK(mistake(with("target", {4, 3, 1})) ==
        "\"target\" is no array of a data set; known: inputs, targets, mask, stimulus, x0. Did you mean \"targets\"?");
  CHECK(mistake(with("notes", {4, 3, 1})) == "no error");
}

TEST_CASE("a value that is not finite is named with its trial, step and channel", "[dataset]") {
  File file;
  file.inputs.values[6 + 2 * 2 + 1] = -std::numeric_limits<double>::quiet_NaN();
  CHECK(mistake(file) == "inputs is nan at trial 1, step 2, cue 1; finite numbers are needed");

  file = with("x0", {4, 3});
  file.others[0].second.values[5] = std::numeric_limits<double>::infinity();
  CHECK(mistake(file) == "x0 is inf at trial 1, b 0; finite numbers are needed");
}

TEST_CASE("targets may be missing where their mask is 0", "[dataset]") {
  File file;
  file.others.emplace_back("targets", File::Array({4, 3, 1}, 1));
  file.others.emplace_back("mask", File::Array({4, 3, 1}, 1));
  file.others[0].second.values[4] = std::numeric_limits<double>::quiet_NaN();
  CHECK(mistake(file) == "targets is nan at trial 1, step 1, choice 0; finite numbers are needed");

  file.others[1].second.values[4] = 0.0;
  const auto made = trials(file, request(Stream::simulation_trials, 0, 4), in_order);
  CHECK(made.targets(0, 1, 1) == 0.0);
  CHECK(made.targets(0, 1, 2) == 6.0);
  CHECK(made.mask(0, 1, 1) == 0.0);
}

TEST_CASE("a file can say where its trials end, in whole steps", "[dataset]") {
  const auto file_with = [](Numbers own) {
    File file = with("trial_steps", {4});
    file.others[0].second.values = std::move(own);
    return file;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();

  const auto made = trials(file_with({3, 1, nan, 2}), request(Stream::simulation_trials, 0, 4), in_order);

  CHECK(mrnn::trial_end(made, 1) == 1);
  CHECK(mrnn::trial_end(made, 2) == 3);
  CHECK(mrnn::trial_end(made, 3) == 2);
  CHECK(
      mistake(file_with({3, 1, 4, 2})) ==
      "trial_steps is 4 at trial 2; a whole number from 1 to the 3 steps of inputs is needed, or NaN for all of them");
  CHECK_THAT(mistake(file_with({3, 1, 1.5, 2})), StartsWith("trial_steps is 1.5 at trial 2"));
  CHECK_THAT(mistake(file_with({3, 0, 1, 2})), StartsWith("trial_steps is 0 at trial 1"));
}

TEST_CASE("ends of trials that are words are refused", "[dataset]") {
  const test::TemporaryFolder folder;
  Hdf5Writer writer(folder.path() / "trials.h5");
  writer.write("/inputs", {1, 3, 2}, Numbers(6, 0.0));
  writer.write_texts("/trial_steps", {"three"});
  writer.finish();

  CHECK_THROWS_WITH(make(folder.path()), EndsWith("trial_steps holds texts; numbers are needed"));
}

TEST_CASE("a file that is no data set is said to be none", "[dataset]") {
  const test::TemporaryFolder folder;

  CHECK_THROWS_WITH(make(folder.path()), EndsWith("trials.h5: there is no such file"));
  folder.write("trials.h5", "words");
  CHECK_THROWS_WITH(make(folder.path()), EndsWith("trials.h5: is not an HDF5 file"));
  {
    Hdf5Writer writer(folder.path() / "trials.h5");
    writer.finish();
  }
  CHECK_THROWS_WITH(make(folder.path()), EndsWith("inputs is missing; a data set holds inputs (trial, time, channel)"));
}
