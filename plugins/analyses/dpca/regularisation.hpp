#pragma once

#include <Eigen/Core>
#include <functional>
#include <string>

#include "resampling.hpp"

namespace dpca {

/// How well means of training trials are found again in single trials that were held out, for each lambda.
struct LambdaSearch {
  Eigen::VectorXd lambdas;
  MatrixXd errors;  ///< [repeats x lambdas]: sum over phi of |X_phi,train - P D X_test|^2 / |X_train|^2
  Index best = 0;   ///< the lambda of the smallest mean error
};

inline constexpr Index lambda_repeats = 10;
/// Dimensions in which lambda is looked for: more would take long and change little.
inline constexpr Index lambda_dimensions = 100;

/// Tries lambda = 1e-7 1.4^k, k = 0..44, on ten splits (Kobak et al. 2016).
/// @param stream  names the random draws    @param done  called after each repeat
LambdaSearch search_lambda(const Splitter& splitter, const std::vector<Marginalisation>& marginalisations,
                           std::uint64_t seed, const std::string& stream, const std::function<void()>& done);

}  // namespace dpca
