#pragma once

#include <vector>

#include "mrnn/loss.hpp"
#include "slices.hpp"

namespace mrnn::eigen {

/// The losses of the outputs on the loaded trials, step by step.
template <class Scalar>
class OutputLosses {
 public:
  /// All must outlive this. @throws RunError as mask_sums()
  OutputLosses(const Network& network, const Loss& loss, const Trials& trials);

  /// Puts dL/dz in place of z [K x width], zero in lanes without a trial of their own, and adds what the step
  /// contributes to the sum of each output. `scratch` is as large as z.
  void backward(const Slice& slice, Index step, Scalar* z, Scalar* scratch, std::vector<double>& sums) const;

  /// Factor by which the sum of an output becomes its part of the loss.
  double factor(std::size_t output) const { return factors_[output]; }

 private:
  LossKind kind(std::size_t output) const;
  double mask(Index channel, Index trial, Index step) const;
  double squared_error(const Slice& slice, Index step, std::size_t output, Scalar* z, Scalar* y) const;
  double cross_entropy(const Slice& slice, Index step, std::size_t output, Scalar* z) const;

  const Network& network_;
  const Loss& loss_;
  const Trials& trials_;
  std::vector<double> factors_;
};

}  // namespace mrnn::eigen
