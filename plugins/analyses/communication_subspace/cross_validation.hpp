#pragma once

#include <Eigen/Core>
#include <functional>
#include <string>
#include <vector>

#include "fold_tables.hpp"
#include "mrnn/random.hpp"
#include "reduced_rank.hpp"

namespace communication_subspace {

/// Loss against complexity: columns from the simplest model to the most complex.
struct Curve {
  Eigen::MatrixXd losses;     ///< [folds x models]
  Eigen::VectorXd mean, sem;  ///< over folds
  mrnn::Index best = 0;       ///< the simplest model whose mean loss is at most the least one + its SEM
};
Curve curve_of(Eigen::MatrixXd losses);

enum class Regression : std::uint8_t { ols, ridge };

/// The samples of one source and target, ready for cross-validation.
struct Pair {
  std::string source, target;  ///< for messages
  std::vector<Table> tables;   ///< per fold
  std::vector<Training> trainings;
  Training whole;
  double lambda = 0.0;
  mrnn::Index ranks = 0;  ///< min(p, K)
};
/// Decomposes the training sets and chooses the penalty: the largest of lambda = d (1 - s) / s, s = 0.5, 0.51 ... 1, d
/// the largest eigenvalue of X^T X, that is within one SEM of the best.
/// @throws RunError where the samples are too few, the target is constant in a fold, or X is singular (ols).
Pair make_pair(std::string source, std::string target, std::vector<Table> tables, Regression regression);

/// Axes onto which the source is projected, per fold.
using Axes = std::vector<Eigen::MatrixXd>;
/// Losses of ranks 0 to min(p, K), and the best rank: 0 where the one that curve_of() finds predicts no better than the
/// mean of a fold would (a loss of 1 or more). @param axes  null: the source as it is
Curve validate(const Pair& pair, const Axes* axes = nullptr);

/// Per fold, the axes of the source's activity that are uncorrelated with the `count` predictive dimensions of a pair;
/// or with as many random dimensions, drawn within the covariance of the source.
Axes without_predictive(const Pair& pair, mrnn::Index count);
Axes without_random(const Pair& pair, mrnn::Index count, mrnn::RandomStream& random);

}  // namespace communication_subspace
