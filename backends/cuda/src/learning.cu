#include "learning.hpp"

#include <cmath>

#include "kernel_support.hpp"
#include "mrnn/formulas.hpp"
#include "parts.hpp"
#include "sequences.hpp"

namespace mrnn::gpu {
namespace {

MRNN_HOST_DEVICE inline Dale dale_of(const Parameters& p, Group group) {
  switch (group) {
    case Group::recurrent:
      return p.dale;
    case Group::input:
      return p.dale_input;
    case Group::signed_readout:
      return Dale::abs;
    default:
      return Dale::none;
  }
}

MRNN_HOST_DEVICE inline double weight_of(const Parameters& p, Size k) {
  const Entry& entry = p.entries[k];
  return formulas::effective_weight(dale_of(p, entry.group), static_cast<double>(entry.pattern), p.values[k], p.low,
                                    p.high);
}

/// dt / tau
MRNN_HOST_DEVICE inline double alpha_of(const Parameters& p, double tau) {
  return p.elman ? 1.0 : p.dt / tau;
}

template <class Scalar>
__device__ inline void put(const TileMap& map, Scalar* image, int row, int column, Scalar value) {
  const std::int32_t chunk = map.chunk[row / tile_rows * map.column_chunks + column / chunk_columns];
  if (chunk < 0) return;  // only weights that do not exist
  image[Size{chunk} * chunk_size + column % chunk_columns * tile_rows + row % tile_rows] = value;
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) images_kernel(Parameters p, Images<Scalar> images) {
  const Size k = thread_number();
  if (k >= p.weights) return;
  const Entry entry = p.entries[k];
  const double weight = weight_of(p, k);
  if (entry.group == Group::readout || entry.group == Group::signed_readout) {
    const auto value = static_cast<Scalar>(weight);
    images.readout[entry.row + Size{images.outputs} * entry.column] = value;
    for (int v = 0; v < images.variants; ++v) {
      put(images.adjoint_map, images.adjoint + v * images.adjoint_size, entry.column, images.units + entry.row, value);
    }
    return;
  }
  const bool recurrent = entry.group == Group::recurrent;
  const int column = recurrent ? entry.column : images.units + entry.column;
  const Size drive_weights = p.weights;
  for (int v = 0; v < images.variants; ++v) {
    const double factor = v == 0 ? 1.0 : images.factors[(v - 1) * drive_weights + k];
    const auto value = static_cast<Scalar>(factor * weight);
    put(images.drive_map, images.drive + v * images.drive_size, entry.row, column, value);
    if (recurrent) put(images.adjoint_map, images.adjoint + v * images.adjoint_size, column, entry.row, value);
  }
  if (!recurrent) return;
  const Size units = images.units, place = entry.row + units * column, transposed = column + units * entry.row;
  if (images.dense_drive != nullptr) {
    images.dense_drive[place] = static_cast<Scalar>(weight);
    images.dense_adjoint[transposed] = static_cast<Scalar>(weight);
  }
  if (images.drive_parts != nullptr) {
    store_parts(images.drive_parts + place, units * units, Side::left, static_cast<float>(weight));
    store_parts(images.adjoint_parts + transposed, units * units, Side::left, static_cast<float>(weight));
  }
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) units_kernel(Parameters p, UnitArrays<Scalar> arrays) {
  const Size number = thread_number(), k = p.weights + number;
  if (k >= p.count) return;
  const Entry entry = p.entries[k];
  const double value = p.values[k];
  const int row = entry.row;
  if (entry.group == Group::bias) arrays.bias[row] = static_cast<Scalar>(value);
  if (entry.group == Group::readout_bias) arrays.readout_bias[row] = static_cast<Scalar>(value);
  if (entry.group == Group::initial_state) arrays.initial_state[row] = value;
  if (entry.group != Group::tau) return;
  const double alpha = alpha_of(p, value), sigma = arrays.sigma[row];
  const bool rate = arrays.dynamics == Dynamics::rate;
  arrays.alpha[row] = static_cast<Scalar>(alpha);
  arrays.noise[row] = static_cast<Scalar>(formulas::noise_amplitude(arrays.dynamics, alpha, sigma));
  arrays.noise_gain[row] = static_cast<Scalar>(formulas::noise_amplitude(arrays.dynamics, alpha, 1.0));
  arrays.variance[row] = static_cast<Scalar>(sigma * sigma);
  arrays.added_gain[row] = static_cast<Scalar>(rate ? 1.0 : alpha);
}

MRNN_HOST_DEVICE inline double sign_of(double value) {
  return value > 0.0 ? 1.0 : (value < 0.0 ? -1.0 : 0.0);
}

__device__ inline double distance_of(const WeightPenalties& penalties, const Entry& entry) {
  return penalties.distances[penalties.region[entry.row] + penalties.regions * penalties.region[entry.column]];
}

/// dL/dW of an entry, penalties included.
template <class Scalar>
__device__ inline double weight_slope(const Parameters& p, const GradientSums<Scalar>& sums,
                                      const WeightPenalties& penalties, Size k) {
  const Entry entry = p.entries[k];
  const double weight = weight_of(p, k);
  double slope = penalties.l1 * sign_of(weight) + 2.0 * penalties.l2 * weight;
  if (entry.group == Group::readout || entry.group == Group::signed_readout) {
    return slope + static_cast<double>(sums.readout[entry.row + Size{sums.outputs} * entry.column]);
  }
  const bool recurrent = entry.group == Group::recurrent;
  const int column = recurrent ? entry.column : sums.units + entry.column;
  const Size place = sums.dense ? entry.row + Size{sums.units} * column : k;
  double drive = 0.0;
  for (int v = 0; v < sums.variants; ++v) {
    double part = static_cast<double>(sums.drive[v * sums.drive_size + place]);
    if (sums.vanishing != nullptr && recurrent && *sums.vanishing_count > 0.0) {
      part += sums.vanishing_factor / *sums.vanishing_count *
              static_cast<double>(sums.vanishing[v * sums.drive_size + place]);
    }
    drive += v == 0 ? part : sums.factors[(v - 1) * p.weights + k] * part;
  }
  if (recurrent && penalties.wiring != 0.0) {
    slope += penalties.wiring * sign_of(weight) * distance_of(penalties, entry);
  }
  return slope + drive;
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads)
    gradient_kernel(Parameters p, GradientSums<Scalar> sums, WeightPenalties penalties) {
  const Size k = thread_number();
  if (k >= p.count) return;
  const Entry entry = p.entries[k];
  double slope = 0.0;
  if (entry.trainable != 0) {
    switch (entry.group) {
      case Group::bias:
        slope = sums.bias[entry.row];
        break;
      case Group::readout_bias:
        slope = sums.readout_bias[entry.row];
        break;
      case Group::initial_state:
        slope = sums.initial_state[entry.row];
        break;
      case Group::tau: {
        // alpha = sigmoid(theta)
        const double alpha = alpha_of(p, p.values[k]);
        slope = sums.alpha[entry.row] * alpha * (1.0 - alpha);
        break;
      }
      default:
        slope = weight_slope(p, sums, penalties, k) *
                formulas::effective_weight_slope(dale_of(p, entry.group), static_cast<double>(entry.pattern),
                                                 p.values[k], p.low, p.high);
    }
  }
  p.gradient[k] = slope;
}

__global__ void __launch_bounds__(block_threads)
    penalties_kernel(Parameters p, WeightPenalties penalties, double* partial) {
  double* scratch = shared_memory<double>();
  double l1 = 0.0, l2 = 0.0, wiring = 0.0;
  for (Size k = thread_number(); k < p.weights; k += Size{gridDim.x} * block_threads) {
    const double weight = weight_of(p, k);
    l1 += weight < 0.0 ? -weight : weight;
    l2 += weight * weight;
    if (penalties.wiring != 0.0 && p.entries[k].group == Group::recurrent) {
      wiring += (weight < 0.0 ? -weight : weight) * distance_of(penalties, p.entries[k]);
    }
  }
  l1 = block_sum(l1, scratch);
  l2 = block_sum(l2, scratch);
  wiring = block_sum(wiring, scratch);
  if (threadIdx.x != 0) return;
  partial[blockIdx.x] = l1;
  partial[most_blocks + blockIdx.x] = l2;
  partial[2 * most_blocks + blockIdx.x] = wiring;
}

__global__ void __launch_bounds__(block_threads) squares_kernel(Parameters p, double* partial) {
  double sum = 0.0;
  for (Size k = thread_number(); k < p.count; k += Size{gridDim.x} * block_threads)
    sum += p.gradient[k] * p.gradient[k];
  const double total = block_sum(sum, shared_memory<double>());
  if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

__global__ void __launch_bounds__(block_threads) norm_kernel(const double* partial, int count, double* norm) {
  double sum = 0.0;
  for (int k = threadIdx.x; k < count; k += block_threads) sum += partial[k];
  const double total = block_sum(sum, shared_memory<double>());
  if (threadIdx.x == 0) *norm = std::sqrt(total);
}

MRNN_HOST_DEVICE inline void move(const UpdateStep& step, double decay, double gradient, double& value, double& first,
                                  double& second) {
  const formulas::AdamStep<double> adam = {step.rate,    step.beta1,       step.beta2,
                                           step.epsilon, step.correction1, step.correction2};
  switch (step.kind) {
    case UpdateStep::Kind::adamw:
      value *= 1.0 - step.rate * decay;
      formulas::adam(adam, gradient, value, first, second);
      break;
    case UpdateStep::Kind::adam:
      formulas::adam(adam, gradient, value, first, second);
      break;
    case UpdateStep::Kind::sgd:
      formulas::momentum(step.rate, step.momentum, gradient, value, first);
      break;
    case UpdateStep::Kind::rmsprop:
      second = step.smoothing * second + (1.0 - step.smoothing) * gradient * gradient;
      value -= step.rate * gradient / (std::sqrt(second) + step.epsilon);
      break;
  }
}

MRNN_HOST_DEVICE inline double clamp(double value, double low, double high) {
  return value < low ? low : (value > high ? high : value);
}

__global__ void __launch_bounds__(block_threads) update_kernel(Parameters p, UpdateStep step, const double* norm) {
  // As the other backend: alpha stays apart from 0 and from 1 by 3e-7.
  constexpr double largest_theta = 15.0;
  const Size k = thread_number();
  const double length = *norm;
  if (k >= p.count || !(length - length == 0.0)) return;
  double gradient = p.gradient[k];
  if (step.clip_norm > 0.0 && length > step.clip_norm) p.gradient[k] = gradient *= step.clip_norm / length;
  const Entry entry = p.entries[k];
  if (entry.trainable == 0) return;
  double value = p.values[k];
  if (entry.group == Group::tau) {
    double theta = -std::log(value / p.dt - 1.0);
    move(step, 0.0, gradient, theta, p.first[k], p.second[k]);
    value = p.dt * (1.0 + std::exp(-clamp(theta, -largest_theta, largest_theta)));
  } else {
    move(step, entry.group == Group::initial_state ? 0.0 : step.decay, gradient, value, p.first[k], p.second[k]);
    if (dale_of(p, entry.group) == Dale::project) value = clamp(value, p.low, p.high);
  }
  p.values[k] = value;
}

dim3 reducing_blocks(Size count) {
  const dim3 all = blocks_for(count);
  return all.x < most_blocks ? all : dim3(most_blocks);
}

}  // namespace

template <class Scalar>
void make_images(const Stream& stream, const Parameters& parameters, const Images<Scalar>& images) {
  if (parameters.weights == 0) return;
  launch(stream, images_kernel<Scalar>, blocks_for(parameters.weights), 0, parameters, images);
}

template <class Scalar>
void make_unit_arrays(const Stream& stream, const Parameters& parameters, const UnitArrays<Scalar>& arrays) {
  launch(stream, units_kernel<Scalar>, blocks_for(parameters.count - parameters.weights), 0, parameters, arrays);
}

template <class Scalar>
void make_gradient(const Stream& stream, const Parameters& parameters, const GradientSums<Scalar>& sums,
                   const WeightPenalties& penalties) {
  launch(stream, gradient_kernel<Scalar>, blocks_for(parameters.count), 0, parameters, sums, penalties);
}

void add_penalties(const Stream& stream, const Parameters& parameters, const WeightPenalties& penalties,
                   double* partial, const PenaltySums& sums) {
  if (parameters.weights == 0) return;
  const dim3 grid = reducing_blocks(parameters.weights);
  launch(stream, penalties_kernel, grid, block_warps * sizeof(double), parameters, penalties, partial);
  add_sum(stream, partial, grid.x, sums.l1);
  add_sum(stream, partial + most_blocks, grid.x, sums.l2);
  add_sum(stream, partial + 2 * most_blocks, grid.x, sums.wiring);
}

void update(const Stream& stream, const Parameters& parameters, const UpdateStep& step, double* partial, double* norm) {
  const dim3 grid = reducing_blocks(parameters.count);
  constexpr std::size_t shared = block_warps * sizeof(double);
  launch(stream, squares_kernel, grid, shared, parameters, partial);
  launch(stream, norm_kernel, dim3(1), shared, static_cast<const double*>(partial), static_cast<int>(grid.x), norm);
  launch(stream, update_kernel, blocks_for(parameters.count), 0, parameters, step, static_cast<const double*>(norm));
}

template void make_images(const Stream&, const Parameters&, const Images<float>&);
template void make_images(const Stream&, const Parameters&, const Images<double>&);
template void make_unit_arrays(const Stream&, const Parameters&, const UnitArrays<float>&);
template void make_unit_arrays(const Stream&, const Parameters&, const UnitArrays<double>&);
template void make_gradient(const Stream&, const Parameters&, const GradientSums<float>&, const WeightPenalties&);
template void make_gradient(const Stream&, const Parameters&, const GradientSums<double>&, const WeightPenalties&);

}  // namespace mrnn::gpu
