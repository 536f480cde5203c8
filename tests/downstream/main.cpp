// Describes a network of two regions in C++, runs it, and looks at it with a plugin loaded by its file name.
// Prints what it found; ends with status 1 where that is not what can be worked out by hand.

#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

#include "mrnn/eigen_backend.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/runtime.hpp"
#include "mrnn/trials.hpp"

namespace {

constexpr std::uint64_t seed = 1;
constexpr mrnn::Index steps = 6;
constexpr double tolerance = 1e-12;

mrnn::Connection constant_connection(const std::string& from, const std::string& to, double weight) {
  mrnn::Initialiser init;
  init.distribution = mrnn::Initialiser::Distribution::constant;
  init.value = weight;
  mrnn::Connection connection;
  connection.from = from;
  connection.to = to;
  connection.init = init;
  return connection;
}

/// cue -> cortex -> striatum, linear and without leak: cortex follows the cue, striatum one step later.
mrnn::NetworkSpec two_regions() {
  mrnn::NetworkSpec spec;
  spec.dynamics = mrnn::Dynamics::elman;
  spec.activation = mrnn::Activation::linear;
  spec.regions.resize(2);
  spec.regions[0].name = "cortex";
  spec.regions[0].units = 4;
  spec.regions[1].name = "striatum";
  spec.regions[1].units = 3;
  spec.inputs.resize(1);
  spec.inputs[0].name = "cue";
  spec.connections = {constant_connection("cue", "cortex", 1.0), constant_connection("cortex", "striatum", 0.25)};
  return spec;
}

bool report(const char* what, double found, double expected) {
  std::printf("%s %.6f\n", what, found);
  if (std::abs(found - expected) <= tolerance * std::abs(expected)) return true;
  std::printf("  but it should be %.6f\n", expected);
  return false;
}

bool run(const std::string& plugin) {
  mrnn::Runtime runtime;
  runtime.attach("eigen", mrnn::eigen::attach);
  runtime.load(plugin);

  const mrnn::Network network = mrnn::build_network(two_regions(), seed);
  const mrnn::Parameters parameters = mrnn::initial_parameters(network, seed);
  mrnn::Simulation simulation;
  simulation.name = "ramp";
  simulation.trials = mrnn::blank_trials(network.inputs(), 1, steps);
  for (mrnn::Index step = 0; step < steps; ++step) simulation.trials.inputs(0, 0, step) = static_cast<double>(step);
  simulation.record.h = true;
  simulation.steps = {0, steps};

  mrnn::SessionOptions options;
  options.precision = mrnn::Precision::float64;
  const auto backend = runtime.backends.find("eigen")->make();
  const auto session = backend->open(network, options);
  session->write_parameters(parameters);
  session->load(simulation.trials);
  session->forward(simulation.record, mrnn::Noise::off);
  const mrnn::Sequence rates = session->read_activity(mrnn::Quantity::h);
  simulation.h = rates;

  const auto* entry = runtime.analyses.find("effective_dimensions");
  if (entry == nullptr) {
    std::printf("no analysis called effective_dimensions after loading %s\n", plugin.c_str());
    return false;
  }
  const auto analysis = entry->make(mrnn::ConfigNode::parse(""), network);
  mrnn::AnalysisResults results;
  analysis->run({network, parameters, {&simulation}, *backend, options}, results);

  const bool cortex = report("cortex at the last step", rates(0, 0, steps - 1), steps - 1.0);
  const bool striatum = report("striatum at the last step", rates(4, 0, steps - 1), steps - 2.0);
  const bool ratio = report("participation ratio of the striatum", results.arrays.at(1).values.at(0), 1.0);
  return cortex && striatum && ratio;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::printf("usage: downstream PLUGIN\n");
    return 2;
  }
  try {
    return run(arguments[1]) ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
