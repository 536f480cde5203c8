#include "train/task_mix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/error.hpp"
#include "run/asked_trials.hpp"
#include "run/metadata_check.hpp"
#include "train/join_trials.hpp"

namespace mrnn {

const MixedTask& TaskMix::task_of(const TrialRequest& request, std::uint64_t trial) const {
  double sum = 0.0;
  for (const MixedTask& mixed : tasks_) sum += mixed.share;
  // A stream of its own: the tasks draw from that of the trial's number.
  RandomStream random(request.seed, request.stream, fmt::format("task of trial {}", trial));
  double drawn = random.uniform() * sum;
  for (const MixedTask& mixed : tasks_) {
    if (drawn < mixed.share) return mixed;
    drawn -= mixed.share;
  }
  return tasks_.back();
}

Trials TaskMix::make(const TrialRequest& request) const {
  std::vector<Trials> parts;
  for (Index k = 0; k < request.count; ++k) {
    const std::uint64_t number = request.first + static_cast<std::uint64_t>(k);
    const MixedTask& mixed = task_of(request, number);
    Trials trial = ask_trials(*mixed.task, {request.seed, request.stream, number, 1, request.mode},
                              fmt::format("the task \"{}\"", mixed.name));
    trial.ids = {number};  // those of a task that counts in its own way could be another's
    trial.texts["task"] = {mixed.name};
    trial.numbers.try_emplace(trial_steps, 1, static_cast<double>(trial.steps));
    if (const auto problem = shape_problem(trial)) {
      throw RunError(fmt::format("the task \"{}\": {}", mixed.name, *problem));
    }
    parts.push_back(std::move(trial));
  }
  return join_trials(parts);
}

Index TaskMix::default_trials() const {
  Index trials = 0;
  for (const MixedTask& mixed : tasks_) trials += mixed.task->default_trials();
  return std::min(trials, available_trials(Stream::simulation_trials));
}

Index TaskMix::available_trials(Stream stream) const {
  Index trials = std::numeric_limits<Index>::max();
  for (const MixedTask& mixed : tasks_) trials = std::min(trials, mixed.task->available_trials(stream));
  return trials;
}

bool TaskMix::holds_out_trials() const {
  return std::ranges::all_of(tasks_, [](const MixedTask& mixed) { return mixed.task->holds_out_trials(); });
}

Scores TaskMix::score(const Trials& trials, const Sequence& outputs) const {
  Scores scores;
  scores.score = Eigen::VectorXd::Constant(trials.count, std::numeric_limits<double>::quiet_NaN());
  const auto& names = trials.texts.at("task");
  bool any = false;
  for (Index k = 0; k < trials.count; ++k) {
    const auto mixed = std::ranges::find(tasks_, names[static_cast<std::size_t>(k)], &MixedTask::name);
    if (mixed == tasks_.end()) continue;
    const Index own_steps = trial_end(trials, k);
    const Scores own = scores_of(*mixed->task, first_steps(slice(trials, k, 1), own_steps),
                                 first_steps(columns(outputs, k, 1), own_steps));
    if (own.score.size() != 1) continue;
    scores.score[k] = own.score[0];
    any = true;
  }
  return any ? scores : Scores{};
}

}  // namespace mrnn
