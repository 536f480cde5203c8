#pragma once

#include <Eigen/Core>
#include <vector>

#include "embedding.hpp"

namespace dsa {

/// How dynamics are fitted to v_t, the rows of U.
struct FitChoice {
  Index steps_ahead = 1;   ///< s
  double ridge = 1e-8;     ///< lambda
  Index reduced_rank = 0;  ///< of A; 0: not reduced
};

/// Sums of products over all pairs (v_t, v_(t+s)) within a stretch, z_t = [v_t; u_(t+s)]. Leading blocks of them serve
/// every smaller rank.
struct Moments {
  Eigen::MatrixXd before;  ///< sum z z^T
  Eigen::MatrixXd across;  ///< sum v_(t+s) z^T
  Eigen::MatrixXd after;   ///< sum v_(t+s) v_(t+s)^T
  Eigen::VectorXd scale;   ///< of the inputs: their norms over the samples, by which they are divided
  Index pairs = 0;
};

/// Linear dynamics v_(t+s) = A v_t + B u_(t+s).
struct Dynamics {
  Eigen::MatrixXd a;   ///< [rank x rank]
  Eigen::MatrixXd b;   ///< [rank x input channels]; no columns without inputs
  double error = 0.0;  ///< |V+ - A V- - B U|^2 / |V+|^2

  double non_normality() const;  ///< |A A^T - A^T A|
};

/// @param inputs  [channels x trials] per step, or empty
Moments collect(const Courses& courses, const std::vector<Stretch>& stretches, const mrnn::Sequence& inputs,
                const DelayBasis& basis, const Delays& delays, const FitChoice& choice, Index rank);

/// Ridge regression with the leading `rank` coordinates (Brunton et al. 2017; with inputs Proctor et al. 2016).
Dynamics fit(const Moments& moments, const FitChoice& choice, Index rank);

}  // namespace dsa
