#pragma once

#include <functional>
#include <memory>

#include "device_array.hpp"
#include "mrnn/damped_newton.hpp"
#include "solves.hpp"

namespace mrnn::cuda {

/// Newton's steps on the device, where there are enough of them to pay and its memory allows; else on the processor.
class CudaNewton final : public DampedNewton {
 public:
  /// Says what went wrong in words for the user; throws.
  using Refuse = std::function<void(const gpu::DeviceFailure&)>;

  /// The stream must outlive this.
  CudaNewton(const gpu::Stream& stream, NewtonModel model, Refuse refuse);
  ~CudaNewton() override;

  Index states_at_once() const override;

 private:
  /// The states of a call from `first` on.
  struct Part {
    Index first = 0, count = 0;
    const Eigen::MatrixXd& varying;
    const Eigen::MatrixXd& g;
    const Eigen::VectorXd& mu;
  };
  struct Device;

  DampedSteps do_steps(const Eigen::MatrixXd& varying, const Eigen::MatrixXd& g, const Eigen::VectorXd& mu) override;
  void take(const Part& part, DampedSteps& steps);
  gpu::NewtonStates send(const Part& part);
  void add_back(const gpu::NewtonStates& states, const double* v, double* out);
  void multiply(bool transposed, Index count);
  void solve(const gpu::NewtonStates& states);

  const gpu::Stream& stream_;
  Refuse refuse_;
  Index room_ = 0;                  ///< states at a time; 0: none, the memory of the device is full
  std::unique_ptr<Device> device_;  ///< what is there, from the first steps on
};

}  // namespace mrnn::cuda
