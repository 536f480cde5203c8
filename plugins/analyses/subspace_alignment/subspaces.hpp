#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "activity_sets.hpp"

namespace subspace_alignment {

/// How many leading components make a subspace: the keys components, variance.
class SizeChoice {
 public:
  explicit SizeChoice(const mrnn::ConfigNode& config);
  /// The same for all sets: as many as asked for, or as hold the share of the variance in every set; not more than
  /// each set has directions.
  mrnn::Index size(const std::vector<Eigen::VectorXd>& shares) const;

 private:
  mrnn::Index components_ = 0;  ///< 0: by the share
  double share_ = 0.0;
};

/// Subspaces of the leading components of sets, each compared with each.
struct Alignment {
  std::vector<Eigen::MatrixXd> axes;    ///< Q per set, [units x k], orthonormal columns
  Eigen::VectorXd top;                  ///< per set, sum of its k largest eigenvalues
  Eigen::MatrixXd index;                ///< [a x b] tr(Q_a^T C_b Q_a) / top_b
  std::vector<Eigen::MatrixXd> angles;  ///< per principal angle, [a x b], degrees, rising
};
Alignment align(const std::vector<ActivitySet>& sets, const SizeChoice& size);

/// The same of random subspaces of the space that the activity of all sets fills.
struct Chance {
  Eigen::VectorXd mean, low, high;  ///< per set b, of the index of random subspaces; bounds of its central 95 %
  Eigen::VectorXd angles;           ///< per principal angle, mean between two random subspaces, degrees
};
/// Q = orth(U S^1/2 g) with the eigenvectors U and eigenvalues S of the covariance of all samples and normal g
/// (Elsayed et al. 2016). @param name  of the random stream  @param step  called after each draw
Chance chance(const std::vector<ActivitySet>& sets, const Alignment& alignment, mrnn::Index draws, std::uint64_t seed,
              const std::string& name, const std::function<void()>& step);

}  // namespace subspace_alignment
