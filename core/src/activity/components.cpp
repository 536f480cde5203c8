#include "mrnn/components.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mrnn/linear_algebra.hpp"

namespace mrnn {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

/// Variance below this share of the total is rounding.
constexpr double no_variance = 1e-14;

/// The smaller of the two product matrices: both have the same nonzero eigenvalues.
MatrixXd small_product(const Eigen::Ref<const MatrixXd>& centred) {
  const bool many_units = centred.rows() > centred.cols();
  return many_units ? MatrixXd(centred.transpose() * centred) : cross_product(centred, centred);
}

/// The sign of which the largest entry is positive.
void orient(const Eigen::VectorXd& direction, Eigen::Ref<Eigen::VectorXd> oriented) {
  Index largest = 0;
  direction.cwiseAbs().maxCoeff(&largest);
  oriented = direction(largest) < 0.0 ? Eigen::VectorXd(-direction) : direction;
}

}  // namespace

Components principal_components(const Eigen::Ref<const MatrixXd>& centred, Index count) {
  Components found = components_of_covariance(small_product(centred), count);
  if (centred.rows() <= centred.cols()) return found;
  found.directions = centred * found.directions;
  for (auto direction : found.directions.colwise()) orient(direction.normalized(), direction);
  return found;
}

Components components_of_covariance(const Eigen::Ref<const MatrixXd>& covariance, Index count) {
  const SymmetricEigen eigen = symmetric_eigen(covariance);
  const double total = covariance.trace();
  const Index most = std::min(count, covariance.rows());
  Index kept = 0;
  while (kept < most && eigen.values(kept) > no_variance * total) ++kept;
  Components found;
  found.directions.resize(covariance.rows(), kept);
  for (Index k = 0; k < kept; ++k) orient(eigen.vectors.col(k), found.directions.col(k));
  found.shares = eigen.values.head(kept) / total;
  return found;
}

double participation_ratio(const Eigen::Ref<const MatrixXd>& centred) {
  // tr(C)^2 / tr(C^2), without eigenvalues.
  const MatrixXd product = small_product(centred);
  const double squares = product.squaredNorm();
  return squares > 0.0 ? product.trace() * product.trace() / squares : 0.0;
}

std::string component_label(const Components& components, Index index) {
  const double percent = 100.0 * components.shares(index);
  // Rounded, but never to none where there is some.
  if (percent > 0.0 && percent < 0.5) return fmt::format("PC {} (< 1 %)", index + 1);
  return fmt::format("PC {} ({:.0f} %)", index + 1, percent);
}

}  // namespace mrnn
