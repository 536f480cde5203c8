#include "run/metadata_check.hpp"

#include <fmt/format.h>

#include <tuple>

namespace mrnn {
namespace {

using Problem = std::optional<std::string>;

template <class Value>
Problem length_problem(const std::string& what, const std::vector<Value>& values, const Trials& trials) {
  if (std::ssize(values) == trials.count) return std::nullopt;
  return fmt::format("{} have {} values for {} trials", what, values.size(), trials.count);
}

/// Steps [first, last) within the trial; or none: last is not after first, as in -1, -1.
Problem step_problem(const Epoch& epoch, const Trials& trials) {
  for (std::size_t trial = 0; trial < epoch.first.size(); ++trial) {
    const Index first = epoch.first[trial], last = epoch.last[trial];
    const bool known = first >= -1 && first <= trials.steps && last >= -1 && last <= trials.steps;
    if (known && (last <= first || first >= 0)) continue;
    return fmt::format("the epoch \"{}\" of trial {} has steps {} to {}; the trials have {} steps", epoch.name, trial,
                       first, last, trials.steps);
  }
  return std::nullopt;
}

Problem epoch_problem(const Epoch& epoch, const Trials& trials) {
  const std::string name = fmt::format("steps of the epoch \"{}\"", epoch.name);
  if (Problem problem = length_problem("the first " + name, epoch.first, trials)) return problem;
  if (Problem problem = length_problem("the last " + name, epoch.last, trials)) return problem;
  return step_problem(epoch, trials);
}

Problem sequence_problem(const char* what, const Sequence& sequence, const Trials& trials) {
  if (sequence.trials != trials.count || sequence.steps != trials.steps) {
    return fmt::format("{} have {} trials of {} steps for {} trials of {} steps", what, sequence.trials, sequence.steps,
                       trials.count, trials.steps);
  }
  const Index elements = sequence.units * sequence.trials * sequence.steps;
  if (sequence.units >= 0 && elements == std::ssize(sequence.data)) return std::nullopt;
  return fmt::format("{} have {} values for {} channels, {} trials and {} steps", what, sequence.data.size(),
                     sequence.units, sequence.trials, sequence.steps);
}

}  // namespace

std::optional<std::string> metadata_problem(const Trials& trials) {
  if (Problem problem = length_problem("the ids", trials.ids, trials)) return problem;
  for (const auto& [name, values] : trials.numbers) {
    if (Problem problem = length_problem(fmt::format("the metadata \"{}\"", name), values, trials)) return problem;
  }
  for (const auto& [name, values] : trials.texts) {
    if (Problem problem = length_problem(fmt::format("the metadata \"{}\"", name), values, trials)) return problem;
  }
  for (const Epoch& epoch : trials.epochs) {
    if (Problem problem = epoch_problem(epoch, trials)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> shape_problem(const Trials& trials) {
  if (trials.count < 1 || trials.steps < 1) {
    return fmt::format("there are {} trials of {} steps; one trial of one step or more is needed", trials.count,
                       trials.steps);
  }
  if (Problem problem = metadata_problem(trials)) return problem;
  if (Problem problem = sequence_problem("the inputs", trials.inputs, trials)) return problem;
  for (const auto& [what, sequence] :
       {std::tuple("the stimuli", &trials.stimulus), std::tuple("the targets", &trials.targets),
        std::tuple("the masks", &trials.mask)}) {
    if (sequence->empty()) continue;
    if (Problem problem = sequence_problem(what, *sequence, trials)) return problem;
  }
  const Index states = trials.initial_state.cols();
  if (trials.initial_state.size() == 0 || states == trials.count) return std::nullopt;
  return fmt::format("the initial states have {} columns for {} trials", states, trials.count);
}

}  // namespace mrnn
