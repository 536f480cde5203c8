#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/runtime.hpp"

namespace test {

/// What the tests of analyses start from: a network, its parameters, and simulations of it.
struct Subject {
  mrnn::Network network;
  mrnn::Parameters parameters;
  std::vector<mrnn::Simulation> simulations = {};
  const mrnn::Task* task = nullptr;  ///< for analyses that score trials
};

/// Runs trials without noise in double precision and keeps x, h and y of every step.
inline mrnn::Simulation simulate(const Subject& subject, const std::string& name, const mrnn::Trials& trials) {
  mrnn::SessionOptions options;
  options.precision = mrnn::Precision::float64;
  options.threads = 1;
  const auto backend = mrnn::eigen::make_backend();
  const auto session = backend->open(subject.network, options);
  session->write_parameters(subject.parameters);
  session->load(trials);
  mrnn::Simulation simulation;
  simulation.name = name;
  simulation.trials = trials;
  simulation.record.x = simulation.record.h = true;
  simulation.record.y = subject.network.outputs() > 0;
  simulation.steps = {0, trials.steps};
  session->forward(simulation.record, mrnn::Noise::off);
  simulation.x = session->read_activity(mrnn::Quantity::x);
  simulation.h = session->read_activity(mrnn::Quantity::h);
  if (simulation.record.y) simulation.y = session->read_activity(mrnn::Quantity::y);
  return simulation;
}

/// Makes an analysis from the keys of its table, as the runner does.
inline std::unique_ptr<mrnn::Analysis> make_analysis(const std::string& plugin, const std::string& keys,
                                                     const mrnn::Network& network) {
  static const auto runtime = [] {
    auto loaded = std::make_unique<mrnn::Runtime>();
    loaded->load_folder(MRNN_PLUGINS_DIR);
    return loaded;
  }();
  const auto config = mrnn::ConfigNode::parse("plugin = \"" + plugin + "\"\n" + keys, "x.toml");
  config.text("plugin");
  if (config.has("simulation")) config.texts("simulation");
  auto analysis = runtime->analyses.find(plugin)->make(config, network);
  config.finish();
  return analysis;
}

/// Counts the parts of the work, and asks to stop once so many are done.
class CountingProgress final : public mrnn::Progress {
 public:
  void begin(const std::string& /*what*/, long parts) override { total = parts; }
  void advance(long parts) override { done = parts; }
  bool interrupted() const override { return stop_at > 0 && done >= stop_at; }

  long total = 0, done = 0;
  long stop_at = 0;  ///< 0: never
};

/// Runs an analysis on all simulations of the subject.
inline mrnn::AnalysisResults analyse(const Subject& subject, const std::string& plugin, const std::string& keys,
                                     mrnn::Progress* progress = nullptr) {
  const auto analysis = make_analysis(plugin, keys, subject.network);
  const auto backend = mrnn::eigen::make_backend();
  std::vector<const mrnn::Simulation*> simulations;
  for (const mrnn::Simulation& simulation : subject.simulations) simulations.push_back(&simulation);
  mrnn::SessionOptions options;
  options.threads = 1;
  options.precision = mrnn::Precision::float64;
  mrnn::AnalysisResults results;
  analysis->run({subject.network, subject.parameters, simulations, {*backend, options, subject.task, progress}},
                results);
  return results;
}

/// The message of the mistake in these keys; empty where there is none.
inline std::string mistake(const Subject& subject, const std::string& plugin, const std::string& keys) {
  try {
    analyse(subject, plugin, keys);
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "";
}

/// The message of what is wrong with the file that these keys name; empty where there is nothing.
inline std::string file_mistake(const Subject& subject, const std::string& plugin, const std::string& keys) {
  try {
    analyse(subject, plugin, keys);
  } catch (const mrnn::FileError& error) {
    return error.what();
  }
  return "";
}

inline bool has_array(const mrnn::AnalysisResults& results, const std::string& name) {
  for (const mrnn::NamedArray& array : results.arrays) {
    if (array.name == name) return true;
  }
  return false;
}

inline const mrnn::NamedArray& array(const mrnn::AnalysisResults& results, const std::string& name) {
  for (const mrnn::NamedArray& array : results.arrays) {
    if (array.name == name) return array;
  }
  throw mrnn::RunError("the results have no array " + name);
}

inline const std::vector<std::string>& texts(const mrnn::AnalysisResults& results, const std::string& name) {
  for (const mrnn::NamedTexts& texts : results.texts) {
    if (texts.name == name) return texts.values;
  }
  throw mrnn::RunError("the results have no texts " + name);
}

/// One element of an array.
inline double at(const mrnn::NamedArray& array, const std::vector<mrnn::Index>& index) {
  mrnn::Index offset = 0;
  REQUIRE(index.size() == array.shape.size());
  for (std::size_t axis = 0; axis < index.size(); ++axis) {
    REQUIRE(index[axis] < array.shape[axis]);
    offset = offset * array.shape[axis] + index[axis];
  }
  return array.values[static_cast<std::size_t>(offset)];
}

/// The same by name.
inline double at(const mrnn::AnalysisResults& results, const std::string& name, const std::vector<mrnn::Index>& index) {
  return at(array(results, name), index);
}

}  // namespace test
