#include "decomposition.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "mrnn/linearisation.hpp"
#include "mrnn/running_statistics.hpp"

namespace currents {
namespace {

using Eigen::MatrixXd;
using mrnn::WeightPart;

constexpr std::array<WeightPart, part_count> parts{WeightPart::all, WeightPart::excitatory, WeightPart::inhibitory};

/// Means over trials that differ by less than this share of the current differ by rounding.
constexpr double rounding = 1e-12;

/// Steps of a trial through which the weights are the same, and what acts in them.
struct Stretch {
  const mrnn::Simulation& simulation;
  Index trial = 0;     ///< counted through all simulations
  int condition = -1;  ///< of the trial
  Index time = 0;      ///< first sample of the window
  const mrnn::EffectiveWeights& weights;
  MatrixXd activity, inputs, stimulus;  ///< of all units or channels [... x steps]
  mrnn::StepRange steps;
  Index in_simulation = 0;  ///< number of the trial

  Index size() const { return steps.size(); }
};

/// Values of one part, or what is left of them by their sign.
MatrixXd signed_part(const MatrixXd& values, WeightPart part) {
  if (part == WeightPart::excitatory) return values.cwiseMax(0.0);
  if (part == WeightPart::inhibitory) return values.cwiseMin(0.0);
  return values;
}

/// The work on one target.
class Target {
 public:
  Target(const Scope& scope, const Request& request, std::size_t target, long& done)
      : scope_(scope), request_(request), units_(request.targets[target].units), done_(done) {
    for (const Source& source : request.sources) {
      const bool input = source.kind == Source::Kind::input;
      pathways_.emplace_back(scope.context.network(),
                             input ? mrnn::Pathway::Source::input : mrnn::Pathway::Source::recurrent, units_,
                             source.from);
    }
  }

  TargetCurrents run() {
    prepare();
    each_stretch([this](const Stretch& stretch) { accumulate(stretch); });
    finish_averages();
    each_stretch([this](const Stretch& stretch) { project(stretch); });
    finish_projections();
    return std::move(result_);
  }

 private:
  const mrnn::Network& network() const { return scope_.context.network(); }
  const mrnn::Parameters& parameters() const { return scope_.context.parameters(); }
  Index conditions() const { return std::ssize(scope_.conditions.list); }
  Index times() const { return scope_.window.size(); }

  /// Steps of a trial that lie in the window and whose step before is known.
  std::optional<mrnn::StepRange> steps_of(const mrnn::Simulation& simulation, Index number,
                                          const std::optional<Index>& zero) const {
    if (!zero) return std::nullopt;
    const Index known = simulation.steps.first == 0 ? 0 : simulation.steps.first + 1;
    const mrnn::StepRange steps{std::max(*zero + scope_.window.first, known),
                                std::min(*zero + scope_.window.last, simulation.recorded(number).last)};
    if (steps.size() < 1) return std::nullopt;
    return steps;
  }

  /// Calls visit(steps of the trial, trial, simulation, number in the simulation, time zero).
  template <class Visit>
  void each_trial(Visit&& visit) const {
    Index trial = 0;
    for (const mrnn::Simulation* simulation : scope_.context.simulations()) {
      const auto zero = scope_.alignment.zero(simulation->trials);
      for (Index number = 0; number < simulation->trials.count; ++number, ++trial) {
        const auto& moment = zero[static_cast<std::size_t>(number)];
        visit(*simulation, number, trial, moment, steps_of(*simulation, number, moment));
      }
    }
  }

  template <class Visit>
  void each_stretch(Visit&& visit) {
    mrnn::WeightsInForce weights(network(), parameters());
    each_trial([&](const mrnn::Simulation& simulation, Index number, Index trial, const std::optional<Index>& zero,
                   const std::optional<mrnn::StepRange>& steps) {
      scope_.context.advance(++done_);
      if (!steps) return;
      for (const mrnn::StepRange& run : stretches_of_weights(simulation.trials.interventions, number, *steps)) {
        visit(Stretch{simulation, trial, scope_.conditions.of_trial[static_cast<std::size_t>(trial)],
                      run.first - *zero - scope_.window.first, weights.at(simulation.trials, number, run.first),
                      activity_before(simulation, network(), parameters(), number, run),
                      inputs_at(simulation.trials, number, run),
                      units_.rows_of(stimulus_at(simulation.trials, network().units(), number, run)), run, number});
      }
    });
  }

  void prepare() {
    Index samples = 0;
    each_trial([&](const mrnn::Simulation&, Index, Index, const std::optional<Index>&, const auto& steps) {
      if (steps) samples += steps->size();
    });
    result_.counts.setZero(conditions(), times());
    result_.from.resize(request_.sources.size());
    statistics_.assign(request_.sources.size(), mrnn::RunningStatistics(0, 0));
    for (std::size_t s = 0; s < request_.sources.size(); ++s) {
      Current& current = result_.from[s];
      current.present = is_present(s);
      for (auto* values : {&current.norm, &current.mean}) {
        for (MatrixXd& part : *values) part.setZero(conditions(), times());
      }
      if (request_.per_trial) current.norm_trials.setConstant(scope_.trials(), times(), missing);
      if (request_.store) {
        current.stored.assign(static_cast<std::size_t>(scope_.trials() * times() * units_.size()), missing);
      }
      if (request_.store || (scope_.compares() && current.present)) {
        current.stored_mean.assign(static_cast<std::size_t>(conditions() * times() * units_.size()), 0.0);
      }
      if (current.present) statistics_[s] = mrnn::RunningStatistics(units_.size(), samples);
    }
  }

  bool is_present(std::size_t source) const {
    switch (request_.sources[source].kind) {
      case Source::Kind::bias:
        return !units_.rows_of(parameters().bias).isZero(0.0);
      case Source::Kind::stimulus:
        return true;
      default:
        return !pathways_[source].empty();
    }
  }

  MatrixXd current_of(std::size_t source, const Stretch& stretch, WeightPart part) const {
    switch (request_.sources[source].kind) {
      case Source::Kind::units:
        return pathways_[source].current(stretch.weights, stretch.activity, part);
      case Source::Kind::input:
        return pathways_[source].current(stretch.weights, stretch.inputs, part);
      case Source::Kind::bias:
        return signed_part(units_.rows_of(parameters().bias).replicate(1, stretch.size()), part);
      case Source::Kind::stimulus:
        break;
    }
    return signed_part(stretch.stimulus, part);
  }

  void accumulate(const Stretch& stretch) {
    MatrixXd sum = MatrixXd::Zero(units_.size(), stretch.size());
    for (std::size_t s = 0; s < result_.from.size(); ++s) {
      if (!result_.from[s].present) {
        add_nothing(stretch, result_.from[s]);
        continue;
      }
      std::array<MatrixXd, part_count> current;
      current[1] = current_of(s, stretch, WeightPart::excitatory);
      current[2] = current_of(s, stretch, WeightPart::inhibitory);
      current[0] = current[1] + current[2];
      sum += current[0];
      add_averages(stretch, current, result_.from[s]);
      const MatrixXd& chosen =
          current[static_cast<std::size_t>(std::ranges::find(parts, request_.part) - parts.begin())];
      statistics_[s].add(chosen);
      keep(stretch, chosen, result_.from[s]);
    }
    if (stretch.condition >= 0) {
      result_.counts.row(stretch.condition).segment(stretch.time, stretch.size()).array() += 1.0;
    }
    check(stretch, sum);
  }

  /// Of a source without a connection: 0 at the steps that the trial has, as the sums and averages are.
  void add_nothing(const Stretch& stretch, Current& result) const {
    if (request_.per_trial) result.norm_trials.row(stretch.trial).segment(stretch.time, stretch.size()).setZero();
    if (request_.store) keep(stretch, MatrixXd::Zero(units_.size(), stretch.size()), result);
  }

  void add_averages(const Stretch& stretch, const std::array<MatrixXd, part_count>& current, Current& result) const {
    for (std::size_t part = 0; part < part_count; ++part) {
      const Eigen::RowVectorXd norm = current[part].colwise().norm();
      if (part == 0 && request_.per_trial) {
        result.norm_trials.row(stretch.trial).segment(stretch.time, stretch.size()) = norm;
      }
      if (stretch.condition < 0) continue;
      result.norm[part].row(stretch.condition).segment(stretch.time, stretch.size()) += norm;
      result.mean[part].row(stretch.condition).segment(stretch.time, stretch.size()) += current[part].colwise().mean();
    }
  }

  void keep(const Stretch& stretch, const MatrixXd& current, Current& result) const {
    const auto place = [&](std::vector<double>& values, Index row) {
      return Eigen::Map<MatrixXd>(values.data() + (row * times() + stretch.time) * units_.size(), units_.size(),
                                  stretch.size());
    };
    if (!result.stored.empty()) place(result.stored, stretch.trial) = current;
    if (stretch.condition >= 0 && !result.stored_mean.empty()) place(result.stored_mean, stretch.condition) += current;
  }

  void check(const Stretch& stretch, const MatrixXd& sum) {
    if (std::holds_alternative<std::monostate>(stretch.simulation.x)) result_.largest_residual = missing;
    if (std::isnan(result_.largest_residual)) return;
    const MatrixXd drive = units_.rows_of(
        drive_of_state(stretch.simulation, network(), parameters(), stretch.in_simulation, stretch.steps));
    result_.largest_residual = std::max(result_.largest_residual, (drive - sum).cwiseAbs().maxCoeff());
  }

  void finish_averages() {
    for (std::size_t s = 0; s < result_.from.size(); ++s) {
      Current& current = result_.from[s];
      for (auto* values : {&current.norm, &current.mean}) {
        for (MatrixXd& part : *values) part.array() /= result_.counts.array();  // 0 / 0: NaN where no trial has a value
      }
      divide_by_counts(current.stored_mean);
      current.unit_mean = Eigen::VectorXd::Zero(units_.size());
      if (!current.present) continue;
      current.power = statistics_[s].power();
      if (scope_.compares()) current.condition_power = power_between_conditions(current);
      if (!request_.store) current.stored_mean = {};
      current.unit_mean = statistics_[s].mean();
      current.dimension = statistics_[s].dimension();
      current.components = statistics_[s].components(request_.components);
      const auto found = static_cast<std::size_t>(current.components.shares.size());
      current.projections.assign(found, MatrixXd::Zero(conditions(), times()));
      if (request_.per_trial) {
        current.projection_trials.assign(found, MatrixXd::Constant(scope_.trials(), times(), missing));
      }
      statistics_[s] = mrnn::RunningStatistics(0, 0);
    }
  }

  void divide_by_counts(std::vector<double>& stored) const {
    for (Index row = 0; row < conditions() && !stored.empty(); ++row) {
      for (Index time = 0; time < times(); ++time) {
        double* first = stored.data() + (row * times() + time) * units_.size();
        std::for_each(first, first + units_.size(), [&](double& value) { value /= result_.counts(row, time); });
      }
    }
  }

  /// Mean of |M - mean of M over conditions|^2, M the mean over trials, over the steps that several conditions have.
  double power_between_conditions(const Current& current) const {
    double sum = 0.0;
    Index samples = 0;
    for (Index time = 0; time < times(); ++time) {
      MatrixXd means(units_.size(), conditions());
      Index count = 0;
      for (Index row = 0; row < conditions(); ++row) {
        if (result_.counts(row, time) == 0.0) continue;
        const double* first = current.stored_mean.data() + (row * times() + time) * units_.size();
        means.col(count++) = Eigen::Map<const Eigen::VectorXd>(first, units_.size());
      }
      if (count < 2) continue;
      const auto there = means.leftCols(count);
      sum += (there.colwise() - there.rowwise().mean()).squaredNorm();
      samples += count;
    }
    const double power = samples > 0 ? sum / static_cast<double>(samples) : 0.0;
    return power > rounding * rounding * current.power ? power : 0.0;
  }

  void project(const Stretch& stretch) {
    for (std::size_t s = 0; s < result_.from.size(); ++s) {
      Current& current = result_.from[s];
      const MatrixXd& directions = current.components.directions;
      if (current.projections.empty()) continue;
      const MatrixXd values =
          projection_of(s, stretch, directions).colwise() - directions.transpose() * current.unit_mean;
      for (std::size_t k = 0; k < current.projections.size(); ++k) {
        const auto row = values.row(static_cast<Index>(k));
        if (request_.per_trial) {
          current.projection_trials[k].row(stretch.trial).segment(stretch.time, stretch.size()) = row;
        }
        if (stretch.condition < 0) continue;
        current.projections[k].row(stretch.condition).segment(stretch.time, stretch.size()) += row;
      }
    }
  }

  MatrixXd projection_of(std::size_t source, const Stretch& stretch, const MatrixXd& directions) const {
    const Source::Kind kind = request_.sources[source].kind;
    if (kind == Source::Kind::units) {
      return pathways_[source].projection(stretch.weights, directions, stretch.activity, request_.part);
    }
    if (kind == Source::Kind::input) {
      return pathways_[source].projection(stretch.weights, directions, stretch.inputs, request_.part);
    }
    return directions.transpose() * current_of(source, stretch, request_.part);
  }

  void finish_projections() {
    for (Current& current : result_.from) {
      for (MatrixXd& projection : current.projections) projection.array() /= result_.counts.array();
    }
  }

  const Scope& scope_;
  const Request& request_;
  const mrnn::Selection& units_;
  long& done_;
  std::vector<mrnn::Pathway> pathways_;              ///< per source; empty ones of bias and stimulus
  std::vector<mrnn::RunningStatistics> statistics_;  ///< per source
  TargetCurrents result_;
};

}  // namespace

TargetCurrents decompose(const Scope& scope, const Request& request, std::size_t target, long& done) {
  return Target(scope, request, target, done).run();
}

}  // namespace currents
