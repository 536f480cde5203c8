#pragma once

#include <Eigen/Core>

#include "mrnn/sequence.hpp"

namespace cka {

/// How the similarity of two activities over the same samples is estimated.
enum class Estimate { biased, debiased };

/// Samples of one activity as the linear kernel needs them; not a copy of what may be large.
struct LinearSamples {
  mrnn::Sequence samples;   ///< of a single step: at(0) is [units x samples]; each unit's mean is 0
  Eigen::VectorXd squares;  ///< |x|^2 of each sample
  double self = 0.0;        ///< HSIC with itself
};

/// A kernel over samples.
struct Kernel {
  Eigen::MatrixXd values;  ///< [samples x samples]; prepared so that HSIC is a sum of products of entries
  double self = 0.0;
};

LinearSamples prepare_linear(mrnn::Sequence samples, Estimate estimate);
/// HSIC of linear kernels X^T X and Y^T Y, but for a factor that depends on the number of samples alone.
double hsic(const LinearSamples& x, const LinearSamples& y, Estimate estimate);

/// @param values  [units x samples]. The kernel is exp(-|x_i - x_j|^2 / (2 s^2)), s = bandwidth times the median
/// distance between two samples.
Kernel prepare_rbf(const Eigen::MatrixXd& values, double bandwidth, Estimate estimate);
double hsic(const Kernel& x, const Kernel& y);

}  // namespace cka
