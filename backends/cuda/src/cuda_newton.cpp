#include "cuda_newton.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mrnn::cuda {
namespace {

double work(Index units, Index states) {
  const auto n = static_cast<double>(units);
  return n * n * n * static_cast<double>(states);
}

void send(const gpu::Stream& stream, DeviceArray<double>& to, const double* values, Index count) {
  to.resize(stream, count);
  gpu::copy_to_device(stream, to.data(), values, static_cast<std::size_t>(count) * sizeof(double));
}

void read(const gpu::Stream& stream, const DeviceArray<double>& from, double* values) {
  gpu::copy_from_device(stream, values, from.data(), static_cast<std::size_t>(from.size()) * sizeof(double));
}

Eigen::MatrixXd square_on_device(const gpu::Stream& stream, const Eigen::MatrixXd& b) {
  DeviceArray<double> factor, product;
  send(stream, factor, b.data(), b.size());
  product.resize(stream, b.cols() * b.cols());
  gpu::MatrixProduct<double> all;
  all.a = {factor.data(), b.rows(), true};
  all.b = {factor.data(), b.rows()};
  all.out = product.data();
  all.out_stride = all.rows = all.columns = b.cols();
  all.depth = b.rows();
  gpu::multiply(stream, all);
  Eigen::MatrixXd result(b.cols(), b.cols());
  read(stream, product, result.data());
  stream.synchronise();
  return result;
}

/// B^T B on the device, unless it is small or there is no room for it.
DampedNewton::Square square_by(const gpu::Stream& stream) {
  return [&stream](const Eigen::MatrixXd& b) -> Eigen::MatrixXd {
    if (work(b.rows(), 1) >= gpu::solve_limits().least_work) {
      try {
        return square_on_device(stream, b);
      } catch (const gpu::DeviceFailure& failure) {
        if (!failure.out_of_memory) throw;
      }
    }
    return b.transpose() * b;
  };
}

}  // namespace

struct CudaNewton::Device {
  explicit Device(const gpu::Stream& stream) : cholesky(stream) {}

  gpu::Cholesky cholesky;
  DeviceArray<double> weights, square, cross;  ///< [n x n]
  DeviceArray<double> leak, gain;              ///< [n]
  DeviceArray<double> varying, g, slope, d;    ///< [n x K]
  DeviceArray<double> scaled, product;         ///< [n x K]
  DeviceArray<double> mu, lengths, matrices;   ///< [K], [2 x K], [n x n] per state
  DeviceArray<double*> matrix, vector;         ///< where those of each state begin
  DeviceArray<int> info;                       ///< [K + 1]
};

CudaNewton::CudaNewton(const gpu::Stream& stream, NewtonModel model, Refuse refuse)
    : DampedNewton(std::move(model), square_by(stream)), stream_(stream), refuse_(std::move(refuse)) {
  const std::size_t bytes = static_cast<std::size_t>(square().size()) * sizeof(double);
  room_ = static_cast<Index>(std::clamp<std::size_t>(gpu::solve_limits().most_bytes / bytes, 1, 1 << 16));
}

CudaNewton::~CudaNewton() = default;

Index CudaNewton::states_at_once() const {
  return std::max(room_, DampedNewton::states_at_once());
}

DampedSteps CudaNewton::do_steps(const Eigen::MatrixXd& varying, const Eigen::MatrixXd& g, const Eigen::VectorXd& mu) {
  const Index count = mu.size();
  if (room_ == 0 || work(size(), count) < gpu::solve_limits().least_work) {
    return DampedNewton::do_steps(varying, g, mu);
  }
  DampedSteps steps{Eigen::MatrixXd(size(), count), Eigen::VectorXd(count), Eigen::VectorXd(count), {}};
  steps.definite.setConstant(count, false);
  for (Index first = 0; first < count;) {
    const Part part{first, std::min(room_, count - first), varying, g, mu};
    try {
      take(part, steps);
      first += part.count;
    } catch (const gpu::DeviceFailure& failure) {
      if (!failure.out_of_memory) refuse_(failure);
      room_ = part.count / 2;
      device_.reset();
      if (room_ == 0) return DampedNewton::do_steps(varying, g, mu);
    }
  }
  return steps;
}

void CudaNewton::take(const Part& part, DampedSteps& steps) {
  const gpu::NewtonStates states = send(part);
  Device& on = *device_;
  solve(states);
  gpu::scale(stream_, states, states.pre, on.d.data(), on.scaled.data());
  multiply(false, part.count);
  gpu::measure(stream_, states, {on.g.data(), on.d.data(), on.product.data(), on.slope.data(), on.lengths.data()});

  Eigen::Matrix2Xd lengths(2, part.count);
  read(stream_, on.d, steps.d.col(part.first).data());
  read(stream_, on.lengths, lengths.data());
  const std::vector<int> info = on.info.read(stream_);
  steps.predicted.segment(part.first, part.count) = lengths.row(0);
  steps.slope.segment(part.first, part.count) = lengths.row(1);
  for (Index k = 0; k < part.count; ++k) {
    const Index state = part.first + k;
    steps.definite(state) = info[static_cast<std::size_t>(k)] == 0 && steps.d.col(state).allFinite();
  }
}

/// Makes room and brings over what the part needs, at first also what all have in common.
gpu::NewtonStates CudaNewton::send(const Part& part) {
  const Index n = size(), vectors = n * part.count;
  if (!device_) {
    auto made = std::make_unique<Device>(stream_);
    cuda::send(stream_, made->weights, model().weights.data(), n * n);
    cuda::send(stream_, made->square, square().data(), n * n);
    cuda::send(stream_, made->cross, cross().data(), n * n);
    cuda::send(stream_, made->leak, model().leak.data(), n);
    cuda::send(stream_, made->gain, model().gain.data(), n);
    device_ = std::move(made);
  }
  Device& on = *device_;
  on.matrices.resize(stream_, n * vectors);
  for (auto* array : {&on.slope, &on.d, &on.scaled, &on.product}) array->resize(stream_, vectors);
  on.lengths.resize(stream_, 2 * part.count);
  on.info.resize(stream_, part.count + 1);
  std::vector<double*> matrix, vector;
  for (Index k = 0; k < part.count; ++k) {
    matrix.push_back(on.matrices.data() + n * n * k);
    vector.push_back(on.d.data() + n * k);
  }
  on.matrix.write(stream_, matrix);
  on.vector.write(stream_, vector);
  cuda::send(stream_, on.varying, part.varying.col(part.first).data(), vectors);
  cuda::send(stream_, on.g, part.g.col(part.first).data(), vectors);
  cuda::send(stream_, on.mu, part.mu.data() + part.first, part.count);
  const gpu::Diagonal all{on.gain.data(), 0}, own{on.varying.data(), n};
  return {n, part.count, on.leak.data(), is_rate() ? own : all, is_rate() ? all : own};
}

/// product = W scaled, or W^T scaled
void CudaNewton::multiply(bool transposed, Index count) {
  gpu::MatrixProduct<double> all;
  all.a = {device_->weights.data(), size(), transposed};
  all.b = {device_->scaled.data(), size()};
  all.out = device_->product.data();
  all.out_stride = all.rows = all.depth = size();
  all.columns = count;
  gpu::multiply(stream_, all);
}

/// out = -A^T v
void CudaNewton::add_back(const gpu::NewtonStates& states, const double* v, double* out) {
  gpu::scale(stream_, states, states.post, v, device_->scaled.data());
  multiply(true, states.count);
  gpu::add_leak(stream_, states, v, device_->product.data(), out);
}

/// slope = -A^T g, d = -(A^T A + mu I)^-1 A^T g, or -A^T (A A^T + mu I)^-1 g for rate dynamics.
void CudaNewton::solve(const gpu::NewtonStates& states) {
  Device& on = *device_;
  add_back(states, on.g.data(), on.slope.data());
  gpu::make_matrices(stream_, states,
                     {on.varying.data(), on.square.data(), on.cross.data(), on.mu.data(), on.matrices.data()});
  gpu::copy_on_device(stream_, on.d.data(), is_rate() ? on.g.data() : on.slope.data(),
                      static_cast<std::size_t>(on.d.size()) * sizeof(double));
  on.cholesky.solve({static_cast<int>(states.units), static_cast<int>(states.count), on.matrix.data(), on.vector.data(),
                     on.info.data()});
  if (is_rate()) add_back(states, on.d.data(), on.d.data());
}

}  // namespace mrnn::cuda
