#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "cross_validation.hpp"

namespace communication_subspace {

/// Factor analysis: covariance = L L^T + diag(psi).
struct Factors {
  Eigen::MatrixXd loadings;     ///< L [units x factors]
  Eigen::VectorXd own;          ///< psi, the private variance of each unit
  double log_likelihood = 0.0;  ///< per sample, of the covariance it was fitted to
};

/// By expectation maximisation from the principal components, until the log likelihood gains less than 1e-8 of what it
/// gained since its second value; psi is held at 1 % of each unit's variance at least (Heywood cases).
/// @param step  called after each iteration, to be interrupted
Factors fit_factors(const Eigen::MatrixXd& covariance, mrnn::Index count, const std::function<void()>& step);

/// How many factors a population has.
struct FactorCount {
  std::vector<double> log_likelihood;  ///< per sample, cross-validated, of 0, 1, ... factors
  mrnn::Index likeliest = 0;           ///< with the highest of these
  mrnn::Index count = 0;  ///< leading dimensions that hold 95 % of the shared variance, tr L L^T, of that model
};
/// Numbers are tried in turn up to `most`, until three in a row have been less likely than the best before them.
enum class Side : std::uint8_t { source, target };
FactorCount count_factors(const Pair& pair, Side side, mrnn::Index most, const std::function<void()>& step);

/// Factor regression: Y on the leading 1, 2, ... `count` dimensions of the posterior means of the source's factors.
Curve factor_regression(const Pair& pair, mrnn::Index count, const std::function<void()>& step);

}  // namespace communication_subspace
