#include "train/training_batches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "mrnn/error.hpp"
#include "run/asked_trials.hpp"
#include "run/target_check.hpp"
#include "run/trial_check.hpp"

namespace mrnn {
namespace {

/// Trials of the batch, ascending, that a manipulation is given to.
std::vector<Index> chosen_trials(const TrainingManipulation& manipulation, std::uint64_t seed, std::uint64_t first,
                                 Index count) {
  std::vector<Index> chosen;
  for (Index trial = 0; trial < count; ++trial) {
    const std::uint64_t number = first + static_cast<std::uint64_t>(trial);
    RandomStream random(seed, Stream::manipulations, fmt::format("{} in training trial {}", manipulation.name, number));
    if (random.uniform() < manipulation.share) chosen.push_back(trial);
  }
  return chosen;
}

/// Lets an intervention act on those of its trials that are among `chosen`; false where none is left.
bool restrict_to(const std::vector<Index>& chosen, Intervention& intervention) {
  if (intervention.trials.empty()) {
    intervention.trials = chosen;
  } else {
    std::vector<Index> both;
    std::ranges::set_intersection(intervention.trials, chosen, std::back_inserter(both));
    intervention.trials = std::move(both);
  }
  return !intervention.trials.empty();
}

void note_conditions(const Trials& trials, ConditionValues& conditions) {
  if (const auto texts = trials.texts.find("condition"); texts != trials.texts.end()) {
    conditions.texts.insert(texts->second.begin(), texts->second.end());
  }
  if (const auto numbers = trials.numbers.find("condition"); numbers != trials.numbers.end()) {
    std::ranges::copy_if(numbers->second, std::inserter(conditions.numbers, conditions.numbers.end()),
                         [](double number) { return !std::isnan(number); });
  }
}

/// Trials of another batch may have the condition or the epoch, or last until `start`.
bool is_chance(const ConfigError& error) {
  const auto is = [&](const char* key) { return error.key().ends_with(key); };
  return is(".conditions") || is(".epoch") || is(".start");
}

}  // namespace

Trials TrainingBatches::make(std::int64_t stage, const TrialRequest& request, TrialUse use) const {
  Trials trials = ask_trials(*problem_.stages[static_cast<std::size_t>(stage)].task, request);
  check_trials(*problem_.network, trials);
  check_targets(*problem_.network, trials);
  check_target_probabilities(*problem_.network, plan_.loss, trials);
  for (std::size_t k = 0; k < trials.ids.size(); ++k) {
    trials.ids[k] = static_cast<std::uint64_t>(use) + request.first + static_cast<std::uint64_t>(k);
  }
  return trials;
}

Trials TrainingBatches::batch(std::int64_t stage, std::int64_t iteration) const {
  const auto first = static_cast<std::uint64_t>((iteration - 1) * plan_.batch);
  Trials trials = make(stage, {problem_.session.seed, Stream::training_trials, first, plan_.batch}, TrialUse::training);
  manipulate(stage, first, trials);
  return trials;
}

void TrainingBatches::manipulate(std::int64_t stage, std::uint64_t first, Trials& trials) const {
  for (std::size_t k = 0; k < plan_.manipulations.size(); ++k) {
    const std::vector<Index> chosen = chosen_trials(plan_.manipulations[k], problem_.session.seed, first, trials.count);
    if (chosen.empty()) continue;
    const std::vector<Intervention> before = std::exchange(trials.interventions, {});
    apply(stage, *problem_.manipulations[k], trials);
    std::vector<Intervention> added = std::exchange(trials.interventions, before);
    for (Intervention& intervention : added) {
      if (restrict_to(chosen, intervention)) trials.interventions.push_back(std::move(intervention));
    }
  }
}

void TrainingBatches::apply(std::int64_t stage, const Manipulation& manipulation, Trials& trials) const {
  try {
    perturb(manipulation, "", *problem_.network, problem_.session.seed, trials);
  } catch (const ConfigError& error) {
    if (!is_chance(error)) throw;
    trials.interventions.clear();
    const FoundConditions& found = conditions(stage, manipulation);
    if (found.mistake) return;  // by other stages: check_manipulations() has found one that has all
    apply_to_some(manipulation, found.conditions, trials);
  }
}

/// Some of the conditions that a manipulation names are in the batch, or none is, or its epoch is not.
void TrainingBatches::apply_to_some(const Manipulation& manipulation, const ConditionValues& known,
                                    Trials& trials) const {
  trials.known_conditions = known;
  try {
    perturb(manipulation, "", *problem_.network, problem_.session.seed, trials);
  } catch (const ConfigError& error) {
    if (!is_chance(error)) throw;
    trials.interventions.clear();
  }
  trials.known_conditions = {};
}

void TrainingBatches::check_manipulations() const {
  for (const Manipulation* manipulation : problem_.manipulations) {
    std::optional<ConfigError> mistake;
    for (std::int64_t stage = 0; stage < std::ssize(problem_.stages); ++stage) {
      mistake = conditions(stage, *manipulation).mistake;
      if (!mistake) break;
    }
    if (mistake) throw *mistake;
  }
}

const TrainingBatches::FoundConditions& TrainingBatches::conditions(std::int64_t stage,
                                                                    const Manipulation& manipulation) const {
  const auto key = std::pair(stage, &manipulation);
  const auto found = found_.find(key);
  return found != found_.end() ? found->second
                               : found_.emplace(key, find_conditions(stage, manipulation)).first->second;
}

TrainingBatches::FoundConditions TrainingBatches::find_conditions(std::int64_t stage,
                                                                  const Manipulation& manipulation) const {
  constexpr int sets = 32;
  constexpr Index enough = 1024;  // all conditions of a task, even where they are drawn
  const Task& task = *problem_.stages[static_cast<std::size_t>(stage)].task;
  const Index available = task.available_trials(Stream::training_trials);
  TrialRequest request{problem_.session.seed, Stream::training_trials};
  request.count = std::max(plan_.batch, std::min(task.default_trials(), available));
  FoundConditions found;
  for (int set = 0; set < sets; ++set) {
    if (set > 0) request.first += static_cast<std::uint64_t>(request.count);
    if (set > 0 && request.count < enough) request.count = std::min(2 * request.count, std::max(available, Index{1}));
    Trials trials = make(stage, request, TrialUse::training);
    note_conditions(trials, found.conditions);
    trials.known_conditions = found.conditions;
    try {
      perturb(manipulation, "", *problem_.network, problem_.session.seed, trials);
      found.mistake.reset();
      return found;
    } catch (const ConfigError& error) {
      if (!is_chance(error)) throw;
      found.mistake = error;
    }
  }
  return found;
}

TrialRequest TrainingBatches::validation_request(std::int64_t stage, Index count) const {
  const Index available =
      problem_.stages[static_cast<std::size_t>(stage)].task->available_trials(Stream::validation_trials);
  return {problem_.session.seed, Stream::validation_trials, 0, std::min(count, available)};
}

Trials TrainingBatches::validation(std::int64_t stage, Index count) const {
  return make(stage, validation_request(stage, count), TrialUse::validation);
}

Trials TrainingBatches::psychometric(std::int64_t stage, Index count) const {
  TrialRequest request = validation_request(stage, count);
  request.mode = TrialRequest::Mode::psychometric;
  return make(stage, request, TrialUse::psychometric);
}

}  // namespace mrnn
