// What a session keeps on the device of its network, and what follows from its parameters.

#include <algorithm>

#include "cuda_session.hpp"
#include "elementwise.hpp"
#include "tensor_steps.hpp"

namespace mrnn::cuda {
namespace {

std::int32_t count_of(Index size) {
  return static_cast<std::int32_t>(size);
}

}  // namespace

/// What depends on the network alone.
template <class Scalar>
void CudaSession<Scalar>::make_structure() {
  const Network& net = network();
  entries_.write(stream_, layout_.entries());
  for (auto* array : {&values_, &gradient_, &first_moment_, &second_moment_}) array->resize(stream_, layout_.count());
  make_tables();
  make_unit_tables();
  make_outputs();
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

/// Which weights each step reads, for every way in which steps can be made.
template <class Scalar>
void CudaSession<Scalar>::make_tables() {
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
}

template <class Scalar>
void CudaSession<Scalar>::make_unit_tables() {
  const Network& net = network();
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
}

template <class Scalar>
void CudaSession<Scalar>::make_outputs() {
  const Network& net = network();
  // Of each unit, the output channels that are its activity.
  std::vector<std::vector<std::int32_t>> readers(static_cast<std::size_t>(net.units()));
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
    }
    outputs_.push_back(output);
  }
  if (std::ranges::none_of(outputs_, &gpu::Output::identity)) return;
  std::vector<std::int32_t> start = {0}, channel;
  for (const auto& one : readers) {
    channel.insert(channel.end(), one.begin(), one.end());
    start.push_back(count_of(std::ssize(channel)));
  }
  identity_start_.write(stream_, start);
  identity_channel_.write(stream_, channel);
}

/// Weights and what else the time loop needs, from the parameters on the device.
template <class Scalar>
void CudaSession<Scalar>::refresh_weights() {
  make_room_for_images();
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
  gpu::make_unit_arrays(stream_, parameters_, unit_arrays());
  images_fit_ = true;
}

template <class Scalar>
void CudaSession<Scalar>::make_room_for_images() {
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
}

template <class Scalar>
gpu::UnitArrays<Scalar> CudaSession<Scalar>::unit_arrays() {
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
  return units;
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

#define MRNN_INSTANTIATE(Scalar)                        \
  template void CudaSession<Scalar>::make_structure();  \
  template void CudaSession<Scalar>::refresh_weights(); \
  template gpu::TensorTiles CudaSession<Scalar>::tensor_tiles(std::size_t) const;
MRNN_INSTANTIATE(float)
MRNN_INSTANTIATE(double)

}  // namespace mrnn::cuda
