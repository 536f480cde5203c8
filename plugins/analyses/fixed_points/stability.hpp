#pragma once

#include <Eigen/Core>

#include "mrnn/linearisation.hpp"

namespace fixed_points {

using mrnn::Index;

/// What is asked of the spectrum of J at a point.
struct StabilityOptions {
  double dt = 1.0;         ///< ms
  double marginal = 1e-6;  ///< | |lambda| - 1 | up to which a mode neither decays nor grows
  Index vectors = 4;       ///< leading modes whose eigenvectors are kept

  static constexpr Index full_limit = 500;  ///< units up to which all eigenvalues are computed
};

/// Which modes of activity decay, and how fast.
struct Stability {
  Eigen::VectorXcd values;       ///< by falling magnitude: all, or the leading ones with all that grow among them
  Eigen::MatrixXcd right, left;  ///< of the leading modes [n x modes]; l_i^T r_j = delta_ij
  Eigen::VectorXd time_constants, frequencies;  ///< ms, Hz
  Index unstable = 0, marginal = 0;             ///< modes
  double line_score = 0.0;                      ///< log2 of the longest time constant over the next
  Eigen::VectorXcd selection;                   ///< left vector of the slowest mode [n]

  bool stable() const noexcept { return unstable == 0 && marginal == 0; }
};

Stability stability(const mrnn::Linearisation& linearisation, const StabilityOptions& options);

}  // namespace fixed_points
