#include "cuda_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "elementwise.hpp"
#include "mrnn/error.hpp"
#include "mrnn/formulas.hpp"
#include "session_failure.hpp"
#include "tensor_steps.hpp"

namespace mrnn::cuda {
namespace {

std::int32_t count_of(Index size) {
  return static_cast<std::int32_t>(size);
}

}  // namespace

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

/// What depends on the network alone.
template <class Scalar>
void CudaSession<Scalar>::make_structure() {
  const Network& net = network();
  entries_.write(stream_, layout_.entries());
  for (auto* array : {&values_, &gradient_, &first_moment_, &second_moment_}) array->resize(stream_, layout_.count());
  drive_start_.write(stream_, drive_list_.start);
  drive_end_.write(stream_, drive_list_.end);
  drive_column_.write(stream_, drive_list_.column);
  drive_map_.write(stream_, drive_list_.chunk);
  adjoint_start_.write(stream_, adjoint_list_.start);
  adjoint_end_.write(stream_, adjoint_list_.end);
  adjoint_column_.write(stream_, adjoint_list_.column);
  adjoint_map_.write(stream_, adjoint_list_.chunk);
  for (std::size_t k = 0; k < 2; ++k) {
    drive_quads_[k].write(stream_, quad_lists_.drive[k].column);
    adjoint_quads_[k].write(stream_, quad_lists_.adjoint[k].column);
  }
  fragment_tables_ = std::vector<std::array<FragmentTable, 2>>(fragment_lists_.size());
  for (std::size_t k = 0; k < fragment_lists_.size(); ++k) {
    for (std::size_t side = 0; side < 2; ++side) {
      const FragmentList& list = side == 0 ? fragment_lists_[k].drive : fragment_lists_[k].adjoint;
      fragment_tables_[k][side].warp.write(stream_, list.warp);
      fragment_tables_[k][side].column.write(stream_, list.column);
    }
  }

  tensor_tables_ = std::vector<std::array<TensorTable, 2>>(tensor_lists_.size());
  for (std::size_t k = 0; k < tensor_lists_.size(); ++k) {
    for (std::size_t side = 0; side < 2; ++side) {
      const TensorList& list = tensor_lists_[k].sides[side];
      tensor_tables_[k][side].start.write(stream_, list.start);
      tensor_tables_[k][side].row.write(stream_, list.row);
      tensor_tables_[k][side].column.write(stream_, list.column);
    }
  }

  std::vector<std::uint8_t> activation(static_cast<std::size_t>(rows_.units), 0);
  std::vector<double> sigma(static_cast<std::size_t>(rows_.units), 0.0);
  std::vector<std::int32_t> region(static_cast<std::size_t>(rows_.units), 0);
  for (Index unit = 0; unit < net.units(); ++unit) {
    const auto place = static_cast<std::size_t>(unit);
    activation[place] = static_cast<std::uint8_t>(net.activations()[place]);
    sigma[place] = net.noise()[unit];
    for (std::size_t k = 0; k < net.regions().size(); ++k) {
      if (net.regions()[k].range.contains(unit)) region[place] = static_cast<std::int32_t>(k);
    }
  }
  activation_.write(stream_, activation);
  sigma_.write(stream_, sigma);
  region_.write(stream_, region);
  unit_arrays_.resize(stream_, 6 * rows_.units);
  initial_state_.resize(stream_, rows_.units);
  readout_bias_.resize(stream_, std::max<Index>(rows_.outputs, 1));
  readout_image_.resize(stream_, rows_.outputs * rows_.units);

  std::vector<std::vector<std::int32_t>> readers(static_cast<std::size_t>(net.units()));
  bool any_identity = false;
  for (const OutputLayout& layout : net.output_layouts()) {
    gpu::Output output;
    output.start = count_of(layout.range.start);
    output.size = count_of(layout.range.size);
    output.activation = static_cast<gpu::OutputActivation>(layout.activation);
    output.identity = layout.readout == Readout::identity;
    identity_units_.push_back(std::make_unique<DeviceArray<std::int32_t>>());
    if (output.identity) {
      std::vector<std::int32_t> units;
      for (const Index unit : layout.units.indices()) {
        readers[static_cast<std::size_t>(unit)].push_back(output.start + count_of(std::ssize(units)));
        units.push_back(count_of(unit));
      }
      identity_units_.back()->write(stream_, units);
      output.units = identity_units_.back()->data();
      any_identity = true;
    }
    outputs_.push_back(output);
  }
  if (any_identity) {
    std::vector<std::int32_t> start = {0}, channel;
    for (const auto& one : readers) {
      channel.insert(channel.end(), one.begin(), one.end());
      start.push_back(count_of(std::ssize(channel)));
    }
    identity_start_.write(stream_, start);
    identity_channel_.write(stream_, channel);
  }
  failure_.write(stream_, {gpu::no_failure, gpu::no_failure});
  clock_.resize(stream_, 1);

  parameters_ = {layout_.count(),
                 layout_.weights(),
                 layout_.recurrent(),
                 entries_.data(),
                 values_.data(),
                 gradient_.data(),
                 first_moment_.data(),
                 second_moment_.data(),
                 static_cast<gpu::Dale>(net.dale()),
                 static_cast<gpu::Dale>(net.dale_input()),
                 net.lower_bound(),
                 net.upper_bound(),
                 net.spec().dt,
                 net.spec().dynamics == Dynamics::elman};
}

/// Weights and what else the time loop needs, from the parameters on the device.
template <class Scalar>
void CudaSession<Scalar>::refresh_weights() {
  const Size variants = std::ssize(batch_->schedule.scalings);
  const Size drive = drive_list_.chunks() * gpu::chunk_size, adjoint = adjoint_list_.chunks() * gpu::chunk_size;
  drive_image_.resize(stream_, std::max<Size>(1, variants * drive));
  adjoint_image_.resize(stream_, std::max<Size>(1, variants * adjoint));
  const Size all = rows_.units * rows_.units;
  const bool in_parts = plan_.products == gpu::Products::bf16x3;
  const bool dense = plan_.design == gpu::StepPlan::Design::dense && !in_parts;
  if (dense) {
    dense_drive_.resize(stream_, all);
    dense_adjoint_.resize(stream_, all);
  }
  if (in_parts) {
    drive_parts_.resize(stream_, 3 * all);
    adjoint_parts_.resize(stream_, 3 * all);
  }
  images_ = {{drive_map_.data(), count_of(drive_list_.column_chunks)},
             {adjoint_map_.data(), count_of(adjoint_list_.column_chunks)},
             drive_image_.data(),
             adjoint_image_.data(),
             drive,
             adjoint,
             dense ? dense_drive_.data() : nullptr,
             dense ? dense_adjoint_.data() : nullptr,
             in_parts ? drive_parts_.data() : nullptr,
             in_parts ? adjoint_parts_.data() : nullptr,
             readout_image_.data(),
             count_of(rows_.units),
             count_of(rows_.outputs),
             static_cast<std::int32_t>(variants),
             variants > 1 ? batch_->factors.data() : nullptr};
  gpu::make_images(stream_, parameters_, images_);
  if constexpr (std::is_same_v<Scalar, float>) {
    const auto kind = static_cast<std::size_t>(plan_.list);
    for (std::size_t side = 0; side < 2 && gpu::has_tensor_tiles(plan_); ++side) {
      const TensorLists& lists = tensor_lists_[kind];
      tensor_tables_[kind][side].image.resize(
          stream_, static_cast<Size>(tensor_image_bytes(lists.sides[side], lists.block_rows)));
      gpu::make_tensor_image(stream_, tensor_tiles(side), side == 0 ? images_.drive_map : images_.adjoint_map,
                             side == 0 ? images_.drive : images_.adjoint);
    }
  }

  Scalar* arrays = unit_arrays_.data();
  const Index n = rows_.units;
  gpu::UnitArrays<Scalar> units;
  units.dynamics = static_cast<gpu::Dynamics>(network().spec().dynamics);
  units.units = count_of(network().units());
  units.outputs = count_of(network().outputs());
  units.sigma = sigma_.data();
  units.alpha = arrays;
  units.bias = arrays + n;
  units.noise = arrays + 2 * n;
  units.noise_gain = arrays + 3 * n;
  units.variance = arrays + 4 * n;
  units.added_gain = arrays + 5 * n;
  units.readout_bias = readout_bias_.data();
  units.initial_state = initial_state_.data();
  gpu::make_unit_arrays(stream_, parameters_, units);
}

template <class Scalar>
gpu::TensorTiles CudaSession<Scalar>::tensor_tiles(std::size_t side) const {
  const auto kind = static_cast<std::size_t>(plan_.list);
  const TensorTable& table = tensor_tables_[kind][side];
  const TensorList& list = tensor_lists_[kind].sides[side];
  // The image is the device's to write.
  return {count_of(tensor_lists_[kind].block_rows),
          count_of(std::ssize(list.start) - 1),
          count_of(rows_.units),
          count_of(list.tiles()),
          count_of(list.most),
          table.start.data(),
          table.row.data(),
          table.column.data(),
          const_cast<std::uint8_t*>(table.image.data())};
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
    if (had_variants || batch_->schedule.scalings.size() > 1 || !same_images) refresh_weights();
  });
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
