#include "mrnn/analysis.hpp"

#include <utility>

#include "mrnn/error.hpp"

namespace mrnn {

Analysis::~Analysis() = default;

void AnalysisResults::add(NamedArray array) {
  Index size = 1;
  for (const Index length : array.shape) size *= length;
  if (size != std::ssize(array.values) || array.axes.size() != array.shape.size()) {
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

AnalysisContext::AnalysisContext(const Network& network, const Parameters& parameters,
                                 std::vector<const Simulation*> simulations, const Backend& backend,
                                 const SessionOptions& options)
    : network_(network),
      parameters_(parameters),
      simulations_(std::move(simulations)),
      backend_(backend),
      options_(options) {}

std::unique_ptr<Session> AnalysisContext::open(const Simulation& simulation) const {
  SessionOptions options = options_;
  options.precision = Precision::float64;
  auto session = backend_.open(network_, options);
  session->write_parameters(parameters_);
  session->load(simulation.trials);
  return session;
}

}  // namespace mrnn
