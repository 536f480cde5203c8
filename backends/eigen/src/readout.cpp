#include "readout.hpp"

#include <algorithm>
#include <cmath>

#include "mrnn/formulas.hpp"

namespace mrnn::eigen {
namespace {

template <class Scalar>
void copy_units(const OutputLayout& output, const SliceState<Scalar>& state, Scalar* y) {
  for (const UnitRange& range : output.units.ranges()) {
    y = std::copy_n(state.h + range.start * state.width, range.size * state.width, y);
  }
}

/// exp(z) / sum exp(z) over the channels of an output, per trial; shifted by the largest, so nothing overflows.
template <class Scalar>
void softmax(Index channels, Index width, Scalar* y) {
  for (Index lane = 0; lane < width; ++lane) {
    Scalar largest = y[lane];
    for (Index k = 1; k < channels; ++k) largest = std::max(largest, y[k * width + lane]);
    Scalar sum = 0;
    for (Index k = 0; k < channels; ++k) {
      Scalar& value = y[k * width + lane];
      value = std::exp(value - largest);
      sum += value;
    }
    for (Index k = 0; k < channels; ++k) y[k * width + lane] /= sum;
  }
}

}  // namespace

template <class Scalar>
void drive_outputs(const Model<Scalar>& model, const PackedWeights<Scalar>& weights, const SliceState<Scalar>& state,
                   Scalar* z) {
  const Index width = state.width;
  for (std::size_t k = 0; k < weights.bands().size(); ++k) {
    weights.multiply(k, state.h, width, z + weights.bands()[k].rows.start * width, state.gathered);
  }
  for (const OutputLayout& output : model.network.output_layouts()) {
    Scalar* first = z + output.range.start * width;
    if (output.readout == Readout::identity) {
      copy_units(output, state, first);
      continue;
    }
    for (Index k = 0; k < output.range.size; ++k) {
      const Scalar bias = model.readout_bias[output.range.start + k];
      for (Index lane = 0; lane < width; ++lane) first[k * width + lane] += bias;
    }
  }
}

template <class Scalar>
void activate_output(OutputActivation activation, Index channels, Index width, Scalar* z) {
  if (activation == OutputActivation::sigmoid) {
    std::for_each_n(z, channels * width, [](Scalar& value) { value = formulas::sigmoid(value); });
  } else if (activation == OutputActivation::softmax) {
    softmax(channels, width, z);
  }
}

template <class Scalar>
void read_out(const Model<Scalar>& model, const PackedWeights<Scalar>& weights, const SliceState<Scalar>& state,
              Scalar* y) {
  drive_outputs(model, weights, state, y);
  for (const OutputLayout& output : model.network.output_layouts()) {
    if (output.readout == Readout::identity) continue;
    activate_output(output.activation, output.range.size, state.width, y + output.range.start * state.width);
  }
}

template void drive_outputs(const Model<float>&, const PackedWeights<float>&, const SliceState<float>&, float*);
template void drive_outputs(const Model<double>&, const PackedWeights<double>&, const SliceState<double>&, double*);
template void activate_output(OutputActivation, Index, Index, float*);
template void activate_output(OutputActivation, Index, Index, double*);
template void read_out(const Model<float>&, const PackedWeights<float>&, const SliceState<float>&, float*);
template void read_out(const Model<double>&, const PackedWeights<double>&, const SliceState<double>&, double*);

}  // namespace mrnn::eigen
