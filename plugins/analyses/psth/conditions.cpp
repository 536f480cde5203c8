#include "conditions.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "mrnn/names.hpp"

namespace psth {
namespace {

using Values = std::vector<std::string>;

/// The shortest text that reads back to the same number.
std::string text_of(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

/// One text per trial, empty for none; nothing where the trials have no such metadata.
std::optional<Values> values_of(const mrnn::Trials& trials, const std::string& name) {
  if (const auto found = trials.texts.find(name); found != trials.texts.end()) return found->second;
  const auto found = trials.numbers.find(name);
  if (found == trials.numbers.end()) return std::nullopt;
  Values values;
  for (const double number : found->second) values.push_back(std::isfinite(number) ? text_of(number) : "");
  return values;
}

std::vector<std::string> names_of(const mrnn::Trials& trials) {
  std::vector<std::string> names;
  for (const auto& entry : trials.texts) names.push_back(entry.first);
  for (const auto& entry : trials.numbers) names.push_back(entry.first);
  return names;
}

/// Distinct values of all simulations, in the order in which they are shown.
Values distinct(const std::vector<Values>& of_simulations, bool numeric) {
  Values all;
  for (const Values& values : of_simulations) {
    for (const std::string& value : values) {
      if (!value.empty() && std::ranges::find(all, value) == all.end()) all.push_back(value);
    }
  }
  if (numeric) std::ranges::stable_sort(all, {}, [](const std::string& value) { return std::stod(value); });
  return all;
}

}  // namespace

Conditions group_trials(const mrnn::ConfigNode& config, const std::vector<const mrnn::Simulation*>& simulations) {
  const std::string by = config.text("by", "condition");
  std::vector<Values> values;
  bool numeric = true;
  for (const mrnn::Simulation* simulation : simulations) {
    if (auto found = values_of(simulation->trials, by)) {
      values.push_back(std::move(*found));
      numeric = numeric && !simulation->trials.texts.contains(by);
    } else if (config.has("by")) {
      config.fail("by", mrnn::unknown_name("per-trial metadata", by, names_of(simulation->trials)) + " (simulation \"" +
                            simulation->name + "\")");
    }
  }
  Conditions conditions;
  conditions.grouped = values.size() == simulations.size();
  if (!conditions.grouped) {
    values.clear();
    for (const auto* simulation : simulations) values.emplace_back(simulation->trials.count, "all");
  }
  const Values shown = distinct(values, conditions.grouped && numeric);
  for (std::size_t s = 0; s < simulations.size(); ++s) {
    std::vector<int> number(shown.size(), -1);  // of each value's condition in this simulation
    for (std::size_t v = 0; v < shown.size(); ++v) {
      const auto trials = static_cast<mrnn::Index>(std::ranges::count(values[s], shown[v]));
      if (trials == 0) continue;
      number[v] = static_cast<int>(conditions.list.size());
      const std::string& simulation = simulations[s]->name;
      const std::string name = !conditions.grouped       ? simulation
                               : simulations.size() == 1 ? shown[v]
                                                         : simulation + ": " + shown[v];
      conditions.list.push_back({name, s, v, trials});
    }
    for (const std::string& value : values[s]) {
      const auto found = std::ranges::find(shown, value);
      conditions.of_trial.push_back(found == shown.end() ? -1
                                                         : number[static_cast<std::size_t>(found - shown.begin())]);
    }
  }
  return conditions;
}

}  // namespace psth
