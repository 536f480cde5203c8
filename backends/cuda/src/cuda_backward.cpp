#include <algorithm>
#include <map>
#include <type_traits>

#include "cuda_session.hpp"
#include "parts.hpp"
#include "step_key.hpp"

namespace mrnn::cuda {
template <class Scalar>
struct CudaSession<Scalar>::BackwardPass {
  const Loss& loss;
  std::vector<gpu::Output> outputs;  ///< with their factors
  gpu::WeightPenalties penalties;
  bool on_rates = false, vanishing = false, learns_tau = false;
  bool accumulate = false;  ///< the images of gradients hold a stretch already
  double count = 0.0;       ///< trials x steps x units
  std::vector<double> totals;
  double rate_target = 0.0;  ///< mean over units of (mean rate - rate)^2
  /// Is D of every step needed, not only that of the next one?
  bool every_carried() const { return learns_tau || vanishing; }
};

template <class Scalar>
LossTerms CudaSession<Scalar>::do_backward(const Loss& loss, const std::function<void()>& meanwhile) {
  BackwardPass pass{loss, outputs_, {}, false, false, false, false, 0.0, {}, 0.0};
  const std::vector<double> sums = mask_sums(network(), loss, *batch_->trials);
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const double weight = loss.outputs.empty() ? 1.0 : loss.outputs[k].weight;
    pass.outputs[k].factor = sums[k] == 0.0 ? 0.0 : weight / sums[k];
    pass.outputs[k].entropy = !loss.outputs.empty() && loss.outputs[k].kind == LossKind::cross_entropy;
  }
  guarded([&] {
    with_room([&] { prepare_backward(pass); });
    for (int k = stretches() - 1; k >= 0; --k) go_back(stretch(k), pass);
    finish_gradient(pass);
  });
  meanwhile();
  guarded([&] {
    expect_finite();
    pass.totals = totals_.read(stream_);
  });
  return loss_terms(pass);
}

/// Memory, and what the penalties need before the first step back.
template <class Scalar>
void CudaSession<Scalar>::prepare_backward(BackwardPass& pass) {
  const Penalties& penalties = pass.loss.penalties;
  const Index lanes = batch_->lanes.count();
  prepare_penalties(pass);
  make_room_back(pass);
  if (penalties.rate_target != 0.0) find_rate_slope(pass);
  // From here on: sums of biases, initial states, alphas and readout biases.
  row_sums_.resize(stream_, 3 * rows_.units + rows_.outputs);
  row_sums_.clear(stream_);

  backward_.model = forward_.model;
  backward_.trajectory = forward_.trajectory;
  const Size slot = rows_.adjoint() * lanes, carried = pass.every_carried() ? rows_.units * lanes : 0;
  backward_.adjoint = {delta_.data() + slot, carried_.data() + carried, static_cast<std::int32_t>(rows_.adjoint()),
                       carried};
  backward_.penalties = {static_cast<Scalar>(penalties.l1_rates / pass.count),
                         static_cast<Scalar>(2.0 * penalties.l2_rates / pass.count),
                         penalties.rate_target != 0.0 ? rate_slope_.data() : nullptr,
                         identity_start_.size() > 0 ? identity_start_.data() : nullptr, identity_channel_.data()};
  backward_.back = back_.data();
  backward_.parts = forward_.parts;
  backward_.vectors = forward_.vectors;
}

template <class Scalar>
void CudaSession<Scalar>::prepare_penalties(BackwardPass& pass) {
  const Network& net = network();
  const Penalties& penalties = pass.loss.penalties;
  pass.count = static_cast<double>(batch_->trials->count * batch_->trials->steps * net.units());
  pass.vanishing = penalties.vanishing_gradient != 0.0;
  pass.learns_tau = std::ranges::any_of(net.spec().regions, &Region::learnable_tau);
  demands_.vanishing = pass.vanishing;
  demands_.wiring = penalties.wiring != 0.0;
  demands_.rate_target = penalties.rate_target != 0.0;
  pass.on_rates = penalties.l1_rates != 0.0 || penalties.l2_rates != 0.0;
  const auto recurrent = static_cast<double>(existing_weights(net.recurrent_blocks()));
  const auto weights =
      recurrent + static_cast<double>(existing_weights(net.input_blocks()) + existing_weights(net.readout_blocks()));
  pass.penalties.l1 = weights > 0.0 ? penalties.l1_weights / weights : 0.0;
  pass.penalties.l2 = weights > 0.0 ? penalties.l2_weights / weights : 0.0;
  if (penalties.wiring != 0.0) {
    pass.penalties.wiring = penalties.wiring / recurrent;
    distances_.write(stream_, {penalties.distances.data(), penalties.distances.data() + penalties.distances.size()});
    pass.penalties.distances = distances_.data();
    pass.penalties.region = region_.data();
    pass.penalties.regions = static_cast<std::int32_t>(net.regions().size());
  }
}

template <class Scalar>
void CudaSession<Scalar>::make_room_back(const BackwardPass& pass) {
  const Index lanes = batch_->lanes.count();
  const Size slots = stretch_steps_ + 1;
  delta_.resize(stream_, (slots + 1) * rows_.adjoint() * lanes);
  carried_.resize(stream_, (pass.every_carried() ? slots + 1 : 1) * rows_.units * lanes);
  if (pass.vanishing || plan_.design == gpu::StepPlan::Design::dense) {
    back_.resize(stream_, (pass.vanishing ? slots : 1) * rows_.units * lanes);
  }
  const Size variants = std::ssize(batch_->schedule.scalings);
  const Size drive = dense_gradient_ ? rows_.units * rows_.state() : std::max<Size>(1, layout_.weights());
  drive_gradient_.resize(stream_, variants * drive);
  if (pass.vanishing) vanishing_gradient_.resize(stream_, variants * drive);
  if (options().products == Products::bf16x3) factor_parts_.resize(stream_, size_of_parts(rows_, slots * lanes));
  if (variants > 1) masked_.resize(stream_, slots * rows_.adjoint() * lanes);
  readout_gradient_.resize(stream_, std::max<Size>(1, rows_.outputs * rows_.units));
  partial_.resize(stream_, std::max<Size>({gpu::most_partials, 3 * gpu::most_blocks, gpu::row_partials(rows_.units),
                                           gpu::row_partials(rows_.outputs)}));
  totals_.resize(stream_, first_output + std::ssize(outputs_));
  totals_.clear(stream_);
  columns_.resize(stream_, std::max<Size>(2 * slots * lanes, 4 * rows_.units + rows_.outputs));
}

/// What the penalty on the mean rate of each unit adds to its slope.
template <class Scalar>
void CudaSession<Scalar>::find_rate_slope(BackwardPass& pass) {
  const Penalties& penalties = pass.loss.penalties;
  const Index lanes = batch_->lanes.count(), units = network().units();
  if (stretches() == 1) {
    row_sums_.resize(stream_, rows_.units);
    row_sums_.clear(stream_);
    add_rates(state_.data() + rows_.state() * lanes, Size{stretch_steps_} * lanes);
  }
  const std::vector<double> rates = row_sums_.read(stream_);
  pass.rate_target = 0.0;
  std::vector<Scalar> slope(static_cast<std::size_t>(rows_.units), Scalar(0));
  for (Index unit = 0; unit < units; ++unit) {
    const auto place = static_cast<std::size_t>(unit);
    const double excess =
        rates[place] / static_cast<double>(batch_->trials->count * batch_->trials->steps) - penalties.rate;
    pass.rate_target += excess * excess / static_cast<double>(units);
    slope[place] = static_cast<Scalar>(2.0 * penalties.rate_target / pass.count * excess);
  }
  rate_slope_.write(stream_, slope);
}

template <class Scalar>
void CudaSession<Scalar>::go_back(const Stretch& stretch, BackwardPass& pass) {
  const Size lanes = batch_->lanes.count();
  if (stretches() > 1) {
    restore_state(stretch.first / stretch_steps_);
    begin_stretch(stretch);
    run_steps(stretch);
  }
  const bool is_last = stretch.last == batch_->trials->steps;
  const int high = is_last ? stretch.count() : stretch.count() - 1;
  const Size slot = rows_.adjoint() * lanes;
  Scalar* delta = backward_.adjoint.delta;
  const auto bytes = [](Size numbers) { return static_cast<std::size_t>(numbers) * sizeof(Scalar); };
  if (is_last) {
    gpu::set_zero(stream_, delta + high * slot, bytes(slot));
    carried_.clear(stream_);
  } else {
    gpu::copy_on_device(stream_, delta + high * slot, delta - slot, bytes(slot));
    const Size carried = backward_.adjoint.carried_stride;
    Scalar* adjoint = backward_.adjoint.carried;
    if (carried > 0) gpu::copy_on_device(stream_, adjoint + high * carried, adjoint - carried, bytes(carried));
  }
  const int low = stretch.first > 0 ? 0 : 1;
  outputs_back(stretch, low, high, pass);
  const auto submit = [&] { gpu::run_backward(stream_, backward_, plan_, 0, high); };
  if (gpu::makes_all_steps(plan_)) {
    submit();
  } else {
    graphs_.run(stream_, step_key(backward_, plan_, 0, high), submit);
  }
  add_gradients(high, pass);
  if (pass.vanishing) add_vanishing(high, pass);
  add_sums(stretch, low, high, pass);
  pass.accumulate = true;
}

/// dL/dz of the slots from low on, beneath delta; none at a slot before the first step.
template <class Scalar>
void CudaSession<Scalar>::outputs_back(const Stretch& stretch, int low, int high, BackwardPass& pass) {
  const Size lanes = batch_->lanes.count(), slot = rows_.adjoint() * lanes;
  if (low > 0) gpu::set_zero(stream_, backward_.adjoint.delta, static_cast<std::size_t>(slot) * sizeof(Scalar));
  if (network().outputs() == 0) return;
  const Scalar* state = state_.data() + low * rows_.state() * lanes;
  gpu::MatrixProduct<Scalar> product;
  product.a = {readout_image_.data(), rows_.outputs};
  product.b = {state, rows_.state()};
  product.out = backward_.adjoint.delta + low * slot + rows_.units;
  product.out_stride = rows_.adjoint();
  product.rows = rows_.outputs;
  product.columns = lanes * (high + 1 - low);
  product.depth = rows_.units;
  gpu::multiply(stream_, product);
  for (std::size_t k = 0; k < pass.outputs.size(); ++k) {
    const gpu::Outputs<Scalar> all = {forward_.model.batch,    pass.outputs[k],
                                      readout_bias_.data(),    state,
                                      rows_.state(),           product.out,
                                      rows_.adjoint(),         high + 1 - low,
                                      stretch.first + low - 1, static_cast<std::int32_t>(network().outputs())};
    gpu::output_loss(stream_, all, partial_.data(), totals_.data() + first_output + static_cast<Size>(k));
  }
}

/// out += delta right^T over columns, by the products that the session is opened for.
template <class Scalar>
void CudaSession<Scalar>::add_products(const Scalar* delta, const Scalar* right, Size right_stride, Size columns,
                                       Scalar* out, bool with_inputs) {
  if constexpr (std::is_same_v<Scalar, float>) {
    if (options().products == Products::bf16x3) {
      const Size rows = with_inputs ? rows_.state() : rows_.units, most = columns_in_parts(rows_, columns);
      for (Size first = 0; first < columns; first += most) {
        const Size count = std::min(most, columns - first);
        gpu::Bf16 *left_parts = factor_parts_.data(), *right_parts = left_parts + 3 * rows_.units * count;
        gpu::make_parts(stream_, {gpu::Side::left, delta + first * rows_.adjoint(), rows_.adjoint(), rows_.units, count,
                                  left_parts, rows_.units, rows_.units * count});
        gpu::make_parts(stream_, {gpu::Side::right, right + first * right_stride, right_stride, rows, count,
                                  right_parts, rows, rows * count});
        gpu::MatrixProduct<float, gpu::Bf16> product;
        product.a = {left_parts, rows_.units};
        product.b = {right_parts, rows, true};
        product.depth = 3 * count;
        add_product(product, out, with_inputs);
      }
      return;
    }
  }
  gpu::MatrixProduct<Scalar> product;
  product.a = {delta, rows_.adjoint()};
  product.b = {right, right_stride, true};
  product.depth = columns;
  product.tf32 = options().products == Products::tf32;
  add_product(product, out, with_inputs);
}

/// Adds a product of two factors to out, as a whole or block by block.
template <class Scalar>
template <class Factor>
void CudaSession<Scalar>::add_product(gpu::MatrixProduct<Scalar, Factor> product, Scalar* out, bool with_inputs) {
  product.accumulate = true;
  product.out = out;
  if (dense_gradient_) {
    product.rows = product.out_stride = rows_.units;
    product.columns = with_inputs ? rows_.state() : rows_.units;
    gpu::multiply(stream_, product);
    return;
  }
  const Factor *left = product.a.data, *right = product.b.data;
  const auto add = [&](const Block& block, Index column) {
    product.a.data = left + block.to.start;
    product.b.data = right + column;
    product.rows = product.out_stride = block.to.size;
    product.columns = block.from.size;
    gpu::multiply(stream_, product);
    product.out += block.to.size * block.from.size;
  };
  for (const Block& block : network().recurrent_blocks()) add(block, block.from.start);
  if (!with_inputs) return;
  for (const Block& block : network().input_blocks()) add(block, rows_.units + block.from.start);
}

template <class Scalar>
void CudaSession<Scalar>::add_gradients(int high, BackwardPass& pass) {
  const Size columns = Size{high + 1} * batch_->lanes.count(), variants = std::ssize(batch_->schedule.scalings);
  const Size size = drive_gradient_.size() / variants;
  if (!pass.accumulate) drive_gradient_.clear(stream_);
  for (Size variant = 0; variant < variants; ++variant) {
    const Scalar* delta = backward_.adjoint.delta;
    if (variants > 1) {
      gpu::keep_variant(stream_, backward_.model, backward_.trajectory, backward_.adjoint, 0, high + 1,
                        static_cast<int>(variant), masked_.data());
      delta = masked_.data();
    }
    add_products(delta, state_.data(), rows_.state(), columns, drive_gradient_.data() + variant * size, true);
  }
  if (network().outputs() == 0) return;
  gpu::MatrixProduct<Scalar> product;
  product.a = {backward_.adjoint.delta + rows_.units, rows_.adjoint()};
  product.b = {state_.data(), rows_.state(), true};
  product.out = readout_gradient_.data();
  product.out_stride = product.rows = rows_.outputs;
  product.columns = rows_.units;
  product.depth = columns;
  product.accumulate = pass.accumulate;
  gpu::multiply(stream_, product);
}

template <class Scalar>
void CudaSession<Scalar>::add_vanishing(int high, BackwardPass& pass) {
  const Size columns = Size{high + 1} * batch_->lanes.count(), variants = std::ssize(batch_->schedule.scalings);
  const Size size = vanishing_gradient_.size() / variants;
  if (!pass.accumulate) vanishing_gradient_.clear(stream_);
  gpu::multiply_adjoint(stream_, backward_, 0, high, back_.data());
  gpu::Vanishing<Scalar> vanishing = {backward_.model, backward_.trajectory, backward_.adjoint,        0, high + 1,
                                      back_.data(),    columns_.data(),      columns_.data() + columns};
  gpu::find_vanishing(stream_, vanishing, totals_.data() + omega, totals_.data() + omega_count);
  for (Size variant = 0; variant < variants; ++variant) {
    const Scalar* delta = backward_.adjoint.delta;
    if (variants > 1) {
      gpu::keep_variant(stream_, backward_.model, backward_.trajectory, backward_.adjoint, 0, high + 1,
                        static_cast<int>(variant), masked_.data());
      delta = masked_.data();
    }
    add_products(delta, back_.data(), rows_.units, columns, vanishing_gradient_.data() + variant * size, false);
  }
}

/// Sums over trials and steps of everything that is not a weight.
template <class Scalar>
void CudaSession<Scalar>::add_sums(const Stretch& stretch, int low, int high, BackwardPass& pass) {
  const Size lanes = batch_->lanes.count(), columns = Size{high + 1} * lanes;
  const gpu::Batch<Scalar>& batch = backward_.model.batch;
  double* sums = row_sums_.data();
  gpu::RowSums<Scalar> rows;
  rows.data = backward_.adjoint.delta;
  rows.stride = rows_.adjoint();
  rows.rows = static_cast<std::int32_t>(network().units());
  rows.columns = columns;
  gpu::add_row_sums(stream_, batch, rows, partial_.data(), sums);
  rows.data += rows_.units;
  rows.rows = static_cast<std::int32_t>(network().outputs());
  gpu::add_row_sums(stream_, batch, rows, partial_.data(), sums + 3 * rows_.units);
  if (pass.learns_tau) {
    gpu::add_alpha_slopes(stream_, backward_.model, backward_.trajectory, backward_.adjoint, stretch.count(),
                          partial_.data(), sums + 2 * rows_.units);
  }
  if (stretch.first == 0 && batch_->trials->initial_state.size() == 0) {
    rows.data = backward_.adjoint.carried - backward_.adjoint.carried_stride;
    rows.stride = rows_.units;
    rows.rows = static_cast<std::int32_t>(network().units());
    rows.columns = lanes;
    gpu::add_row_sums(stream_, batch, rows, partial_.data(), sums + rows_.units);
  }
  if (!pass.on_rates) return;
  rows.data = state_.data() + low * rows_.state() * lanes;
  rows.stride = rows_.state();
  rows.rows = static_cast<std::int32_t>(network().units());
  rows.columns = Size{high + 1 - low} * lanes;
  for (const auto& [of, total] : {std::pair{gpu::RowSums<Scalar>::Of::magnitudes, l1_rates},
                                  std::pair{gpu::RowSums<Scalar>::Of::squares, l2_rates}}) {
    rows.of = of;
    gpu::set_zero(stream_, columns_.data(), static_cast<std::size_t>(rows_.units) * sizeof(double));
    gpu::add_row_sums(stream_, batch, rows, partial_.data(), columns_.data());
    gpu::add_sum(stream_, columns_.data(), network().units(), totals_.data() + total);
  }
}

template <class Scalar>
void CudaSession<Scalar>::finish_gradient(const BackwardPass& pass) {
  const Size variants = std::ssize(batch_->schedule.scalings);
  const double* sums = row_sums_.data();
  gpu::GradientSums<Scalar> all;
  all.drive = drive_gradient_.data();
  all.vanishing = pass.vanishing ? vanishing_gradient_.data() : nullptr;
  all.drive_size = drive_gradient_.size() / variants;
  all.dense = dense_gradient_;
  all.variants = static_cast<std::int32_t>(variants);
  all.factors = batch_->factors.data();
  all.units = static_cast<std::int32_t>(rows_.units);
  all.outputs = static_cast<std::int32_t>(rows_.outputs);
  all.readout = readout_gradient_.data();
  all.bias = sums;
  all.initial_state = sums + rows_.units;
  all.alpha = sums + 2 * rows_.units;
  all.readout_bias = sums + 3 * rows_.units;
  all.vanishing_factor = pass.loss.penalties.vanishing_gradient;
  all.vanishing_count = totals_.data() + omega_count;
  gpu::make_gradient(stream_, parameters_, all, pass.penalties);
  const Penalties& penalties = pass.loss.penalties;
  if (penalties.l1_weights == 0.0 && penalties.l2_weights == 0.0 && penalties.wiring == 0.0) return;
  gpu::add_penalties(stream_, parameters_, pass.penalties, partial_.data(),
                     {totals_.data() + l1_weights, totals_.data() + l2_weights, totals_.data() + wiring});
}

template <class Scalar>
LossTerms CudaSession<Scalar>::loss_terms(const BackwardPass& pass) const {
  const Penalties& penalties = pass.loss.penalties;
  std::vector<double> outputs;
  for (std::size_t k = 0; k < pass.outputs.size(); ++k) {
    outputs.push_back(pass.outputs[k].factor * pass.totals[first_output + k]);
  }
  const double count = pass.totals[omega_count];
  // The factors of the penalties on weights contain the division by their number.
  PenaltyTerms added;
  added.l1_weights = pass.penalties.l1 * pass.totals[l1_weights];
  added.l2_weights = pass.penalties.l2 * pass.totals[l2_weights];
  added.l1_rates = penalties.l1_rates * (pass.totals[l1_rates] / pass.count);
  added.l2_rates = penalties.l2_rates * (pass.totals[l2_rates] / pass.count);
  added.rate_target = penalties.rate_target * pass.rate_target;
  added.wiring = pass.penalties.wiring * pass.totals[wiring];
  added.vanishing_gradient = count > 0.0 ? penalties.vanishing_gradient * (pass.totals[omega] / count) : 0.0;
  return named_terms(network(), pass.loss, outputs, added);
}

template LossTerms CudaSession<float>::do_backward(const Loss&, const std::function<void()>&);
template LossTerms CudaSession<double>::do_backward(const Loss&, const std::function<void()>&);

}  // namespace mrnn::cuda
