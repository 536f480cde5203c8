#include "analysis_run.hpp"

#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"

namespace test {
namespace {

/// The message of an error of this kind; empty where there is none.
template <class Error>
std::string message_of(const Subject& subject, const std::string& plugin, const std::string& keys) {
  try {
    analyse(subject, plugin, keys);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

mrnn::Simulation simulate(const Subject& subject, const std::string& name, const mrnn::Trials& trials) {
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

std::unique_ptr<mrnn::Analysis> make_analysis(const std::string& plugin, const std::string& keys,
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

mrnn::AnalysisResults analyse(const Subject& subject, const std::string& plugin, const std::string& keys,
                              mrnn::Progress* progress) {
  const auto analysis = make_analysis(plugin, keys, subject.network);
  const auto backend = mrnn::eigen::make_backend();
  std::vector<const mrnn::Simulation*> simulations;
  for (const mrnn::Simulation& simulation : subject.simulations) simulations.push_back(&simulation);
  mrnn::SessionOptions options;
  options.threads = 1;
  options.precision = mrnn::Precision::float64;
  mrnn::AnalysisResults results;
  analysis->run({subject.network, subject.parameters, simulations, {*backend, options, progress, "", subject.earlier}},
                results);
  for (const mrnn::NamedTexts& texts : results.texts) {
    CAPTURE(texts.name);
    CHECK_FALSE(texts.axis.empty());
  }
  return results;
}

void check_progress(const Subject& subject, const std::string& plugin, const std::string& keys) {
  CountingProgress progress;
  analyse(subject, plugin, keys, &progress);
  CHECK(progress.total > 1);
  CHECK(progress.done == progress.total);
}

std::string mistake(const Subject& subject, const std::string& plugin, const std::string& keys) {
  return message_of<mrnn::ConfigError>(subject, plugin, keys);
}

std::string file_mistake(const Subject& subject, const std::string& plugin, const std::string& keys) {
  return message_of<mrnn::FileError>(subject, plugin, keys);
}

std::string failure(const Subject& subject, const std::string& plugin, const std::string& keys) {
  return message_of<mrnn::RunError>(subject, plugin, keys);
}

bool has_array(const mrnn::AnalysisResults& results, const std::string& name) {
  for (const mrnn::NamedArray& array : results.arrays) {
    if (array.name == name) return true;
  }
  return false;
}

const mrnn::NamedArray& array(const mrnn::AnalysisResults& results, const std::string& name) {
  for (const mrnn::NamedArray& array : results.arrays) {
    if (array.name == name) return array;
  }
  throw mrnn::RunError("the results have no array " + name);
}

const std::vector<std::string>& texts(const mrnn::AnalysisResults& results, const std::string& name) {
  for (const mrnn::NamedTexts& texts : results.texts) {
    if (texts.name == name) return texts.values;
  }
  throw mrnn::RunError("the results have no texts " + name);
}

double at(const mrnn::NamedArray& array, const std::vector<mrnn::Index>& index) {
  mrnn::Index offset = 0;
  REQUIRE(index.size() == array.shape.size());
  for (std::size_t axis = 0; axis < index.size(); ++axis) {
    REQUIRE(index[axis] < array.shape[axis]);
    offset = offset * array.shape[axis] + index[axis];
  }
  return array.values[static_cast<std::size_t>(offset)];
}

double at(const mrnn::AnalysisResults& results, const std::string& name, const std::vector<mrnn::Index>& index) {
  return at(array(results, name), index);
}

}  // namespace test
