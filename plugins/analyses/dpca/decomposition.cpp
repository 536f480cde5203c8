#include "decomposition.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "mrnn/linear_algebra.hpp"

namespace dpca {
namespace {

using Eigen::VectorXd;

/// Squared singular values below this share of the largest are rounding.
constexpr double no_variance = 1e-12;

/// Share of |X|^2 that p d^T X explains of a part with second moment G: (2 d^T G p - d^T G d |p|^2) / |X|^2.
double explained(const MatrixXd& moment, const VectorXd& p, const VectorXd& d) {
  const VectorXd decoded = moment * d;
  return 2.0 * p.dot(decoded) - d.dot(decoded) * p.squaredNorm();
}

void flip_signs(Pair& pair) {
  for (Index k = 0; k < pair.encoders.cols(); ++k) {
    if (pair.encoders.col(k).array().sign().sum() >= 0.0) continue;
    pair.encoders.col(k) *= -1.0;
    pair.decoders.col(k) *= -1.0;
  }
}

void append(const MatrixXd& columns, MatrixXd& matrix) {
  const Index before = matrix.cols();
  matrix.conservativeResize(columns.rows(), before + columns.cols());
  matrix.rightCols(columns.cols()) = columns;
}

/// Best explained first; of equals, in the order of the marginalisations.
void sort(const Moments& moments, Decomposition& found) {
  std::vector<double> shares;
  for (Index k = 0; k < found.encoders.cols(); ++k) {
    shares.push_back(explained(moments.total, found.encoders.col(k), found.decoders.col(k)));
  }
  std::vector<Index> order(shares.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](Index k) { return shares[static_cast<std::size_t>(k)]; });
  Decomposition sorted{
      MatrixXd(found.encoders.rows(), std::ssize(order)), MatrixXd(found.encoders.rows(), std::ssize(order)), {}};
  for (std::size_t k = 0; k < order.size(); ++k) {
    sorted.encoders.col(static_cast<Index>(k)) = found.encoders.col(order[k]);
    sorted.decoders.col(static_cast<Index>(k)) = found.decoders.col(order[k]);
    sorted.origin.push_back(found.origin[static_cast<std::size_t>(order[k])]);
  }
  found = std::move(sorted);
}

/// Correlations of variables with this covariance.
MatrixXd correlations(const MatrixXd& covariance) {
  const VectorXd scale = covariance.diagonal().cwiseMax(std::numeric_limits<double>::min()).cwiseSqrt().cwiseInverse();
  return scale.asDiagonal() * covariance * scale.asDiagonal();
}

}  // namespace

Demixer::Demixer(const Moments& moments, const MatrixXd& moment) {
  mrnn::SymmetricEigen eigen = mrnn::symmetric_eigen(moment);
  values_ = std::move(eigen.values);
  vectors_ = std::move(eigen.vectors);
  inner_ = vectors_.transpose() * moments.total * vectors_;
  for (const MatrixXd& part : moments.parts) parts_.emplace_back(part * vectors_);
}

VectorXd Demixer::inverse(double ridge) const {
  const double limit = static_cast<double>(values_.size()) * std::numeric_limits<double>::epsilon() *
                       (std::max(values_(0), 0.0) + ridge);
  return values_.unaryExpr([&](double value) {
    const double total = value + ridge;
    return total > limit ? 1.0 / total : 0.0;
  });
}

Pair Demixer::demix(std::size_t marginalisation, double ridge, Index count) const {
  const MatrixXd c = parts_[marginalisation] * inverse(ridge).asDiagonal();  // C V
  // Left singular vectors of C X: eigenvectors of C X X^T C^T.
  const mrnn::SymmetricEigen eigen = mrnn::symmetric_eigen(c * inner_ * c.transpose());
  Index kept = 0;
  while (kept < std::min(count, eigen.values.size()) && eigen.values(kept) > no_variance * eigen.values(0)) ++kept;
  Pair pair{eigen.vectors.leftCols(kept), {}};
  pair.decoders = vectors_ * (c.transpose() * pair.encoders);
  return pair;
}

Decomposition decompose(const Moments& moments, const Demixer& demixer, double ridge,
                        const std::vector<Marginalisation>& marginalisations) {
  Decomposition found;
  const double total = moments.total.trace();
  for (std::size_t m = 0; m < marginalisations.size(); ++m) {
    const Index count = marginalisations[m].components;
    // A part without variance, such as an interaction that does not exist, has no components.
    if (count == 0 || !(moments.parts[m].trace() > no_variance * total)) continue;
    Pair pair = demixer.demix(m, ridge, count);
    flip_signs(pair);
    append(pair.encoders, found.encoders);
    append(pair.decoders, found.decoders);
    found.origin.insert(found.origin.end(), static_cast<std::size_t>(pair.encoders.cols()), m);
  }
  sort(moments, found);
  return found;
}

double ridge_of(double lambda, const Moments& moments) {
  const double root = lambda * moments.total.trace();
  return root * root;
}

Explained explain(const Moments& moments, const Decomposition& found) {
  const Index components = found.encoders.cols();
  const auto parts = std::ssize(moments.parts);
  const double total = moments.total.trace();
  Explained result{
      MatrixXd(components, parts), {}, VectorXd(components), VectorXd(components), VectorXd(parts), {}, {}};
  for (Index m = 0; m < parts; ++m) {
    const MatrixXd& part = moments.parts[static_cast<std::size_t>(m)];
    result.shares(m) = part.trace() / total;
    for (Index k = 0; k < components; ++k) {
      result.by_part(k, m) = explained(part, found.encoders.col(k), found.decoders.col(k)) / total;
    }
  }
  result.single = result.by_part.rowwise().sum();
  const MatrixXd projected = found.decoders.transpose() * moments.total;  // D X X^T
  const MatrixXd covariance = projected * found.decoders;
  const MatrixXd crossed = projected * found.encoders;
  result.overlaps = found.encoders.transpose() * found.encoders;
  result.correlations = correlations(covariance);
  const VectorXd variances = mrnn::symmetric_eigen(moments.total).values;
  for (Index k = 0; k < components; ++k) {
    // |X - P D X|^2 = |X|^2 - 2 tr(D X X^T P) + tr(P^T P D X X^T D^T).
    const Index n = k + 1;
    const double lost = -2.0 * crossed.topLeftCorner(n, n).trace() +
                        result.overlaps.topLeftCorner(n, n).cwiseProduct(covariance.topLeftCorner(n, n)).sum();
    result.cumulative(k) = -lost / total;
    result.principal(k) = variances.head(std::min(n, variances.size())).sum() / total;
  }
  return result;
}

}  // namespace dpca
