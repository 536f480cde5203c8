#pragma once

#include <cmath>

#include "catch.hpp"
#include "mrnn/loss.hpp"
#include "parameter_groups.hpp"

namespace test {

/// Norm of the difference over the norm of what is expected; where nothing is expected, the norm.
inline double error_in_norm(const Eigen::VectorXd& actual, const Eigen::VectorXd& expected) {
  const double size = expected.norm();
  return (actual - expected).norm() / (size > 0.0 ? size : 1.0);
}

/// An error within its tolerance; what fails is told with its size, which Catch2 would print as 0.0.
inline void check_error(double error, double tolerance) {
  INFO("error " << error << ", tolerance " << tolerance);
  CHECK(error <= tolerance);
}

/// The difference of two numbers relative to the one expected.
inline double relative_difference(double actual, double expected) {
  return std::abs(actual - expected) / (expected != 0.0 ? std::abs(expected) : 1.0);
}

/// Numbers of the parameters' shape, group by group, by error_in_norm().
inline void check_groups(mrnn::Parameters actual, mrnn::Parameters expected, double tolerance) {
  const std::vector<ParameterGroup> is = parameter_groups(actual), should = parameter_groups(expected);
  for (std::size_t k = 0; k < is.size(); ++k) {
    CAPTURE(is[k].name);
    REQUIRE(is[k].values.size() == should[k].values.size());
    check_error(error_in_norm(is[k].copy(), should[k].copy()), tolerance);
  }
}

inline void check_same_bits(mrnn::Parameters actual, mrnn::Parameters expected) {
  const std::vector<ParameterGroup> is = parameter_groups(actual), should = parameter_groups(expected);
  for (std::size_t k = 0; k < is.size(); ++k) {
    CAPTURE(is[k].name);
    CHECK(is[k].copy() == should[k].copy());
  }
}

/// The terms by name, and their sum.
inline void check_terms(const mrnn::LossTerms& actual, const mrnn::LossTerms& expected, double tolerance) {
  REQUIRE(actual.terms.size() == expected.terms.size());
  for (std::size_t k = 0; k < actual.terms.size(); ++k) {
    CAPTURE(expected.terms[k].first);
    CHECK(actual.terms[k].first == expected.terms[k].first);
    check_error(relative_difference(actual.terms[k].second, expected.terms[k].second), tolerance);
  }
  check_error(relative_difference(actual.total, expected.total), tolerance);
}

}  // namespace test
