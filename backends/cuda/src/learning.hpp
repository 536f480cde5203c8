#pragma once

#include "device.hpp"
#include "types.hpp"

/// Kernels on parameters: what they act as, their gradients and the optimiser. All in double, whatever the precision
/// of the session; only the images of the weights and the arrays per unit are in its own.
namespace mrnn::gpu {

/// What an entry of the parameters is. Weights come first.
enum class Group : std::uint8_t {
  recurrent,
  input,
  readout,
  signed_readout,  ///< W_out = sign |V|
  bias,
  readout_bias,
  initial_state,
  tau,
};

struct Entry {
  std::int32_t row = 0, column = 0;  ///< of its matrix; the row alone for vectors
  std::int8_t pattern = 0;           ///< M o S
  std::uint8_t trainable = 0;
  Group group = Group::recurrent;
};

/// All parameters one after the other.
struct Parameters {
  Size count = 0, weights = 0;  ///< weights are the first of them
  Size recurrent = 0;           ///< and recurrent ones the first of those
  const Entry* entries = nullptr;
  double* values = nullptr;
  double* gradient = nullptr;  ///< of the loss by each
  double* first = nullptr;     ///< what the optimiser remembers
  double* second = nullptr;
  Dale dale = Dale::none, dale_input = Dale::none;
  double low = 0.0, high = 0.0, dt = 1.0;
  bool elman = false;
};

template <class Scalar>
struct Images {
  TileMap drive_map, adjoint_map;
  Scalar* drive = nullptr;    ///< tiles of [W W_in], an image per variant
  Scalar* adjoint = nullptr;  ///< tiles of [W^T W_out^T]
  Size drive_size = 0, adjoint_size = 0;
  Scalar* dense_drive = nullptr;        ///< W [units x units], or null
  Scalar* dense_adjoint = nullptr;      ///< its transpose, or null
  Bf16* drive_parts = nullptr;          ///< W as Model::drive_parts, or null
  Bf16* adjoint_parts = nullptr;        ///< likewise its transpose
  Scalar* readout = nullptr;            ///< [outputs x units]
  std::int32_t units = 0, outputs = 0;  ///< padded
  std::int32_t variants = 1;
  const double* factors = nullptr;  ///< of the recurrent and input weights of each variant but the first, or null
};
template <class Scalar>
void make_images(const Stream& stream, const Parameters& parameters, const Images<Scalar>& images);

/// What the time loop needs per unit and per output channel.
template <class Scalar>
struct UnitArrays {
  Dynamics dynamics = Dynamics::leaky;
  std::int32_t units = 0, outputs = 0;
  const double* sigma = nullptr;  ///< sigma_rec
  Scalar *alpha = nullptr, *bias = nullptr, *noise = nullptr, *noise_gain = nullptr, *variance = nullptr;
  Scalar *added_gain = nullptr, *readout_bias = nullptr;
  double* initial_state = nullptr;
};
template <class Scalar>
void make_unit_arrays(const Stream& stream, const Parameters& parameters, const UnitArrays<Scalar>& arrays);

/// Penalties on weights: factors that already contain the division by how many weights there are.
struct WeightPenalties {
  double l1 = 0.0, l2 = 0.0, wiring = 0.0;
  const double* distances = nullptr;     ///< between regions [to x from]
  const std::int32_t* region = nullptr;  ///< of each unit
  std::int32_t regions = 0;
};

/// Sums over trials and steps that gradients are made of.
template <class Scalar>
struct GradientSums {
  const Scalar* drive = nullptr;      ///< dL/dW of each variant: dense [units x (units + inputs)], or by entry
  const Scalar* vanishing = nullptr;  ///< likewise, before the division by their count; or null
  Size drive_size = 0;                ///< of one variant
  bool dense = true;
  std::int32_t variants = 1;
  const double* factors = nullptr;      ///< as Images::factors
  std::int32_t units = 0, outputs = 0;  ///< padded
  const Scalar* readout = nullptr;      ///< [outputs x units]
  const double *bias = nullptr, *readout_bias = nullptr, *initial_state = nullptr, *alpha = nullptr;
  double vanishing_factor = 0.0;
  const double* vanishing_count = nullptr;
};
template <class Scalar>
void make_gradient(const Stream& stream, const Parameters& parameters, const GradientSums<Scalar>& sums,
                   const WeightPenalties& penalties);

/// *l1 += sum |W|, *l2 += sum W^2 over all weights, *wiring += sum |W_ij| distance over recurrent ones.
struct PenaltySums {
  double *l1 = nullptr, *l2 = nullptr, *wiring = nullptr;
};
/// @param partial  room for 3 x most_blocks numbers
void add_penalties(const Stream& stream, const Parameters& parameters, const WeightPenalties& penalties,
                   double* partial, const PenaltySums& sums);
constexpr int most_blocks = 512;

/// What an update does, as OptimiserStep says.
struct UpdateStep {
  enum class Kind : std::uint8_t { adam, adamw, sgd, rmsprop };  ///< in the order of optimiser.hpp
  Kind kind = Kind::adam;
  double rate = 0.0, beta1 = 0.0, beta2 = 0.0, epsilon = 0.0, momentum = 0.0, smoothing = 0.0, decay = 0.0;
  double clip_norm = 0.0;
  double correction1 = 1.0, correction2 = 1.0;
};
/// *norm = |gradient|; where it is finite, clips the gradient and moves the parameters.
/// @param partial  room for most_blocks numbers
void update(const Stream& stream, const Parameters& parameters, const UpdateStep& step, double* partial, double* norm);

}  // namespace mrnn::gpu
