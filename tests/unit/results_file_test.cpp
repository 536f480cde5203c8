// The layout of results.h5, against the values that went in.

#include "files/results_file.hpp"

#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "files/matrix_writer.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/weights.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::Hdf5Reader;
using mrnn::Index;
using mrnn::NetworkSpec;
using Texts = std::vector<std::string>;
using Numbers = std::vector<double>;

/// Units: a 0, 1 (excitatory), b.p 2, b.q 3 (inhibitory). Present: a -> b (all), b.q -> a (not trainable).
NetworkSpec example() {
  NetworkSpec spec;
  spec.dale = mrnn::Dale::clamp;
  spec.regions.resize(2);
  spec.regions[0].name = "a";
  spec.regions[0].units = 2;
  spec.regions[1].name = "b";
  spec.regions[1].units = 2;
  spec.regions[1].sign = mrnn::Sign::inhibitory;
  spec.regions[1].cell_types = {{"p", 0.5, {}}, {"q", 0.5, {}}};
  spec.regions[1].activation = mrnn::Activation::tanh;
  spec.inputs.resize(1);
  spec.inputs[0].name = "cue";
  spec.connections.resize(3);
  spec.connections[0].from = "a";
  spec.connections[0].to = "b";
  spec.connections[1].from = "b.q";
  spec.connections[1].to = "a";
  spec.connections[1].trainable = false;
  spec.connections[2].from = "cue";
  spec.connections[2].to = "b";
  spec.outputs.resize(2);
  spec.outputs[0].name = "choice";
  spec.outputs[0].from = {"b"};
  spec.outputs[1].name = "recorded";
  spec.outputs[1].units = 2;
  spec.outputs[1].from = {"a"};
  spec.outputs[1].readout = mrnn::Readout::identity;
  return spec;
}

/// The weight at (to, from) is 10 to + from + 1, in hundredths.
mrnn::Parameters numbered(const mrnn::Network& network) {
  mrnn::Parameters parameters = mrnn::initial_parameters(network, 1);
  const auto number = [](const std::vector<mrnn::Block>& blocks, std::vector<Eigen::MatrixXd>& values) {
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      for (Index i = 0; i < values[k].rows(); ++i) {
        for (Index j = 0; j < values[k].cols(); ++j) {
          values[k](i, j) = 0.1 * double(blocks[k].to.start + i) + 0.01 * double(blocks[k].from.start + j + 1);
        }
      }
    }
  };
  number(network.recurrent_blocks(), parameters.recurrent);
  number(network.input_blocks(), parameters.input);
  number(network.readout_blocks(), parameters.readout);
  parameters.bias = Eigen::Vector4d(1, 2, 3, 4);
  return parameters;
}

/// Two trials of three steps; element (unit, trial, step) is 100 trial + 10 step + unit.
template <class Scalar>
mrnn::BasicSequence<Scalar> counted(Index units) {
  mrnn::BasicSequence<Scalar> sequence(units, 2, 3);
  for (Index unit = 0; unit < units; ++unit) {
    for (Index trial = 0; trial < 2; ++trial) {
      for (Index step = 0; step < 3; ++step) {
        sequence(unit, trial, step) = static_cast<Scalar>(100 * trial + 10 * step + unit);
      }
    }
  }
  return sequence;
}

mrnn::Simulation simulation() {
  mrnn::Simulation run;
  run.name = "control";
  run.trials = mrnn::blank_trials(1, 2, 3);
  run.trials.inputs = counted<double>(1);
  run.trials.ids = {7, 9};
  run.steps = {0, 3};
  run.noise = mrnn::Noise::on;
  run.seed = 5;
  run.h = counted<float>(4);
  run.y = counted<float>(3);
  return run;
}

/// A file with the example network and whatever else `write` adds.
template <class Write>
Hdf5Reader written(const test::TemporaryFolder& folder, const Write& write) {
  const mrnn::Network network = mrnn::build_network(example(), 1);
  mrnn::ResultsFile file(folder.path() / "results.h5");
  file.write_network(network, numbered(network));
  write(file);
  file.finish();
  return Hdf5Reader(folder.path() / "results.h5");
}

Hdf5Reader with_simulation(const test::TemporaryFolder& folder, const mrnn::Simulation& run) {
  return written(folder, [&](mrnn::ResultsFile& file) { file.write_simulation(run); });
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string analysis_mistake(const mrnn::AnalysisResults& results) {
  const test::TemporaryFolder folder;
  mrnn::ResultsFile file(folder.path() / "results.h5");
  try {
    file.write_analysis("spectrum", results);
  } catch (const mrnn::RunError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("the root of a result file says how the run came about", "[results]") {
  const test::TemporaryFolder folder;
  const std::string config(200'000, 'c');  // longer than an attribute itself can be
  const auto reader = written(folder, [&](mrnn::ResultsFile& file) {
    file.write_info({"cbgtcl",
                     config,
                     {"seed=8"},
                     8,
                     "eigen",
                     mrnn::Precision::float32,
                     "CPU",
                     2,
                     "2024-01-01",
                     mrnn::Products::bf16x3});
  });

  CHECK(reader.number_attribute("/", "format_version") == 1.0);
  CHECK_FALSE(reader.text_attribute("/", "mrnn_version").empty());
  CHECK(reader.text_attribute("/", "experiment") == "cbgtcl");
  CHECK(reader.text_attribute("/", "config") == config);
  CHECK(reader.text_attribute("/", "overrides") == "seed=8");
  CHECK(reader.number_attribute("/", "seed") == 8.0);
  CHECK(reader.text_attribute("/", "backend") == "eigen");
  CHECK(reader.text_attribute("/", "precision") == "float32");
  CHECK(reader.text_attribute("/", "products") == "bf16x3");
  CHECK(reader.text_attribute("/", "device") == "CPU");
  CHECK(reader.number_attribute("/", "threads") == 2.0);
  CHECK(reader.text_attribute("/", "created") == "2024-01-01");
}

TEST_CASE("weights are written to-by-from, effective and free", "[results]") {
  const test::TemporaryFolder folder;
  const auto reader = written(folder, [](mrnn::ResultsFile&) {});

  CHECK(reader.shape("network/W_rec") == std::vector<Index>{4, 4});
  const Numbers expected = {0, 0, 0, -0.04, 0, 0, 0, -0.14, 0.21, 0.22, 0, 0, 0.31, 0.32, 0, 0};
  const Numbers stored = reader.read_doubles("network/W_rec");
  const Numbers free = reader.read_doubles("network/free/W_rec");
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CHECK_THAT(stored[k], WithinAbs(expected[k], 1e-15));
    CHECK_THAT(free[k], WithinAbs(std::abs(expected[k]), 1e-15));
  }
  CHECK(reader.shape("network/W_inp") == std::vector<Index>{4, 1});
  CHECK(reader.read_doubles("network/W_inp")[0] == 0.0);
  CHECK_THAT(reader.read_doubles("network/W_inp")[3], WithinAbs(0.31, 1e-15));
  CHECK(reader.read_doubles("network/bias") == Numbers{1, 2, 3, 4});
  CHECK(reader.read_doubles("network/x0") == Numbers(4, 0.0));
  CHECK(reader.read_doubles("network/tau") == Numbers(4, 100.0));
  CHECK(reader.shape("network/b_out") == std::vector<Index>{3});
  const Numbers readout = reader.read_doubles("network/W_out");
  CHECK(Numbers(readout.begin(), readout.begin() + 2) == Numbers{0, 0});
  CHECK(Numbers(readout.begin() + 4, readout.end()) == Numbers{1, 0, 0, 0, 0, 1, 0, 0});
}

TEST_CASE("masks, signs and parts of the network are written", "[results]") {
  const test::TemporaryFolder folder;
  const auto reader = written(folder, [](mrnn::ResultsFile&) {});
  const std::string at = "network/structure/";

  CHECK(reader.read_doubles(at + "mask_rec") == Numbers{0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0});
  CHECK(reader.read_doubles(at + "sign_rec") == Numbers{0, 0, 0, -1, 0, 0, 0, -1, 1, 1, 0, 0, 1, 1, 0, 0});
  CHECK(reader.read_doubles(at + "trainable_rec") == Numbers{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0});
  CHECK(reader.read_doubles(at + "mask_inp") == Numbers{0, 0, 1, 1});
  CHECK(reader.read_doubles(at + "sign_inp") == Numbers{0, 0, 1, 1});
  CHECK(reader.read_doubles(at + "mask_out") == Numbers{0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0});
  CHECK(reader.read_texts(at + "region_name") == Texts{"a", "b"});
  CHECK(reader.read_doubles(at + "region_start") == Numbers{0, 2});
  CHECK(reader.read_doubles(at + "region_units") == Numbers{2, 2});
  CHECK(reader.read_texts(at + "region_activation") == Texts{"relu", "tanh"});
  CHECK(reader.read_texts(at + "cell_type_name") == Texts{"b.p", "b.q"});
  CHECK(reader.read_texts(at + "cell_type_region") == Texts{"b", "b"});
  CHECK(reader.read_doubles(at + "cell_type_start") == Numbers{2, 3});
  CHECK(reader.read_doubles(at + "cell_type_units") == Numbers{1, 1});
  CHECK(reader.read_texts(at + "input_name") == Texts{"cue"});
  CHECK(reader.read_doubles(at + "input_start") == Numbers{0});
  CHECK(reader.read_doubles(at + "input_units") == Numbers{1});
  CHECK(reader.read_texts(at + "output_name") == Texts{"choice", "recorded"});
  CHECK(reader.read_doubles(at + "output_start") == Numbers{0, 1});
  CHECK(reader.read_doubles(at + "output_units") == Numbers{1, 2});
  CHECK(reader.read_texts(at + "output_activation") == Texts{"linear", "linear"});
  CHECK(reader.text_attribute("network", "dynamics") == "leaky");
  CHECK(reader.text_attribute("network", "activation") == "relu");
  CHECK(reader.text_attribute("network", "dale") == "clamp");
  CHECK(reader.text_attribute("network", "dale_input") == "clamp");
  CHECK(reader.number_attribute("network", "dt") == 10.0);
  CHECK(reader.number_attribute("network", "tau") == 100.0);
  CHECK(reader.numbers_attribute("network", "bounds") == Numbers{0, 10});
}

TEST_CASE("a network without inputs and outputs is written too", "[results]") {
  const test::TemporaryFolder folder;
  NetworkSpec spec = example();
  spec.inputs.clear();
  spec.outputs.clear();
  spec.connections.pop_back();
  const mrnn::Network network = mrnn::build_network(spec, 1);
  mrnn::ResultsFile file(folder.path() / "results.h5");
  file.write_network(network, mrnn::initial_parameters(network, 1));
  file.finish();

  const Hdf5Reader reader(folder.path() / "results.h5");

  CHECK(reader.shape("network/W_inp") == std::vector<Index>{4, 0});
  CHECK(reader.shape("network/W_out") == std::vector<Index>{0, 4});
  CHECK(reader.read_texts("network/structure/input_name").empty());
}

TEST_CASE("activity is written as trial, time, unit in the precision of the session", "[results]") {
  const test::TemporaryFolder folder;
  const auto reader = with_simulation(folder, simulation());

  CHECK(reader.members("simulations/control") == Texts{"h", "inputs", "steps", "trials", "units", "y"});
  CHECK(reader.shape("simulations/control/h") == std::vector<Index>{2, 3, 4});
  const Numbers h = reader.read_doubles("simulations/control/h");
  CHECK(Numbers(h.begin(), h.begin() + 8) == Numbers{0, 1, 2, 3, 10, 11, 12, 13});
  CHECK(h[3 * 4 + 1] == 101.0);
  CHECK(reader.shape("simulations/control/y") == std::vector<Index>{2, 3, 3});
  CHECK(reader.read_doubles("simulations/control/inputs") == Numbers{0, 10, 20, 100, 110, 120});
  CHECK(reader.read_doubles("simulations/control/units") == Numbers{0, 1, 2, 3});
  CHECK(reader.read_doubles("simulations/control/steps") == Numbers{0, 1, 2});
  CHECK(reader.text_attribute("simulations/control", "noise") == "on");
  CHECK(reader.number_attribute("simulations/control", "seed") == 5.0);
}

TEST_CASE("a recording of chosen units and steps says which they are", "[results]") {
  const test::TemporaryFolder folder;
  mrnn::Simulation run = simulation();
  run.record.units = mrnn::Selection({{2, 2}, {0, 1}});
  run.steps = {1, 3};
  run.x = mrnn::Sequence(3, 2, 2);
  run.h = {};

  const auto reader = with_simulation(folder, run);

  CHECK(reader.shape("simulations/control/x") == std::vector<Index>{2, 2, 3});
  CHECK(reader.read_doubles("simulations/control/units") == Numbers{2, 3, 0});
  CHECK(reader.read_doubles("simulations/control/steps") == Numbers{1, 2});
  CHECK_FALSE(reader.has("simulations/control/h"));
}

TEST_CASE("the stimulus that is written includes the drive of manipulations", "[results]") {
  const test::TemporaryFolder folder;
  mrnn::Simulation run = simulation();
  run.trials.stimulus = mrnn::Sequence(4, 2, 3);
  run.trials.stimulus(1, 0, 0) = 5.0;
  mrnn::Drive drive{mrnn::Selection({{3, 1}, {1, 1}}), Eigen::Vector2d(2.0, -1.0), Eigen::Vector2d(0.5, 1.0)};
  run.trials.interventions.push_back({{1, 3}, {1}, drive});

  const auto reader = with_simulation(folder, run);

  CHECK(reader.read_doubles("simulations/control/stimulus") == Numbers{0, 5, 0, 0, 0, 0,    0, 0, 0, 0,  0, 0,  //
                                                                       0, 0, 0, 0, 0, -0.5, 0, 1, 0, -1, 0, 2});
}

TEST_CASE("what is known of each trial is written", "[results]") {
  const test::TemporaryFolder folder;
  mrnn::Simulation run = simulation();
  run.trials.targets = counted<double>(3);
  run.trials.mask = counted<double>(3);
  run.trials.numbers["coherence"] = {0.5, -0.5};
  run.trials.numbers["id"] = {3, 4};
  run.trials.texts["a/b"] = {"left", "right"};
  run.trials.epochs.push_back({"cue", {0, 1}, {2, 3}});

  const auto reader = with_simulation(folder, run);
  const std::string at = "simulations/control/trials/";

  CHECK(reader.read_doubles(at + "id") == Numbers{7, 9});
  CHECK(reader.read_doubles(at + "coherence") == Numbers{0.5, -0.5});
  CHECK(reader.read_doubles(at + "id_metadata") == Numbers{3, 4});
  CHECK(reader.read_texts(at + "a_b") == Texts{"left", "right"});
  CHECK(reader.read_doubles(at + "epoch_cue_first") == Numbers{0, 1});
  CHECK(reader.read_doubles(at + "epoch_cue_last") == Numbers{2, 3});
  CHECK(reader.read_doubles("simulations/control/mask") == reader.read_doubles("simulations/control/targets"));
}

TEST_CASE("arrays larger than one buffer are written whole", "[results]") {
  const auto [units, trials, steps] = GENERATE(table<Index, Index, Index>({{700, 3, 2000}, {3, 900, 500}}));
  const test::TemporaryFolder folder;
  mrnn::Simulation run;
  run.name = "long";
  run.trials = mrnn::blank_trials(0, trials, steps);
  run.steps = {0, steps};
  mrnn::Sequence x(units, trials, steps);
  for (std::size_t k = 0; k < x.data.size(); ++k) x.data[k] = static_cast<double>(k);
  run.x = x;

  const Numbers stored = with_simulation(folder, run).read_doubles("simulations/long/x");

  Index wrong = 0;
  for (Index trial = 0; trial < trials; ++trial) {
    for (Index step = 0; step < steps; ++step) {
      for (Index unit = 0; unit < units; ++unit) {
        if (stored[static_cast<std::size_t>((trial * steps + step) * units + unit)] != x(unit, trial, step)) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("arrays of an analysis carry their meaning", "[results]") {
  const test::TemporaryFolder folder;
  const auto reader = written(folder, [](mrnn::ResultsFile& file) {
    mrnn::AnalysisResults results;
    results.arrays.push_back({"rates", {2, 1}, {1, 2}, "1", {"unit", "time"}, "mean rates"});
    results.arrays.push_back({"per_region/radius", {}, {0.5}, "1", {}, "spectral radius"});
    results.texts.push_back({"conditions", {"left", "right"}, "in order", "condition"});
    results.summary = {"one", "two"};
    file.write_analysis("spectrum", results);
  });

  CHECK(reader.read_doubles("analyses/spectrum/rates") == Numbers{1, 2});
  CHECK(reader.shape("analyses/spectrum/rates") == std::vector<Index>{2, 1});
  CHECK(reader.text_attribute("analyses/spectrum/rates", "units") == "1");
  CHECK(reader.has_attribute("analyses/spectrum/rates", "axes"));
  CHECK(reader.text_attribute("analyses/spectrum/rates", "description") == "mean rates");
  CHECK(reader.read_doubles("analyses/spectrum/per_region/radius") == Numbers{0.5});
  CHECK(reader.read_texts("analyses/spectrum/conditions") == Texts{"left", "right"});
  CHECK(reader.text_attribute("analyses/spectrum/conditions", "units") == "1");
  CHECK(reader.text_attribute("analyses/spectrum/conditions", "axes") == "condition");
  CHECK(reader.text_attribute("analyses/spectrum/conditions", "description") == "in order");
  CHECK(reader.text_attribute("analyses/spectrum", "summary") == "one\ntwo");
}

TEST_CASE("an analysis that sums nothing up has an empty summary", "[results]") {
  const test::TemporaryFolder folder;

  const auto reader =
      written(folder, [](mrnn::ResultsFile& file) { file.write_analysis("spectrum", mrnn::AnalysisResults{}); });

  CHECK(reader.text_attribute("analyses/spectrum", "summary").empty());
}

TEST_CASE("results with a bit changed anywhere are refused", "[results][bad]") {
  const test::TemporaryFolder folder;
  {
    written(folder, [](mrnn::ResultsFile&) {});
  }
  const std::string whole = bytes_of(folder.path() / "results.h5");

  for (std::size_t at = 0; at < whole.size() - 22; at += 997) {
    CAPTURE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto file = folder.write("damaged.h5", damaged);
    CHECK_THROWS_WITH(Hdf5Reader(file),
                      file.string() + ": is damaged: its contents do not match the checksum that ends it");
  }
}

TEST_CASE("an analysis that returns nonsense is told so", "[results]") {
  mrnn::AnalysisResults results;
  results.arrays.push_back({"rates", {2, 2}, {1, 2}, "1", {}, ""});
  CHECK(analysis_mistake(results) == "array \"rates\" has 2 values; its shape asks for 4");

  results.arrays[0] = {"rates", {2}, {1, 2}, "1", {"unit", "time"}, ""};
  CHECK(analysis_mistake(results) == "array \"rates\" has 2 axes named and 1 dimensions");

  results.arrays[0] = {"", {2}, {1, 2}, "1", {}, ""};
  CHECK(analysis_mistake(results) == "\"\" cannot be the name of an array");

  results.arrays[0] = {"rates", {2}, {1, 2}, "1", {}, ""};
  results.texts.push_back({"rates", {"a"}, ""});
  CHECK(analysis_mistake(results) == "there are two arrays called \"rates\"");

  results.texts[0].name = "rates/mean";
  CHECK(analysis_mistake(results) == "\"rates/mean\" cannot lie in \"rates\", which is an array itself");
}

TEST_CASE("the same run writes the same bytes", "[results]") {
  const test::TemporaryFolder one;
  const test::TemporaryFolder two;

  with_simulation(one, simulation());
  with_simulation(two, simulation());

  CHECK(bytes_of(one.path() / "results.h5") == bytes_of(two.path() / "results.h5"));
}

TEST_CASE("connections that are absent take no room in the file", "[results]") {
  const test::TemporaryFolder folder;
  NetworkSpec spec = example();
  spec.regions[0].units = 1000;
  spec.regions[1].units = 1000;
  spec.connections = {spec.connections[1]};
  spec.outputs.pop_back();
  const mrnn::Network network = mrnn::build_network(spec, 1);

  mrnn::save_weights(folder.path() / "w.h5", network, mrnn::initial_parameters(network, 1));

  const double present = 1000.0 * 500.0 * 8.0;  // bytes of the one connection
  CHECK(static_cast<double>(std::filesystem::file_size(folder.path() / "w.h5")) < 2.2 * present);
}

TEST_CASE("chunks end where blocks end, and are neither tiny nor huge", "[results]") {
  CHECK(mrnn::chunk_length(350, {0, 100, 150, 200, 350}) == 50);
  CHECK(mrnn::chunk_length(30, {0, 10, 30}) == 30);
  CHECK(mrnn::chunk_length(20000, {0, 4000, 20000}) == 500);
  CHECK(mrnn::chunk_length(20000, {0, 10, 20000}) == 160);
  CHECK(mrnn::chunk_length(20000, {0, 200, 20000}) == 200);
  CHECK(mrnn::chunk_length(1009, {0, 1009}) == 512);
  CHECK(mrnn::chunk_length(0, {}) == 1);
}
