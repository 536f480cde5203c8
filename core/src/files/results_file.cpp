#include "files/results_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/spec_names.hpp"
#include "files/results_network.hpp"
#include "files/results_simulation.hpp"
#include "files/results_training.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/runtime.hpp"

namespace mrnn {
namespace {

/// Names become paths in the file: parts that mean nothing there are refused.
bool is_path(const std::string& name) {
  if (name.empty() || name.front() == '/' || name.back() == '/') return false;
  const std::string framed = "/" + name + "/";
  return framed.find("//") == std::string::npos && framed.find("/./") == std::string::npos &&
         framed.find("/../") == std::string::npos && framed.find('\0') == std::string::npos;
}

void check_array(const NamedArray& array) {
  const auto fail = [&](const std::string& problem) {
    throw RunError(fmt::format("array \"{}\" {}", array.name, problem));
  };
  constexpr std::size_t most_axes = 32;  // of a data set in HDF5
  if (array.shape.size() > most_axes) {
    fail(fmt::format("has {} dimensions; at most {} are accepted", array.shape.size(), most_axes));
  }
  std::size_t elements = 1;
  for (const Index length : array.shape) {
    if (length < 0) fail("has a negative length in its shape");
    if (__builtin_mul_overflow(elements, static_cast<std::size_t>(length), &elements)) {
      fail("has a shape of more numbers than there can be");
    }
  }
  if (elements != array.values.size()) {
    fail(fmt::format("has {} values; its shape asks for {}", array.values.size(), elements));
  }
  if (!array.axes.empty() && array.axes.size() != array.shape.size()) {
    fail(fmt::format("has {} axes named and {} dimensions", array.axes.size(), array.shape.size()));
  }
}

}  // namespace

void check_results(const AnalysisResults& results) {
  std::set<std::string> names;
  const auto check_name = [&](const std::string& name) {
    if (!is_path(name)) throw RunError(fmt::format("\"{}\" cannot be the name of an array", name));
    if (!names.insert(name).second) throw RunError(fmt::format("there are two arrays called \"{}\"", name));
  };
  for (const NamedArray& array : results.arrays) {
    check_name(array.name);
    check_array(array);
  }
  for (const NamedTexts& texts : results.texts) check_name(texts.name);
  for (const std::string& name : names) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      if (!names.contains(name.substr(0, slash))) continue;
      throw RunError(fmt::format("\"{}\" cannot lie in \"{}\", which is an array itself", name, name.substr(0, slash)));
    }
  }
}

ResultsFile::ResultsFile(const std::filesystem::path& file) : writer_(file) {
  writer_.attribute("/", "format_version", file_format_version);
  writer_.attribute("/", "mrnn_version", version());
}

void ResultsFile::write_info(const RunInfo& info) {
  writer_.attribute("/", "experiment", info.experiment);
  writer_.attribute("/", "created", info.created);
  writer_.attribute("/", "config", info.config);
  writer_.attribute("/", "overrides", info.overrides);
  writer_.attribute("/", "seed", info.seed);
  writer_.attribute("/", "backend", info.backend);
  writer_.attribute("/", "precision", info.precision == Precision::float32 ? "float32" : "float64");
  writer_.attribute("/", "products", name_of(info.products));
  writer_.attribute("/", "device", info.device);
  writer_.attribute("/", "threads", std::int64_t{info.threads});
  writer_.attribute("/", "ranks", std::int64_t{info.ranks});
  if (!info.checkpoint.empty()) writer_.attribute("/", "checkpoint", info.checkpoint);
}

void ResultsFile::write_network(const Network& network, const Parameters& parameters) {
  units_ = network.units();
  write_network_group(writer_, network, parameters);
}

void ResultsFile::write_training(const TrainingOutcome& outcome) {
  write_history(writer_, "/training", outcome.history);
  writer_.attribute("/training", "stopped_by", outcome.stopped_by);
  writer_.attribute("/training", "iterations", outcome.iterations);
  writer_.attribute("/training", "best_iteration", outcome.best_iteration);
}

void ResultsFile::write_simulation(const Simulation& simulation) {
  if (units_ == 0) throw ShapeError("write_network() comes before write_simulation()");
  write_simulation_group(writer_, simulation, units_);
}

void ResultsFile::write_scores(const Simulation& simulation, const Scores& scores, const std::string& measure) {
  if (scores.score.size() == 0) return;
  const std::string group = "/simulations/" + simulation.name;
  writer_.attribute(group, "performance", performance(scores));
  writer_.attribute(group, "performance_measure", measure);
  writer_.write(group + "/score", {scores.score.size()}, std::vector<double>(scores.score.begin(), scores.score.end()));
}

void ResultsFile::write_analysis(const std::string& label, const AnalysisResults& results) {
  if (!is_path(label)) throw RunError(fmt::format("\"{}\" cannot be the name of an analysis", label));
  check_results(results);
  const std::string group = "/analyses/" + label;
  writer_.group(group);
  writer_.attribute(group, "summary", join(results.summary, "\n"));
  for (const NamedArray& array : results.arrays) {
    const std::string name = group + "/" + array.name;
    writer_.write(name, array.shape, array.values);
    writer_.attribute(name, "units", array.units);
    writer_.attribute(name, "axes", array.axes);
    writer_.attribute(name, "description", array.description);
  }
  for (const NamedTexts& texts : results.texts) {
    const std::string name = group + "/" + texts.name;
    writer_.write_texts(name, texts.values);
    writer_.attribute(name, "units", "1");
    writer_.attribute(name, "axes", texts.axis.empty() ? std::vector<std::string>{} : std::vector{texts.axis});
    writer_.attribute(name, "description", texts.description);
  }
}

void ResultsFile::finish() {
  writer_.finish_sealed();
}

}  // namespace mrnn
