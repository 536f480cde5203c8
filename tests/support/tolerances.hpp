#pragma once

#include "mrnn/session.hpp"

namespace test {

/// How far a backend may be from the reference: largest error relative to the largest value, over short runs.
/// Single precision: the rounding of a few hundred products per step, over tens of steps.
inline constexpr double double_tolerance = 1e-12;
inline constexpr double single_tolerance = 2e-5;

/// One backend against another in double precision, over some fifty steps of up to a thousand units.
inline constexpr double device_tolerance = 1e-11;

/// Jacobians in double precision; eigenvalues, which rounding moves further where they nearly coincide.
inline constexpr double jacobian_tolerance = 1e-9;
inline constexpr double eigenvalue_tolerance = 1e-6;

/// Gradients against central differences, and in single against double precision: relative, in norm, per group.
inline constexpr double gradient_tolerance = 1e-7;
inline constexpr double single_gradient_tolerance = 1e-4;

/// Gradients in double precision against the reference gradient: the same sums in another order.
inline constexpr double reference_gradient_tolerance = 1e-11;

/// Products on tensor cores against IEEE ones in single precision, over some ten steps: largest error of activity
/// relative to the largest value, of gradients in norm. `least`: less than they are off where they are in force.
struct ProductsTolerance {
  double activity = 0.0, gradient = 0.0, least = 0.0;
};
inline ProductsTolerance tolerance(mrnn::Products products) {
  return products == mrnn::Products::tf32 ? ProductsTolerance{1e-3, 2e-2, 2e-6}
                                          : ProductsTolerance{single_tolerance, single_gradient_tolerance, 0.0};
}

/// What public implementations computed, and ten steps of an optimiser on it.
inline constexpr double golden_double_tolerance = 1e-10;
inline constexpr double golden_single_tolerance = 1e-4;

inline double tolerance(mrnn::Precision precision) {
  return precision == mrnn::Precision::float64 ? double_tolerance : single_tolerance;
}
inline double golden_tolerance(mrnn::Precision precision) {
  return precision == mrnn::Precision::float64 ? golden_double_tolerance : golden_single_tolerance;
}

}  // namespace test
