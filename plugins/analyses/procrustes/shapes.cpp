#include "shapes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mrnn/linear_algebra.hpp"
#include "mrnn/transport.hpp"

namespace procrustes {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Below this share of the squared norms, |X|^2 + |Y|^2 - 2 <X, Q Y> loses digits, and X - Q Y is made instead.
constexpr double close = 1e-3;

void centre(mrnn::Sequence& samples) {
  auto values = samples.at(0);
  values.colwise() -= values.rowwise().mean().eval();
}

/// M / norm.
MatrixXd map_of(const Shape& shape) {
  if (shape.map.size() > 0) return shape.map / shape.norm;
  return MatrixXd::Identity(shape.samples.units, shape.samples.units) / shape.norm;
}

/// X Y^T of the shapes.
MatrixXd products_of(const Shape& x, const Shape& y) {
  MatrixXd products = mrnn::cross_product(x.samples.at(0), y.samples.at(0)) / (x.norm * y.norm);
  if (x.map.size() > 0) products = x.map * products;
  if (y.map.size() > 0) products *= y.map.transpose();
  return products;
}

/// |A X - B Y|^2, or |A X|^2 without Y; some samples at a time.
double squared_difference(const MatrixXd& a, const Shape& x, const MatrixXd& b, const Shape* y) {
  constexpr Index most = 1024;
  const auto values = x.samples.at(0);
  double squared = 0.0;
  for (Index first = 0; first < values.cols(); first += most) {
    const Index count = std::min(most, values.cols() - first);
    MatrixXd difference = a * values.middleCols(first, count);
    if (y != nullptr) difference -= b * y->samples.at(0).middleCols(first, count);
    squared += difference.squaredNorm();
  }
  return squared;
}

/// |X - Q Y|^2 for Q that takes directions V of Y to directions U of X. What lies in no direction stays as it is.
double squared_gap(const Shape& x, const Shape& y, const mrnn::Svd& factors) {
  const MatrixXd map_x = map_of(x), map_y = map_of(y);
  const MatrixXd along_x = factors.u.transpose() * map_x, along_y = factors.v.transpose() * map_y;
  double squared = squared_difference(along_x, x, along_y, &y);
  if (factors.u.cols() < x.samples.units) squared += squared_difference(map_x - factors.u * along_x, x, {}, nullptr);
  if (factors.v.cols() < y.samples.units) squared += squared_difference(map_y - factors.v * along_y, y, {}, nullptr);
  return squared;
}

Match match_rotated(const Shape& x, const Shape& y) {
  const mrnn::Svd factors = mrnn::svd(products_of(x, y));
  Match found;
  found.correlations = factors.values;
  found.overlap = factors.values.sum();
  const double total = x.squared_norm + y.squared_norm;
  double squared = total - 2.0 * found.overlap;
  if (squared < close * total) squared = squared_gap(x, y, factors);
  found.gap = std::sqrt(std::max(0.0, squared));
  return found;
}

Match match_exchanged(const Shape& x, const Shape& y) {
  const MatrixXd products = products_of(x, y);
  const auto values_x = x.samples.at(0), values_y = y.samples.at(0);
  Match found;
  found.partners = mrnn::best_assignment(-products);
  std::vector<bool> taken(static_cast<std::size_t>(y.samples.units), false);
  double squared = 0.0;
  for (Index unit = 0; unit < values_x.rows(); ++unit) {
    const Index partner = found.partners[static_cast<std::size_t>(unit)];
    if (partner < 0) {
      squared += values_x.row(unit).squaredNorm() / (x.norm * x.norm);
      continue;
    }
    taken[static_cast<std::size_t>(partner)] = true;
    found.overlap += products(unit, partner);
    squared += (values_x.row(unit) / x.norm - values_y.row(partner) / y.norm).squaredNorm();
  }
  for (Index unit = 0; unit < values_y.rows(); ++unit) {
    if (!taken[static_cast<std::size_t>(unit)]) squared += values_y.row(unit).squaredNorm() / (y.norm * y.norm);
  }
  found.gap = std::sqrt(squared);
  return found;
}

}  // namespace

Shape make_shape(mrnn::Sequence samples, bool scaled) {
  Shape shape{std::move(samples)};
  centre(shape.samples);
  const double norm = shape.samples.at(0).norm();
  if (scaled) shape.norm = norm;
  shape.squared_norm = scaled ? 1.0 : norm * norm;
  return shape;
}

Shape make_white_shape(mrnn::Sequence samples, double ridge) {
  Shape shape{std::move(samples)};
  centre(shape.samples);
  const auto values = shape.samples.at(0);
  const mrnn::SymmetricEigen eigen = mrnn::symmetric_eigen(mrnn::cross_product(values, values));
  const double added = ridge * eigen.values.mean();
  const double rounding = static_cast<double>(values.cols()) * std::numeric_limits<double>::epsilon() * eigen.values(0);
  const VectorXd scale = eigen.values.unaryExpr(
      [&](double variance) { return variance > rounding ? 1.0 / std::sqrt(variance + added) : 0.0; });
  shape.map = scale.asDiagonal() * eigen.vectors.transpose();
  shape.norm = std::sqrt(eigen.values.cwiseProduct(scale.cwiseAbs2()).sum());
  shape.squared_norm = 1.0;
  return shape;
}

Match match(const Shape& x, const Shape& y, Transform transform) {
  return transform == Transform::orthogonal ? match_rotated(x, y) : match_exchanged(x, y);
}

}  // namespace procrustes
