#include "output_losses.hpp"

#include <algorithm>
#include <cmath>

#include "readout.hpp"

namespace mrnn::eigen {
namespace {

/// dL/dz from dL/dy in place, for the channels of one output.
template <class Scalar>
void through_activation(OutputActivation activation, Index channels, Index width, const Scalar* y, Scalar* slope) {
  if (activation == OutputActivation::sigmoid) {
    for (Index k = 0; k < channels * width; ++k) slope[k] *= y[k] * (Scalar(1) - y[k]);
  } else if (activation == OutputActivation::softmax) {
    for (Index lane = 0; lane < width; ++lane) {
      Scalar mean = 0;
      for (Index k = lane; k < channels * width; k += width) mean += slope[k] * y[k];
      for (Index k = lane; k < channels * width; k += width) slope[k] = y[k] * (slope[k] - mean);
    }
  }
}

}  // namespace

template <class Scalar>
OutputLosses<Scalar>::OutputLosses(const Network& network, const Loss& loss, const Trials& trials)
    : network_(network), loss_(loss), trials_(trials) {
  for (const double sum : mask_sums(network, loss, trials)) {
    const double weight = loss.outputs.empty() ? 1.0 : loss.outputs[factors_.size()].weight;
    factors_.push_back(sum == 0.0 ? 0.0 : weight / sum);
  }
}

template <class Scalar>
LossKind OutputLosses<Scalar>::kind(std::size_t output) const {
  return loss_.outputs.empty() ? LossKind::mse : loss_.outputs[output].kind;
}

template <class Scalar>
double OutputLosses<Scalar>::mask(Index channel, Index trial, Index step) const {
  return trials_.mask.empty() ? 1.0 : trials_.mask(channel, trial, step);
}

template <class Scalar>
void OutputLosses<Scalar>::backward(const Slice& slice, Index step, Scalar* z, Scalar* scratch,
                                    std::vector<double>& sums) const {
  for (std::size_t k = 0; k < network_.output_layouts().size(); ++k) {
    const UnitRange range = network_.output_layouts()[k].range;
    Scalar* first = z + range.start * slice.width();
    if (factors_[k] == 0.0) {
      std::fill_n(first, range.size * slice.width(), Scalar(0));
    } else if (kind(k) == LossKind::mse) {
      sums[k] += squared_error(slice, step, k, first, scratch);
    } else {
      sums[k] += cross_entropy(slice, step, k, first);
    }
  }
}

/// m (y - target)^2
template <class Scalar>
double OutputLosses<Scalar>::squared_error(const Slice& slice, Index step, std::size_t output, Scalar* z,
                                           Scalar* y) const {
  const OutputLayout& layout = network_.output_layouts()[output];
  const bool curved = layout.readout == Readout::weights && layout.activation != OutputActivation::linear;
  const Index width = slice.width(), size = layout.range.size * width;
  if (curved) {
    activate_output(layout.activation, layout.range.size, width, z);
    std::copy_n(z, size, y);
  }
  const auto factor = static_cast<Scalar>(2.0 * factors_[output]);
  double sum = 0.0;
  for (Index k = 0; k < layout.range.size; ++k) {
    const Index channel = layout.range.start + k;
    Scalar* row = z + k * width;
    for (Index lane = 0; lane < slice.count; ++lane) {
      const Index trial = slice.trials[static_cast<std::size_t>(lane)];
      const auto weight = static_cast<Scalar>(mask(channel, trial, step));
      // Where the mask is 0 nothing is wanted: recordings have gaps there, as NaN.
      const Scalar error =
          weight == Scalar(0) ? Scalar(0) : row[lane] - static_cast<Scalar>(trials_.targets(channel, trial, step));
      sum += static_cast<double>(weight) * static_cast<double>(error) * static_cast<double>(error);
      row[lane] = factor * weight * error;
    }
    std::fill(row + slice.count, row + width, Scalar(0));
  }
  if (curved) through_activation(layout.activation, layout.range.size, width, y, z);
  return sum;
}

/// -m target ln y with y = softmax(z), from z, so that no logarithm of an underflown y is taken.
template <class Scalar>
double OutputLosses<Scalar>::cross_entropy(const Slice& slice, Index step, std::size_t output, Scalar* z) const {
  const UnitRange range = network_.output_layouts()[output].range;
  const Index width = slice.width();
  double sum = 0.0;
  for (Index lane = 0; lane < slice.count; ++lane) {
    const Index trial = slice.trials[static_cast<std::size_t>(lane)];
    const double weight = mask(range.start, trial, step);
    if (weight == 0.0) {
      for (Index k = 0; k < range.size; ++k) z[k * width + lane] = Scalar(0);
      continue;
    }
    double largest = static_cast<double>(z[lane]), total = 0.0, targets = 0.0;
    for (Index k = 1; k < range.size; ++k) largest = std::max(largest, static_cast<double>(z[k * width + lane]));
    for (Index k = 0; k < range.size; ++k) total += std::exp(static_cast<double>(z[k * width + lane]) - largest);
    const double log_total = largest + std::log(total);
    for (Index k = 0; k < range.size; ++k) targets += trials_.targets(range.start + k, trial, step);
    for (Index k = 0; k < range.size; ++k) {
      const double log_y = static_cast<double>(z[k * width + lane]) - log_total;
      const double target = trials_.targets(range.start + k, trial, step);
      sum -= weight * target * log_y;
      z[k * width + lane] = static_cast<Scalar>(factors_[output] * weight * (std::exp(log_y) * targets - target));
    }
  }
  for (Index k = 0; k < range.size; ++k) std::fill(z + k * width + slice.count, z + (k + 1) * width, Scalar(0));
  return sum;
}

template class OutputLosses<float>;
template class OutputLosses<double>;

}  // namespace mrnn::eigen
