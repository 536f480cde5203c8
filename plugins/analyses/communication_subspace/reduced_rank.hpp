#pragma once

#include <Eigen/Core>

#include "fold_tables.hpp"
#include "mrnn/linear_algebra.hpp"

namespace communication_subspace {

/// Samples on which a regression is fitted, decomposed once for every penalty and rank.
struct Training {
  Eigen::RowVectorXd means;  ///< of X and Y
  Eigen::MatrixXd source;    ///< X about its mean, but for a rotation of the samples: [at most p x p]
  Eigen::MatrixXd target;    ///< the part of Y about its mean in the space of those rows, [as many x K]
  mrnn::Svd svd;             ///< of `source`
  Eigen::MatrixXd rotated;   ///< U^T Y [rank x K]
  mrnn::Index rank = 0;
  double samples = 0.0;
};
Training training_of(const Table& table);
/// The same with X projected onto orthonormal axes Q [p x fewer].
Training project(const Training& training, const Eigen::MatrixXd& axes);

/// Reduced-rank regression: Y about its mean is predicted by X B V_m V_m^T, V_m the first m columns of `axes`.
struct ReducedRank {
  Eigen::MatrixXd dimensions;  ///< B V [p x ranks], the predictive dimensions
  Eigen::MatrixXd axes;        ///< V [K x ranks], principal components of X B; the largest entry of each is positive
};
/// B minimises |Y - X B|^2 + lambda |B|^2; of least norm where lambda is 0 and X singular.
ReducedRank reduced_rank(const Training& training, double lambda);

/// Normalised squared error of ranks 0, 1, ... on other samples: sum |Y - prediction|^2 / sum |Y - its mean|^2. Where
/// the fit has fewer ranks than asked for, the last goes on.
/// @param axes  Q, where X was projected; else null
Eigen::VectorXd losses(const Table& test, const Training& training, const ReducedRank& fit, const Eigen::MatrixXd* axes,
                       mrnn::Index ranks);
/// The same at full rank, for each penalty.
Eigen::VectorXd ridge_losses(const Table& test, const Training& training, const Eigen::VectorXd& lambdas);

/// Orthonormal axes of the activity that is uncorrelated with X D: those orthogonal to X^T X D.
/// @param dimensions  D [p x any]
Eigen::MatrixXd uncorrelated_axes(const Training& training, const Eigen::MatrixXd& dimensions);

}  // namespace communication_subspace
