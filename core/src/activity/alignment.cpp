#include "mrnn/alignment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/duration.hpp"
#include "mrnn/names.hpp"

namespace mrnn {

Alignment::Alignment(const ConfigNode& config, double dt) : config_(config) {
  if (config.has("align")) epoch_ = config.text("align");
  if (config.has("align_at")) {
    if (config.has("align")) config.fail("align_at", "cannot be given together with align");
    const double time = config.number("align_at");
    if (time < 0.0) config.fail("align_at", "is negative; it is a time in ms from the start of the run");
    step_ = to_steps(time, dt);
  }
  if (config.has("window")) {
    const std::vector<double> bounds = config.numbers("window");
    if (bounds.size() != 2) {
      config.fail("window", "has " + std::to_string(bounds.size()) + " numbers; [from, to] in ms is accepted");
    }
    window_ = Window{to_steps(bounds[0], dt), to_steps(bounds[1], dt)};
    if (window_->size() < 1) config.fail("window", "holds no whole step; [from, to] in ms with from < to is accepted");
  }
}

std::vector<std::optional<Index>> Alignment::zero(const Trials& trials) const {
  const auto count = static_cast<std::size_t>(trials.count);
  if (epoch_.empty()) return std::vector<std::optional<Index>>(count, step_);
  std::vector<std::string> names;
  for (const Epoch& epoch : trials.epochs) {
    names.push_back(epoch.name);
    if (epoch.name != epoch_) continue;
    std::vector<std::optional<Index>> zero(count);
    for (std::size_t trial = 0; trial < count; ++trial) {
      const bool present = trial < epoch.first.size() && epoch.first[trial] >= 0;
      if (present && epoch.last[trial] > epoch.first[trial]) zero[trial] = epoch.first[trial];
    }
    return zero;
  }
  config_.fail("align", unknown_name("epoch", epoch_, names));
}

/// Calls visit(what was recorded around time zero, up to the trial's own end) for each trial that has time zero.
template <class Visit>
void Alignment::for_each_aligned(const Simulation& simulation, const Visit& visit) const {
  const std::vector<std::optional<Index>> zeros = zero(simulation.trials);
  for (std::size_t trial = 0; trial < zeros.size(); ++trial) {
    if (!zeros[trial]) continue;
    const StepRange steps = simulation.recorded(static_cast<Index>(trial));
    visit(Window{steps.first - *zeros[trial], steps.last - *zeros[trial]});
  }
}

Window Alignment::recorded(const std::vector<const Simulation*>& simulations) const {
  Window all{std::numeric_limits<Index>::max(), std::numeric_limits<Index>::min()};
  for (const Simulation* simulation : simulations) {
    for_each_aligned(*simulation, [&all](const Window& own) {
      if (own.size() < 1) return;
      all.first = std::min(all.first, own.first);
      all.last = std::max(all.last, own.last);
    });
  }
  if (all.first > all.last) config_.fail("align", "names the epoch \"" + epoch_ + "\", which no trial has");
  return all;
}

Window Alignment::window(const std::vector<const Simulation*>& simulations) const {
  const Window all = recorded(simulations);
  if (!window_) return all;
  if (window_->first >= all.last || window_->last <= all.first) {
    config_.fail("window", "holds nothing that was recorded in any trial");
  }
  // A window far beyond the run would only add rows of NaN.
  const Index margin = all.size();
  return {std::max(window_->first, all.first - margin), std::min(window_->last, all.last + margin)};
}

Window Alignment::common_window(const std::vector<const Simulation*>& simulations) const {
  Window common = window(simulations);
  if (window_) return common;
  for (const Simulation* simulation : simulations) {
    for_each_aligned(*simulation, [&common](const Window& own) {
      common.first = std::max(common.first, own.first);
      common.last = std::min(common.last, own.last);
    });
  }
  if (common.size() < 1) config_.fail("align", "leaves no time that was recorded in every trial; give a window");
  return common;
}

}  // namespace mrnn
