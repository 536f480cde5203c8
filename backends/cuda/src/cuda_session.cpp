#include "cuda_session.hpp"

#include <algorithm>
#include <utility>

#include "elementwise.hpp"
#include "mrnn/error.hpp"
#include "session_failure.hpp"

namespace mrnn::cuda {

template <class Scalar>
CudaSession<Scalar>::CudaSession(const Network& network, const SessionOptions& options)
    : Session(network, options),
      rows_(network),
      layout_(network),
      drive_list_(drive_tiles(network)),
      adjoint_list_(adjoint_tiles(network)),
      quad_lists_(network),
      fragment_lists_(fragments_wanted(network, options, drive_list_, adjoint_list_)),
      tensor_lists_(tensor_lists_wanted(options, drive_list_, adjoint_list_)) {
  dense_gradient_ = has_dense_gradient(rows_, drive_list_);
  guarded([&] { make_structure(); });
}

/// Arrays and pinned memory may be in use until the streams are through.
template <class Scalar>
CudaSession<Scalar>::~CudaSession() {
  try {
    stream_.synchronise();
    if (upload_) upload_->synchronise();
  } catch (const gpu::DeviceFailure&) {
    // A device that is lost uses nothing.
  }
}

template <class Scalar>
void CudaSession<Scalar>::do_write_parameters(const Parameters& parameters) {
  guarded([&] {
    values_.write(stream_, layout_.pack(parameters));
    batch_->schedule = {};
    refresh_weights();
    stream_.synchronise();
  });
  host_parameters_ = parameters;
  host_weights_.reset();
  point_weights_fresh_ = false;
}

template <class Scalar>
Parameters CudaSession<Scalar>::do_read_parameters() const {
  return host_parameters();
}

template <class Scalar>
const Parameters& CudaSession<Scalar>::host_parameters() const {
  if (!host_parameters_) {
    guarded([&] { host_parameters_ = layout_.unpack(values_.read(stream_)); });
  }
  return *host_parameters_;
}

template <class Scalar>
Parameters CudaSession<Scalar>::do_read_gradients() const {
  return guarded([&] { return layout_.unpack(gradient_.read(stream_)); });
}

template <class Scalar>
void CudaSession<Scalar>::do_write_gradients(const Parameters& gradients) {
  guarded([&] { gradient_.write(stream_, layout_.pack(gradients)); });
}

template <class Scalar>
OptimiserState CudaSession<Scalar>::do_read_optimiser_state() const {
  return guarded([&] {
    return OptimiserState{layout_.unpack(first_moment_.read(stream_)), layout_.unpack(second_moment_.read(stream_))};
  });
}

template <class Scalar>
void CudaSession<Scalar>::do_write_optimiser_state(const OptimiserState& state) {
  guarded([&] {
    first_moment_.write(stream_, layout_.pack(state.first));
    second_moment_.write(stream_, layout_.pack(state.second));
  });
}

template <class Scalar>
double CudaSession<Scalar>::do_update(const OptimiserStep& step) {
  const Optimiser& optimiser = step.optimiser;
  const auto number = static_cast<double>(step.number);
  gpu::UpdateStep update;
  update.kind = static_cast<gpu::UpdateStep::Kind>(optimiser.kind);
  update.rate = step.rate;
  update.beta1 = optimiser.beta1;
  update.beta2 = optimiser.beta2;
  update.epsilon = optimiser.epsilon;
  update.momentum = optimiser.momentum;
  update.smoothing = optimiser.smoothing;
  update.decay = optimiser.decay;
  update.clip_norm = optimiser.clip_norm;
  update.correction1 = 1.0 - std::pow(optimiser.beta1, number);
  update.correction2 = 1.0 - std::pow(optimiser.beta2, number);
  double norm = 0.0;
  guarded([&] {
    partial_.resize(stream_, std::max<Size>(partial_.size(), gpu::most_blocks));
    columns_.resize(stream_, std::max<Size>(columns_.size(), 1));
    gpu::update(stream_, parameters_, update, partial_.data(), columns_.data());
    // Variants belong to interventions of the batch before.
    batch_->schedule = {};
    refresh_weights();
    gpu::copy_from_device(stream_, &norm, columns_.data(), sizeof norm);
    stream_.synchronise();
  });
  host_parameters_.reset();
  host_weights_.reset();
  point_weights_fresh_ = false;
  return norm;
}

template <class Scalar>
void CudaSession<Scalar>::do_load(const Trials& trials) {
  // Trials that cannot be brought to the device leave images behind that fit none.
  const bool fitted = std::exchange(images_fit_, false);
  const bool had_variants = batch_->schedule.scalings.size() > 1;
  batch_->schedule = {};
  const gpu::StepPlan before = plan_;
  StepProblem problem = problem_of(network().units(), drive_list_, quad_lists_, fragment_lists_, tensor_lists_);
  problem.trials = trials.count;
  problem.single = std::is_same_v<Scalar, float>;
  problem.scaled = std::ranges::any_of(trials.interventions,
                                       [](const auto& one) { return std::holds_alternative<ScaleWeights>(one.what); });
  problem.products = static_cast<gpu::Products>(options().products);
  plan_ = choose_plan(problem, gpu::device_limits());
  unchecked_ = false;
  guarded([&] {
    if (next_ && next_->trials.get() == &trials) {
      take_prepared();
    } else {
      batch_->copy(trials);
      batch_->send(stream_, trials, layout_, rows_.units);
    }
    const bool same_images = plan_.design == before.design && plan_.list == before.list;
    if (!fitted || had_variants || batch_->schedule.scalings.size() > 1 || !same_images) refresh_weights();
  });
  images_fit_ = true;
}

/// What runs from here on waits for the trials; what will be prepared waits until the trials before are done with.
template <class Scalar>
void CudaSession<Scalar>::take_prepared() {
  std::swap(batch_, next_);
  next_->trials = std::make_shared<Trials>();
  stream_.wait_for(*upload_);
  upload_->wait_for(stream_);
}

template <class Scalar>
void CudaSession<Scalar>::do_prepare(std::shared_ptr<const Trials> trials) {
  if (!trials || !has_room_for_next_) return forget_prepared();
  try {
    if (!upload_) upload_ = std::make_unique<gpu::Stream>(gpu::Stream::Use::copies);
    if (!next_) next_ = std::make_unique<DeviceBatch<Scalar>>();
    next_->trials = trials;
    next_->send(*upload_, *trials, layout_, rows_.units);
  } catch (const gpu::DeviceFailure& failure) {
    forget_prepared();
    if (!failure.out_of_memory) fail(failure, shape_of(*trials));
    guarded([&] { leave_no_next(); });
  } catch (...) {
    forget_prepared();
    throw;
  }
}

/// Without room for two batches, each comes in the place of the one before.
template <class Scalar>
void CudaSession<Scalar>::leave_no_next() {
  has_room_for_next_ = false;
  stream_.synchronise();
  if (upload_) upload_->synchronise();
  next_.reset();
}

template <class Scalar>
void CudaSession<Scalar>::forget_prepared() {
  if (next_) next_->trials = std::make_shared<Trials>();
}

template <class Scalar>
void CudaSession<Scalar>::fail(const gpu::DeviceFailure& failure, const BatchShape& batch) const {
  Demands demands = demands_;
  demands.variants = std::ssize(batch_->schedule.scalings);
  const std::size_t held = stream_.held_bytes() + (upload_ ? upload_->held_bytes() : 0);
  throw session_failure(failure, {network(), options(), batch, record_, has_run_, demands, held});
}

template class CudaSession<float>;
template class CudaSession<double>;

}  // namespace mrnn::cuda
