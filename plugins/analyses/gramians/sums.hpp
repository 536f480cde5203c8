#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "mrnn/selection.hpp"

namespace gramians {

/// Over k = 0, 1, ...: sums of A^k Q (A^k)^T for each Q of `reached`, of (A^k)^T Q A^k for each of `seen`.
struct Sums {
  std::vector<Eigen::MatrixXd> reached, seen;
};

/// The first `terms` terms of those sums, or all of them where that is 0, by doubling: the powers of A are shared, and
/// the number of products grows with the logarithm of the number of terms.
/// @param first  the terms k = 0, symmetric
/// @param tick   called after each doubling
/// @throws RunError where the sums overflow or do not converge.
Sums sum_powers(const Eigen::MatrixXd& a, const Sums& first, mrnn::Index terms, const std::function<void()>& tick);

/// About how often it doubles.
mrnn::Index doublings(double spectral_radius, mrnn::Index terms);

}  // namespace gramians
