#include "mrnn/perturbation.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "mrnn/selectors.hpp"
#include "mrnn/task.hpp"

namespace mrnn {
namespace {

/// The trials that have not ended before a step.
std::vector<Index> trials_at(const Simulation& simulation, Index step) {
  std::vector<Index> going;
  for (Index trial = 0; trial < simulation.trials.count; ++trial) {
    if (simulation.recorded(trial).contains(step)) going.push_back(trial);
  }
  return going;
}

/// Trials and steps recorded.
Index samples_of(const Simulation& simulation) {
  Index samples = 0;
  for (Index trial = 0; trial < simulation.trials.count; ++trial) samples += simulation.recorded(trial).size();
  return samples;
}

/// Calls the function with what two simulations of the same trials recorded in each step, [units x trials], of the
/// trials that have not ended; not at all where one of them recorded nothing.
template <class Function>
void visit_steps(const Simulation& simulation, const Simulation::Activity& a, const Simulation::Activity& b,
                 Function&& function) {
  const auto visit = [&](const auto& first, const auto& second) {
    using First = std::decay_t<decltype(first)>;
    using Second = std::decay_t<decltype(second)>;
    if constexpr (!std::is_same_v<First, std::monostate> && !std::is_same_v<Second, std::monostate>) {
      for (Index step = 0; step < first.steps; ++step) {
        const std::vector<Index> going = trials_at(simulation, simulation.steps.first + step);
        if (std::ssize(going) == simulation.trials.count) {
          function(first.at(step).template cast<double>(), second.at(step).template cast<double>());
        } else {
          function(Eigen::MatrixXd(first.at(step)(Eigen::all, going).template cast<double>()),
                   Eigen::MatrixXd(second.at(step)(Eigen::all, going).template cast<double>()));
        }
      }
    }
  };
  std::visit(visit, a, b);
}

double mean_of(double sum, Index values) {
  return values > 0 ? sum / static_cast<double>(values) : 0.0;
}

/// Means of the scores that count, over all trials and over those of each condition.
double mean_score(const Eigen::VectorXd& score, const Conditions& conditions, int condition) {
  double sum = 0.0;
  Index count = 0;
  for (Index trial = 0; trial < score.size(); ++trial) {
    const bool meant = conditions.of_trial[static_cast<std::size_t>(trial)] == condition;
    if (!meant || std::isnan(score(trial))) continue;
    sum += score(trial);
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Record PerturbationScan::needs(const Network& network) {
  Record record;
  record.h = true;
  record.y = network.outputs() > 0;
  return record;
}

PerturbationScan::PerturbationScan(const AnalysisContext& context, const Conditions& conditions)
    : context_(context), conditions_(conditions) {
  const Simulation& simulation = context.simulation();
  const auto regions = std::ssize(context.network().regions());
  control_.activity = control_.activity_change = Eigen::VectorXd::Zero(regions);
  visit_steps(simulation, simulation.h, simulation.h, [&](const auto& h, const auto& /*same*/) {
    for (Index r = 0; r < regions; ++r) {
      const UnitRange& range = context.network().regions()[static_cast<std::size_t>(r)].range;
      control_.activity(r) += h.middleRows(range.start, range.size).sum();
    }
  });
  for (Index r = 0; r < regions; ++r) {
    const Index units = context.network().regions()[static_cast<std::size_t>(r)].range.size;
    control_.activity(r) = mean_of(control_.activity(r), units * samples_of(simulation));
  }
  score(simulation, control_);
}

void PerturbationScan::score(const Simulation& simulation, Effect& effect) const {
  const Index conditions = std::ssize(conditions_.list);
  effect.performance = std::numeric_limits<double>::quiet_NaN();
  effect.by_condition = Eigen::VectorXd::Constant(conditions, effect.performance);
  const Index outputs = context_.network().outputs();
  if (simulation.task == nullptr || outputs == 0) return;
  const Sequence y = simulation.activity(Quantity::y, Selection({{0, outputs}}));
  const Scores scores = scores_of(*simulation.task, simulation.trials, y);
  if (scores.score.size() == 0) return;
  effect.performance = performance(scores);
  for (Index c = 0; c < conditions; ++c) {
    effect.by_condition(c) = mean_score(scores.score, conditions_, static_cast<int>(c));
  }
}

Effect PerturbationScan::with(const std::vector<Intervention>& added) const {
  const Simulation& before = context_.simulation();
  Trials trials = before.trials;
  trials.interventions.insert(trials.interventions.end(), added.begin(), added.end());
  const Simulation after = context_.rerun(before, std::move(trials), needs(context_.network()));

  Effect effect;
  const auto& regions = context_.network().regions();
  effect.activity = effect.activity_change = Eigen::VectorXd::Zero(std::ssize(regions));
  visit_steps(before, after.h, before.h, [&](const auto& h, const auto& h_before) {
    for (std::size_t r = 0; r < regions.size(); ++r) {
      const UnitRange& range = regions[r].range;
      const auto rows = h.middleRows(range.start, range.size);
      effect.activity(static_cast<Index>(r)) += rows.sum();
      effect.activity_change(static_cast<Index>(r)) +=
          (rows - h_before.middleRows(range.start, range.size)).squaredNorm();
    }
  });
  const Index samples = samples_of(before);
  for (std::size_t r = 0; r < regions.size(); ++r) {
    const auto row = static_cast<Index>(r);
    effect.activity(row) = mean_of(effect.activity(row), samples * regions[r].range.size);
    effect.activity_change(row) = std::sqrt(mean_of(effect.activity_change(row), samples * regions[r].range.size));
  }
  double squares = 0.0;
  visit_steps(before, after.y, before.y,
              [&](const auto& y, const auto& y_before) { squares += (y - y_before).squaredNorm(); });
  effect.output_change = std::sqrt(mean_of(squares, samples * context_.network().outputs()));
  score(after, effect);
  return effect;
}

std::vector<Intervention> scale_connection(const Network& network, const ScaleWeights& weights, Index steps,
                                           double factor) {
  if (!has_weights(network, weights)) return {};
  ScaleWeights scaled = weights;
  scaled.factor = factor;
  return {{{0, steps}, {}, scaled}};
}

std::vector<Intervention> scale_region(const Network& network, const Selection& units, Index steps, double factor) {
  const Selection all({{0, network.units()}}), channels({{0, network.inputs()}});
  using Source = ScaleWeights::Source;
  std::vector<Intervention> interventions;
  // Weights within the region are scaled once: by the rows that come in; what goes out reaches the others only.
  const Selection others = units.complement(network.units());
  for (const ScaleWeights& weights :
       {ScaleWeights{Source::recurrent, units, all, factor}, ScaleWeights{Source::input, units, channels, factor},
        ScaleWeights{Source::recurrent, others, units, factor}}) {
    if (weights.to.empty() || weights.from.empty()) continue;
    for (Intervention& one : scale_connection(network, weights, steps, factor)) interventions.push_back(std::move(one));
  }
  return interventions;
}

}  // namespace mrnn
