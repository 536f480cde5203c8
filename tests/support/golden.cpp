#include "golden.hpp"

#include <algorithm>
#include <filesystem>

#include "catch.hpp"
#include "comparison.hpp"
#include "mrnn/network_config.hpp"
#include "mrnn/weights.hpp"
#include "temporary_folder.hpp"

using namespace mrnn;

namespace test {
namespace {

const std::filesystem::path folder = std::filesystem::path(MRNN_TEST_DATA) / "golden";

template <class Kind>
Kind named(const std::string& name, const std::vector<std::pair<std::string, Kind>>& kinds) {
  const auto found = std::ranges::find(kinds, name, &std::pair<std::string, Kind>::first);
  REQUIRE(found != kinds.end());
  return found->second;
}

NetworkSpec read_spec(const Hdf5Reader& file) {
  const test::TemporaryFolder scratch;
  NetworkSpec spec = import_mrnntorch(scratch.write("net.json", file.text_attribute("/", "config_json"))).spec;
  spec.dynamics =
      named<Dynamics>(file.text_attribute("/", "dynamics"), {{"leaky", Dynamics::leaky}, {"elman", Dynamics::elman}});
  spec.activation = named<Activation>(file.text_attribute("/", "activation"), {{"relu", Activation::relu},
                                                                               {"tanh", Activation::tanh},
                                                                               {"sigmoid", Activation::sigmoid},
                                                                               {"softplus", Activation::softplus},
                                                                               {"linear", Activation::linear}});
  spec.dale = named<Dale>(file.text_attribute("/", "dale"), {{"abs", Dale::abs}, {"clamp", Dale::clamp}});
  spec.dt = file.number_attribute("/", "dt");
  spec.tau = file.number_attribute("/", "tau");
  for (Region& region : spec.regions) region.learnable_bias = true;
  spec.outputs = {{"out", 2}};
  return spec;
}

/// 1 where a weight exists.
std::vector<Eigen::MatrixXd> masks(const std::vector<Block>& blocks) {
  std::vector<Eigen::MatrixXd> all;
  for (const Block& block : blocks) all.push_back((block.pattern.array() != 0).cast<double>());
  return all;
}

}  // namespace

std::vector<std::string> golden_files_with_trials() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (Hdf5Reader(entry.path()).has("trials/inputs")) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

Sequence read_sequence(const Hdf5Reader& file, const std::string& name) {
  const std::vector<Index> shape = file.shape(name);
  const std::vector<double> values = file.read_doubles(name);
  Sequence sequence(shape[2], shape[0], shape[1]);
  auto next = values.begin();
  for (Index trial = 0; trial < shape[0]; ++trial) {
    for (Index step = 0; step < shape[1]; ++step) {
      for (Index unit = 0; unit < shape[2]; ++unit) sequence(unit, trial, step) = *next++;
    }
  }
  return sequence;
}

Eigen::MatrixXd read_transposed(const Hdf5Reader& file, const std::string& name, Index which) {
  const std::vector<Index> shape = file.shape(name);
  const std::vector<double> values = file.read_doubles(name);
  const Index columns = shape.back(), rows = shape[shape.size() - 2];
  return Eigen::Map<const Eigen::MatrixXd>(values.data() + which * rows * columns, columns, rows);
}

Golden::Golden(const std::string& name)
    : file(folder / name), network(build_network(read_spec(file), 0)), parameters(initial_parameters(network, 0)) {
  LoadedWeights loaded = load_weights(folder / name, network, parameters);
  network = std::move(loaded.network);
  parameters = std::move(loaded.parameters);
  trials.inputs = read_sequence(file, "trials/inputs");
  trials.stimulus = read_sequence(file, "trials/stimulus");
  trials.targets = read_sequence(file, "trials/targets");
  trials.mask = read_sequence(file, "trials/mask");
  trials.initial_state = read_transposed(file, "trials/x0");
  trials.count = trials.inputs.trials;
  trials.steps = trials.inputs.steps;
  trials.ids.assign(static_cast<std::size_t>(trials.count), 0);
}

void check_group(const Golden& golden, const std::string& group, const Parameters& actual, double tolerance) {
  const Network& network = golden.network;
  const auto error = [&](const std::string& name, const std::vector<Block>& blocks,
                         const std::vector<Eigen::MatrixXd>& values, Index rows, Index columns) {
    const Eigen::MatrixXd mask = dense(blocks, masks(blocks), rows, columns);
    const Eigen::MatrixXd expected = read_transposed(golden.file, group + "/" + name).transpose();
    return relative_error(dense(blocks, values, rows, columns).cwiseProduct(mask), expected.cwiseProduct(mask));
  };
  const auto vector = [&](const std::string& name) {
    const std::vector<double> values = golden.file.read_doubles(group + "/" + name);
    return Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(values.data(), std::ssize(values)));
  };
  const Index units = network.units(), outputs = network.outputs();
  CHECK(error("W_rec", network.recurrent_blocks(), actual.recurrent, units, units) <= tolerance);
  CHECK(error("W_inp", network.input_blocks(), actual.input, units, network.inputs()) <= tolerance);
  CHECK(error("W_out", network.readout_blocks(), actual.readout, outputs, units) <= tolerance);
  CHECK(relative_error(actual.bias, vector("bias")) <= tolerance);
  CHECK(relative_error(actual.readout_bias, vector("b_out")) <= tolerance);
}

}  // namespace test
