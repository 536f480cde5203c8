#include "slice_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "mrnn/error.hpp"
#include "mrnn/formulas.hpp"
#include "mrnn/random.hpp"
#include "readout.hpp"

namespace mrnn::eigen {

template <class Scalar>
SliceRun<Scalar>::SliceRun(const SliceTask<Scalar>& task, Workspace<Scalar>& workspace, Trajectory<Scalar>& trajectory)
    : task_(task),
      model_(task.model),
      network_(task.model.network),
      slice_(task.slice),
      work_(workspace),
      trajectory_(trajectory),
      width_(task.slice.width()) {}

template <class Scalar>
void SliceRun<Scalar>::run(Recording<Scalar>& recording) {
  begin();
  const Index every = task_.record.backward_every;
  for (std::size_t k = 0; k < slice_.segments.size(); ++k) {
    const Segment& segment = slice_.segments[k];
    begin(segment);
    for (Index step = segment.steps.first; step < segment.steps.last; ++step) {
      if (every > 1 && step % every == 0) keep_state(recording, step);
      advance(segment, task_.weights[k], step);
      if (every > 1) add_rates(after_, recording);
      if (task_.record.steps.contains(step)) record(task_.weights[k], step, recording);
    }
  }
}

template <class Scalar>
void SliceRun<Scalar>::repeat(StepRange steps, const Scalar* kept) {
  const Index size = network_.units() * width_;
  std::copy_n(kept, size, trajectory_.state(steps.first));
  std::copy_n(kept + size, size, work_.x.data());
  keep_x(steps.first);
  for (std::size_t k = 0; k < slice_.segments.size(); ++k) {
    const Segment& segment = slice_.segments[k];
    const StepRange part = {std::max(steps.first, segment.steps.first), std::min(steps.last, segment.steps.last)};
    if (part.size() <= 0) continue;
    begin(segment);
    for (Index step = part.first; step < part.last; ++step) advance(segment, task_.weights[k], step);
  }
}

template <class Scalar>
const Segment& SliceRun<Scalar>::segment_at(Index step) const {
  return *std::ranges::find_if(slice_.segments, [step](const Segment& one) { return one.steps.contains(step); });
}

template <class Scalar>
const Scalar* SliceRun<Scalar>::noise(Index step) {
  const Segment& segment = segment_at(step);
  if (&segment != amplitudes_of_) {
    begin(segment);
    find_amplitudes(segment);
  }
  draw_noise(step);
  const Index size = network_.units() * width_;
  work_.added.head(size) = work_.amplitude.head(size) * work_.eta.head(size);
  return work_.added.data();
}

/// x_{-1} and h_{-1}, or h_{-1} alone for rate dynamics.
template <class Scalar>
void SliceRun<Scalar>::begin() {
  Scalar* h = trajectory_.state(0);
  const bool own = task_.trials.initial_state.size() > 0;
  for (Index unit = 0; unit < network_.units(); ++unit) {
    const Activation activation = network_.activations()[static_cast<std::size_t>(unit)];
    for (Index lane = 0; lane < width_; ++lane) {
      const double state = own ? task_.trials.initial_state(unit, trial(lane)) : model_.initial_state[unit];
      row(work_.x.data(), unit)[lane] = static_cast<Scalar>(state);
      row(h, unit)[lane] = static_cast<Scalar>(rate() ? state : formulas::activate(activation, state));
    }
  }
  keep_x(0);
}

/// Decides how the noise of a segment comes about.
template <class Scalar>
void SliceRun<Scalar>::begin(const Segment& segment) {
  amplitudes_of_ = nullptr;
  noisy_units_ = &segment.noisy_units[task_.noise == Noise::on ? 1 : 0];
  adds_more_ = !segment.noises.empty() || !segment.drives.empty() || !task_.trials.stimulus.empty();
  work_.eta.setZero();
  if (adds_more_) find_amplitudes(segment);
}

/// sqrt(sigma_rec^2 + sum of extra sigma^2), times what the dynamics make of it.
template <class Scalar>
void SliceRun<Scalar>::find_amplitudes(const Segment& segment) {
  amplitudes_of_ = &segment;
  const auto& own = network_.noise();
  for (Index unit = 0; unit < network_.units(); ++unit) {
    const double sigma = task_.noise == Noise::on ? own[unit] : 0.0;
    std::fill_n(row(work_.amplitude.data(), unit), width_, static_cast<Scalar>(sigma * sigma));
  }
  for (const LaneIntervention& acting : segment.noises) {
    const auto& extra = std::get<ExtraNoise>(acting.intervention->what);
    for (const UnitRange& range : extra.units.ranges()) {
      for (Index unit = range.start; unit < range.end(); ++unit) {
        for (const Index lane : acting.lanes) {
          row(work_.amplitude.data(), unit)[lane] += static_cast<Scalar>(extra.sigma * extra.sigma);
        }
      }
    }
  }
  for (Index unit = 0; unit < network_.units(); ++unit) {
    const double gain = formulas::noise_amplitude(network_.spec().dynamics, model_.alpha_exact[unit], 1.0);
    Scalar* amplitude = row(work_.amplitude.data(), unit);
    for (Index lane = 0; lane < width_; ++lane) amplitude[lane] = std::sqrt(amplitude[lane]) * Scalar(gain);
  }
}

template <class Scalar>
void SliceRun<Scalar>::advance(const Segment& segment, const SegmentWeights<Scalar>& weights, Index step) {
  before_ = trajectory_.state(step);
  after_ = trajectory_.state(step + 1);
  set_inputs(step);
  draw_noise(step);
  if (adds_more_) set_added(segment, step);
  task_.team.run([&](Index member) { advance_bands(*weights.drive, member); });
  if (!finite_.load(std::memory_order_relaxed)) fail(step);
  for (const LaneIntervention& clamp : segment.clamps) hold(clamp);
  keep_x(step + 1);
}

template <class Scalar>
void SliceRun<Scalar>::advance_bands(const PackedWeights<Scalar>& weights, Index member) {
  Scalar* drive = work_.drive_of(member);
  const bool stored = task_.record.backward_every == 1;  // what is written was not in a cache
  const BandShare share = share_of(model_.drive_bands, member, task_.team.members());
  for (std::size_t k = share.first; k < share.last; ++k) {
    const UnitRange& rows = model_.drive_bands[k].rows;
    weights.multiply(k, before_, width_, drive, work_.gathered_of(member),
                     stored ? Ahead<Scalar>{after_ + rows.start * width_, rows.size * width_} : Ahead<Scalar>{});
    for (const Run& run : model_.runs[k]) {
      const bool finite = update(run, drive + (run.units.start - model_.drive_bands[k].rows.start) * width_);
      if (!finite) finite_.store(false, std::memory_order_relaxed);
    }
  }
}

/// v_t = u_t + sqrt(2 / a) sigma_in eta, beneath h_{t-1}.
template <class Scalar>
void SliceRun<Scalar>::set_inputs(Index step) {
  const Index channels = network_.inputs();
  if (channels == 0) return;
  Scalar* inputs = row(before_, network_.units());
  const auto u = task_.trials.inputs.at(step);
  for (Index lane = 0; lane < width_; ++lane) {
    const auto given = u.col(trial(lane));
    for (Index channel = 0; channel < channels; ++channel) {
      row(inputs, channel)[lane] = static_cast<Scalar>(given[channel]);
    }
  }
  if (task_.noise == Noise::off || model_.input_noise == Scalar(0)) return;
  const NormalBlock block = {task_.seed, Stream::input_noise, static_cast<std::uint32_t>(step), 0, channels};
  fill_normals(block, slice_.ids, {work_.input_eta.data(), static_cast<std::size_t>(channels * width_)});
  for (Index k = 0; k < channels * width_; ++k) inputs[k] += model_.input_noise * work_.input_eta[k];
}

template <class Scalar>
void SliceRun<Scalar>::draw_noise(Index step) {
  if (noisy_units_->empty()) return;
  task_.team.run([&](Index member) { draw_noise(step, member); });
}

/// The member's share of the units: from a multiple of 4 on, as the generator wants it.
template <class Scalar>
void SliceRun<Scalar>::draw_noise(Index step, Index member) {
  const Index members = task_.team.members(), quarter = (network_.units() + 3) / 4;
  const Index first = quarter * member / members * 4, last = quarter * (member + 1) / members * 4;
  for (const UnitRange& range : *noisy_units_) {
    const UnitRange units = meet(range, {first, last - first});
    if (units.size == 0) continue;
    const NormalBlock block = {task_.seed, Stream::recurrent_noise, static_cast<std::uint32_t>(step), units.start,
                               units.size};
    fill_normals(block, slice_.ids,
                 {row(work_.eta.data(), units.start), static_cast<std::size_t>(units.size * width_)});
  }
}

/// amplitude eta + gain s_t, where s_t is the stimulus and the drives.
template <class Scalar>
void SliceRun<Scalar>::set_added(const Segment& segment, Index step) {
  const Index size = network_.units() * width_;
  work_.added.head(size) = work_.amplitude.head(size) * work_.eta.head(size);
  Scalar* added = work_.added.data();
  if (!task_.trials.stimulus.empty()) {
    const auto stimulus = task_.trials.stimulus.at(step);
    for (Index lane = 0; lane < width_; ++lane) {
      const auto given = stimulus.col(trial(lane));
      for (Index unit = 0; unit < network_.units(); ++unit) {
        row(added, unit)[lane] += model_.added_gain[unit] * static_cast<Scalar>(given[unit]);
      }
    }
  }
  for (const LaneIntervention& acting : segment.drives) add_drive(acting, step);
}

template <class Scalar>
void SliceRun<Scalar>::add_drive(const LaneIntervention& acting, Index step) {
  const auto& drive = std::get<Drive>(acting.intervention->what);
  const double course = drive.course[step - acting.intervention->steps.first];
  Index k = 0;
  for (const UnitRange& range : drive.units.ranges()) {
    for (Index unit = range.start; unit < range.end(); ++unit, ++k) {
      const Scalar value = model_.added_gain[unit] * static_cast<Scalar>(drive.strength[k] * course);
      for (const Index lane : acting.lanes) row(work_.added.data(), unit)[lane] += value;
    }
  }
}

template <class Scalar>
bool SliceRun<Scalar>::update(const Run& run, const Scalar* drive) {
  Update<Scalar> update;
  update.dynamics = network_.spec().dynamics;
  update.activation = run.activation;
  update.first = run.units.start;
  update.rows = run.units.size;
  update.width = width_;
  update.drive = drive;
  update.bias = model_.bias.data();
  update.alpha = model_.alpha.data();
  update.amplitude = adds_more_ ? model_.ones.data() : model_.noise.data();
  if (adds_more_) {
    update.noise = work_.added.data();
  } else if (!noisy_units_->empty()) {
    update.noise = work_.eta.data();
  }
  update.x = work_.x.data();
  update.h_before = before_;
  update.h_after = after_;
  return kernels<Scalar>().update(update);
}

template <class Scalar>
void SliceRun<Scalar>::hold(const LaneIntervention& acting) {
  const auto& clamp = std::get<Clamp>(acting.intervention->what);
  for (const UnitRange& range : clamp.units.ranges()) {
    for (Index unit = range.start; unit < range.end(); ++unit) {
      for (const Index lane : acting.lanes) row(after_, unit)[lane] = static_cast<Scalar>(clamp.value);
    }
  }
}

template <class Scalar>
void SliceRun<Scalar>::keep_x(Index slot) {
  if (task_.record.backward_every > 0 && trajectory_.keeps_x())
    std::copy_n(work_.x.data(), network_.units() * width_, trajectory_.x(slot));
}

template <class Scalar>
void SliceRun<Scalar>::keep_state(Recording<Scalar>& recording, Index slot) {
  const Index size = network_.units() * width_;
  Scalar* out = recording.kept.data() + slot / task_.record.backward_every * 2 * size;
  out = std::copy_n(trajectory_.state(slot), size, out);
  std::copy_n(work_.x.data(), size, out);
}

template <class Scalar>
void SliceRun<Scalar>::add_rates(const Scalar* __restrict h, Recording<Scalar>& recording) const {
  Scalar* __restrict sum = recording.rate_sum.data();
  const Index size = network_.units() * width_;
  for (Index k = 0; k < size; ++k) sum[k] += h[k];
}

template <class Scalar>
void SliceRun<Scalar>::sum_rates(Recording<Scalar>& recording) const {
  if (task_.record.backward_every > 1) return;
  std::ranges::fill(recording.rate_sum, Scalar(0));
  for (Index slot = 1; slot <= task_.trials.steps; ++slot) add_rates(trajectory_.state(slot), recording);
}

template <class Scalar>
void SliceRun<Scalar>::record(const SegmentWeights<Scalar>& weights, Index step, Recording<Scalar>& recording) {
  const Index recorded = step - task_.record.steps.first;
  const Index size = task_.record.units.size() * width_;
  if (task_.record.x) copy_selected(work_.x.data(), recording.x.data() + recorded * size);
  if (task_.record.h) copy_selected(after_, recording.h.data() + recorded * size);
  if (task_.record.y) {
    Scalar* y = recording.y.data() + recorded * network_.outputs() * width_;
    read_out(model_, *weights.readout, {after_, width_, work_.gathered.data()}, y);
  }
}

template <class Scalar>
void SliceRun<Scalar>::copy_selected(const Scalar* rows, Scalar* out) const {
  for (const UnitRange& range : task_.record.units.ranges()) {
    out = std::copy_n(rows + range.start * width_, range.size * width_, out);
  }
}

template <class Scalar>
void SliceRun<Scalar>::fail(Index step) const {
  for (Index lane = 0; lane < slice_.count; ++lane) {
    for (Index unit = 0; unit < network_.units(); ++unit) {
      const Index place = unit * width_ + lane;
      if (std::isfinite(work_.x[place]) && std::isfinite(after_[place])) continue;
      const auto region = std::ranges::find_if(network_.regions(),
                                               [unit](const RegionLayout& one) { return one.range.contains(unit); });
      throw RunError(
          fmt::format("activity is no longer finite: trial {}, step {}, region {}; smaller weights, a "
                      "smaller dt or a saturating activation keep it bounded",
                      slice_.ids[static_cast<std::size_t>(lane)], step, region->name));
    }
  }
  throw RunError(fmt::format("activity is no longer finite: step {}", step));
}

template <class Scalar>
Workspace<Scalar>::Workspace(const Model<Scalar>& model, Index width_, Index members_)
    : width(width_), members(members_) {
  const Index units = model.network.units() * width;
  Index band = 0;
  for (const Band& one : model.drive_bands) band = std::max(band, one.rows.size);
  x.setZero(units);
  drive.setZero(members * band * width);
  eta.setZero(units);
  amplitude.setZero(units);
  added.setZero(units);
  input_eta.setZero(model.network.inputs() * width);
  gathered.setZero(members * width *
                   std::max(PackedWeights<Scalar>::gathered_rows(model.drive_bands),
                            PackedWeights<Scalar>::gathered_rows(model.readout_bands)));
}

template <class Scalar>
std::size_t Workspace<Scalar>::bytes(const Model<Scalar>& model, Index width) {
  const Index rows = 2 * model.rows() + 5 * model.network.units() + model.network.inputs() +
                     PackedWeights<Scalar>::gathered_rows(model.drive_bands);
  return static_cast<std::size_t>(rows * width) * sizeof(Scalar);
}

template <class Scalar>
void make_room(const SliceTask<Scalar>& task, Recording<Scalar>& recording) {
  const Index width = task.slice.width();
  const Index columns = task.record.steps.size() * width;
  const auto selected = static_cast<std::size_t>(columns * task.record.units.size());
  const auto outputs = static_cast<std::size_t>(columns * task.model.network.outputs());
  recording.x.resize(task.record.x ? selected : 0);
  recording.h.resize(task.record.h ? selected : 0);
  recording.y.resize(task.record.y ? outputs : 0);

  const Index every = task.record.backward_every, steps = task.trials.steps;
  const auto units = static_cast<std::size_t>(task.model.network.units() * width);
  recording.trajectory.resize(task.model, width, every == 1 ? steps + 1 : 0);
  recording.kept.resize(every > 1 ? 2 * units * static_cast<std::size_t>((steps + every - 1) / every) : 0);
  recording.rate_sum.assign(every > 0 ? units : 0, Scalar(0));
}

template struct Workspace<float>;
template struct Workspace<double>;
template class SliceRun<float>;
template class SliceRun<double>;
template void make_room(const SliceTask<float>&, Recording<float>&);
template void make_room(const SliceTask<double>&, Recording<double>&);

}  // namespace mrnn::eigen
