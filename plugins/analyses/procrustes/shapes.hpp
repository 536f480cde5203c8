#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/sequence.hpp"

namespace procrustes {

using Eigen::Index;

/// Which maps of units are tried: all rotations and reflections, or only exchanges of units.
enum class Transform { orthogonal, permutation };

/// Activity as a shape M X / norm. The samples may be large; there is no second copy of them.
struct Shape {
  mrnn::Sequence samples;    ///< X, of a single step: at(0) is [units x samples]; each unit's mean is 0
  Eigen::MatrixXd map = {};  ///< M; empty: the units as they are
  double norm = 1.0;
  double squared_norm = 0.0;  ///< of the shape
};

/// @param scaled  norm is such that the shape has norm 1
Shape make_shape(mrnn::Sequence samples, bool scaled);

/// The same with all directions scaled towards the same variance: M = (C + ridge mean(C))^-1/2, where C = X X^T and
/// mean(C) is the mean over units of their sums of squares. Directions without variance vanish. Of norm 1; `norm`
/// squared is then the number of directions.
Shape make_white_shape(mrnn::Sequence samples, double ridge);

/// The best match of two shapes of the same number of samples. The one with fewer units counts as having silent ones.
struct Match {
  double overlap = 0.0;          ///< largest <X, Q Y>
  double gap = 0.0;              ///< smallest |X - Q Y|, accurate also where it is 0
  Eigen::VectorXd correlations;  ///< singular values of X Y^T (orthogonal)
  std::vector<Index> partners;   ///< unit of Y for each unit of X, -1 none (permutation)
};
Match match(const Shape& x, const Shape& y, Transform transform);

}  // namespace procrustes
