#include "shapes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/linear_algebra.hpp"
#include "mrnn/transport.hpp"

namespace procrustes {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Below this share of the squared norms, |X|^2 + |Y|^2 - 2 <X, Q Y> loses digits, and X - Q Y is made instead.
constexpr double close = 1e-3;

/// |X - Q Y|^2 for Q that takes directions V of Y to directions U of X. What lies in no direction stays as it is.
double squared_gap(const Eigen::Ref<const MatrixXd>& x, const Eigen::Ref<const MatrixXd>& y, const mrnn::Svd& factors) {
  const MatrixXd along_x = factors.u.transpose() * x, along_y = factors.v.transpose() * y;
  double squared = (along_x - along_y).squaredNorm();
  if (factors.u.cols() < x.rows()) squared += (x - factors.u * along_x).squaredNorm();
  if (factors.v.cols() < y.rows()) squared += (y - factors.v * along_y).squaredNorm();
  return squared;
}

Match match_rotated(const Eigen::Ref<const MatrixXd>& x, const Eigen::Ref<const MatrixXd>& y) {
  const mrnn::Svd factors = mrnn::svd(x * y.transpose());
  Match found;
  found.correlations = factors.values;
  found.overlap = factors.values.sum();
  const double total = x.squaredNorm() + y.squaredNorm();
  double squared = total - 2.0 * found.overlap;
  if (squared < close * total) squared = squared_gap(x, y, factors);
  found.gap = std::sqrt(std::max(0.0, squared));
  return found;
}

Match match_exchanged(const Eigen::Ref<const MatrixXd>& x, const Eigen::Ref<const MatrixXd>& y) {
  const MatrixXd products = x * y.transpose();
  Match found;
  found.partners = mrnn::best_assignment(-products);
  std::vector<bool> taken(static_cast<std::size_t>(y.rows()), false);
  double squared = 0.0;
  for (Index unit = 0; unit < x.rows(); ++unit) {
    const Index partner = found.partners[static_cast<std::size_t>(unit)];
    if (partner < 0) {
      squared += x.row(unit).squaredNorm();
      continue;
    }
    taken[static_cast<std::size_t>(partner)] = true;
    found.overlap += products(unit, partner);
    squared += (x.row(unit) - y.row(partner)).squaredNorm();
  }
  for (Index unit = 0; unit < y.rows(); ++unit) {
    if (!taken[static_cast<std::size_t>(unit)]) squared += y.row(unit).squaredNorm();
  }
  found.gap = std::sqrt(std::max(0.0, squared));
  return found;
}

}  // namespace

void centre(Eigen::Ref<MatrixXd> values) {
  values.colwise() -= values.rowwise().mean().eval();
}

void whiten(Eigen::Ref<MatrixXd> values, double ridge) {
  MatrixXd covariance = MatrixXd::Zero(values.rows(), values.rows());
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(values);
  const mrnn::SymmetricEigen eigen = mrnn::symmetric_eigen(covariance);
  const double added = ridge * eigen.values.mean();
  const double rounding = static_cast<double>(values.cols()) * std::numeric_limits<double>::epsilon() * eigen.values(0);
  const VectorXd scale = eigen.values.unaryExpr(
      [&](double variance) { return variance > rounding ? 1.0 / std::sqrt(variance + added) : 0.0; });
  values = (scale.asDiagonal() * eigen.vectors.transpose()).eval() * values;
}

Match match(const Eigen::Ref<const MatrixXd>& x, const Eigen::Ref<const MatrixXd>& y, Transform transform) {
  return transform == Transform::orthogonal ? match_rotated(x, y) : match_exchanged(x, y);
}

}  // namespace procrustes
