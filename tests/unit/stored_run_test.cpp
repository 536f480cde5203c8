// Runs read back from the files that were written.

#include "mrnn/stored_run.hpp"

#include <chrono>
#include <cmath>

#include "catch.hpp"
#include "files/hdf5_file.hpp"
#include "files/results_file.hpp"
#include "mrnn/error.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::Index;
using mrnn::Quantity;
using mrnn::Selection;
using mrnn::StoredRun;
using Texts = std::vector<std::string>;

/// Units: a 0, 1; b.p 2, b.q 3, 4. Channels: cue 0, go 1, 2; choice 0, 1.
mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.dt = 5.0;
  spec.regions.resize(2);
  spec.regions[0].name = "a";
  spec.regions[0].units = 2;
  spec.regions[0].parent = "area";
  spec.regions[1].name = "b";
  spec.regions[1].units = 3;
  spec.regions[1].cell_types = {{"p", 1.0 / 3.0}, {"q", 2.0 / 3.0}};
  spec.inputs.resize(2);
  spec.inputs[0].name = "cue";
  spec.inputs[1].name = "go";
  spec.inputs[1].units = 2;
  spec.outputs.resize(1);
  spec.outputs[0].name = "choice";
  spec.outputs[0].units = 2;
  return mrnn::build_network(spec, 1);
}

/// Element (unit, trial, step) is 100 trial + 10 step + unit.
template <class Scalar>
mrnn::BasicSequence<Scalar> counted(Index units, Index trials, Index steps) {
  mrnn::BasicSequence<Scalar> sequence(units, trials, steps);
  for (Index step = 0; step < steps; ++step) {
    for (Index trial = 0; trial < trials; ++trial) {
      for (Index unit = 0; unit < units; ++unit) {
        sequence(unit, trial, step) = static_cast<Scalar>(100 * trial + 10 * step + unit);
      }
    }
  }
  return sequence;
}

mrnn::Simulation simulation() {
  mrnn::Simulation run;
  run.name = "control";
  run.trials = mrnn::blank_trials(3, 2, 4);
  run.trials.inputs = counted<double>(3, 2, 4);
  run.trials.ids = {7, 9};
  run.trials.texts["condition"] = {"left", "right"};
  run.trials.numbers["coherence"] = {0.5, std::nan("")};
  run.trials.epochs.push_back({"go_cue", {1, -1}, {3, -1}});
  run.steps = {0, 4};
  run.noise = mrnn::Noise::on;
  run.seed = 5;
  run.record.h = run.record.y = true;
  run.h = counted<float>(5, 2, 4);
  run.y = counted<float>(2, 2, 4);
  return run;
}

void write_run(const std::filesystem::path& file, const mrnn::Simulation& run,
               mrnn::Precision precision = mrnn::Precision::float32) {
  const mrnn::Network net = network();
  mrnn::ResultsFile results(file);
  mrnn::RunInfo info;
  info.experiment = "memory";
  info.precision = precision;
  results.write_info(info);
  results.write_network(net, mrnn::initial_parameters(net, 1));
  results.write_simulation(run);
  results.finish();
}

struct Folder {
  Folder() { write_run(folder.path() / "results.h5", simulation()); }
  const std::filesystem::path& path() const { return folder.path(); }
  test::TemporaryFolder folder;
};

/// What a damaged or foreign file may have wrong. Two trials of four steps; h of the units 0 and 1.
struct Parts {
  std::vector<double> region_start{0}, region_units{2};
  Index trials = 2;
  std::vector<std::uint64_t> ids{7, 9};
  Texts condition{"left", "right"};
  std::vector<double> coherence{0.5, 0.25}, first{1, -1}, last{3, -1}, steps{0, 1, 2, 3}, units{0, 1};
  std::vector<Index> h{2, 4, 2};
};

std::filesystem::path write_parts(const std::filesystem::path& folder, const Parts& parts) {
  mrnn::Hdf5Writer writer(folder / "results.h5");
  const auto list = [&](const std::string& name, const std::vector<double>& values) {
    writer.write(name, {std::ssize(values)}, values);
  };
  writer.attribute("/", "format_version", std::int64_t{1});
  writer.group("/network");
  writer.attribute("/network", "dt", 10.0);
  writer.write_texts("/network/structure/region_name", Texts{"a"});
  list("/network/structure/region_start", parts.region_start);
  list("/network/structure/region_units", parts.region_units);
  const std::string group = "/simulations/control";
  writer.group(group);
  writer.attribute(group, "seed", std::uint64_t{18446744073709551615U});
  writer.write(group + "/inputs", {parts.trials, 4, 1},
               std::vector<double>(static_cast<std::size_t>(parts.trials * 4)));
  writer.write(group + "/h", parts.h,
               std::vector<double>(static_cast<std::size_t>(parts.h[0] * parts.h[1] * parts.h[2])));
  list(group + "/steps", parts.steps);
  list(group + "/units", parts.units);
  writer.write(group + "/trials/id", {std::ssize(parts.ids)}, parts.ids);
  writer.write_texts(group + "/trials/condition", parts.condition);
  list(group + "/trials/coherence", parts.coherence);
  list(group + "/trials/epoch_go_first", parts.first);
  list(group + "/trials/epoch_go_last", parts.last);
  writer.finish();
  return folder / "results.h5";
}

/// What is wrong with such a file, without its name; empty where it can be read.
std::string damage(const Parts& parts) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = write_parts(folder.path(), parts);
  try {
    const StoredRun run(file);
    mrnn::Simulation stored = run.simulation("control");
    run.read(stored, Quantity::h, run.select("a"));
  } catch (const mrnn::Error& error) {
    const std::string text = error.what(), name = file.string() + ": ";
    return text.starts_with(name) ? text.substr(name.size()) : text;
  }
  return "";
}

std::string mistake(const std::filesystem::path& run) {
  try {
    StoredRun{run};
  } catch (const mrnn::FileError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a stored run knows its experiment, steps, regions and simulations", "[stored_run]") {
  const Folder folder;

  const StoredRun run(folder.path());

  CHECK(run.file() == folder.path() / "results.h5");
  CHECK(run.experiment() == "memory");
  CHECK(run.dt() == 5.0);
  CHECK(run.simulations() == Texts{"control"});
  REQUIRE(run.regions().size() == 2);
  CHECK(run.regions()[1].range == mrnn::UnitRange{2, 3});
  REQUIRE(run.regions()[1].cell_types.size() == 2);
  CHECK(run.regions()[1].cell_types[1].name == "b.q");
  REQUIRE(run.inputs().size() == 2);
  CHECK(run.inputs()[1].range == mrnn::UnitRange{1, 2});
  REQUIRE(run.outputs().size() == 1);
  CHECK(run.outputs()[0].name == "choice");
}

TEST_CASE("selectors mean in a stored run what they mean in a network", "[stored_run]") {
  const Folder folder;
  const StoredRun run(folder.path() / "results.h5");

  for (const std::string selector : {"a", "b", "b.q", "area", "*"}) {
    CAPTURE(selector);
    CHECK(run.select(selector).ranges() == network().select(selector).ranges());
  }
  CHECK_THROWS_WITH(run.select("b.r"),
                    ContainsSubstring("no region called \"b.r\"; available: a, b, b.p, b.q, area, *"));
}

TEST_CASE("trials of a stored simulation have their metadata and epochs", "[stored_run]") {
  const Folder folder;

  const mrnn::Simulation stored = StoredRun(folder.path()).simulation("control");

  CHECK(stored.trials.count == 2);
  CHECK(stored.trials.steps == 4);
  CHECK(stored.trials.ids == std::vector<std::uint64_t>{7, 9});
  CHECK(stored.trials.texts == std::map<std::string, Texts>{{"condition", {"left", "right"}}});
  REQUIRE(stored.trials.numbers.size() == 1);
  CHECK(stored.trials.numbers.at("coherence")[0] == 0.5);
  CHECK(std::isnan(stored.trials.numbers.at("coherence")[1]));
  REQUIRE(stored.trials.epochs.size() == 1);
  CHECK(stored.trials.epochs[0].name == "go_cue");
  CHECK(stored.trials.epochs[0].first == std::vector<Index>{1, -1});
  CHECK(stored.trials.epochs[0].last == std::vector<Index>{3, -1});
  CHECK(stored.steps == mrnn::StepRange{0, 4});
  CHECK(stored.noise == mrnn::Noise::on);
  CHECK(stored.seed == 5);
  CHECK(stored.record.h);
  CHECK(stored.record.y);
  CHECK_FALSE(stored.record.x);
}

TEST_CASE("only the units asked for are read, in the precision of the run", "[stored_run]") {
  const Folder folder;
  const StoredRun run(folder.path());
  mrnn::Simulation stored = run.simulation("control");

  run.read(stored, Quantity::h, Selection({{3, 2}, {0, 1}}));

  REQUIRE(std::holds_alternative<mrnn::FloatSequence>(stored.h));
  CHECK(std::get<mrnn::FloatSequence>(stored.h).units == 3);
  const mrnn::Sequence activity = stored.activity(Quantity::h, Selection({{0, 1}, {4, 1}}));
  CHECK(activity(0, 1, 3) == 130.0);
  CHECK(activity(1, 1, 3) == 134.0);
  CHECK_THROWS_AS(stored.activity(Quantity::h, Selection({{2, 1}})), mrnn::ShapeError);
}

TEST_CASE("outputs and inputs are read whole", "[stored_run]") {
  const Folder folder;
  const StoredRun run(folder.path());
  mrnn::Simulation stored = run.simulation("control");

  run.read(stored, Quantity::y, {});

  CHECK(stored.activity(Quantity::y, Selection({{1, 1}}))(0, 1, 2) == 121.0);
  CHECK(run.read_inputs("control").data == simulation().trials.inputs.data);
}

TEST_CASE("a run in double precision is read to the last bit, however many trials it has", "[stored_run]") {
  const test::TemporaryFolder folder;
  mrnn::Simulation run = simulation();
  mrnn::Sequence h = counted<double>(5, 2, 4);
  for (double& value : h.data) value = std::sin(value);
  run.h = h;
  write_run(folder.path() / "results.h5", run, mrnn::Precision::float64);
  const StoredRun opened(folder.path());

  mrnn::Simulation stored = opened.simulation("control");
  opened.read(stored, Quantity::h, Selection({{0, 5}}));

  CHECK(std::get<mrnn::Sequence>(stored.h).data == h.data);
}

TEST_CASE("units that were not all recorded are found by their numbers", "[stored_run]") {
  const test::TemporaryFolder folder;
  mrnn::Simulation run = simulation();
  run.record.units = Selection({{1, 1}, {4, 1}});
  run.h = counted<float>(2, 2, 4);
  write_run(folder.path() / "results.h5", run);
  const StoredRun opened(folder.path());
  mrnn::Simulation stored = opened.simulation("control");

  opened.read(stored, Quantity::h, Selection({{4, 1}}));

  CHECK(stored.activity(Quantity::h, Selection({{4, 1}}))(0, 0, 0) == 1.0);
  stored = opened.simulation("control");
  CHECK_THROWS_WITH(opened.read(stored, Quantity::h, Selection({{2, 1}})),
                    ContainsSubstring("unit 2 was not recorded"));
}

TEST_CASE("a folder that holds no finished run says what it holds", "[stored_run]") {
  const test::TemporaryFolder folder;

  CHECK_THAT(mistake(folder.path() / "absent"), ContainsSubstring("there is no such folder of a run"));
  CHECK_THAT(mistake(folder.path()), ContainsSubstring("is not the folder of a run: it has no results.h5"));
  folder.write("checkpoint.h5", "");
  CHECK_THAT(mistake(folder.path()), ContainsSubstring("holds an unfinished run"));
}

TEST_CASE("results that are older than a checkpoint are of an unfinished run", "[stored_run]") {
  const Folder folder;
  const auto checkpoint = folder.folder.write("checkpoint.h5", "");
  std::filesystem::last_write_time(
      checkpoint, std::filesystem::last_write_time(folder.path() / "results.h5") + std::chrono::seconds(1));

  CHECK_THAT(mistake(folder.path()), ContainsSubstring("its checkpoint is newer than its results"));
}

TEST_CASE("a file that is not the results of a run is refused", "[stored_run]") {
  const test::TemporaryFolder folder;
  folder.write("text.h5", "no HDF5");
  CHECK_THAT(mistake(folder.path() / "text.h5"), ContainsSubstring("is not an HDF5 file"));
  CHECK_THAT(mistake(MRNN_TEST_DATA "/golden/leaky_relu.h5"),
             ContainsSubstring("is not the results.h5 of a run: it has no simulations"));
}

TEST_CASE("a file of a newer format is refused, an older one without what was added since is read", "[stored_run]") {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& name, std::int64_t version) {
    mrnn::Hdf5Writer writer(folder.path() / name);
    writer.attribute("/", "format_version", version);
    writer.group("/network");
    writer.attribute("/network", "dt", 10.0);
    writer.write_texts("/network/structure/region_name", Texts{"a"});
    writer.write("/network/structure/region_start", {1}, std::vector<std::int64_t>{0});
    writer.write("/network/structure/region_units", {1}, std::vector<std::int64_t>{2});
    writer.group("/simulations");
    writer.finish();
  };
  write("newer.h5", 99);
  write("older.h5", 1);

  CHECK_THAT(mistake(folder.path() / "newer.h5"), ContainsSubstring("has format version 99, from a newer mrnn"));
  // No experiment, parents, cell types, inputs or outputs.
  const StoredRun older(folder.path() / "older.h5");
  CHECK(older.experiment().empty());
  CHECK(older.select("a").size() == 2);
  CHECK(older.simulations().empty());
}

TEST_CASE("metadata that are not there for each trial are refused", "[stored_run][bad]") {
  const std::string trials = "simulations/control/trials: ";

  CHECK(damage({}).empty());
  CHECK(damage({.ids = {7}}) == trials + "the ids have 1 values for 2 trials");
  CHECK(damage({.condition = {"left"}}) == trials + "the metadata \"condition\" have 1 values for 2 trials");
  CHECK(damage({.coherence = {1, 2, 3}}) == trials + "the metadata \"coherence\" have 3 values for 2 trials");
  CHECK(damage({.first = {1}}) == trials + "the first steps of the epoch \"go\" have 1 values for 2 trials");
  CHECK(damage({.last = {1}}) == trials + "the last steps of the epoch \"go\" have 1 values for 2 trials");
  CHECK(damage({.last = {3, 5}}) == trials + "the epoch \"go\" of trial 1 has steps -1 to 5; the trials have 4 steps");
  CHECK(damage({.trials = 0}) == trials + "the ids have 2 values for 0 trials");
}

TEST_CASE("numbers of a stored run that are not whole, negative or enormous are refused", "[stored_run][bad]") {
  const double none = std::nan("");
  const std::string needed = "; whole numbers of 0 or more are needed", path = "network/structure/region_";

  CHECK(damage({.region_start = {none}}) == path + "start holds nan" + needed);
  CHECK(damage({.region_start = {-1}}) == path + "start holds -1" + needed);
  CHECK(damage({.region_units = {1e300}}) == path + "units holds 1e+300; whole numbers of 1 or more are needed");
  CHECK(damage({.region_units = {1e15}}) == "unit 2 was not recorded");
  CHECK(damage({.first = {none, 1}}) ==
        "simulations/control/trials/epoch_go_first holds nan; whole numbers of -1 or more are needed");
  CHECK(damage({.steps = {0, 1, 2, 2.5}}) == "simulations/control/steps holds 2.5" + needed);
  CHECK(damage({.units = {0, none}}) == "simulations/control/units holds nan" + needed);
}

TEST_CASE("activity that does not fit to the rest of a stored simulation is refused", "[stored_run][bad]") {
  const std::string end = "; the rest of the simulation needs (2, 4, 2)";

  CHECK(damage({.h = {1, 4, 2}}) == "simulations/control/h has the shape (1, 4, 2)" + end);
  CHECK(damage({.h = {2, 3, 2}}) == "simulations/control/h has the shape (2, 3, 2)" + end);
  CHECK(damage({.h = {2, 4, 1}}) == "simulations/control/h has the shape (2, 4, 1)" + end);
  CHECK(damage({.steps = {0, 1, 3, 4}}) == "simulations/control/steps does not count on in steps of 1");
}

TEST_CASE("a stored simulation without trials has none", "[stored_run]") {
  const Parts empty{.trials = 0, .ids = {}, .condition = {}, .coherence = {}, .first = {}, .last = {}, .h = {0, 4, 2}};

  CHECK(damage(empty).empty());
}

TEST_CASE("ids and seeds of a stored simulation are read to the last digit", "[stored_run]") {
  const test::TemporaryFolder folder;
  const StoredRun run(write_parts(folder.path(), {.ids = {9007199254740993U, 18446744073709551615U}}));

  const mrnn::Simulation stored = run.simulation("control");

  CHECK(stored.trials.ids == std::vector<std::uint64_t>{9007199254740993U, 18446744073709551615U});
  CHECK(stored.seed == 18446744073709551615U);
}

TEST_CASE("rows of a simulation that are not there cannot be asked for", "[stored_run][bad]") {
  mrnn::Simulation run = simulation();

  CHECK(run.activity(Quantity::y, Selection({{1, 1}}))(0, 1, 2) == 121.0);
  CHECK_THROWS_WITH(run.activity(Quantity::y, Selection({{0, 3}})), "channel 2 was not recorded; there are 2");
  CHECK_THROWS_WITH(run.activity_at(Quantity::y, Selection({{2, 1}}), 0), "channel 2 was not recorded; there are 2");
  CHECK_THROWS_WITH(run.activity(Quantity::h, Selection({{4, 2}})), "unit 5 was not recorded; there are 5");
  CHECK_THROWS_WITH(run.activity_at(Quantity::h, Selection({{-1, 2}}), 0), "unit -1 was not recorded; there are 5");
  CHECK_THROWS_WITH(run.activity(Quantity::x, Selection({{9, 1}})), "x of simulation \"control\" was not recorded");
}

TEST_CASE("a simulation that a run lacks is named with the nearest", "[stored_run]") {
  const Folder folder;
  const StoredRun run(folder.path());

  CHECK_THROWS_WITH(
      run.simulation("contrl"),
      ContainsSubstring("no simulation called \"contrl\"; available: control. Did you mean \"control\"?"));
  CHECK_THROWS_AS(run.read_inputs("contrl"), mrnn::ConfigError);
  mrnn::Simulation stored = run.simulation("control");
  CHECK_THROWS_WITH(run.read(stored, Quantity::x, Selection({{0, 1}})), ContainsSubstring("x was not recorded"));
}
