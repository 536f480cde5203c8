#include "marginals.hpp"

#include <utility>

namespace dpca {
namespace {

/// Neighbours along an axis lie this many columns apart.
Index stride(const std::vector<Index>& lengths, std::size_t axis) {
  Index columns = 1;
  for (std::size_t later = axis + 1; later < lengths.size(); ++later) columns *= lengths[later];
  return columns;
}

Tensor mean_over(const Tensor& x, std::size_t axis) {
  const Index length = x.lengths[axis], step = stride(x.lengths, axis);
  Tensor mean{MatrixXd::Zero(x.values.rows(), x.values.cols() / length), x.lengths};
  mean.lengths[axis] = 1;
  for (Index outer = 0; outer < mean.values.cols() / step; ++outer) {
    auto sum = mean.values.middleCols(outer * step, step);
    for (Index i = 0; i < length; ++i) sum += x.values.middleCols((outer * length + i) * step, step);
    sum /= static_cast<double>(length);
  }
  return mean;
}

/// Leaves the mean over the axis in x and returns the deviations from it.
Tensor split(Tensor& x, std::size_t axis) {
  const Index length = x.lengths[axis], step = stride(x.lengths, axis);
  Tensor mean = mean_over(x, axis);
  for (Index outer = 0; outer < mean.values.cols() / step; ++outer) {
    for (Index i = 0; i < length; ++i) {
      x.values.middleCols((outer * length + i) * step, step) -= mean.values.middleCols(outer * step, step);
    }
  }
  std::swap(x, mean);
  return mean;
}

bool contains(Term term, std::size_t axis) {
  return ((term >> axis) & 1U) != 0U;
}

/// A symmetric product at half the price.
void add_square(const MatrixXd& y, double factor, MatrixXd& sum) {
  MatrixXd square = MatrixXd::Zero(y.rows(), y.rows());
  square.selfadjointView<Eigen::Lower>().rankUpdate(y, factor);
  sum += square.selfadjointView<Eigen::Lower>();
}

}  // namespace

Term Marginalisation::axes() const noexcept {
  Term all = 0;
  for (const Term term : terms) all |= term;
  return all;
}

std::vector<Tensor> marginals(Tensor x) {
  const std::size_t axes = x.lengths.size();
  std::vector<Tensor> parts;
  parts.push_back(std::move(x));
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::size_t count = parts.size();  // parts without this axis stay where they are, those with it follow
    for (std::size_t term = 0; term < count; ++term) {
      Tensor deviations = split(parts[term], axis);
      parts.push_back(std::move(deviations));
    }
  }
  return parts;
}

double repeats(const std::vector<Index>& lengths, Term term) {
  double times = 1.0;
  for (std::size_t axis = 0; axis < lengths.size(); ++axis) {
    if (!contains(term, axis)) times *= static_cast<double>(lengths[axis]);
  }
  return times;
}

Tensor centred(Tensor x, Eigen::VectorXd& mean) {
  mean = x.values.rowwise().mean();
  x.values.colwise() -= mean;
  return x;
}

Moments moments(const Tensor& x, const std::vector<Marginalisation>& marginalisations) {
  const Index units = x.values.rows();
  const std::vector<Tensor> terms = marginals(x);
  Moments found{{}, MatrixXd::Zero(units, units)};
  for (const Marginalisation& marginalisation : marginalisations) {
    MatrixXd part = MatrixXd::Zero(units, units);
    for (const Term term : marginalisation.terms) add_square(terms[term].values, repeats(x.lengths, term), part);
    found.total += part;
    found.parts.push_back(std::move(part));
  }
  return found;
}

std::vector<MatrixXd> cross_moments(const Tensor& x, const Tensor& y,
                                    const std::vector<Marginalisation>& marginalisations) {
  const std::vector<Tensor> of_x = marginals(x), of_y = marginals(y);
  std::vector<MatrixXd> found;
  for (const Marginalisation& marginalisation : marginalisations) {
    MatrixXd part = MatrixXd::Zero(x.values.rows(), y.values.rows());
    for (const Term term : marginalisation.terms) {
      part += repeats(x.lengths, term) * (of_x[term].values * of_y[term].values.transpose());
    }
    found.push_back(std::move(part));
  }
  return found;
}

}  // namespace dpca
