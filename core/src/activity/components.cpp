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

}  // namespace

Components principal_components(const Eigen::Ref<const MatrixXd>& centred, Index count) {
  const MatrixXd product = small_product(centred);
  const SymmetricEigen eigen = symmetric_eigen(product);
  const double total = product.trace();
  Components found;
  const Index most = std::min(count, product.rows());
  found.directions.resize(centred.rows(), most);
  found.shares.resize(most);
  Index kept = 0;
  for (; kept < most; ++kept) {
    const double variance = eigen.values(kept);
    if (!(variance > no_variance * total)) break;
    Eigen::VectorXd direction = eigen.vectors.col(kept);
    if (centred.rows() > centred.cols()) direction = (centred * direction).normalized();
    Index largest = 0;
    direction.cwiseAbs().maxCoeff(&largest);
    found.directions.col(kept) = direction(largest) < 0.0 ? Eigen::VectorXd(-direction) : direction;
    found.shares(kept) = variance / total;
  }
  found.directions.conservativeResize(Eigen::NoChange, kept);
  found.shares.conservativeResize(kept);
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
