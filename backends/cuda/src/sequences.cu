#include "sequences.hpp"

#include "step_epilogues.hpp"

namespace mrnn::gpu {
namespace {

template <class Scalar>
__global__ void __launch_bounds__(block_threads)
    begin_kernel(Model<Scalar> model, Trajectory<Scalar> t, const double* initial_state) {
  const Size number = thread_number();
  const int units = model.units.count;
  const int unit = static_cast<int>(number % units), lane = static_cast<int>(number / units);
  if (lane >= model.batch.lanes) return;
  const double* given = model.batch.initial_state;
  const double state = given == nullptr ? initial_state[unit] : given[unit + Size{units} * model.batch.trial[lane]];
  const auto phi = static_cast<Activation>(model.units.activation[unit]);
  t.x[unit + Size{model.units.padded} * lane] = static_cast<Scalar>(state);
  const bool rate = model.dynamics == Dynamics::rate;
  t.state[unit + Size{t.rows} * lane] = static_cast<Scalar>(rate ? state : formulas::activate(phi, state));
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) inputs_kernel(Model<Scalar> model, Trajectory<Scalar> t, int count) {
  const int blocks = (model.inputs + 3) / 4;
  const Batch<Scalar>& batch = model.batch;
  const Size number = thread_number();
  const int block = static_cast<int>(number % blocks), lane = static_cast<int>(number / blocks % batch.lanes);
  const int slot = static_cast<int>(number / blocks / batch.lanes);
  if (slot >= count) return;
  const int step = *t.first + slot;
  Scalar eta[4] = {};
  if (model.noise && model.input_noise != Scalar(0)) {
    draw_normals(model.seed, NoiseStream::input, batch.ids[lane], static_cast<std::uint32_t>(block),
                 static_cast<std::uint32_t>(step), eta);
  }
  const Scalar* u = batch.inputs + model.inputs * (batch.trial[lane] + Size{batch.trials} * step);
  Scalar* v = t.state + state_place(t, batch, slot, lane) + model.units.padded;
  for (int channel = 4 * block; channel < 4 * block + 4 && channel < model.inputs; ++channel) {
    v[channel] = u[channel] + model.input_noise * eta[channel - 4 * block];
  }
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) copy_kernel(Batch<Scalar> batch, RowCopy<Scalar> copy) {
  const Size number = thread_number();
  const int row = static_cast<int>(number % copy.count);
  const int trial = static_cast<int>(number / copy.count % batch.trials);
  const int step = static_cast<int>(number / copy.count / batch.trials);
  if (step >= copy.steps) return;
  copy.out[number] = copy.from[copy.units[row] + copy.lane_stride * batch.lane[trial] + copy.step_stride * step];
}

template <class Scalar>
__device__ inline Scalar warp_sum(Scalar value) {
  for (int mask = 16; mask > 0; mask /= 2) value += __shfl_xor_sync(0xFFFFFFFFU, value, mask);
  return value;
}
template <class Scalar>
__device__ inline Scalar warp_largest(Scalar value) {
  for (int mask = 16; mask > 0; mask /= 2) {
    const Scalar other = __shfl_xor_sync(0xFFFFFFFFU, value, mask);
    value = value > other ? value : other;
  }
  return value;
}

/// One column of one output, worked on by a warp.
template <class Scalar>
struct OutputColumn {
  const Outputs<Scalar>& outputs;
  int lane, step;

  __device__ Scalar* z() const {
    return outputs.z + outputs.z_stride * (lane + Size{outputs.batch.lanes} * step) + outputs.output.start;
  }
  __device__ Scalar drive(int k) const {
    const Output& output = outputs.output;
    if (!output.identity) return z()[k] + outputs.bias[output.start + k];
    return outputs.state[output.units[k] + outputs.state_stride * (lane + Size{outputs.batch.lanes} * step)];
  }
  __device__ bool is_softmax() const {
    return outputs.output.activation == OutputActivation::softmax && !outputs.output.identity;
  }
  __device__ Scalar activate(Scalar drive) const {
    const bool sigmoid = outputs.output.activation == OutputActivation::sigmoid && !outputs.output.identity;
    return sigmoid ? formulas::sigmoid(drive) : drive;
  }
  /// Largest drive and the sum of exp(drive - largest).
  __device__ void softmax_parts(Scalar& largest, Scalar& sum) const {
    const int thread = threadIdx.x % warp_threads, size = outputs.output.size;
    largest = drive(0);
    for (int k = thread; k < size; k += warp_threads) {
      const Scalar value = drive(k);
      largest = value > largest ? value : largest;
    }
    largest = warp_largest(largest);
    sum = 0;
    for (int k = thread; k < size; k += warp_threads) sum += std::exp(drive(k) - largest);
    sum = warp_sum(sum);
  }
  __device__ Size wanted(int k) const {
    const Batch<Scalar>& batch = outputs.batch;
    return outputs.output.start + k +
           outputs.channels * (batch.trial[lane] + Size{batch.trials} * (outputs.first_step + step));
  }
  __device__ Scalar mask(int k) const {
    return outputs.batch.mask == nullptr ? Scalar(1) : outputs.batch.mask[wanted(k)];
  }
  /// Error y - target, zero where the mask is: recordings have gaps there, as NaN.
  __device__ Scalar error(int k, Scalar y) const {
    return mask(k) == Scalar(0) ? Scalar(0) : y - outputs.batch.targets[wanted(k)];
  }
};

template <class Scalar>
__global__ void __launch_bounds__(block_threads) record_output_kernel(Outputs<Scalar> outputs, Scalar* y) {
  const Batch<Scalar>& batch = outputs.batch;
  const Size column = thread_number() / warp_threads;
  const int trial = static_cast<int>(column % batch.trials), step = static_cast<int>(column / batch.trials);
  if (step >= outputs.steps) return;
  const OutputColumn<Scalar> here = {outputs, batch.lane[trial], step};
  Scalar largest = 0, sum = 1;
  if (here.is_softmax()) here.softmax_parts(largest, sum);
  for (int k = threadIdx.x % warp_threads; k < outputs.output.size; k += warp_threads) {
    const Scalar drive = here.drive(k);
    y[outputs.output.start + k + outputs.channels * column] =
        here.is_softmax() ? std::exp(drive - largest) / sum : here.activate(drive);
  }
}

/// m (y - target)^2, and its slope by z in place of z.
template <class Scalar>
__device__ double squared_error(const OutputColumn<Scalar>& here) {
  const Output& output = here.outputs.output;
  const auto factor = static_cast<Scalar>(2.0 * output.factor);
  const int thread = threadIdx.x % warp_threads;
  Scalar largest = 0, total = 1, mean = 0;
  const bool softmax = here.is_softmax();
  if (softmax) {
    here.softmax_parts(largest, total);
    for (int k = thread; k < output.size; k += warp_threads) {
      const Scalar y = std::exp(here.drive(k) - largest) / total;
      mean += factor * here.mask(k) * here.error(k, y) * y;
    }
    mean = warp_sum(mean);
  }
  double sum = 0.0;
  for (int k = thread; k < output.size; k += warp_threads) {
    const Scalar drive = here.drive(k);
    const Scalar y = softmax ? std::exp(drive - largest) / total : here.activate(drive);
    const Scalar mask = here.mask(k), error = here.error(k, y);
    sum += static_cast<double>(mask) * static_cast<double>(error) * static_cast<double>(error);
    Scalar slope = factor * mask * error;
    if (softmax) {
      slope = y * (slope - mean);
    } else if (output.activation == OutputActivation::sigmoid && !output.identity) {
      slope *= y * (Scalar(1) - y);
    }
    here.z()[k] = slope;
  }
  return sum;
}

/// -m target ln y with y = softmax(z), from z, so that no logarithm of an underflown y is taken.
template <class Scalar>
__device__ double cross_entropy(const OutputColumn<Scalar>& here) {
  const Output& output = here.outputs.output;
  const int thread = threadIdx.x % warp_threads;
  const auto mask = static_cast<double>(here.mask(0));
  double largest = static_cast<double>(here.drive(0)), total = 0.0, targets = 0.0, sum = 0.0;
  if (mask != 0.0) {
    for (int k = thread; k < output.size; k += warp_threads) {
      const auto value = static_cast<double>(here.drive(k));
      largest = value > largest ? value : largest;
      targets += static_cast<double>(here.outputs.batch.targets[here.wanted(k)]);
    }
  }
  largest = warp_largest(largest);
  targets = warp_sum(targets);
  for (int k = thread; k < output.size; k += warp_threads)
    total += std::exp(static_cast<double>(here.drive(k)) - largest);
  total = warp_sum(total);
  const double log_total = largest + std::log(total);
  for (int k = thread; k < output.size; k += warp_threads) {
    const double log_y = static_cast<double>(here.drive(k)) - log_total;
    const double target = mask == 0.0 ? 0.0 : static_cast<double>(here.outputs.batch.targets[here.wanted(k)]);
    if (mask != 0.0) sum -= mask * target * log_y;
    here.z()[k] = static_cast<Scalar>(output.factor * mask * (std::exp(log_y) * targets - target));
  }
  return sum;
}

template <class Scalar>
__global__ void __launch_bounds__(block_threads) loss_kernel(Outputs<Scalar> outputs, double* partial) {
  double* scratch = shared_memory<double>();
  const Output& output = outputs.output;
  const Size columns = Size{outputs.batch.lanes} * outputs.steps, warps = Size{gridDim.x} * block_warps;
  double sum = 0.0;
  for (Size column = thread_number() / warp_threads; column < columns; column += warps) {
    const OutputColumn<Scalar> here = {outputs, static_cast<int>(column % outputs.batch.lanes),
                                       static_cast<int>(column / outputs.batch.lanes)};
    if (output.factor == 0.0 || outputs.batch.own[here.lane] == 0) {
      for (int k = threadIdx.x % warp_threads; k < output.size; k += warp_threads) here.z()[k] = Scalar(0);
    } else {
      sum += output.entropy ? cross_entropy(here) : squared_error(here);
    }
  }
  const double total = block_sum(sum, scratch);
  if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

}  // namespace

template <class Scalar>
void begin_states(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory,
                  const double* initial_state) {
  launch(stream, begin_kernel<Scalar>, blocks_for(Size{model.units.count} * model.batch.lanes), 0, model, trajectory,
         initial_state);
}

template <class Scalar>
void prepare_inputs(const Stream& stream, const Model<Scalar>& model, const Trajectory<Scalar>& trajectory, int count) {
  if (model.inputs == 0) return;
  const Size threads = Size{(model.inputs + 3) / 4} * model.batch.lanes * count;
  launch(stream, inputs_kernel<Scalar>, blocks_for(threads), 0, model, trajectory, count);
}

template <class Scalar>
void copy_rows(const Stream& stream, const Batch<Scalar>& batch, const RowCopy<Scalar>& copy) {
  if (copy.steps <= 0 || copy.count == 0) return;
  launch(stream, copy_kernel<Scalar>, blocks_for(Size{copy.count} * batch.trials * copy.steps), 0, batch, copy);
}

template <class Scalar>
void record_output(const Stream& stream, const Outputs<Scalar>& outputs, Scalar* y) {
  if (outputs.steps <= 0) return;
  launch(stream, record_output_kernel<Scalar>, blocks_for(Size{outputs.batch.trials} * outputs.steps * warp_threads), 0,
         outputs, y);
}

template <class Scalar>
void output_loss(const Stream& stream, const Outputs<Scalar>& outputs, double* partial, double* sum) {
  if (outputs.steps <= 0) return;
  const Size columns = Size{outputs.batch.lanes} * outputs.steps;
  const Size blocks = (columns + block_warps - 1) / block_warps;
  const dim3 grid(static_cast<unsigned>(blocks < most_partials ? blocks : most_partials));
  launch(stream, loss_kernel<Scalar>, grid, block_warps * sizeof(double), outputs, partial);
  add_sum(stream, partial, grid.x, sum);
}

template void begin_states(const Stream&, const Model<float>&, const Trajectory<float>&, const double*);
template void begin_states(const Stream&, const Model<double>&, const Trajectory<double>&, const double*);
template void prepare_inputs(const Stream&, const Model<float>&, const Trajectory<float>&, int);
template void prepare_inputs(const Stream&, const Model<double>&, const Trajectory<double>&, int);
template void copy_rows(const Stream&, const Batch<float>&, const RowCopy<float>&);
template void copy_rows(const Stream&, const Batch<double>&, const RowCopy<double>&);
template void record_output(const Stream&, const Outputs<float>&, float*);
template void record_output(const Stream&, const Outputs<double>&, double*);
template void output_loss(const Stream&, const Outputs<float>&, double*, double*);
template void output_loss(const Stream&, const Outputs<double>&, double*, double*);

}  // namespace mrnn::gpu
