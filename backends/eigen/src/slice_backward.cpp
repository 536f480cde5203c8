#include "slice_backward.hpp"

#include <algorithm>
#include <cmath>

#include "mrnn/formulas.hpp"
#include "readout.hpp"

namespace mrnn::eigen {
namespace {

/// Sums over the lanes, in their order, added to `out`.
template <class Array>
void add_lanes(const Array& rows, Index width, Eigen::VectorXd& out) {
  for (Index row = 0; row < out.size(); ++row) {
    for (Index lane = 0; lane < width; ++lane) out[row] += static_cast<double>(rows[row * width + lane]);
  }
}

}  // namespace

template <class Scalar>
SliceBackward<Scalar>::SliceBackward(const Parts& parts)
    : task_(parts.task),
      model_(parts.task.model),
      network_(parts.task.model.network),
      slice_(parts.task.slice),
      adjoint_(parts.adjoint),
      plan_(parts.plan),
      recording_(parts.recording),
      work_(parts.work),
      sums_(parts.sums),
      trajectory_(parts.task.record.backward_every == 1 ? parts.recording.trajectory : parts.forward_work.trajectory),
      forward_(parts.task, parts.forward_work, trajectory_),
      gathered_(parts.forward_work.gathered.data()),
      width_(parts.task.slice.width()),
      chunk_(BackwardWorkspace<Scalar>::chunk_lanes(parts.task.model) / parts.task.slice.width()) {}

template <class Scalar>
void SliceBackward<Scalar>::run() {
  work_.carried.setZero();
  work_.bias_sum.setZero();
  work_.alpha_sum.setZero();
  work_.readout_sum.setZero();
  work_.rate_sums.setZero();
  if (plan_.vanishing_gradient) work_.vanishing.setZero(chunk_ * model_.rows() * width_);
  const Index every = task_.record.backward_every, steps = task_.trials.steps;
  std::fill_n(left(steps), network_.units() * width_, Scalar(0));  // delta_T
  if (every == 1) {
    for (Index slot = steps; slot >= 0; --slot) go_back(slot);
  } else {
    for (Index first = (steps - 1) / every * every; first >= 0; first -= every) {
      const Index last = std::min(steps, first + every);
      const Index size = 2 * network_.units() * width_;
      forward_.repeat({first, last}, recording_.kept.data() + first / every * size);
      for (Index slot = last == steps ? steps : last - 1; slot >= first; --slot) go_back(slot);
    }
  }
  finish();
}

/// Segment whose weights step `slot` runs with; that of the last step for the slot after it.
template <class Scalar>
std::size_t SliceBackward<Scalar>::segment_of(Index slot) const {
  const Index step = std::min(slot, task_.trials.steps - 1);
  const auto found =
      std::ranges::find_if(slice_.segments, [step](const auto& one) { return one.steps.contains(step); });
  return static_cast<std::size_t>(found - slice_.segments.begin());
}

template <class Scalar>
void SliceBackward<Scalar>::go_back(Index slot) {
  outputs_back(slot);
  if (model_.learns_tau && slot < task_.trials.steps) add_tau(slot);
  if (plan_.vanishing_gradient) find_vanishing(slot);
  if (task_.record.backward_every > 1) {
    const Index size = model_.rows() * width_;
    std::copy_n(trajectory_.state(slot), size, work_.right.data() + slot % chunk_ * size);
  }
  ++filled_;
  // Before delta_{s-1} takes the place of one that has not been used.
  if (slot % chunk_ == 0 || segment_of(slot - 1) != segment_of(slot)) flush(slot);
  task_.team.run([&](Index member) { go_back(slot, member); });
}

/// Band by band, while what comes back to its units is in the nearest cache.
template <class Scalar>
void SliceBackward<Scalar>::go_back(Index slot, Index member) {
  const BandShare share = share_of(model_.adjoint_bands, member, task_.team.members());
  for (std::size_t k = share.first; k < share.last; ++k) {
    multiply_back(slot, k, member, work_.back.data());
    const UnitRange units = model_.adjoint_bands[k].rows;
    add_identity_readouts(slot, units);
    if (slot > 0) {
      if (plan_.on_rates()) penalise_rates(slot, k);
      release_held(slot - 1, units);
    }
    update_adjoint(slot, units);
  }
}

/// dL/dz_{s-1}, beneath delta_s.
template <class Scalar>
void SliceBackward<Scalar>::outputs_back(Index slot) {
  const Index size = network_.outputs() * width_;
  Scalar* z = left(slot) + network_.units() * width_;
  if (slot == 0) {
    std::fill_n(z, size, Scalar(0));
    return;
  }
  const PackedWeights<Scalar>& weights = *task_.weights.front().readout;
  drive_outputs(model_, weights, {trajectory_.state(slot), width_, gathered_}, z);
  plan_.outputs.backward(slice_, slot - 1, z, work_.scratch.data(), sums_.losses);
  for (Index k = 0; k < size; ++k) work_.readout_sum[k] += z[k];
}

/// Of one band, into `out` [N x width]. Meanwhile the state of the slot before comes from memory.
template <class Scalar>
void SliceBackward<Scalar>::multiply_back(Index slot, std::size_t band, Index member, Scalar* out) const {
  const Index start = model_.adjoint_bands[band].rows.start * width_;
  const Index size = model_.adjoint_bands[band].rows.size * width_;
  const bool stored = slot > 0 && task_.record.backward_every == 1;
  adjoint_[segment_of(slot)].weights->multiply(
      band, left(slot), width_, out + start, work_.gathered.data() + work_.gathered.size() / work_.members * member,
      stored ? Ahead<Scalar>{trajectory_.state(slot - 1) + start, size} : Ahead<Scalar>{});
}

template <class Scalar>
void SliceBackward<Scalar>::add_identity_readouts(Index slot, UnitRange units) {
  for (const OutputLayout& output : network_.output_layouts()) {
    if (output.readout != Readout::identity) continue;
    const Scalar* slopes = left(slot) + (network_.units() + output.range.start) * width_;
    for (const UnitRange& range : output.units.ranges()) {
      const UnitRange part = meet(range, units);
      const Scalar* slope = slopes + (part.start - range.start) * width_;
      Scalar* back = work_.back.data() + part.start * width_;
      for (Index k = 0; k < part.size * width_; ++k) back[k] += slope[k];
      slopes += range.size * width_;
    }
  }
}

/// What the penalties add to dL/dh_t of a band's units, in lanes with a trial of their own.
template <class Scalar>
void SliceBackward<Scalar>::penalise_rates(Index slot, std::size_t band) {
  const UnitRange units = model_.adjoint_bands[band].rows;
  const Scalar* h = trajectory_.state(slot);
  double absolute = 0.0, squared = 0.0;
  for (Index unit = units.start; unit < units.end(); ++unit) {
    const Scalar target = plan_.rate.size() > 0 ? plan_.rate[unit] : Scalar(0);
    const Scalar* activity = h + unit * width_;
    Scalar* back = work_.back.data() + unit * width_;
    for (Index lane = 0; lane < slice_.count; ++lane) {
      const Scalar sign = static_cast<Scalar>((activity[lane] > 0) - (activity[lane] < 0));
      back[lane] += plan_.l1_rates * sign + plan_.l2_rates * activity[lane] + target;
      absolute += static_cast<double>(std::abs(activity[lane]));
      squared += static_cast<double>(activity[lane]) * static_cast<double>(activity[lane]);
    }
  }
  work_.rate_sums(0, static_cast<Index>(band)) += absolute;
  work_.rate_sums(1, static_cast<Index>(band)) += squared;
}

/// Calls action(place in [N x width]) for those of the units and lanes that are clamped after a step.
template <class Scalar>
template <class Action>
void SliceBackward<Scalar>::for_each_held(Index step, UnitRange units, Action&& action) const {
  for (const LaneIntervention& acting : forward_.segment_at(step).clamps) {
    for (const UnitRange& range : std::get<Clamp>(acting.intervention->what).units.ranges()) {
      const UnitRange part = meet(range, units);
      for (Index unit = part.start; unit < part.end(); ++unit) {
        for (const Index lane : acting.lanes) action(unit * width_ + lane);
      }
    }
  }
}

/// The activity of held units depends on nothing: nothing comes back through it.
template <class Scalar>
void SliceBackward<Scalar>::release_held(Index step, UnitRange units) {
  const bool rate = network_.spec().dynamics == Dynamics::rate;
  for_each_held(step, units, [&](Index place) {
    work_.back[place] = Scalar(0);
    if (rate) work_.carried[place] = Scalar(0);
  });
}

/// What step s adds to dL/dalpha (see docs/numerics.md); `carried` still is dL/dx_s, or dL/dh_s.
template <class Scalar>
void SliceBackward<Scalar>::add_tau(Index slot) {
  const Scalar* noise = forward_.noise(slot);
  const Scalar *x = trajectory_.x(slot + 1), *x_before = trajectory_.x(slot), *h_before = trajectory_.state(slot);
  const bool rate = network_.spec().dynamics == Dynamics::rate;
  for (Index unit = 0; unit < network_.units(); ++unit) {
    const Activation kind = network_.activations()[static_cast<std::size_t>(unit)];
    const Scalar alpha = model_.alpha[unit];
    for (Index k = unit * width_; k < (unit + 1) * width_; ++k) {
      const Scalar slope = rate ? formulas::activate(kind, x[k]) - h_before[k] -
                                      formulas::activation_slope(kind, x[k]) * noise[k] / Scalar(2)
                                : (x[k] - x_before[k] - noise[k] / Scalar(2)) / alpha;
      work_.alpha_sum[k] += work_.carried[k] * slope;
    }
  }
}

/// Pascanu's Omega between steps s - 1 and s: what takes the place of h_{s-1} in its derivative by W.
template <class Scalar>
void SliceBackward<Scalar>::find_vanishing(Index slot) {
  const Index units = network_.units(), size = network_.outputs() * width_;
  Scalar* out = work_.vanishing.data() + slot % chunk_ * model_.rows() * width_;
  std::fill_n(out, units * width_, Scalar(0));
  if (slot == 0 || slot == task_.trials.steps) return;

  // W^T delta_s alone: the slopes of the outputs are set aside.
  Scalar* z = left(slot) + units * width_;
  std::copy_n(z, size, work_.scratch.data());
  std::fill_n(z, size, Scalar(0));
  task_.team.run([&](Index member) {
    const BandShare share = share_of(model_.adjoint_bands, member, task_.team.members());
    for (std::size_t k = share.first; k < share.last; ++k) multiply_back(slot, k, member, work_.next.data());
  });
  std::copy_n(work_.scratch.data(), size, z);

  // `next` becomes D_s dx_s/dx_{s-1}, `out` its part that W goes through.
  const bool rate = network_.spec().dynamics == Dynamics::rate;
  const Scalar* h = trajectory_.state(slot);
  for (Index unit = 0; unit < units; ++unit) {
    const Activation kind = network_.activations()[static_cast<std::size_t>(unit)];
    for (Index k = unit * width_; k < (unit + 1) * width_; ++k) {
      out[k] = rate ? Scalar(1) : formulas::slope_of_activity(kind, h[k]);
      work_.next[k] = out[k] * work_.next[k] + (Scalar(1) - model_.alpha[unit]) * work_.carried[k];
    }
  }
  for_each_held(slot - 1, {0, units}, [&](Index place) {
    out[place] = Scalar(0);
    work_.next[place] = rate ? Scalar(0) : (Scalar(1) - model_.alpha[place / width_]) * work_.carried[place];
  });
  vanishing_factors();
  for (Index unit = 0; unit < units; ++unit) {
    for (Index lane = 0; lane < width_; ++lane) {
      const Index k = unit * width_ + lane;
      out[k] *= work_.lanes[lane] * work_.next[k];
    }
  }
}

/// Per lane, with n = |next|^2 and d = |D_s|^2: adds (n / d - 1)^2 to Omega and leaves 4 (n / d - 1) / d.
template <class Scalar>
void SliceBackward<Scalar>::vanishing_factors() {
  constexpr double smallest = 1e-20;
  work_.lanes.setZero();
  for (Index unit = 0; unit < network_.units(); ++unit) {
    for (Index lane = 0; lane < width_; ++lane) {
      const Index k = unit * width_ + lane;
      work_.lanes[lane] += work_.next[k] * work_.next[k];
      work_.lanes[width_ + lane] += work_.carried[k] * work_.carried[k];
    }
  }
  for (Index lane = 0; lane < width_; ++lane) {
    const double denominator = static_cast<double>(work_.lanes[width_ + lane]);
    const double excess = static_cast<double>(work_.lanes[lane]) / denominator - 1.0;
    const bool counts = denominator >= smallest;  // never in a lane without a trial of its own
    if (counts) {
      sums_.vanishing_sum += excess * excess;
      sums_.vanishing_count += 1.0;
    }
    work_.lanes[lane] = counts ? static_cast<Scalar>(4.0 * excess / denominator) : Scalar(0);
  }
}

template <class Scalar>
void SliceBackward<Scalar>::update_adjoint(Index slot, UnitRange units) {
  AdjointUpdate<Scalar> update;
  update.dynamics = network_.spec().dynamics;
  update.width = width_;
  update.back = work_.back.data();
  update.alpha = model_.alpha.data();
  update.h = trajectory_.state(slot);
  update.x = trajectory_.keeps_x() ? trajectory_.x(slot) : nullptr;
  update.carried = work_.carried.data();
  update.delta = slot > 0 ? left(slot - 1) : work_.next.data();
  update.delta_sum = slot > 0 ? work_.bias_sum.data() : nullptr;
  for (const Run& run : model_.all_runs) {
    const UnitRange part = meet(run.units, units);
    if (part.size == 0) continue;
    update.activation = run.activation;
    update.first = part.start;
    update.rows = part.size;
    kernels<Scalar>().update_adjoint(update);
  }
}

/// The products of the filled slots, which begin at `slot`.
template <class Scalar>
void SliceBackward<Scalar>::flush(Index slot) {
  const bool stored = task_.record.backward_every == 1;
  const Index right_rows = model_.rows() * width_, place = slot % chunk_ * right_rows;
  const Scalar* right = stored ? trajectory_.state(slot) : work_.right.data() + place;
  const std::size_t scaling = adjoint_[segment_of(slot)].scaling;
  add_products(model_.drive_bands, {left(slot), right}, sums_.drive[scaling]);
  add_products(model_.readout_bands, {left(slot) + network_.units() * width_, right}, sums_.readout);
  if (plan_.vanishing_gradient) {
    add_products(model_.drive_bands, {left(slot), work_.vanishing.data() + place}, sums_.vanishing[scaling]);
  }
  filled_ = 0;
}

template <class Scalar>
void SliceBackward<Scalar>::add_products(const std::vector<Band>& bands, const Factors& factors,
                                         WeightSums<Scalar>& out) const {
  const bool drive = &bands == &model_.drive_bands;
  if (out.empty()) {
    out.resize(
        static_cast<std::size_t>(elements_of(bands, drive ? model_.drive_patterns : std::vector<BandPattern>())));
  }
  task_.team.run([&](Index member) { add_products(bands, factors, out.data(), member); });
}

template <class Scalar>
void SliceBackward<Scalar>::add_products(const std::vector<Band>& bands, const Factors& factors, Scalar* out,
                                         Index member) const {
  const bool drive = &bands == &model_.drive_bands;
  const BandShare share = share_of(bands, member, task_.team.members());
  OuterProduct<Scalar> product;
  product.left_stride = model_.adjoint_rows() * width_;
  product.right = factors.right;
  product.right_stride = model_.rows() * width_;
  product.positions = filled_;
  product.width = width_;
  product.out = out;
  for (std::size_t k = 0; k < share.last; ++k) {
    const Band& band = bands[k];
    const BandPattern* pattern = drive && model_.drive_patterns[k].sparse ? &model_.drive_patterns[k] : nullptr;
    const Index size = pattern != nullptr ? pattern->count(band) : band.rows.size * band.depth;
    if (k < share.first) {
      product.out += size;
      continue;
    }
    product.left = factors.left + band.rows.start * width_;
    product.sources = band.sources.data();
    product.source_count = std::ssize(band.sources);
    product.rows = band.rows.size;
    if (pattern != nullptr) {
      product.elements = pattern->elements.data();
      product.element_count = std::ssize(pattern->elements);
      kernels<Scalar>().add_sparse_outer_product(product);
    } else {
      kernels<Scalar>().add_outer_product(product);
    }
    product.out += size;
  }
}

template <class Scalar>
void SliceBackward<Scalar>::finish() {
  for (const auto& sums : work_.rate_sums.colwise()) {
    sums_.absolute_rates += sums[0];
    sums_.squared_rates += sums[1];
  }
  add_lanes(work_.bias_sum, width_, sums_.bias);
  add_lanes(work_.alpha_sum, width_, sums_.alpha);
  add_lanes(work_.readout_sum, width_, sums_.readout_bias);
  const bool own_state = task_.trials.initial_state.size() > 0;
  if (!own_state) add_lanes(work_.carried, width_, sums_.initial_state);
}

template class SliceBackward<float>;
template class SliceBackward<double>;

}  // namespace mrnn::eigen
