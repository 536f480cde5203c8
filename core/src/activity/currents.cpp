#include "mrnn/currents.hpp"

#include <algorithm>
#include <set>

#include "mrnn/error.hpp"
#include "mrnn/formulas.hpp"

namespace mrnn {
namespace {

using Eigen::MatrixXd;

/// What both ranges hold.
UnitRange common(UnitRange a, UnitRange b) {
  const Index first = std::max(a.start, b.start);
  return {first, std::max<Index>(0, std::min(a.end(), b.end()) - first)};
}

/// Values of all units after a recorded step of a trial.
Eigen::VectorXd recorded(const Simulation& simulation, Quantity what, Index trial, Index step) {
  const Index row = step - simulation.steps.first;
  if (const auto* values = std::get_if<Sequence>(&simulation.of(what))) return values->at(row).col(trial);
  return std::get<FloatSequence>(simulation.of(what)).at(row).col(trial).cast<double>();
}

void require_all_units(const Simulation& simulation, Quantity what, const char* name, Index units, StepRange steps) {
  const bool whole = simulation.record.units.empty() || simulation.record.units.size() == units;
  if (!whole || std::holds_alternative<std::monostate>(simulation.of(what))) {
    throw ShapeError("the currents of simulation \"" + simulation.name + "\" need " + name + " of all units recorded");
  }
  const bool from_start = steps.first == 0 && simulation.steps.first == 0;
  if (steps.size() > 0 &&
      ((!from_start && steps.first <= simulation.steps.first) || steps.last > simulation.steps.last)) {
    throw ShapeError("the currents of simulation \"" + simulation.name + "\" need steps that were not recorded");
  }
}

/// The state before the first step.
Eigen::VectorXd initial_state(const Simulation& simulation, const Parameters& parameters, Index trial) {
  const MatrixXd& given = simulation.trials.initial_state;
  return given.size() > 0 ? Eigen::VectorXd(given.col(trial)) : parameters.initial_state;
}

}  // namespace

Pathway::Pathway(const Network& network, Source source, const Selection& to, const Selection& from)
    : source_(source), targets_(to.size()) {
  const auto& blocks = source == Source::recurrent ? network.recurrent_blocks() : network.input_blocks();
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    Index target = 0;
    for (const UnitRange& range : to.ranges()) {
      const UnitRange rows = common(blocks[k].to, range);
      for (const UnitRange& sources : from.ranges()) {
        const UnitRange columns = common(blocks[k].from, sources);
        if (rows.size == 0 || columns.size == 0) continue;
        const Patch patch{k,
                          rows.start - blocks[k].to.start,
                          columns.start - blocks[k].from.start,
                          rows.size,
                          columns.size,
                          target + rows.start - range.start,
                          columns.start};
        const auto pattern = blocks[k].pattern.block(patch.row, patch.column, patch.rows, patch.columns);
        if ((pattern.array() != 0).any()) patches_.push_back(patch);
      }
      target += range.size;
    }
  }
}

MatrixXd Pathway::weights_of(const Patch& patch, const EffectiveWeights& weights, WeightPart part) const {
  const auto& blocks = source_ == Source::recurrent ? weights.recurrent : weights.input;
  const auto all = blocks[patch.block].block(patch.row, patch.column, patch.rows, patch.columns);
  if (part == WeightPart::excitatory) return all.cwiseMax(0.0);
  if (part == WeightPart::inhibitory) return all.cwiseMin(0.0);
  return all;
}

MatrixXd Pathway::current(const EffectiveWeights& weights, const Eigen::Ref<const MatrixXd>& activity,
                          WeightPart part) const {
  MatrixXd sum = MatrixXd::Zero(targets_, activity.cols());
  for (const Patch& patch : patches_) {
    const MatrixXd matrix = weights_of(patch, weights, part);
    if (matrix.isZero(0.0)) continue;
    sum.middleRows(patch.target, patch.rows).noalias() += matrix * activity.middleRows(patch.unit, patch.columns);
  }
  return sum;
}

MatrixXd Pathway::projection(const EffectiveWeights& weights, const Eigen::Ref<const MatrixXd>& directions,
                             const Eigen::Ref<const MatrixXd>& activity, WeightPart part) const {
  MatrixXd sum = MatrixXd::Zero(directions.cols(), activity.cols());
  for (const Patch& patch : patches_) {
    const MatrixXd matrix =
        directions.middleRows(patch.target, patch.rows).transpose() * weights_of(patch, weights, part);
    sum.noalias() += matrix * activity.middleRows(patch.unit, patch.columns);
  }
  return sum;
}

std::vector<StepRange> stretches_of_weights(const std::vector<Intervention>& interventions, Index trial,
                                            StepRange steps) {
  std::set<Index> cuts{steps.first, steps.last};
  for (const Intervention& intervention : interventions) {
    if (!std::holds_alternative<ScaleWeights>(intervention.what) || !intervention.acts_on(trial)) continue;
    for (const Index step : {intervention.steps.first, intervention.steps.last}) {
      if (step > steps.first && step < steps.last) cuts.insert(step);
    }
  }
  std::vector<StepRange> stretches;
  if (steps.size() < 1) return stretches;
  for (auto cut = cuts.begin(); std::next(cut) != cuts.end(); ++cut) stretches.push_back({*cut, *std::next(cut)});
  return stretches;
}

MatrixXd activity_before(const Simulation& simulation, const Network& network, const Parameters& parameters,
                         Index trial, StepRange steps) {
  require_all_units(simulation, Quantity::h, "h", network.units(), steps);
  MatrixXd activity(network.units(), steps.size());
  for (Index step = steps.first; step < steps.last; ++step) {
    auto column = activity.col(step - steps.first);
    if (step > 0) {
      column = recorded(simulation, Quantity::h, trial, step - 1);
      continue;
    }
    column = initial_state(simulation, parameters, trial);
    if (network.spec().dynamics == Dynamics::rate) continue;
    for (Index n = 0; n < column.size(); ++n) {
      column(n) = formulas::activate(network.activations()[static_cast<std::size_t>(n)], column(n));
    }
  }
  return activity;
}

MatrixXd inputs_at(const Trials& trials, Index trial, StepRange steps) {
  MatrixXd inputs(trials.inputs.units, steps.size());
  for (Index step = steps.first; step < steps.last && inputs.rows() > 0; ++step) {
    inputs.col(step - steps.first) = trials.inputs.at(step).col(trial);
  }
  return inputs;
}

MatrixXd stimulus_at(const Trials& trials, Index units, Index trial, StepRange steps) {
  MatrixXd stimulus = MatrixXd::Zero(units, steps.size());
  if (!trials.stimulus.empty()) {
    for (Index step = steps.first; step < steps.last; ++step) {
      stimulus.col(step - steps.first) = trials.stimulus.at(step).col(trial);
    }
  }
  for (const Intervention& intervention : trials.interventions) {
    const auto* drive = std::get_if<Drive>(&intervention.what);
    if (drive == nullptr || !intervention.acts_on(trial)) continue;
    const std::vector<Index> driven = drive->units.indices();
    const Index last = std::min(steps.last, intervention.steps.last);
    for (Index step = std::max(steps.first, intervention.steps.first); step < last; ++step) {
      const double course = drive->course(step - intervention.steps.first);
      for (std::size_t k = 0; k < driven.size(); ++k) {
        stimulus(driven[k], step - steps.first) += drive->strength(static_cast<Index>(k)) * course;
      }
    }
  }
  return stimulus;
}

MatrixXd drive_of_state(const Simulation& simulation, const Network& network, const Parameters& parameters, Index trial,
                        StepRange steps) {
  require_all_units(simulation, Quantity::x, "x", network.units(), steps);
  const Dynamics dynamics = network.spec().dynamics;
  Eigen::ArrayXd alpha = network.spec().dt / parameters.tau.array();
  if (dynamics == Dynamics::elman) alpha.setOnes();
  MatrixXd drive(network.units(), steps.size());
  for (Index step = steps.first; step < steps.last; ++step) {
    const Eigen::ArrayXd after = recorded(simulation, Quantity::x, trial, step);
    auto column = drive.col(step - steps.first).array();
    column = after;
    if (dynamics != Dynamics::leaky) continue;
    const Eigen::ArrayXd before =
        step > 0 ? recorded(simulation, Quantity::x, trial, step - 1) : initial_state(simulation, parameters, trial);
    column = (after - (1.0 - alpha) * before) / alpha;
  }
  return drive;
}

}  // namespace mrnn
