// Networks, trials and activity computed by a public implementation: imported from its description, with the file
// itself as weights and as trials, they must come out the same.

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <filesystem>

#include "catch.hpp"
#include "comparison.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/linearisation.hpp"
#include "mrnn/network_config.hpp"
#include "mrnn/weights.hpp"
#include "problems.hpp"
#include "temporary_folder.hpp"
#include "tolerances.hpp"

using namespace mrnn;

namespace {

const std::filesystem::path folder = std::filesystem::path(MRNN_TEST_DATA) / "golden";

std::vector<std::string> files_with_trials() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (Hdf5Reader(entry.path()).has("trials/inputs")) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

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
  spec.outputs = {{"out", 2}};
  return spec;
}

/// (trial, time, unit) of the file.
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

/// The transpose of a matrix, or of matrix `which` of a stack, of the file.
Eigen::MatrixXd read_transposed(const Hdf5Reader& file, const std::string& name, Index which = 0) {
  const std::vector<Index> shape = file.shape(name);
  const std::vector<double> values = file.read_doubles(name);
  const Index columns = shape.back(), rows = shape[shape.size() - 2];
  return Eigen::Map<const Eigen::MatrixXd>(values.data() + which * rows * columns, columns, rows);
}

struct Golden {
  explicit Golden(const std::string& name)
      : file(folder / name), network(build_network(read_spec(file), 0)), parameters(initial_parameters(network, 0)) {
    LoadedWeights loaded = load_weights(folder / name, network, parameters);
    network = std::move(loaded.network);
    parameters = std::move(loaded.parameters);
    trials.inputs = read_sequence(file, "trials/inputs");
    trials.stimulus = read_sequence(file, "trials/stimulus");
    trials.initial_state = read_transposed(file, "trials/x0");
    trials.count = trials.inputs.trials;
    trials.steps = trials.inputs.steps;
    trials.ids.assign(static_cast<std::size_t>(trials.count), 0);
  }

  Hdf5Reader file;
  Network network;
  Parameters parameters;
  Trials trials;
};

}  // namespace

TEST_CASE("the golden networks are all there", "[golden]") {
  CHECK(files_with_trials().size() == 11);
}

TEST_CASE("the reference reproduces the golden activity", "[golden]") {
  const std::string name = GENERATE(from_range(files_with_trials()));
  CAPTURE(name);
  const Golden golden(name);

  const test::Activity activity =
      test::ReferenceNetwork(golden.network, golden.parameters).run(golden.trials, Noise::off, 0);

  CHECK(test::relative_error(activity.x, read_sequence(golden.file, "activity/x")) <= test::double_tolerance);
  CHECK(test::relative_error(activity.y, read_sequence(golden.file, "activity/y")) <= test::double_tolerance);
}

TEST_CASE("the Eigen backend reproduces the golden activity", "[golden]") {
  const std::string name = GENERATE(from_range(files_with_trials()));
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(name, static_cast<int>(precision));
  const Golden golden(name);

  const test::Activity activity =
      test::run_eigen(golden.network, golden.parameters, golden.trials, {.precision = precision});

  CHECK(test::relative_error(activity.x, read_sequence(golden.file, "activity/x")) <= test::tolerance(precision));
  CHECK(test::relative_error(activity.h, read_sequence(golden.file, "activity/h")) <= test::tolerance(precision));
  CHECK(test::relative_error(activity.y, read_sequence(golden.file, "activity/y")) <= test::tolerance(precision));
}

TEST_CASE("the Eigen backend reproduces the golden Jacobians and their eigenvalues", "[golden]") {
  const std::string name = GENERATE(from_range(files_with_trials()));
  CAPTURE(name);
  const Golden golden(name);
  const auto session = eigen::make_backend()->open(golden.network, {.precision = Precision::float64});
  session->write_parameters(golden.parameters);
  session->load(golden.trials);
  StatePoints points{read_transposed(golden.file, "jacobian/states"), {0, 0, 0, 0}, {0, 0, 0, 0}};

  const Jacobians jacobians = session->jacobian(points);

  const Index units = golden.network.units();
  const EffectiveWeights weights = effective_weights(golden.network, golden.parameters);
  const Eigen::MatrixXd real = read_transposed(golden.file, "jacobian/eig_real");
  const Eigen::MatrixXd imaginary = read_transposed(golden.file, "jacobian/eig_imag");
  REQUIRE(points.states.cols() == 4);
  for (Index k = 0; k < 4; ++k) {
    const Linearisation linearisation(golden.network, weights.recurrent, jacobians, k, Selection({{0, units}}));
    const Eigen::MatrixXd expected = read_transposed(golden.file, "jacobian/J", k).transpose();
    CHECK((linearisation.dense() - expected).cwiseAbs().maxCoeff() <= test::jacobian_tolerance);

    Eigen::VectorXcd eigenvalues(units);
    eigenvalues.real() = real.col(k);
    eigenvalues.imag() = imaginary.col(k);
    const Spectrum found = spectrum(linearisation, {.vectors = 0, .method = EigenMethod::dense});
    CHECK(test::distance_as_sets(found.values, eigenvalues) <= test::eigenvalue_tolerance);
  }
}
