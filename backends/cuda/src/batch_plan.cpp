#include "batch_plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "mrnn/parameters.hpp"

namespace mrnn::cuda {
namespace {

/// Fills the tables intervention by intervention, then interval by interval.
class ScheduleMaker {
 public:
  ScheduleMaker(const Trials& trials, const Lanes& lanes, Index padded_units)
      : trials_(trials), lanes_(lanes), padded_units_(padded_units) {}

  ScheduleTables make() {
    for (const Intervention& one : trials_.interventions) {
      edges_.insert({one.steps.first, one.steps.last});
      prepared_.push_back(std::holds_alternative<ScaleWeights>(one.what) ? gpu::Acting{} : prepare(one));
    }
    edges_.insert({0, trials_.steps});
    for (auto edge = edges_.begin(); std::next(edge) != edges_.end(); ++edge) add_interval({*edge, *std::next(edge)});
    tables_.start.push_back(static_cast<std::int32_t>(tables_.acting.size()));
    if (tables_.scalings.size() == 1) tables_.variant.clear();
    return std::move(tables_);
  }

 private:
  gpu::Acting prepare(const Intervention& one) {
    gpu::Acting acting;
    acting.first_step = static_cast<std::int32_t>(one.steps.first);
    acting.lanes = static_cast<gpu::Size>(tables_.flags.size());
    for (const std::int32_t trial : lanes_.trial) tables_.flags.push_back(one.acts_on(trial) ? 1 : 0);
    if (const auto* drive = std::get_if<Drive>(&one.what)) {
      acting.kind = gpu::Acting::Kind::drive;
      acting.units = static_cast<gpu::Size>(tables_.numbers.size());
      tables_.numbers.resize(tables_.numbers.size() + static_cast<std::size_t>(padded_units_), 0.0);
      Index k = 0;
      for (const Index unit : drive->units.indices()) {
        tables_.numbers[static_cast<std::size_t>(acting.units + unit)] += drive->strength[k++];
      }
      acting.course = static_cast<gpu::Size>(tables_.numbers.size());
      tables_.numbers.insert(tables_.numbers.end(), drive->course.begin(), drive->course.end());
    } else if (const auto* clamp = std::get_if<Clamp>(&one.what)) {
      acting.kind = gpu::Acting::Kind::clamp;
      acting.value = clamp->value;
      acting.units = flags_of(clamp->units);
    } else if (const auto* noise = std::get_if<ExtraNoise>(&one.what)) {
      acting.kind = gpu::Acting::Kind::noise;
      acting.value = noise->sigma * noise->sigma;
      acting.units = flags_of(noise->units);
      tables_.adds_noise = true;
    }
    return acting;
  }

  gpu::Size flags_of(const Selection& units) {
    const std::size_t first = tables_.flags.size();
    tables_.flags.resize(first + static_cast<std::size_t>(padded_units_), 0);
    for (const Index unit : units.indices()) tables_.flags[first + static_cast<std::size_t>(unit)] = 1;
    return static_cast<gpu::Size>(first);
  }

  void add_interval(StepRange steps) {
    const auto number = static_cast<std::int32_t>(tables_.start.size());
    tables_.interval.resize(static_cast<std::size_t>(steps.last), number);
    tables_.start.push_back(static_cast<std::int32_t>(tables_.acting.size()));
    for (std::size_t k = 0; k < prepared_.size(); ++k) {
      const Intervention& one = trials_.interventions[k];
      if (one.steps.contains(steps.first) && !std::holds_alternative<ScaleWeights>(one.what)) {
        tables_.acting.push_back(prepared_[k]);
      }
    }
    for (Index lane = 0; lane < lanes_.count(); lane += gpu::lane_tile) {
      tables_.variant.push_back(variant_of(lanes_.trial[static_cast<std::size_t>(lane)], steps.first));
    }
  }

  std::int32_t variant_of(Index trial, Index step) {
    const auto scalings = scalings_at(trials_.interventions, trial, step);
    const auto found = std::ranges::find(tables_.scalings, scalings);
    const auto number = static_cast<std::int32_t>(found - tables_.scalings.begin());
    if (found == tables_.scalings.end()) tables_.scalings.push_back(scalings);
    return number;
  }

  const Trials& trials_;
  const Lanes& lanes_;
  Index padded_units_;
  ScheduleTables tables_;
  std::vector<gpu::Acting> prepared_;  ///< of each intervention
  std::set<Index> edges_;
};

}  // namespace

Lanes make_lanes(const Trials& trials, Index tile) {
  Lanes lanes;
  lanes.lane.resize(static_cast<std::size_t>(trials.count));
  for (const std::vector<Index>& group : groups_by_weights(trials)) {
    const auto size = static_cast<Index>(group.size());
    for (Index k = 0; k < (size + tile - 1) / tile * tile; ++k) {
      const Index trial = group[static_cast<std::size_t>(std::min(k, size - 1))];
      if (k < size) lanes.lane[static_cast<std::size_t>(trial)] = static_cast<std::int32_t>(lanes.count());
      lanes.trial.push_back(static_cast<std::int32_t>(trial));
      lanes.own.push_back(k < size ? 1 : 0);
      lanes.ids.push_back(trials.ids[static_cast<std::size_t>(trial)]);
    }
  }
  return lanes;
}

ScheduleTables make_schedule(const Trials& trials, const Lanes& lanes, Index padded_units) {
  if (trials.interventions.empty()) return {};
  return ScheduleMaker(trials, lanes, padded_units).make();
}

}  // namespace mrnn::cuda
