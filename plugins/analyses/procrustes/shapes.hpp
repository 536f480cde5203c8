#pragma once

#include <Eigen/Core>
#include <vector>

namespace procrustes {

using Eigen::Index;

/// Which maps of units are tried: all rotations and reflections, or only exchanges of units.
enum class Transform { orthogonal, permutation };

/// Activity as a shape: units' means are 0, and where wanted the whole is of norm 1.
/// @param values  [units x samples]
void centre(Eigen::Ref<Eigen::MatrixXd> values);

/// What is left of second moments when directions are scaled to the same variance: C <- (C + ridge mean(C))^-1/2, with
/// C the covariance and mean(C) the mean variance of a unit. Directions without variance vanish.
void whiten(Eigen::Ref<Eigen::MatrixXd> values, double ridge);

/// The best match of two shapes of the same number of samples. The one with fewer units counts as having silent ones.
struct Match {
  double overlap = 0.0;          ///< largest <X, Q Y>
  double gap = 0.0;              ///< smallest |X - Q Y|, accurate also where it is 0
  Eigen::VectorXd correlations;  ///< singular values of X Y^T (orthogonal)
  std::vector<Index> partners;   ///< unit of Y for each unit of X, -1 none (permutation)
};
Match match(const Eigen::Ref<const Eigen::MatrixXd>& x, const Eigen::Ref<const Eigen::MatrixXd>& y,
            Transform transform);

}  // namespace procrustes
