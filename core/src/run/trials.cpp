#include "mrnn/trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

Sequence slice(const Sequence& all, Index first, Index count) {
  if (all.trials == 0) return {};
  Sequence part(all.units, count, all.steps);  // a network without inputs has 0 of them, and so has its part
  for (Index step = 0; step < all.steps; ++step) part.at(step) = all.at(step).middleCols(first, count);
  return part;
}

template <class Value>
std::vector<Value> slice(const std::vector<Value>& all, Index first, Index count) {
  return {all.begin() + first, all.begin() + first + count};
}

/// The part of an intervention that acts on trials [first, first + count), renumbered; false when none.
bool slice(Intervention& intervention, Index first, Index count) {
  if (intervention.trials.empty()) return true;
  std::vector<Index> kept;
  for (const Index trial : intervention.trials) {
    if (trial >= first && trial < first + count) kept.push_back(trial - first);
  }
  intervention.trials = std::move(kept);
  return !intervention.trials.empty();
}

}  // namespace

bool Intervention::acts_on(Index trial) const noexcept {
  return trials.empty() || std::ranges::binary_search(trials, trial);
}

Trials blank_trials(Index inputs, Index count, Index steps) {
  if (inputs < 0 || count < 0 || steps < 0) {
    throw ShapeError(
        fmt::format("trials of {} inputs, {} of them, of {} steps; none can be negative", inputs, count, steps));
  }
  Trials trials;
  trials.count = count;
  trials.steps = steps;
  trials.inputs = Sequence(inputs, count, steps);
  trials.ids.resize(static_cast<std::size_t>(count));
  std::iota(trials.ids.begin(), trials.ids.end(), std::uint64_t{0});
  return trials;
}

Index trial_end(const Trials& trials, Index trial) {
  const auto found = trials.numbers.find(trial_steps);
  if (found == trials.numbers.end()) return trials.steps;
  const double own = found->second.at(static_cast<std::size_t>(trial));
  if (!(own < static_cast<double>(trials.steps))) return trials.steps;  // NaN: nobody says
  return static_cast<Index>(std::llround(std::max(0.0, own)));
}

Eigen::VectorXd stimulus_at(const Trials& trials, Index units, Index trial, Index step) {
  Eigen::VectorXd stimulus = Eigen::VectorXd::Zero(units);
  if (!trials.stimulus.empty()) stimulus = trials.stimulus.at(step).col(trial);
  for (const Intervention& intervention : trials.interventions) {
    const auto* drive = std::get_if<Drive>(&intervention.what);
    if (drive == nullptr || !intervention.steps.contains(step) || !intervention.acts_on(trial)) continue;
    const double course = drive->course[step - intervention.steps.first];
    Index next = 0;
    for (const Index unit : drive->units.indices()) stimulus(unit) += drive->strength[next++] * course;
  }
  return stimulus;
}

std::vector<std::vector<Index>> groups_by_weights(const Trials& trials) {
  std::vector<std::vector<Index>> groups;
  std::map<std::vector<std::size_t>, std::size_t> known;
  for (Index trial = 0; trial < trials.count; ++trial) {
    std::vector<std::size_t> scalings;
    for (std::size_t k = 0; k < trials.interventions.size(); ++k) {
      const Intervention& intervention = trials.interventions[k];
      if (std::holds_alternative<ScaleWeights>(intervention.what) && intervention.acts_on(trial)) {
        scalings.push_back(k);
      }
    }
    const auto [place, is_new] = known.try_emplace(std::move(scalings), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(trial);
  }
  return groups;
}

Trials slice(const Trials& trials, Index first, Index count) {
  if (first < 0 || count < 0 || first > trials.count - count) {
    throw ShapeError(fmt::format("{} trials from {} on of {}", count, first, trials.count));
  }
  Trials part;
  part.count = count;
  part.steps = trials.steps;
  part.inputs = slice(trials.inputs, first, count);
  part.stimulus = slice(trials.stimulus, first, count);
  part.targets = slice(trials.targets, first, count);
  part.mask = slice(trials.mask, first, count);
  if (trials.initial_state.size() > 0) part.initial_state = trials.initial_state.middleCols(first, count);
  part.ids = slice(trials.ids, first, count);
  for (Intervention intervention : trials.interventions) {
    if (slice(intervention, first, count)) part.interventions.push_back(std::move(intervention));
  }
  for (const auto& [name, values] : trials.numbers) part.numbers[name] = slice(values, first, count);
  for (const auto& [name, values] : trials.texts) part.texts[name] = slice(values, first, count);
  for (const Epoch& epoch : trials.epochs) {
    part.epochs.push_back({epoch.name, slice(epoch.first, first, count), slice(epoch.last, first, count)});
  }
  part.known_conditions = trials.known_conditions;
  return part;
}

}  // namespace mrnn
