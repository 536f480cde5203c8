#include <algorithm>
#include <utility>

#include "cuda_newton.hpp"
#include "cuda_session.hpp"
#include "mrnn/state_points.hpp"

namespace mrnn::cuda {
namespace {

/// Bytes of dense weights up to which states are multiplied on the device.
constexpr std::size_t most_dense_bytes = std::size_t{1} << 30;

}  // namespace

/// Products of states with the weights are made in double, on the device where a dense copy of the weights fits.
template <class Scalar>
StatePointSteps CudaSession<Scalar>::point_steps() const {
  const Parameters& parameters = host_parameters();
  if (!host_weights_) host_weights_ = effective_weights(network(), parameters);
  const Index units = network().units(), columns = units + network().inputs();
  if (static_cast<std::size_t>(units * columns) * sizeof(double) > most_dense_bytes) {
    return {network(), parameters, *host_weights_, *batch_->trials};
  }
  const auto product = [this, units, columns](const std::vector<const ScaleWeights*>& scalings,
                                              const Eigen::MatrixXd& h, const Eigen::MatrixXd& u,
                                              Eigen::MatrixXd& drive) {
    guarded([&] {
      send_point_weights(scalings);
      Eigen::MatrixXd vectors(columns, h.cols());
      vectors.topRows(units) = h;
      vectors.bottomRows(columns - units) = u;
      point_vectors_.write(stream_, {vectors.data(), vectors.data() + vectors.size()});
      point_drive_.write(stream_, {drive.data(), drive.data() + drive.size()});
      gpu::MatrixProduct<double> all;
      all.a = {point_weights_.data(), units};
      all.b = {point_vectors_.data(), columns};
      all.out = point_drive_.data();
      all.out_stride = all.rows = units;
      all.columns = h.cols();
      all.depth = columns;
      all.accumulate = true;
      gpu::multiply(stream_, all);
      gpu::copy_from_device(stream_, drive.data(), point_drive_.data(),
                            static_cast<std::size_t>(drive.size()) * sizeof(double));
      stream_.synchronise();
    });
  };
  return {network(), parameters, *host_weights_, *batch_->trials, product};
}

/// Dense weights as these scalings leave them; those without stay from call to call.
template <class Scalar>
void CudaSession<Scalar>::send_point_weights(const std::vector<const ScaleWeights*>& scalings) const {
  if (scalings.empty() && point_weights_fresh_) return;
  const Index units = network().units(), inputs = network().inputs();
  EffectiveWeights weights = *host_weights_;
  scale_weights(network(), weights, scalings);
  Eigen::MatrixXd all(units, units + inputs);
  all.leftCols(units) = dense(network().recurrent_blocks(), weights.recurrent, units, units);
  all.rightCols(inputs) = dense(network().input_blocks(), weights.input, units, inputs);
  point_weights_.write(stream_, {all.data(), all.data() + all.size()});
  point_weights_fresh_ = scalings.empty();
}

template <class Scalar>
Eigen::MatrixXd CudaSession<Scalar>::do_advance(const StatePoints& points) const {
  return point_steps().advance(points);
}

template <class Scalar>
Jacobians CudaSession<Scalar>::do_jacobian(const StatePoints& points) const {
  return point_steps().jacobian(points);
}

template <class Scalar>
std::unique_ptr<DampedNewton> CudaSession<Scalar>::do_damped_newton(NewtonModel model) const {
  if (!gpu::Cholesky::present()) return Session::do_damped_newton(std::move(model));
  return guarded([&] {
    return std::make_unique<CudaNewton>(stream_, std::move(model),
                                        [this](const gpu::DeviceFailure& failure) { fail(failure, batch_->shape); });
  });
}

template Eigen::MatrixXd CudaSession<float>::do_advance(const StatePoints&) const;
template Eigen::MatrixXd CudaSession<double>::do_advance(const StatePoints&) const;
template Jacobians CudaSession<float>::do_jacobian(const StatePoints&) const;
template Jacobians CudaSession<double>::do_jacobian(const StatePoints&) const;
template std::unique_ptr<DampedNewton> CudaSession<float>::do_damped_newton(NewtonModel) const;
template std::unique_ptr<DampedNewton> CudaSession<double>::do_damped_newton(NewtonModel) const;

}  // namespace mrnn::cuda
