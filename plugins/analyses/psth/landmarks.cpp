#include "landmarks.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace psth {
namespace {

using mrnn::Index;
using Zeros = std::vector<std::optional<Index>>;

/// What the interventions of one manipulation do in one trial.
struct Action {
  std::set<Index> borders;  ///< steps after time zero
  mrnn::Window recorded;    ///< of the trial
};

/// Borders that all trials have, but for those not recorded then.
std::set<Index> common_borders(const std::vector<Action>& actions) {
  std::set<Index> common;
  for (const Action& action : actions) common.insert(action.borders.begin(), action.borders.end());
  std::erase_if(common, [&](Index border) {
    return !std::ranges::all_of(actions, [&](const Action& action) {
      return action.borders.contains(border) || border <= action.recorded.first || border >= action.recorded.last;
    });
  });
  return common;
}

/// Per manipulation, what it does in each trial on which it acts.
std::map<std::string, std::vector<Action>> actions_of(const mrnn::Simulation& simulation, const Zeros& zeros) {
  std::map<std::string, std::vector<Action>> all;
  for (Index trial = 0; trial < simulation.trials.count; ++trial) {
    const std::optional<Index>& zero = zeros[static_cast<std::size_t>(trial)];
    if (!zero) continue;
    const mrnn::StepRange steps = simulation.recorded(trial);
    std::map<std::string, Action> of_trial;
    for (const mrnn::Intervention& intervention : simulation.trials.interventions) {
      if (!intervention.acts_on(trial)) continue;
      Action& action = of_trial[intervention.manipulation];
      action.recorded = {steps.first - *zero, steps.last - *zero};
      for (const Index step : {intervention.steps.first, intervention.steps.last}) {
        if (step > steps.first && step < steps.last) action.borders.insert(step - *zero);
      }
    }
    for (auto& [name, action] : of_trial) all[name].push_back(std::move(action));
  }
  return all;
}

/// Where an epoch lies in the trials that have it.
struct Places {
  std::string name;
  std::set<std::pair<Index, Index>> steps;  ///< after time zero
  Index trials = 0;
};

void add_places(const mrnn::Simulation& simulation, const Zeros& zeros, std::vector<Places>& all) {
  for (const mrnn::Epoch& epoch : simulation.trials.epochs) {
    auto places = std::ranges::find(all, epoch.name, &Places::name);
    if (places == all.end()) places = all.insert(all.end(), {epoch.name, {}, 0});
    for (std::size_t trial = 0; trial < zeros.size(); ++trial) {
      const Index first = epoch.first[trial], last = epoch.last[trial];
      if (!zeros[trial] || first < 0 || last <= first) continue;
      places->steps.insert({first - *zeros[trial], last - *zeros[trial]});
      ++places->trials;
    }
  }
}

std::vector<EpochMark> mark_epochs(std::vector<Places> all, const mrnn::Window& window) {
  std::ranges::stable_sort(all, std::ranges::greater(), &Places::trials);
  std::vector<EpochMark> marks;
  for (const Places& places : all) {
    if (places.steps.size() != 1) continue;
    const auto [first, last] = *places.steps.begin();
    const auto over = [first = first, last = last](const EpochMark& mark) {
      return first < mark.steps.last && last > mark.steps.first;
    };
    if (first >= window.last || last <= window.first || std::ranges::any_of(marks, over)) continue;
    marks.push_back({places.name, {first, last}});
  }
  std::ranges::sort(marks, {}, [](const EpochMark& mark) { return mark.steps.first; });
  return marks;
}

}  // namespace

Landmarks find_landmarks(const std::vector<const mrnn::Simulation*>& simulations, const mrnn::Alignment& alignment,
                         const mrnn::Window& window) {
  Landmarks found;
  std::set<std::string> manipulations;
  std::vector<Places> places;
  for (std::size_t s = 0; s < simulations.size(); ++s) {
    const Zeros zeros = alignment.zero(simulations[s]->trials);
    for (const auto& [name, actions] : actions_of(*simulations[s], zeros)) {
      for (const Index border : common_borders(actions)) {
        if (border < window.first || border >= window.last) continue;
        found.borders[border].insert(s);
        manipulations.insert(name.empty() ? "an intervention" : name);
      }
    }
    add_places(*simulations[s], zeros, places);
  }
  found.manipulations.assign(manipulations.begin(), manipulations.end());
  found.epochs = mark_epochs(std::move(places), window);
  return found;
}

}  // namespace psth
