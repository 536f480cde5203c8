#include "mrnn/samples.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace mrnn {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Where the trials of a simulation go.
struct Placement {
  std::vector<std::optional<Index>> zero;  ///< per trial
  Window window;
  Index row = 0;  ///< of the first trial
};

/// Copies what one simulation recorded within the window to the trials from `row` on. Step by step, so that there is
/// no second copy of the whole.
void place(const Simulation& simulation, Quantity what, const Selection& units, const Placement& placement,
           Sequence& aligned) {
  for (Index step = simulation.steps.first; step < simulation.steps.last; ++step) {
    const Eigen::MatrixXd values = simulation.activity_at(what, units, step);
    for (Index trial = 0; trial < values.cols(); ++trial) {
      const std::optional<Index>& zero = placement.zero[static_cast<std::size_t>(trial)];
      if (!zero) continue;
      const Index k = step - *zero - placement.window.first;
      if (k >= 0 && k < placement.window.size()) aligned.at(k).col(placement.row + trial) = values.col(trial);
    }
  }
}

}  // namespace

Sequence aligned_activity(const std::vector<const Simulation*>& simulations, Quantity what, const Selection& units,
                          const Alignment& alignment, const Window& window) {
  Index total = 0;
  for (const Simulation* simulation : simulations) total += simulation->trials.count;
  Sequence aligned(units.size(), total, window.size());
  std::ranges::fill(aligned.data, missing);
  Placement placement{{}, window, 0};
  for (const Simulation* simulation : simulations) {
    placement.zero = alignment.zero(simulation->trials);
    place(*simulation, what, units, placement, aligned);
    placement.row += simulation->trials.count;
  }
  return aligned;
}

Sequence condition_means(const Sequence& aligned, const Conditions& conditions) {
  const auto count = static_cast<Index>(conditions.list.size());
  Sequence means(aligned.units, count, aligned.steps);
  for (Index step = 0; step < aligned.steps; ++step) {
    const auto values = aligned.at(step);
    Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(aligned.units, count);
    auto sums = means.at(step);
    for (Index trial = 0; trial < aligned.trials; ++trial) {
      const int condition = conditions.of_trial[static_cast<std::size_t>(trial)];
      for (Index unit = 0; condition >= 0 && unit < aligned.units; ++unit) {
        if (std::isnan(values(unit, trial))) continue;
        sums(unit, condition) += values(unit, trial);
        counts(unit, condition) += 1.0;
      }
    }
    sums.array() /= counts.array();  // 0 / 0: NaN where no trial has a value
  }
  return means;
}

Samples to_samples(const Sequence& aligned, const std::vector<Index>& trials, Index every) {
  std::vector<Index> chosen = trials;
  if (chosen.empty()) {
    chosen.resize(static_cast<std::size_t>(aligned.trials));
    std::iota(chosen.begin(), chosen.end(), Index{0});
  }
  Samples samples;
  for (const Index trial : chosen) {
    for (Index step = 0; step < aligned.steps; step += every) {
      if (!aligned.at(step).col(trial).allFinite()) continue;
      samples.trial.push_back(trial);
      samples.step.push_back(step);
    }
  }
  samples.values.resize(std::ssize(samples.trial), aligned.units);
  for (std::size_t k = 0; k < samples.trial.size(); ++k) {
    samples.values.row(static_cast<Index>(k)) = aligned.at(samples.step[k]).col(samples.trial[k]).transpose();
  }
  return samples;
}

}  // namespace mrnn
