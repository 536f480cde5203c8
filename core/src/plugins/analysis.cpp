#include "mrnn/analysis.hpp"

#include <utility>

#include "mrnn/error.hpp"
#include "run/simulate.hpp"
#include "run/trial_check.hpp"

namespace mrnn {

Analysis::~Analysis() = default;

void Analysis::check(const std::vector<const Simulation*>& /*planned*/) const {}

void expect_one_simulation(const ConfigNode& config, std::string_view why) {
  if (!config.has("simulation") || config.texts("simulation").size() < 2) return;
  config.fail("simulation", "names several; " + std::string(why));
}

void AnalysisResults::add(NamedArray array) {
  Index size = 1;
  bool fits = true;
  for (const Index length : array.shape) fits = fits && !__builtin_mul_overflow(size, length, &size);
  if (!fits || size != std::ssize(array.values) || array.axes.size() != array.shape.size()) {
    throw ShapeError("array \"" + array.name + "\" has " + std::to_string(array.values.size()) + " values and " +
                     std::to_string(array.axes.size()) + " axes, which do not fit its shape");
  }
  for (const NamedArray& other : arrays) {
    if (other.name == array.name) throw ShapeError("the analysis hands back two arrays called \"" + array.name + "\"");
  }
  arrays.push_back(std::move(array));
}

void AnalysisResults::add(std::string name, const Eigen::Ref<const Eigen::MatrixXd>& matrix,
                          std::vector<std::string> axes, std::string units, std::string description) {
  NamedArray array{std::move(name), {matrix.rows(), matrix.cols()}, {}, std::move(units),
                   std::move(axes), std::move(description)};
  array.values.reserve(static_cast<std::size_t>(matrix.size()));
  for (Index row = 0; row < matrix.rows(); ++row) {
    for (Index column = 0; column < matrix.cols(); ++column) array.values.push_back(matrix(row, column));
  }
  if (array.axes.size() == 1 && matrix.cols() == 1) array.shape = {matrix.rows()};
  add(std::move(array));
}

void AnalysisResults::scalar(std::string name, double value, std::string units, std::string description) {
  add(NamedArray{std::move(name), {}, {value}, std::move(units), {}, std::move(description)});
}

const NamedArray& AnalysisResults::array(const std::string& name) const {
  for (const NamedArray& array : arrays) {
    if (array.name == name) return array;
  }
  throw RunError("the results of the analysis have no array called \"" + name + "\"");
}

AnalysisContext::AnalysisContext(const Network& network, const Parameters& parameters,
                                 std::vector<const Simulation*> simulations, AnalysisResources resources)
    : network_(network),
      parameters_(parameters),
      simulations_(std::move(simulations)),
      resources_(std::move(resources)) {}

const AnalysisResults& AnalysisContext::earlier(const std::string& label) const {
  const auto found = resources_.earlier.find(label);
  if (found == resources_.earlier.end()) {
    throw RunError("an analysis called \"" + label + "\" did not run before this one");
  }
  if (found->second == nullptr) {
    throw RunError("analysis \"" + label + "\", whose results are looked at, failed");
  }
  return *found->second;
}

std::unique_ptr<Session> AnalysisContext::open(const Simulation& simulation) const {
  SessionOptions options = resources_.options;
  options.precision = Precision::float64;
  options.products = Products::ieee;
  options.seed = simulation.seed;
  auto session = resources_.backend.open(network_, options);
  session->write_parameters(parameters_);
  session->load(simulation.trials);
  return session;
}

Simulation AnalysisContext::rerun(const Simulation& simulation, Trials trials, const Record& record) const {
  Simulation again;
  again.name = simulation.name;
  check_trials(network_, trials);
  again.trials = std::move(trials);
  again.record = record;
  again.noise = simulation.noise;
  again.seed = simulation.seed;
  again.task = simulation.task;
  SessionOptions options = resources_.options;
  options.seed = simulation.seed;
  const auto session = resources_.backend.open(network_, options);
  session->write_parameters(parameters_);
  run_trials(resources_.backend, *session, again, [&](Index /*done*/) {
    if (resources_.progress != nullptr && resources_.progress->interrupted()) {
      throw Interrupted("interrupted in " + resources_.work);
    }
  });
  return again;
}

void AnalysisContext::expect(long total) const {
  if (resources_.progress != nullptr) resources_.progress->begin(resources_.work, total);
}

void AnalysisContext::advance(long done) const {
  if (resources_.progress == nullptr) return;
  if (resources_.progress->interrupted()) throw Interrupted("interrupted in " + resources_.work);
  resources_.progress->advance(done);
}

}  // namespace mrnn
