#include "reduced_rank.hpp"

#include <algorithm>
#include <limits>

namespace communication_subspace {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;

void decompose(Training& training) {
  training.svd = mrnn::svd(training.source);
  // As numpy's matrix_rank of the whole table: so many samples, not so many rows of its factor.
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const double size = std::max(training.samples, static_cast<double>(training.source.cols()));
  const VectorXd& values = training.svd.values;
  training.rank = values.size() == 0 ? 0 : (values.array() > size * epsilon * values(0)).count();
  training.rotated = training.svd.u.leftCols(training.rank).transpose() * training.target;
}

/// d / (d^2 + lambda) for the singular values that are not 0.
VectorXd shrunk(const Training& training, double lambda) {
  const auto values = training.svd.values.head(training.rank).array();
  return values / (values.square() + lambda);
}

}  // namespace

Training training_of(const Table& table) {
  const Index p = table.sources, rows = std::min(p, table.factor.rows() - 1);
  Training training;
  training.samples = table.samples();
  training.means = table.means();
  // Below the first row, which holds the means, the factor is that of the centred table.
  training.source = table.factor.block(1, 1, rows, p);
  training.target = table.factor.block(1, 1 + p, rows, table.targets());
  decompose(training);
  return training;
}

Training project(const Training& training, const MatrixXd& axes) {
  Training projected;
  projected.means = training.means;
  projected.samples = training.samples;
  projected.source = training.source * axes;
  projected.target = training.target;
  decompose(projected);
  return projected;
}

ReducedRank reduced_rank(const Training& training, double lambda) {
  const VectorXd shrink = shrunk(training, lambda);
  const VectorXd gain = shrink.cwiseProduct(training.svd.values.head(training.rank));
  const mrnn::Svd prediction = mrnn::svd(gain.asDiagonal() * training.rotated);  // X B = U (this)
  ReducedRank fit;
  fit.axes = prediction.v;
  for (auto axis : fit.axes.colwise()) {
    Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    if (axis(largest) < 0.0) axis *= -1.0;
  }
  fit.dimensions = training.svd.v.leftCols(training.rank) * (shrink.asDiagonal() * (training.rotated * fit.axes));
  return fit;
}

VectorXd losses(const Table& test, const Training& training, const ReducedRank& fit, const MatrixXd* axes,
                Index ranks) {
  const MatrixXd centred = test.about(training.means);
  const auto targets = centred.rightCols(test.targets());
  const auto sources = centred.leftCols(test.sources);
  const MatrixXd along = targets * fit.axes;
  const MatrixXd predicted = sources * (axes == nullptr ? fit.dimensions : MatrixXd(*axes * fit.dimensions));
  VectorXd losses(ranks + 1);
  losses(0) = targets.squaredNorm();
  for (Index m = 1; m <= ranks; ++m) {
    losses(m) = losses(m - 1);
    if (m > along.cols()) continue;
    // One axis more is predicted: its error takes the place of its square.
    losses(m) += (along.col(m - 1) - predicted.col(m - 1)).squaredNorm() - along.col(m - 1).squaredNorm();
  }
  return losses / test.target_squares();
}

VectorXd ridge_losses(const Table& test, const Training& training, const VectorXd& lambdas) {
  const MatrixXd centred = test.about(training.means);
  const auto targets = centred.rightCols(test.targets());
  const MatrixXd sources = centred.leftCols(test.sources) * training.svd.v.leftCols(training.rank);
  // |Y - Z diag(s) G|^2 as a quadratic function of s, the same for every penalty.
  const VectorXd linear = (sources.transpose() * targets).cwiseProduct(training.rotated).rowwise().sum();
  const MatrixXd quadratic =
      (sources.transpose() * sources).cwiseProduct(training.rotated * training.rotated.transpose());
  VectorXd losses(lambdas.size());
  for (Index k = 0; k < lambdas.size(); ++k) {
    const VectorXd shrink = shrunk(training, lambdas(k));
    losses(k) = targets.squaredNorm() - 2.0 * linear.dot(shrink) + shrink.dot(quadratic * shrink);
  }
  return losses / test.target_squares();
}

MatrixXd uncorrelated_axes(const Training& training, const MatrixXd& dimensions) {
  const Index p = training.source.cols();
  MatrixXd correlated(p, dimensions.cols() + p);
  correlated << training.source.transpose() * (training.source * dimensions), MatrixXd::Identity(p, p);
  return mrnn::qr(correlated).q.rightCols(p - dimensions.cols());
}

}  // namespace communication_subspace
