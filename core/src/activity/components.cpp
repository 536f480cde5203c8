#include "mrnn/components.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
  return many_units ? MatrixXd(centred.transpose() * centred) : MatrixXd(centred * centred.transpose());
}

/// Its largest entry positive.
Eigen::VectorXd oriented(const Eigen::VectorXd& direction) {
  Index largest = 0;
  direction.cwiseAbs().maxCoeff(&largest);
  return direction(largest) < 0.0 ? Eigen::VectorXd(-direction) : direction;
}

}  // namespace

Components principal_components(const Eigen::Ref<const MatrixXd>& centred, Index count) {
  const bool many_units = centred.rows() > centred.cols();
  Components found = components_of(small_product(centred), count);
  if (!many_units) return found;
  // Those are directions in the space of samples.
  MatrixXd directions = centred * found.directions;
  for (Index k = 0; k < directions.cols(); ++k) directions.col(k) = oriented(directions.col(k).normalized());
  found.directions = std::move(directions);
  return found;
}

Components components_of(const Eigen::Ref<const MatrixXd>& covariance, Index count) {
  const SymmetricEigen eigen = symmetric_eigen(covariance);
  const double total = covariance.trace();
  const Index most = std::min(count, covariance.rows());
  Index kept = 0;
  while (kept < most && eigen.values(kept) > no_variance * total) ++kept;
  Components found{eigen.vectors.leftCols(kept), eigen.values.head(kept) / total};
  for (Index k = 0; k < kept; ++k) found.directions.col(k) = oriented(found.directions.col(k));
  return found;
}

double participation_ratio(const Eigen::Ref<const MatrixXd>& centred) {
  // tr(C)^2 / tr(C^2), without eigenvalues.
  const MatrixXd product = small_product(centred);
  const double squares = product.squaredNorm();
  return squares > 0.0 ? product.trace() * product.trace() / squares : 0.0;
}

std::string component_label(const Components& components, Index index) {
  return fmt::format("PC {} ({:.0f} %)", index + 1, 100.0 * components.shares(index));
}

}  // namespace mrnn
