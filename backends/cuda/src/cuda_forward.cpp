#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "cuda_session.hpp"
#include "elementwise.hpp"
#include "failure_words.hpp"
#include "memory_plan.hpp"
#include "mrnn/error.hpp"
#include "mrnn/state_points.hpp"
#include "step_key.hpp"

namespace mrnn::cuda {

template <class Scalar>
bool CudaSession<Scalar>::needs_x() const {
  return record_.x || record_.backward_every > 0;
}

template <class Scalar>
auto CudaSession<Scalar>::stretch(int number) const -> Stretch {
  const int first = number * stretch_steps_;
  return {first, std::min(first + stretch_steps_, static_cast<int>(batch_->trials->steps))};
}

template <class Scalar>
int CudaSession<Scalar>::stretches() const {
  return (static_cast<int>(batch_->trials->steps) + stretch_steps_ - 1) / stretch_steps_;
}

/// Memory for a forward pass.
template <class Scalar>
void CudaSession<Scalar>::make_room(const Record& record) {
  record_ = record;
  has_run_ = true;
  const Index lanes = batch_->lanes.count(), every = record.backward_every;
  const int stretch_steps_before = stretch_steps_;
  stretch_steps_ = static_cast<int>(steps_of_stretch(rows_, lanes, batch_->trials->steps, every, sizeof(Scalar)));
  const Size slots = stretch_steps_ + 1;
  state_.resize(stream_, slots * rows_.state() * lanes);
  x_.resize(stream_, (needs_x() ? slots : 1) * rows_.units * lanes);
  kept_.resize(stream_, every > 0 && stretches() > 1 ? Size{stretches()} * (rows_.state() + rows_.units) * lanes : 0);
  if (plan_.design == gpu::StepPlan::Design::dense) drive_.resize(stream_, rows_.units * lanes);
  if (plan_.products == gpu::Products::bf16x3) parts_.resize(stream_, 3 * rows_.units * lanes);
  vectors_.resize(stream_, static_cast<Size>(tensor_vector_bytes(plan_, rows_.units, lanes)));

  const Size columns = batch_->trials->count * record.steps.size();
  recorded_x_.resize(stream_, record.x ? columns * record.units.size() : 0);
  recorded_h_.resize(stream_, record.h ? columns * record.units.size() : 0);
  recorded_y_.resize(stream_, record.y ? columns * network().outputs() : 0);
  if (record.y) z_.resize(stream_, std::max<Size>(1, Size{stretch_steps_} * lanes * rows_.outputs));
  if (record.x || record.h) {
    std::vector<std::int32_t> units;
    for (const Index unit : record.units.indices()) units.push_back(static_cast<std::int32_t>(unit));
    recorded_units_.write(stream_, units);
  }
  if (first_steps_.size() != stretches() || stretch_steps_ != stretch_steps_before) {
    std::vector<std::int32_t> first_steps;
    for (int k = 0; k < stretches(); ++k) first_steps.push_back(stretch(k).first);
    first_steps_.write(stream_, first_steps);
  }
}

/// What kernels are told about this run.
template <class Scalar>
void CudaSession<Scalar>::set_pointers() {
  const Network& net = network();
  const Scalar* arrays = unit_arrays_.data();
  const Index n = rows_.units;
  gpu::Model<Scalar>& model = forward_.model;
  model.units = {static_cast<std::int32_t>(net.units()),
                 static_cast<std::int32_t>(n),
                 activation_.data(),
                 arrays,
                 arrays + n,
                 arrays + 2 * n,
                 arrays + 3 * n,
                 arrays + 4 * n,
                 arrays + 5 * n};
  point_to_batch();
  model.dynamics = static_cast<gpu::Dynamics>(net.spec().dynamics);
  model.plain = net.spec().dynamics != Dynamics::rate && model.schedule.interval == nullptr &&
                std::ranges::all_of(net.activations(), [](Activation phi) { return phi == Activation::relu; });
  model.seed = options().seed;
  model.noise = noise_ == Noise::on && (net.noise().array() > 0.0).any();
  model.inputs = static_cast<std::int32_t>(net.inputs());
  model.outputs = static_cast<std::int32_t>(net.outputs());
  model.input_noise =
      noise_ == Noise::on
          ? static_cast<Scalar>(std::sqrt(2.0 * net.spec().tau / net.spec().dt) * net.spec().noise_input)
          : Scalar(0);
  point_to_weights();
  forward_.trajectory = {state_.data(), x_.data(), static_cast<std::int32_t>(rows_.state()),
                         needs_x() ? rows_.units * batch_->lanes.count() : 0, clock_.data()};
  forward_.failure = failure_.data();
  forward_.drive = drive_.data();
  forward_.parts = images_.drive_parts == nullptr ? nullptr : parts_.data();
  forward_.vectors = vectors_.data();
}

template <class Scalar>
void CudaSession<Scalar>::point_to_batch() {
  const auto maybe = [](auto& array) { return array.size() > 0 ? array.data() : nullptr; };
  gpu::Model<Scalar>& model = forward_.model;
  model.batch = {static_cast<std::int32_t>(batch_->trials->count),
                 static_cast<std::int32_t>(batch_->lanes.count()),
                 static_cast<std::int32_t>(batch_->trials->steps),
                 batch_->lane_trial.data(),
                 batch_->trial_lane.data(),
                 batch_->lane_own.data(),
                 batch_->lane_ids.data(),
                 batch_->inputs.data(),
                 maybe(batch_->stimulus),
                 maybe(batch_->targets),
                 maybe(batch_->mask),
                 maybe(batch_->own_states)};
  model.schedule = {maybe(batch_->interval),
                    batch_->interval_start.data(),
                    batch_->acting.data(),
                    batch_->numbers.data(),
                    batch_->flags.data(),
                    maybe(batch_->variant),
                    static_cast<std::int32_t>(batch_->lanes.count() / gpu::lane_tile),
                    batch_->schedule.adds_noise};
}

template <class Scalar>
void CudaSession<Scalar>::point_to_weights() {
  gpu::Model<Scalar>& model = forward_.model;
  model.drive_tiles = {static_cast<std::int32_t>(drive_list_.row_tiles), drive_start_.data(), drive_end_.data(),
                       drive_column_.data()};
  model.adjoint_tiles = {static_cast<std::int32_t>(adjoint_list_.row_tiles), adjoint_start_.data(), adjoint_end_.data(),
                         adjoint_column_.data()};
  model.drive_map = images_.drive_map;
  model.adjoint_map = images_.adjoint_map;
  const std::size_t sharing = plan_.sharers == gpu::fewest_sharers ? 0 : 1;
  model.drive_quads = {drive_quads_[sharing].data(), quad_lists_.drive[sharing].quads};
  model.adjoint_quads = {adjoint_quads_[sharing].data(), quad_lists_.adjoint[sharing].quads};
  if (plan_.design == gpu::StepPlan::Design::fragments) {
    const auto list = static_cast<std::size_t>(plan_.list);
    const FragmentLists& lists = fragment_lists_[list];
    const auto table = [&](std::size_t side, const FragmentList& one) {
      const FragmentTable& own = fragment_tables_[list][side];
      return gpu::FragmentTable{own.warp.data(), own.column.data(), one.tiles, one.results};
    };
    model.drive_fragments = table(0, lists.drive);
    model.adjoint_fragments = table(1, lists.adjoint);
  }
  if (gpu::has_tensor_tiles(plan_)) {
    model.drive_tensor = tensor_tiles(0);
    model.adjoint_tensor = tensor_tiles(1);
  }
  model.drive_weights = images_.drive;
  model.adjoint_weights = images_.adjoint;
  model.drive_size = images_.drive_size;
  model.adjoint_size = images_.adjoint_size;
  model.dense_drive = images_.dense_drive;
  model.dense_adjoint = images_.dense_adjoint;
  model.drive_parts = images_.drive_parts;
  model.adjoint_parts = images_.adjoint_parts;
}

template <class Scalar>
void CudaSession<Scalar>::do_forward(const Record& record, Noise noise) {
  noise_ = noise;
  guarded([&] {
    with_room([&] { make_room(record); });
    set_pointers();
    if (record_.backward_every > 0 && stretches() > 1) {
      row_sums_.resize(stream_, rows_.units);
      row_sums_.clear(stream_);
    }
    gpu::copy_on_device(stream_, failure_.data(), failure_.data() + 1, sizeof(unsigned long long));
    gpu::begin_states(stream_, forward_.model, forward_.trajectory, initial_state_.data());
    for (int k = 0; k < stretches(); ++k) {
      const Stretch here = stretch(k);
      begin_stretch(here);
      if (record_.backward_every > 0 && stretches() > 1) keep_state(k);
      run_steps(here);
      record_stretch(here);
      if (record_.backward_every > 0 && stretches() > 1) {
        add_rates(state_.data() + rows_.state() * batch_->lanes.count(), Size{here.count()} * batch_->lanes.count());
      }
      if (k + 1 < stretches()) next_stretch(here.count());
    }
    unchecked_ = true;
    // Where backward() comes next, that waits for the device.
    if (record_.backward_every == 0) expect_finite();
  });
}

template <class Scalar>
void CudaSession<Scalar>::begin_stretch(const Stretch& stretch) {
  const Size number = stretch.first / stretch_steps_;
  gpu::copy_on_device(stream_, clock_.data(), first_steps_.data() + number, sizeof(std::int32_t));
  gpu::prepare_inputs(stream_, forward_.model, forward_.trajectory, stretch.count());
}

template <class Scalar>
void CudaSession<Scalar>::run_steps(const Stretch& stretch) {
  const auto submit = [&] { gpu::run_forward(stream_, forward_, plan_, 0, stretch.count()); };
  if (gpu::makes_all_steps(plan_)) return submit();
  graphs_.run(stream_, step_key(forward_, plan_, 0, stretch.count()), submit);
}

/// State of the last slot to the first.
template <class Scalar>
void CudaSession<Scalar>::next_stretch(int count) {
  const Size state = rows_.state() * batch_->lanes.count(), x = forward_.trajectory.x_stride;
  gpu::copy_on_device(stream_, state_.data(), state_.data() + count * state,
                      static_cast<std::size_t>(state) * sizeof(Scalar));
  if (x > 0) {
    gpu::copy_on_device(stream_, x_.data(), x_.data() + count * x, static_cast<std::size_t>(x) * sizeof(Scalar));
  }
}

template <class Scalar>
void CudaSession<Scalar>::keep_state(int number) {
  const Size state = rows_.state() * batch_->lanes.count(), x = rows_.units * batch_->lanes.count();
  Scalar* to = kept_.data() + number * (state + x);
  gpu::copy_on_device(stream_, to, state_.data(), static_cast<std::size_t>(state) * sizeof(Scalar));
  gpu::copy_on_device(stream_, to + state, x_.data(), static_cast<std::size_t>(x) * sizeof(Scalar));
}

template <class Scalar>
void CudaSession<Scalar>::restore_state(int number) {
  const Size state = rows_.state() * batch_->lanes.count(), x = rows_.units * batch_->lanes.count();
  const Scalar* from = kept_.data() + number * (state + x);
  gpu::copy_on_device(stream_, state_.data(), from, static_cast<std::size_t>(state) * sizeof(Scalar));
  gpu::copy_on_device(stream_, x_.data(), from + state, static_cast<std::size_t>(x) * sizeof(Scalar));
}

template <class Scalar>
void CudaSession<Scalar>::record_stretch(const Stretch& stretch) {
  const int first = std::max(stretch.first, static_cast<int>(record_.steps.first));
  const int last = std::min(stretch.last, static_cast<int>(record_.steps.last));
  if (first >= last) return;
  const Size slot = first - stretch.first + 1, place = first - record_.steps.first;
  const Size selected = record_.units.size() * batch_->trials->count;
  gpu::RowCopy<Scalar> copy;
  copy.units = recorded_units_.data();
  copy.count = static_cast<std::int32_t>(record_.units.size());
  copy.steps = last - first;
  if (record_.x) {
    copy.lane_stride = rows_.units;
    copy.step_stride = rows_.units * batch_->lanes.count();
    copy.from = x_.data() + slot * copy.step_stride;
    copy.out = recorded_x_.data() + place * selected;
    gpu::copy_rows(stream_, forward_.model.batch, copy);
  }
  if (record_.h) {
    copy.lane_stride = rows_.state();
    copy.step_stride = rows_.state() * batch_->lanes.count();
    copy.from = state_.data() + slot * copy.step_stride;
    copy.out = recorded_h_.data() + place * selected;
    gpu::copy_rows(stream_, forward_.model.batch, copy);
  }
  if (record_.y) record_outputs({first, last});
}

/// y of steps of the stretch that runs.
template <class Scalar>
void CudaSession<Scalar>::record_outputs(const Stretch& steps) {
  if (network().outputs() == 0) return;
  const Size slot = steps.first % stretch_steps_ + 1, lanes = batch_->lanes.count();
  const Scalar* state = state_.data() + slot * rows_.state() * lanes;
  gpu::MatrixProduct<Scalar> product;
  product.a = {readout_image_.data(), rows_.outputs};
  product.b = {state, rows_.state()};
  product.out = z_.data();
  product.out_stride = product.rows = rows_.outputs;
  product.columns = lanes * steps.count();
  product.depth = rows_.units;
  gpu::multiply(stream_, product);
  for (const gpu::Output& output : outputs_) {
    const gpu::Outputs<Scalar> all = {forward_.model.batch, output,
                                      readout_bias_.data(), state,
                                      rows_.state(),        z_.data(),
                                      rows_.outputs,        steps.count(),
                                      steps.first,          static_cast<std::int32_t>(network().outputs())};
    gpu::record_output(
        stream_, all,
        recorded_y_.data() + (steps.first - record_.steps.first) * batch_->trials->count * network().outputs());
  }
}

/// Adds h of these columns to the sums of rates.
template <class Scalar>
void CudaSession<Scalar>::add_rates(const Scalar* state, Size columns) {
  partial_.resize(stream_, std::max<Size>({partial_.size(), gpu::most_partials, gpu::row_partials(rows_.units)}));
  gpu::RowSums<Scalar> rows;
  rows.data = state;
  rows.stride = rows_.state();
  rows.rows = static_cast<std::int32_t>(network().units());
  rows.columns = columns;
  gpu::add_row_sums(stream_, forward_.model.batch, rows, partial_.data(), row_sums_.data());
}

template <class Scalar>
void CudaSession<Scalar>::expect_finite() const {
  if (!unchecked_) return;
  unsigned long long key = gpu::no_failure;
  gpu::copy_from_device(stream_, &key, failure_.data(), sizeof key);
  stream_.synchronise();
  unchecked_ = key != gpu::no_failure;
  if (!unchecked_) return;
  throw RunError(failure_words(key, network(), *batch_->trials));
}

template <class Scalar>
template <class Out>
void CudaSession<Scalar>::read(Quantity what, BasicSequence<Out>& into, Index first_trial) const {
  const auto& recorded = what == Quantity::x ? recorded_x_ : what == Quantity::h ? recorded_h_ : recorded_y_;
  guarded([&] {
    expect_finite();
    if constexpr (std::is_same_v<Out, Scalar>) {
      if (into.data.size() == static_cast<std::size_t>(recorded.size())) {  // the batch is all of it, in its order
        const auto bytes = into.data.size() * sizeof(Scalar);
        if (bytes > 0) gpu::copy_from_device(stream_, into.data.data(), recorded.data(), bytes);
        stream_.synchronise();
        return;
      }
    }
    const std::vector<Scalar> values = recorded.read(stream_);
    const std::ptrdiff_t part = into.units * batch_->trials->count;
    for (Index step = 0; step < into.steps; ++step) {
      const auto from = values.begin() + step * part;
      std::transform(from, from + part, into.data.begin() + into.units * (first_trial + into.trials * step),
                     [](Scalar value) { return static_cast<Out>(value); });
    }
  });
}

template <class Scalar>
void CudaSession<Scalar>::do_read_activity(Quantity what, Sequence& into, Index first_trial) const {
  read(what, into, first_trial);
}

template <class Scalar>
void CudaSession<Scalar>::do_read_activity(Quantity what, FloatSequence& into, Index first_trial) const {
  read(what, into, first_trial);
}

#define MRNN_INSTANTIATE(Scalar)                                                         \
  template bool CudaSession<Scalar>::needs_x() const;                                    \
  template CudaSession<Scalar>::Stretch CudaSession<Scalar>::stretch(int) const;         \
  template int CudaSession<Scalar>::stretches() const;                                   \
  template void CudaSession<Scalar>::set_pointers();                                     \
  template void CudaSession<Scalar>::do_forward(const Record&, Noise);                   \
  template void CudaSession<Scalar>::begin_stretch(const Stretch&);                      \
  template void CudaSession<Scalar>::run_steps(const Stretch&);                          \
  template void CudaSession<Scalar>::restore_state(int);                                 \
  template void CudaSession<Scalar>::expect_finite() const;                              \
  template void CudaSession<Scalar>::add_rates(const Scalar*, Size);                     \
  template void CudaSession<Scalar>::do_read_activity(Quantity, Sequence&, Index) const; \
  template void CudaSession<Scalar>::do_read_activity(Quantity, FloatSequence&, Index) const;
MRNN_INSTANTIATE(float)
MRNN_INSTANTIATE(double)

}  // namespace mrnn::cuda
