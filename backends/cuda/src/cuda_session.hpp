#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "device_array.hpp"
#include "device_batch.hpp"
#include "layout.hpp"
#include "memory_plan.hpp"
#include "mrnn/backend.hpp"
#include "mrnn/session.hpp"
#include "mrnn/state_points.hpp"
#include "persistent.hpp"
#include "sequences.hpp"
#include "step_graphs.hpp"
#include "step_plan.hpp"
#include "steps.hpp"
#include "tensor_list.hpp"

namespace mrnn::cuda {

/// A network on an NVIDIA device, in float or double. Parameters, activity, gradients and the optimiser stay there.
template <class Scalar>
class CudaSession final : public Session {
 public:
  CudaSession(const Network& network, const SessionOptions& options);
  ~CudaSession() override;

 private:
  void do_write_parameters(const Parameters& parameters) override;
  Parameters do_read_parameters() const override;
  void do_load(const Trials& trials) override;
  void do_prepare(std::shared_ptr<const Trials> trials) override;
  void do_forward(const Record& record, Noise noise) override;
  LossTerms do_backward(const Loss& loss, const std::function<void()>& meanwhile) override;
  Parameters do_read_gradients() const override;
  void do_write_gradients(const Parameters& gradients) override;
  double do_update(const OptimiserStep& step) override;
  OptimiserState do_read_optimiser_state() const override;
  void do_write_optimiser_state(const OptimiserState& state) override;
  void do_read_activity(Quantity what, Sequence& into, Index first_trial) const override;
  void do_read_activity(Quantity what, FloatSequence& into, Index first_trial) const override;
  Eigen::MatrixXd do_advance(const StatePoints& points) const override;
  Jacobians do_jacobian(const StatePoints& points) const override;
  std::unique_ptr<DampedNewton> do_damped_newton(NewtonModel model) const override;

  /// Slots of the trajectory that are run, recorded and gone back through together.
  struct Stretch {
    int first = 0, last = 0;  ///< steps [first, last)
    int count() const noexcept { return last - first; }
  };

  void make_structure();
  void make_tables();
  void make_unit_tables();
  void make_outputs();
  void refresh_weights();
  void make_room_for_images();
  gpu::UnitArrays<Scalar> unit_arrays();
  void take_prepared();
  void forget_prepared();
  void leave_no_next();
  void make_room(const Record& record);
  void set_pointers();
  void point_to_batch();
  void point_to_weights();
  bool needs_x() const;

  Stretch stretch(int number) const;
  int stretches() const;
  void begin_stretch(const Stretch& stretch);
  void run_steps(const Stretch& stretch);
  void record_stretch(const Stretch& stretch);
  void record_outputs(const Stretch& stretch);
  void keep_state(int number);
  void restore_state(int number);
  void next_stretch(int count);
  void expect_finite() const;

  /// What a backward pass has found so far.
  struct BackwardPass;
  void prepare_backward(BackwardPass& pass);
  void prepare_penalties(BackwardPass& pass);
  void make_room_back(const BackwardPass& pass);
  void find_rate_slope(BackwardPass& pass);
  void go_back(const Stretch& stretch, BackwardPass& pass);
  void outputs_back(const Stretch& stretch, int low, int high, BackwardPass& pass);
  void add_gradients(int high, BackwardPass& pass);
  void add_products(const Scalar* delta, const Scalar* right, gpu::Size right_stride, gpu::Size columns, Scalar* out,
                    bool with_inputs);
  template <class Factor>
  void add_product(gpu::MatrixProduct<Scalar, Factor> product, Scalar* out, bool with_inputs);
  void add_vanishing(int high, BackwardPass& pass);
  void add_sums(const Stretch& stretch, int low, int high, BackwardPass& pass);
  void finish_gradient(const BackwardPass& pass);
  LossTerms loss_terms(const BackwardPass& pass) const;
  void add_rates(const Scalar* state, gpu::Size columns);

  const Parameters& host_parameters() const;
  StatePointSteps point_steps() const;
  void send_point_weights(const std::vector<const ScaleWeights*>& scalings) const;
  template <class Out>
  void read(Quantity what, BasicSequence<Out>& into, Index first_trial) const;
  /// Runs an action on the device, and says what went wrong in words for the user.
  template <class Action>
  auto guarded(Action&& action) const -> decltype(action()) {
    try {
      return action();
    } catch (const gpu::DeviceFailure& failure) {
      fail(failure, batch_->shape);
    }
  }
  [[noreturn]] void fail(const gpu::DeviceFailure& failure, const BatchShape& batch) const;
  /// Does what takes memory. Where that does not suffice, prepared trials give theirs.
  template <class Action>
  void with_room(Action&& action) {
    try {
      action();
    } catch (const gpu::DeviceFailure& failure) {
      if (!failure.out_of_memory || !next_) throw;
      leave_no_next();
      action();
    }
  }

  gpu::Stream stream_;
  std::unique_ptr<gpu::Stream> upload_;  ///< brings what is prepared; there from the first time on
  Rows rows_;
  ParameterLayout layout_;
  TileList drive_list_, adjoint_list_;
  QuadLists quad_lists_;
  std::vector<FragmentLists> fragment_lists_;  ///< none where no products are made on tensor cores
  std::vector<TensorLists> tensor_lists_;      ///< likewise
  bool dense_gradient_ = true;

  // The network.
  DeviceArray<gpu::Entry> entries_;
  DeviceArray<double> values_, gradient_, first_moment_, second_moment_;
  DeviceArray<std::int32_t> drive_start_, drive_end_, drive_column_, drive_map_;
  DeviceArray<std::int32_t> adjoint_start_, adjoint_end_, adjoint_column_, adjoint_map_;
  std::array<DeviceArray<std::int32_t>, 2> drive_quads_, adjoint_quads_;
  struct FragmentTable {
    DeviceArray<gpu::FragmentTable::Warp> warp;
    DeviceArray<std::int32_t> column;
  };
  std::vector<std::array<FragmentTable, 2>> fragment_tables_;  ///< drive and adjoint of each of the lists
  struct TensorTable {
    DeviceArray<std::int32_t> start, row, column;
    DeviceArray<std::uint8_t> image;
  };
  std::vector<std::array<TensorTable, 2>> tensor_tables_;  ///< likewise
  gpu::TensorTiles tensor_tiles(std::size_t side) const;
  DeviceArray<std::uint8_t> activation_;
  DeviceArray<double> sigma_, initial_state_;
  DeviceArray<Scalar> unit_arrays_, readout_bias_;
  DeviceArray<Scalar> drive_image_, adjoint_image_, dense_drive_, dense_adjoint_, readout_image_;
  DeviceArray<gpu::Bf16> drive_parts_, adjoint_parts_;
  DeviceArray<std::int32_t> identity_start_, identity_channel_, region_;
  std::vector<std::unique_ptr<DeviceArray<std::int32_t>>> identity_units_;  ///< per output
  std::vector<gpu::Output> outputs_;
  gpu::Parameters parameters_;
  gpu::Images<Scalar> images_;
  bool images_fit_ = false;  ///< the parameters, the plan and the variants of the batch

  std::unique_ptr<DeviceBatch<Scalar>> batch_ = std::make_unique<DeviceBatch<Scalar>>();
  /// Comes next, once it has trials. Between load() and prepare() it is the one before, which may still be in use.
  std::unique_ptr<DeviceBatch<Scalar>> next_;
  bool has_room_for_next_ = true;
  gpu::StepPlan plan_;
  // A run.
  Record record_;
  bool has_run_ = false;
  Demands demands_;
  Noise noise_ = Noise::off;
  int stretch_steps_ = 1;
  DeviceArray<Scalar> state_, x_, kept_, drive_, delta_, carried_, back_, masked_;
  DeviceArray<gpu::Bf16> parts_;       ///< of what a step multiplies
  DeviceArray<std::uint8_t> vectors_;  ///< likewise, as fragments
  DeviceArray<std::int32_t> first_steps_, clock_, recorded_units_;
  DeviceArray<Scalar> recorded_x_, recorded_h_, recorded_y_, z_;
  DeviceArray<unsigned long long> failure_;  ///< the earliest, and what stands for none
  mutable bool unchecked_ = false;           ///< whether all was finite in the last forward pass is not known yet
  gpu::ForwardRun<Scalar> forward_;
  gpu::BackwardRun<Scalar> backward_;
  StepGraphs graphs_;

  // Gradients.
  DeviceArray<Scalar> drive_gradient_, readout_gradient_, vanishing_gradient_, rate_slope_;
  DeviceArray<gpu::Bf16> factor_parts_;  ///< of what gradients of weights are products of, some columns at a time
  DeviceArray<double> distances_, row_sums_, partial_, totals_, columns_;

  mutable std::optional<Parameters> host_parameters_;
  mutable std::optional<EffectiveWeights> host_weights_;
  mutable DeviceArray<double> point_weights_, point_vectors_, point_drive_;
  mutable bool point_weights_fresh_ = false;
};

}  // namespace mrnn::cuda
