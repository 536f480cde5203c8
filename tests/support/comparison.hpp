#pragma once

#include <Eigen/Core>

#include "mrnn/sequence.hpp"

namespace test {

/// Largest error relative to the largest value expected (or 1 where all are smaller than 1e-300). Infinite where
/// shapes differ or a number is not finite.
double relative_error(const Eigen::Ref<const Eigen::MatrixXd>& actual,
                      const Eigen::Ref<const Eigen::MatrixXd>& expected);

double relative_error(const mrnn::Sequence& actual, const mrnn::Sequence& expected);

/// Largest distance between paired values when two sets of equal size are paired so that the sum of the squared
/// distances is least (Hungarian method, Kuhn 1955). Sorting would not do: neighbours in one order need not be
/// neighbours in the other.
double distance_as_sets(const Eigen::VectorXcd& first, const Eigen::VectorXcd& second);

}  // namespace test
