#include "eigen_session.hpp"

#include <algorithm>
#include <cmath>

#include "gradients.hpp"
#include "mrnn/state_points.hpp"
#include "optimiser.hpp"

namespace mrnn::eigen {
namespace {

std::vector<const Eigen::MatrixXd*> pointers(const std::vector<Eigen::MatrixXd>& first,
                                             const std::vector<Eigen::MatrixXd>& second = {}) {
  std::vector<const Eigen::MatrixXd*> all;
  for (const Eigen::MatrixXd& one : first) all.push_back(&one);
  for (const Eigen::MatrixXd& one : second) all.push_back(&one);
  return all;
}

Index widest(const std::vector<Slice>& slices) {
  Index width = 1;
  for (const Slice& slice : slices) width = std::max(width, slice.width());
  return width;
}

/// Out of (row, lane) of each recorded step into (row, first_trial + trial).
template <class Scalar, class Out>
void copy_slice(const std::vector<Scalar>& kept, const Slice& slice, BasicSequence<Out>& into, Index first_trial) {
  const Scalar* from = kept.data();
  for (Index step = 0; step < into.steps; ++step, from += into.units * slice.width()) {
    for (Index lane = 0; lane < slice.count; ++lane) {
      auto column = into.at(step).col(first_trial + slice.trials[static_cast<std::size_t>(lane)]);
      for (Index row = 0; row < into.units; ++row) column[row] = static_cast<Out>(from[row * slice.width() + lane]);
    }
  }
}

}  // namespace

template <class Scalar>
EigenSession<Scalar>::EigenSession(const Network& network, const SessionOptions& options)
    : Session(network, options),
      model_(network),
      threads_(options.threads),
      trainable_(trainable_parameters(network)),
      optimiser_state_{zero_parameters(network), zero_parameters(network)} {}

template <class Scalar>
void EigenSession<Scalar>::do_write_parameters(const Parameters& parameters) {
  parameters_ = parameters;
  use_parameters();
}

template <class Scalar>
void EigenSession<Scalar>::use_parameters() {
  effective_ = effective_weights(network(), parameters_);
  model_.set(parameters_);
  drive_weights_.clear();
  adjoint_weights_.clear();
  readout_weights_.clear();
}

template <class Scalar>
EffectiveWeights EigenSession<Scalar>::scaled(const Scalings& scalings) const {
  EffectiveWeights weights = effective_;
  scale_weights(network(), weights, scalings);
  return weights;
}

template <class Scalar>
SegmentWeights<Scalar> EigenSession<Scalar>::weights_for(const Scalings& scalings, Packing packing) {
  auto& readout = readout_weights_[packing];
  if (readout == nullptr) {
    readout = std::make_unique<PackedWeights<Scalar>>(model_.readout_bands, model_.readout_blocks,
                                                      pointers(effective_.readout), packing, threads_);
  }
  auto& drive = drive_weights_[{scalings, packing}];
  if (drive == nullptr) {
    const EffectiveWeights other = scalings.empty() ? EffectiveWeights{} : scaled(scalings);
    const EffectiveWeights& weights = scalings.empty() ? effective_ : other;
    drive = std::make_unique<PackedWeights<Scalar>>(model_.drive_bands, model_.drive_blocks,
                                                    pointers(weights.recurrent, weights.input), packing, threads_);
  }
  return {drive.get(), readout.get()};
}

template <class Scalar>
void EigenSession<Scalar>::do_load(const Trials& trials) {
  // Scaled weights belong to interventions of the batch before; plain ones stay.
  const auto is_scaled = [](const auto& entry) { return !entry.first.first.empty(); };
  std::erase_if(drive_weights_, is_scaled);
  std::erase_if(adjoint_weights_, is_scaled);
  slices_.clear();
  trials_ = {};
  trials_.count = trials.count;
  trials_.steps = trials.steps;
  trials_.inputs = trials.inputs;
  trials_.stimulus = trials.stimulus;
  trials_.targets = trials.targets;
  trials_.mask = trials.mask;
  trials_.initial_state = trials.initial_state;
  trials_.ids = trials.ids;
  trials_.interventions = trials.interventions;

  slices_ = make_slices(network(), trials_);
  slice_weights_.assign(slices_.size(), {});
  for (std::size_t k = 0; k < slices_.size(); ++k) {
    for (const Segment& segment : slices_[k].segments) {
      slice_weights_[k].push_back(weights_for(segment.scalings, packing_for(slices_[k].width())));
    }
  }
}

template <class Scalar>
SliceTask<Scalar> EigenSession<Scalar>::task(std::size_t slice) const {
  return {model_, trials_, slices_[slice], slice_weights_[slice], record_, noise_, options().seed, *teams_[slice]};
}

/// Threads that run one slice: more than one where there are so few slices that others would be idle, and where a step
/// takes long enough.
template <class Scalar>
Index EigenSession<Scalar>::team_size() const {
  constexpr Index least_work = Index{1} << 16;  // weights times eight trials; some microseconds
  Index weights = 0;
  for (const Band& band : model_.drive_bands) weights += band.rows.size * band.depth;
  const Index idle = static_cast<Index>(threads_.size() / slices_.size());
  const Index members = std::min<Index>(idle, std::ssize(model_.drive_bands));  // more would have nothing to do
  const bool worthwhile = weights * std::max<Index>(1, widest(slices_) / 8) >= least_work;
  return worthwhile && std::ssize(slices_) <= most_groups ? std::max<Index>(1, members) : 1;
}

/// Does work(piece, place in the workspaces) for pieces 0 ... count - 1. Where a team has several members, pieces are
/// slices.
template <class Scalar>
template <class Work>
void EigenSession<Scalar>::run_pieces(std::size_t count, const Work& work) {
  const auto members = static_cast<std::size_t>(teams_.front()->members());
  if (members == 1) {
    threads_.run(count, work);
    return;
  }
  for (const auto& team : teams_) team->begin();
  threads_.run(count * members, [&](std::size_t piece, std::size_t /*thread*/) {
    const std::size_t slice = piece / members, member = piece % members;
    Team& team = *teams_[slice];
    if (member > 0) return team.serve(static_cast<Index>(member));
    try {
      work(slice, slice);
    } catch (...) {
      team.end();
      throw;
    }
    team.end();
  });
}

template <class Scalar>
void EigenSession<Scalar>::do_forward(const Record& record, Noise noise) {
  record_ = record;
  noise_ = noise;
  const Index members = team_size(), width = widest(slices_);
  if (teams_.size() != slices_.size() || teams_.front()->members() != members) {
    teams_.clear();
    for (std::size_t k = 0; k < slices_.size(); ++k) teams_.push_back(std::make_unique<Team>(members));
  }
  const std::size_t at_once = std::min(threads_.size(), slices_.size());
  if (workspaces_.size() < at_once || workspaces_.front().width != width || workspaces_.front().members != members) {
    workspaces_.assign(at_once, Workspace<Scalar>(model_, width, members));
  }
  for (Workspace<Scalar>& work : workspaces_) {
    work.trajectory.resize(model_, width, record.backward_every > 1 ? record.backward_every + 1 : 2);
  }
  recordings_.resize(slices_.size());
  for (std::size_t k = 0; k < slices_.size(); ++k) make_room(task(k), recordings_[k]);
  run_pieces(slices_.size(), [&](std::size_t k, std::size_t place) {
    const SliceTask<Scalar> now = task(k);
    Workspace<Scalar>& work = workspaces_[place];
    auto& trajectory = record_.backward_every == 1 ? recordings_[k].trajectory : work.trajectory;
    SliceRun<Scalar>(now, work, trajectory).run(recordings_[k]);
  });
}

template <class Scalar>
template <class Out>
void EigenSession<Scalar>::copy(Quantity what, BasicSequence<Out>& into, Index first_trial) const {
  const Index elements = into.units * trials_.count * into.steps;
  threads_.run_light(slices_.size(), elements, [&](std::size_t k, std::size_t /*thread*/) {
    const Recording<Scalar>& kept = recordings_[k];
    const auto& rows = what == Quantity::x ? kept.x : what == Quantity::h ? kept.h : kept.y;
    copy_slice(rows, slices_[k], into, first_trial);
  });
}

template <class Scalar>
void EigenSession<Scalar>::do_read_activity(Quantity what, Sequence& into, Index first_trial) const {
  copy(what, into, first_trial);
}

template <class Scalar>
void EigenSession<Scalar>::do_read_activity(Quantity what, FloatSequence& into, Index first_trial) const {
  copy(what, into, first_trial);
}

template <class Scalar>
Eigen::MatrixXd EigenSession<Scalar>::do_advance(const StatePoints& points) const {
  return StatePointSteps(network(), parameters_, effective_, trials_).advance(points);
}

template <class Scalar>
Jacobians EigenSession<Scalar>::do_jacobian(const StatePoints& points) const {
  return StatePointSteps(network(), parameters_, effective_, trials_).jacobian(points);
}

template <class Scalar>
const PackedWeights<Scalar>* EigenSession<Scalar>::adjoint_weights_for(const Scalings& scalings, Packing packing) {
  auto& packed = adjoint_weights_[{scalings, packing}];
  if (packed == nullptr) {
    const EffectiveWeights other = scalings.empty() ? EffectiveWeights{} : scaled(scalings);
    const EffectiveWeights& weights = scalings.empty() ? effective_ : other;
    packed = std::make_unique<PackedWeights<Scalar>>(model_.adjoint_bands, model_.adjoint_blocks,
                                                     pointers(weights.recurrent, weights.readout), packing, threads_);
  }
  return packed.get();
}

template <class Scalar>
auto EigenSession<Scalar>::adjoint_segments(std::vector<Scalings>& scalings)
    -> std::vector<std::vector<AdjointSegment<Scalar>>> {
  std::vector<std::vector<AdjointSegment<Scalar>>> all;
  for (const Slice& slice : slices_) {
    all.emplace_back();
    for (const Segment& segment : slice.segments) {
      const auto found = std::ranges::find(scalings, segment.scalings);
      const auto index = static_cast<std::size_t>(found - scalings.begin());
      if (found == scalings.end()) scalings.push_back(segment.scalings);
      all.back().push_back({adjoint_weights_for(segment.scalings, packing_for(slice.width())), index});
    }
  }
  return all;
}

template <class Scalar>
void EigenSession<Scalar>::sum_rates() {
  run_pieces(slices_.size(), [&](std::size_t k, std::size_t place) {
    const SliceTask<Scalar> now = task(k);
    SliceRun<Scalar>(now, workspaces_[place], recordings_[k].trajectory).sum_rates(recordings_[k]);
  });
}

/// Mean activity of every unit over all trials and steps.
template <class Scalar>
Eigen::VectorXd EigenSession<Scalar>::mean_rates() const {
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(network().units());
  for (std::size_t k = 0; k < slices_.size(); ++k) {
    const Index width = slices_[k].width();
    for (Index unit = 0; unit < network().units(); ++unit) {
      for (Index lane = 0; lane < slices_[k].count; ++lane) {
        sums[unit] += static_cast<double>(recordings_[k].rate_sum[static_cast<std::size_t>(unit * width + lane)]);
      }
    }
  }
  return sums / static_cast<double>(trials_.count * trials_.steps);
}

template <class Scalar>
BackwardPlan<Scalar> EigenSession<Scalar>::plan_for(const Loss& loss, const OutputLosses<Scalar>& outputs) const {
  const Penalties& penalties = loss.penalties;
  const auto units = static_cast<double>(network().units());
  const double count = static_cast<double>(trials_.count * trials_.steps) * units;
  BackwardPlan<Scalar> plan{outputs,
                            static_cast<Scalar>(penalties.l1_rates / count),
                            static_cast<Scalar>(2.0 * penalties.l2_rates / count),
                            {},
                            false};
  if (penalties.rate_target != 0.0) {
    plan.rate = (2.0 * penalties.rate_target / count * (mean_rates().array() - penalties.rate)).template cast<Scalar>();
  }
  plan.vanishing_gradient = penalties.vanishing_gradient != 0.0;
  return plan;
}

template <class Scalar>
void EigenSession<Scalar>::run_backward(const BackwardPlan<Scalar>& plan, std::vector<Scalings>& scalings) {
  const auto segments = adjoint_segments(scalings);
  const std::size_t count = std::min(slices_.size(), static_cast<std::size_t>(most_groups));
  groups_.resize(count);
  const Index width = widest(slices_), members = teams_.front()->members();
  if (backward_workspaces_.size() < workspaces_.size() || backward_workspaces_.front().width != width ||
      backward_workspaces_.front().members != members) {
    backward_workspaces_.assign(workspaces_.size(), BackwardWorkspace<Scalar>(model_, width, members));
  }
  run_pieces(count, [&](std::size_t group, std::size_t place) {
    groups_[group].reset(model_, scalings.size());
    for (std::size_t k = group; k < slices_.size(); k += count) {
      const SliceTask<Scalar> now = task(k);
      SliceBackward<Scalar>(
          {now, segments[k], plan, recordings_[k], workspaces_[place], backward_workspaces_[place], groups_[group]})
          .run();
    }
  });
}

template <class Scalar>
LossTerms EigenSession<Scalar>::do_backward(const Loss& loss, const std::function<void()>& meanwhile) {
  const OutputLosses<Scalar> outputs(network(), loss, trials_);
  if (loss.penalties.rate_target != 0.0) sum_rates();
  const BackwardPlan<Scalar> plan = plan_for(loss, outputs);
  std::vector<Scalings> scalings;
  run_backward(plan, scalings);
  const double vanishing = make_gradients({network(), parameters_, effective_, trainable_, loss}, model_, groups_,
                                          scalings, threads_, gradients_);
  meanwhile();
  return loss_terms(loss, plan, vanishing);
}

template <class Scalar>
LossTerms EigenSession<Scalar>::loss_terms(const Loss& loss, const BackwardPlan<Scalar>& plan, double vanishing) const {
  GradientSums<Scalar> sums;
  sums.reset(model_, 0);
  for (const GradientSums<Scalar>& group : groups_) {
    for (std::size_t k = 0; k < sums.losses.size(); ++k) sums.losses[k] += group.losses[k];
    sums.absolute_rates += group.absolute_rates;
    sums.squared_rates += group.squared_rates;
  }
  std::vector<double> outputs;
  for (std::size_t k = 0; k < sums.losses.size(); ++k) outputs.push_back(plan.outputs.factor(k) * sums.losses[k]);

  const Penalties& penalties = loss.penalties;
  const double count = static_cast<double>(trials_.count * trials_.steps * network().units());
  PenaltyTerms added;
  if (penalties.l1_weights != 0.0 || penalties.l2_weights != 0.0 || penalties.wiring != 0.0) {
    const WeightPenalties of_weights = weight_penalties({network(), parameters_, effective_, trainable_, loss});
    added.l1_weights = penalties.l1_weights * of_weights.absolute;
    added.l2_weights = penalties.l2_weights * of_weights.squared;
    added.wiring = penalties.wiring * of_weights.wiring;
  }
  added.l1_rates = penalties.l1_rates * (sums.absolute_rates / count);
  added.l2_rates = penalties.l2_rates * (sums.squared_rates / count);
  if (penalties.rate_target != 0.0) {
    added.rate_target = penalties.rate_target * (mean_rates().array() - penalties.rate).square().mean();
  }
  added.vanishing_gradient = penalties.vanishing_gradient * vanishing;
  return named_terms(network(), loss, outputs, added);
}

template <class Scalar>
double EigenSession<Scalar>::do_update(const OptimiserStep& step) {
  const double norm = eigen::update({network(), trainable_, parameters_, gradients_, optimiser_state_}, step, threads_);
  if (std::isfinite(norm)) use_parameters();
  return norm;
}

template class EigenSession<float>;
template class EigenSession<double>;

}  // namespace mrnn::eigen
