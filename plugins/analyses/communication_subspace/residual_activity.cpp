#include "residual_activity.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "mrnn/conditions.hpp"
#include "mrnn/error.hpp"
#include "mrnn/selection.hpp"

namespace communication_subspace {
namespace {

using mrnn::Index;

/// A unit whose deviation is below this share of its activity is constant but for rounding.
constexpr double no_deviation = 1e-10;

mrnn::Selection all_units(const std::vector<mrnn::Population>& populations) {
  std::set<Index> units;
  for (const mrnn::Population& population : populations) {
    for (const Index unit : population.units.indices()) units.insert(unit);
  }
  std::vector<mrnn::UnitRange> ranges;
  for (const Index unit : units) ranges.push_back({unit, 1});
  return mrnn::Selection(std::move(ranges));
}

/// Calls visit(values) for every sample.
template <class Visit>
void each_sample(const Activity& activity, Visit&& visit) {
  for (const Index trial : activity.trials) {
    for (const Index step : activity.steps_of(trial)) visit(activity.values.at(step).col(trial));
  }
}

/// Root mean square of each unit over samples, about `centre`.
Eigen::VectorXd deviations(const Activity& activity, const Eigen::VectorXd& centre) {
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(activity.values.units);
  double samples = 0.0;
  each_sample(activity, [&](const auto& values) {
    squares += (values - centre).cwiseAbs2();
    samples += 1.0;
  });
  return (squares / std::max(1.0, samples - 1.0)).cwiseSqrt();
}

Eigen::VectorXd mean_of(const Activity& activity) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(activity.values.units);
  double samples = 0.0;
  each_sample(activity, [&](const auto& values) {
    sum += values;
    samples += 1.0;
  });
  return sum / std::max(1.0, samples);
}

void find_trials(Activity& activity) {
  activity.trials.clear();
  for (Index trial = 0; trial < activity.values.trials; ++trial) {
    if (!activity.steps_of(trial).empty()) activity.trials.push_back(trial);
  }
}

}  // namespace

Index Activity::row_of(Index unit) const {
  return std::ranges::lower_bound(units, unit) - units.begin();
}

std::vector<Index> Activity::steps_of(Index trial) const {
  std::vector<Index> steps;
  for (Index step = 0; step < values.steps; step += every) {
    if (std::isfinite(values(0, trial, step))) steps.push_back(step);  // a sample is missing for all units or none
  }
  return steps;
}

ActivityChoice::ActivityChoice(const mrnn::ConfigNode& config, double dt)
    : config_(config),
      alignment_(config, dt),
      every_(config.count_or("every", 1)),
      residuals_(config.flag("residuals", true)),
      zscore_(config.flag("zscore", false)) {
  config.texts("by", {"condition"});  // what the trials offer is known only when they are there
  if (config.has("by") && !residuals_) config.fail("by", "has no meaning with residuals = false");
}

void ActivityChoice::check(const mrnn::Simulation& simulation) const {
  alignment_.window({&simulation});
  if (residuals_) mrnn::group_trials(config_, {&simulation});
}

Activity ActivityChoice::read(const mrnn::Simulation& simulation, mrnn::Quantity quantity,
                              const std::vector<mrnn::Population>& populations) const {
  const std::vector<const mrnn::Simulation*> simulations{&simulation};
  const mrnn::Selection units = all_units(populations);
  Activity activity;
  activity.units = units.indices();
  activity.every = every_;
  activity.values = mrnn::aligned_activity(simulations, quantity, units, alignment_, alignment_.window(simulations));
  find_trials(activity);
  activity.rates = mean_of(activity);
  const Eigen::VectorXd size = deviations(activity, Eigen::VectorXd::Zero(units.size()));
  if (residuals_) {
    mrnn::subtract_condition_means(activity.values, mrnn::group_trials(config_, simulations));
    find_trials(activity);
    if (activity.trials.empty()) {
      throw mrnn::RunError(
          "every trial is the only one of its condition, so no activity is left beyond condition means; group trials "
          "by "
          "something else (by), or set residuals = false");
    }
  }
  const Eigen::VectorXd deviation = deviations(activity, mean_of(activity));
  for (Index row = 0; row < deviation.size(); ++row) {
    activity.varies.push_back(deviation(row) > no_deviation * size(row) ? 1 : 0);
  }
  if (std::ranges::count(activity.varies, 1) == 0) {
    throw mrnn::RunError(residuals_ ? "the activity of no unit varies about the means of its conditions; simulate with "
                                      "noise = true, or set residuals = false"
                                    : "the activity of no unit varies");
  }
  if (zscore_) {
    for (Index step = 0; step < activity.values.steps; ++step) {
      for (Index row = 0; row < deviation.size(); ++row) {
        if (activity.varies[static_cast<std::size_t>(row)]) activity.values.at(step).row(row) /= deviation(row);
      }
    }
  }
  return activity;
}

}  // namespace communication_subspace
