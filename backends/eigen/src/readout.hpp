#pragma once

#include "model.hpp"
#include "packed_weights.hpp"

namespace mrnn::eigen {

/// Activity of a slice at one step, [rows x width] with the trials of a unit side by side.
template <class Scalar>
struct SliceState {
  const Scalar* h = nullptr;
  Index width = 1;
  Scalar* gathered = nullptr;  ///< see PackedWeights::multiply()
};

/// z = W_out h + b_out, or h itself for identity readouts. [K x width]
template <class Scalar>
void drive_outputs(const Model<Scalar>& model, const PackedWeights<Scalar>& weights, const SliceState<Scalar>& state,
                   Scalar* z);

/// g(z) in place of z, for the channels of one output [channels x width].
template <class Scalar>
void activate_output(OutputActivation activation, Index channels, Index width, Scalar* z);

/// y = g(W_out h + b_out), or h itself for identity readouts. [K x width]
template <class Scalar>
void read_out(const Model<Scalar>& model, const PackedWeights<Scalar>& weights, const SliceState<Scalar>& state,
              Scalar* y);

}  // namespace mrnn::eigen
