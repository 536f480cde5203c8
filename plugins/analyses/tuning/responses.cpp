#include "responses.hpp"

#include <algorithm>
#include <limits>

#include "mrnn/names.hpp"

namespace tuning {

Period::Period(const mrnn::ConfigNode& config, double dt) : config_(config), alignment_(config, dt) {
  if (!config.has("epoch")) return;
  epoch_ = config.text("epoch");
  for (const char* other : {"align", "align_at", "window"}) {
    if (config.has(other)) config.fail(other, "cannot be given together with epoch");
  }
}

std::vector<mrnn::StepRange> Period::steps(const mrnn::Simulation& simulation) const {
  const auto trials = static_cast<std::size_t>(simulation.trials.count);
  std::vector<mrnn::StepRange> ranges(trials);
  if (!epoch_.empty()) {
    std::vector<std::string> names;
    for (const mrnn::Epoch& epoch : simulation.trials.epochs) names.push_back(epoch.name);
    const auto found = std::ranges::find(simulation.trials.epochs, epoch_, &mrnn::Epoch::name);
    if (found == simulation.trials.epochs.end()) config_.fail("epoch", mrnn::unknown_name("epoch", epoch_, names));
    for (std::size_t trial = 0; trial < trials; ++trial) ranges[trial] = {found->first[trial], found->last[trial]};
  } else {
    const mrnn::Window window = alignment_.window({&simulation});
    const auto zero = alignment_.zero(simulation.trials);
    for (std::size_t trial = 0; trial < trials; ++trial) {
      if (zero[trial]) ranges[trial] = {*zero[trial] + window.first, *zero[trial] + window.last};
    }
  }
  for (std::size_t trial = 0; trial < trials; ++trial) {
    mrnn::StepRange& range = ranges[trial];
    const mrnn::StepRange recorded = simulation.recorded(static_cast<mrnn::Index>(trial));
    range.first = std::max(range.first, recorded.first);
    range.last = std::max(range.first, std::min(range.last, recorded.last));
  }
  return ranges;
}

std::string Period::words() const {
  return epoch_.empty() ? "the window" : epoch_;
}

Eigen::MatrixXd responses(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
                          const mrnn::Selection& units, const Period& period) {
  Index total = 0;
  for (const mrnn::Simulation* simulation : simulations) total += simulation->trials.count;
  Eigen::MatrixXd means = Eigen::MatrixXd::Constant(units.size(), total, std::numeric_limits<double>::quiet_NaN());
  Index first = 0;
  for (const mrnn::Simulation* simulation : simulations) {
    const mrnn::Sequence activity = simulation->activity(quantity, units);
    const std::vector<mrnn::StepRange> ranges = period.steps(*simulation);
    for (Index trial = 0; trial < activity.trials; ++trial) {
      const mrnn::StepRange& range = ranges[static_cast<std::size_t>(trial)];
      if (range.size() < 1) continue;
      auto mean = means.col(first + trial);
      mean.setZero();
      for (Index step = range.first; step < range.last; ++step) {
        mean += activity.at(step - simulation->steps.first).col(trial);
      }
      mean /= static_cast<double>(range.size());
    }
    first += activity.trials;
  }
  return means;
}

}  // namespace tuning
