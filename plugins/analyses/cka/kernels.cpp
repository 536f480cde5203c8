#include "kernels.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "mrnn/linear_algebra.hpp"

namespace cka {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Samples = Eigen::Map<const MatrixXd>;

double dot(const MatrixXd& a, const MatrixXd& b) {
  return a.cwiseProduct(b).sum();
}

/// X^T X, half of it computed.
MatrixXd sample_products(const Samples& x) {
  MatrixXd products = MatrixXd::Zero(x.cols(), x.cols());
  products.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  return products.selfadjointView<Eigen::Lower>();
}

/// |X Y^T|^2, which is also sum_ij (X^T X)_ij (Y^T Y)_ij: by the smaller of the products.
double squared_products(const Samples& x, const Samples& y) {
  if (x.cols() >= std::min(x.rows(), y.rows())) return mrnn::cross_product(x, y).squaredNorm();
  const MatrixXd products = sample_products(x);
  return x.data() == y.data() ? products.squaredNorm() : dot(products, sample_products(y));
}

/// The median over pairs i < j: of an even number the mean of the two in the middle.
double median_distance(const MatrixXd& squared) {
  std::vector<double> distances;
  distances.reserve(static_cast<std::size_t>(squared.rows() * (squared.rows() - 1) / 2));
  for (Index j = 0; j < squared.cols(); ++j) {
    for (Index i = 0; i < j; ++i) distances.push_back(std::sqrt(squared(i, j)));
  }
  const auto middle = distances.begin() + std::ssize(distances) / 2;
  std::nth_element(distances.begin(), middle, distances.end());
  if (distances.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(distances.begin(), middle));
}

MatrixXd squared_distances(const MatrixXd& values) {
  const MatrixXd centred = values.colwise() - values.rowwise().mean();
  const VectorXd squares = centred.colwise().squaredNorm().transpose();
  MatrixXd squared = -2.0 * (centred.transpose() * centred);
  squared.colwise() += squares;
  squared.rowwise() += squares.transpose();
  squared.diagonal().setZero();
  return squared.cwiseMax(0.0);
}

void subtract_means(MatrixXd& kernel) {
  const VectorXd means = kernel.rowwise().mean();
  kernel.colwise() -= means;
  kernel.rowwise() -= means.transpose();
  kernel.array() += means.mean();
}

/// What makes sums of products of two kernels unbiased: no diagonal, and means over n - 2 entries (Szekely & Rizzo
/// 2014).
void subtract_unbiased_means(MatrixXd& kernel) {
  const auto n = static_cast<double>(kernel.rows());
  kernel.diagonal().setZero();
  const VectorXd sums = kernel.rowwise().sum();
  kernel.colwise() -= sums / (n - 2.0);
  kernel.rowwise() -= sums.transpose() / (n - 2.0);
  kernel.array() += sums.sum() / ((n - 1.0) * (n - 2.0));
  kernel.diagonal().setZero();
}

}  // namespace

LinearSamples prepare_linear(mrnn::Sequence samples, Estimate estimate) {
  LinearSamples prepared{std::move(samples), {}, 0.0};
  auto values = prepared.samples.at(0);
  values.colwise() -= values.rowwise().mean().eval();
  prepared.squares = values.colwise().squaredNorm().transpose();
  prepared.self = hsic(prepared, prepared, estimate);
  return prepared;
}

double hsic(const LinearSamples& x, const LinearSamples& y, Estimate estimate) {
  const double products = squared_products(x.samples.at(0), y.samples.at(0));
  if (estimate == Estimate::biased) return products;
  // Song et al. (2012), equation 5, without the diagonal of the kernels; the rows of centred ones sum to 0.
  const auto n = static_cast<double>(x.squares.size());
  return products - n / (n - 2.0) * x.squares.dot(y.squares) +
         x.squares.sum() * y.squares.sum() / ((n - 1.0) * (n - 2.0));
}

Kernel prepare_rbf(const MatrixXd& values, double bandwidth, Estimate estimate) {
  MatrixXd kernel = squared_distances(values);
  const double width = bandwidth * median_distance(kernel);
  if (!(width > 0.0)) return {MatrixXd::Zero(kernel.rows(), kernel.cols()), 0.0};
  kernel = (kernel.array() * (-0.5 / (width * width))).exp().matrix();
  if (estimate == Estimate::biased) {
    subtract_means(kernel);
  } else {
    subtract_unbiased_means(kernel);
  }
  Kernel prepared{std::move(kernel), 0.0};
  prepared.self = prepared.values.squaredNorm();
  return prepared;
}

double hsic(const Kernel& x, const Kernel& y) {
  return dot(x.values, y.values);
}

}  // namespace cka
