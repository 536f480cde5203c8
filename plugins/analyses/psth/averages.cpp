#include "averages.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace psth {
namespace {

using mrnn::Index;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Mean over units: [trials x recorded steps].
Eigen::MatrixXd unit_mean(const mrnn::Simulation& simulation, mrnn::Quantity quantity, const mrnn::Selection& units) {
  const mrnn::Sequence activity = simulation.activity(quantity, units);
  Eigen::MatrixXd mean(activity.trials, activity.steps);
  for (Index step = 0; step < activity.steps; ++step) mean.col(step) = activity.at(step).colwise().mean().transpose();
  return mean;
}

}  // namespace

Eigen::MatrixXd align_trials(const std::vector<const mrnn::Simulation*>& simulations,
                             const mrnn::Populations& populations, const mrnn::Population& population,
                             const mrnn::Alignment& alignment, const Smoothing& smoothing) {
  const mrnn::Window window = alignment.window(simulations);
  Index total = 0;
  for (const mrnn::Simulation* simulation : simulations) total += simulation->trials.count;
  Eigen::MatrixXd aligned = Eigen::MatrixXd::Constant(total, window.size(), missing);
  Index row = 0;
  for (const mrnn::Simulation* simulation : simulations) {
    const Eigen::MatrixXd courses = unit_mean(*simulation, populations.quantity, population.units);
    const auto zero = alignment.zero(simulation->trials);
    for (Index trial = 0; trial < courses.rows(); ++trial, ++row) {
      if (!zero[static_cast<std::size_t>(trial)]) continue;
      // What comes after the trial's own end is no part of it, nor of its smoothed course.
      const Eigen::VectorXd course = smoothing.apply(courses.row(trial).head(simulation->recorded(trial).size()));
      // Sample k of the window is recorded step k + shift.
      const Index shift = window.first + *zero[static_cast<std::size_t>(trial)] - simulation->steps.first;
      const Index first = std::max<Index>(0, -shift);
      const Index last = std::min(window.size(), course.size() - shift);
      if (last > first) aligned.row(row).segment(first, last - first) = course.segment(first + shift, last - first);
    }
  }
  return aligned;
}

Average average(Eigen::MatrixXd trials, const mrnn::Conditions& conditions) {
  const auto count = static_cast<Index>(conditions.list.size());
  Average result;
  result.counts = Eigen::MatrixXd::Zero(count, trials.cols());
  result.mean = Eigen::MatrixXd::Zero(count, trials.cols());
  result.sem = Eigen::MatrixXd::Zero(count, trials.cols());
  const auto each = [&](auto&& visit) {
    for (Index trial = 0; trial < trials.rows(); ++trial) {
      const int condition = conditions.of_trial[static_cast<std::size_t>(trial)];
      for (Index t = 0; condition >= 0 && t < trials.cols(); ++t) {
        if (!std::isnan(trials(trial, t))) visit(condition, t, trials(trial, t));
      }
    }
  };
  each([&](Index condition, Index t, double value) {
    result.counts(condition, t) += 1.0;
    result.mean(condition, t) += value;
  });
  result.mean.array() /= result.counts.array();  // 0 / 0: NaN where no trial has a value
  each([&](Index condition, Index t, double value) {
    const double deviation = value - result.mean(condition, t);
    result.sem(condition, t) += deviation * deviation;
  });
  result.sem = result.sem.binaryExpr(result.counts, [](double squares, double n) {
    return n < 1.0 ? missing : n < 2.0 ? 0.0 : std::sqrt(squares / (n - 1.0) / n);
  });
  result.trials = std::move(trials);
  return result;
}

}  // namespace psth
