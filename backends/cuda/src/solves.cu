#include "solves.hpp"

#include "kernel_support.hpp"

namespace mrnn::gpu {
namespace {

/// States whose elements at one place a thread computes: it loads those of M and K once for all of them.
constexpr Size states_per_thread = 16;

__device__ inline double element(const Diagonal& diagonal, Size unit, Size state) {
  return diagonal.data[unit + diagonal.stride * state];
}

__global__ void __launch_bounds__(block_threads)
    scale_kernel(NewtonStates states, Diagonal diagonal, const double* v, double* out) {
  const Size k = thread_number();
  if (k < states.units * states.count) out[k] = element(diagonal, k % states.units, k / states.units) * v[k];
}

__global__ void __launch_bounds__(block_threads)
    add_leak_kernel(NewtonStates states, const double* v, const double* back, double* out) {
  const Size k = thread_number();
  if (k >= states.units * states.count) return;
  const Size unit = k % states.units;
  out[k] = -(states.leak[unit] * v[k] + element(states.pre, unit, k / states.units) * back[k]);
}

/// Blocks: elements of a matrix x parts of the states.
__global__ void __launch_bounds__(block_threads) matrices_kernel(NewtonStates states, NormalMatrices matrices) {
  const Size n = states.units, place = thread_number(), i = place % n, j = place / n;
  if (j >= n || i < j) return;
  const double square = matrices.square[place], cross = matrices.cross[place], across = matrices.cross[j + n * i];
  const double leak = states.leak[i];
  const Size first = Size{blockIdx.y} * states_per_thread;
  const Size last = first + states_per_thread < states.count ? first + states_per_thread : states.count;
  for (Size k = first; k < last; ++k) {
    const double vi = matrices.varying[i + n * k], vj = matrices.varying[j + n * k];
    double sum = vi * (cross + vj * square) + vj * across;
    if (i == j) sum += leak * leak + matrices.mu[k];
    matrices.out[place + n * n * k] = sum;
  }
}

/// Blocks: states.
__global__ void __launch_bounds__(block_threads) measure_kernel(NewtonStates states, StepLengths lengths) {
  double* scratch = shared_memory<double>();
  const Size state = blockIdx.x, n = states.units;
  double left = 0.0, slope = 0.0;
  for (Size unit = threadIdx.x; unit < n; unit += block_threads) {
    const Size k = unit + n * state;
    const double rest =
        lengths.g[k] + states.leak[unit] * lengths.d[k] + element(states.post, unit, state) * lengths.moved[k];
    left += rest * rest;
    slope += lengths.slope[k] * lengths.slope[k];
  }
  left = block_sum(left, scratch);
  slope = block_sum(slope, scratch);
  if (threadIdx.x != 0) return;
  lengths.out[2 * state] = 0.5 * left;
  lengths.out[2 * state + 1] = slope;
}

}  // namespace

void scale(const Stream& stream, const NewtonStates& states, const Diagonal& diagonal, const double* v, double* out) {
  launch(stream, scale_kernel, blocks_for(states.units * states.count), 0, states, diagonal, v, out);
}

void add_leak(const Stream& stream, const NewtonStates& states, const double* v, const double* back, double* out) {
  launch(stream, add_leak_kernel, blocks_for(states.units * states.count), 0, states, v, back, out);
}

void make_matrices(const Stream& stream, const NewtonStates& states, const NormalMatrices& matrices) {
  dim3 grid = blocks_for(states.units * states.units);
  grid.y = static_cast<unsigned>((states.count + states_per_thread - 1) / states_per_thread);
  launch(stream, matrices_kernel, grid, 0, states, matrices);
}

void measure(const Stream& stream, const NewtonStates& states, const StepLengths& lengths) {
  launch(stream, measure_kernel, dim3(static_cast<unsigned>(states.count)), block_warps * sizeof(double), states,
         lengths);
}

}  // namespace mrnn::gpu
