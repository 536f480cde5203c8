#include "run/region_activity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mrnn/names.hpp"

namespace mrnn {
namespace {

/// Of all units, over what was recorded of the trials.
struct UnitActivity {
  Eigen::VectorXd sum;                        ///< [N] of the mean over trials at each step
  Eigen::Array<bool, Eigen::Dynamic, 1> any;  ///< [N] ever other than 0?
  double steps = 0.0;                         ///< as many as a trial has on average
};

/// Step by step: all of it in double may be more than there is room for.
UnitActivity unit_activity(const Network& network, const Simulation& simulation) {
  const Index units = network.units();
  const auto trials = static_cast<double>(simulation.trials.count);
  std::vector<Index> ends;
  for (Index trial = 0; trial < simulation.trials.count; ++trial) ends.push_back(simulation.recorded(trial).last);
  UnitActivity activity{Eigen::VectorXd::Zero(units), Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(units, false)};
  const Selection all({{0, units}});
  for (Index step = simulation.steps.first; step < simulation.steps.last; ++step) {
    const Eigen::MatrixXd values = simulation.activity_at(Quantity::h, all, step);
    for (Index trial = 0; trial < values.cols(); ++trial) {
      if (step >= ends[static_cast<std::size_t>(trial)]) continue;
      activity.sum += values.col(trial) / trials;
      activity.any = activity.any || values.col(trial).array() != 0.0;
      activity.steps += 1.0 / trials;
    }
  }
  return activity;
}

bool is_held(const UnitRange& range, const Simulation& simulation) {
  return std::ranges::any_of(simulation.trials.interventions, [&](const Intervention& intervention) {
    const auto* clamp = std::get_if<Clamp>(&intervention.what);
    return clamp != nullptr && std::ranges::any_of(clamp->units.ranges(), [&](const UnitRange& held) {
             return range.contains(held.start) || held.contains(range.start);
           });
  });
}

}  // namespace

std::vector<RegionActivity> region_activity(const Network& network, const Simulation& simulation) {
  if (!simulation.record.h) return {};
  const UnitActivity units = unit_activity(network, simulation);
  std::vector<RegionActivity> regions;
  for (const RegionLayout& region : network.regions()) {
    const auto [start, size] = region.range;
    regions.push_back({region.name, units.sum.segment(start, size).mean() / units.steps,
                       size - units.any.segment(start, size).count()});
  }
  return regions;
}

std::string silent_words(const Network& network, const Simulation& simulation,
                         const std::vector<RegionActivity>& activity) {
  std::vector<std::string> named;
  for (std::size_t r = 0; r < activity.size(); ++r) {
    const RegionLayout& region = network.regions()[r];
    const Index silent = activity[r].silent, units = region.range.size;
    if (2 * silent <= units || is_held(region.range, simulation)) continue;
    const std::string which = silent == units ? "all" : fmt::format("{} of", silent);
    named.push_back(fmt::format("{} {}{} of {}", which, units, named.empty() ? " units" : "", region.name));
  }
  return named.empty() ? "" : "silent throughout: " + join(named);
}

}  // namespace mrnn
