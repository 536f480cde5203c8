#include "answers.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "mrnn/conditions.hpp"

namespace psychometric {
namespace {

using mrnn::Index;

/// An intervention as it acts on trials of so many steps; nothing where they end before it.
std::optional<mrnn::Intervention> cut(mrnn::Intervention intervention, Index steps) {
  intervention.steps.last = std::min(intervention.steps.last, steps);
  if (intervention.steps.size() < 1) return std::nullopt;
  if (auto* drive = std::get_if<mrnn::Drive>(&intervention.what)) {
    drive->course.conservativeResize(intervention.steps.size());
  }
  return intervention;
}

/// The choice of each trial of all simulations, counted through; NaN: it does not count.
std::vector<double> choices_of(const mrnn::ConfigNode& config, const std::vector<const mrnn::Simulation*>& simulations,
                               const mrnn::AnalysisContext& context) {
  const mrnn::Selection outputs({{0, context.network().outputs()}});
  std::vector<double> all;
  for (const mrnn::Simulation* simulation : simulations) {
    const mrnn::Scores scores =
        mrnn::scores_of(*simulation->task, simulation->trials, simulation->activity(mrnn::Quantity::y, outputs));
    if (scores.choice.size() != simulation->trials.count) {
      config.fail("",
                  "needs choices, but the task knows none in the trials of simulation \"" + simulation->name + "\"");
    }
    for (Index trial = 0; trial < simulation->trials.count; ++trial) {
      const bool scored = trial >= scores.score.size() || std::isfinite(scores.score(trial));
      all.push_back(scored ? scores.choice(trial) : std::nan(""));
    }
  }
  return all;
}

/// Trials in groups: all in one where there is no group.
mrnn::Levels groups_of(const mrnn::ConfigNode& config, const Question& question,
                       const std::vector<const mrnn::Simulation*>& simulations, std::size_t trials) {
  if (question.group.empty()) return {"", {""}, std::vector<int>(trials, 0)};
  return mrnn::read_levels(config, "by", question.group, simulations);
}

}  // namespace

Question read_question(const mrnn::ConfigNode& config, const std::vector<const mrnn::Simulation*>& simulations) {
  std::optional<mrnn::Psychometric> curve;
  for (const mrnn::Simulation* simulation : simulations) {
    const auto one = simulation->task != nullptr ? simulation->task->psychometric() : std::nullopt;
    if (!one) {
      config.fail("", "needs a task with choices and a psychometric curve; that of simulation \"" + simulation->name +
                          "\" has none");
    }
    if (!curve) curve = one;
    if (one->variable == curve->variable && one->y_label == curve->y_label) continue;
    config.fail("simulation", "names \"" + simulations.front()->name + "\" and \"" + simulation->name +
                                  "\", whose tasks have different curves: " + curve->y_label + " by " +
                                  curve->variable + ", " + one->y_label + " by " + one->variable +
                                  "; give each an analysis of its own");
  }
  Question question{curve->variable, curve->group, curve->x_label, curve->y_label};
  if (config.has("variable")) {
    question.variable = config.text("variable");
    if (question.variable != curve->variable) question.x_label = question.variable;
  }
  if (config.has("by")) question.group = config.text("by");
  return question;
}

void check(const mrnn::ConfigNode& config, const Question& question,
           const std::vector<const mrnn::Simulation*>& simulations) {
  mrnn::read_numbers(config, "variable", question.variable, simulations);
  if (!question.group.empty()) mrnn::read_levels(config, "by", question.group, simulations);
}

void check_rerun(const mrnn::ConfigNode& config, const std::vector<const mrnn::Simulation*>& simulations) {
  for (const mrnn::Simulation* simulation : simulations) {
    for (const mrnn::Intervention& intervention : simulation->trials.interventions) {
      if (intervention.trials.empty()) continue;
      config.fail("trials", "cannot be given for simulation \"" + simulation->name +
                                "\", whose manipulations act on chosen trials or by epoch, and these would be other "
                                "trials; leave it out to take the simulation's own");
    }
  }
}

mrnn::Simulation run_psychometric(const mrnn::ConfigNode& config, const mrnn::AnalysisContext& context,
                                  const mrnn::Simulation& simulation, Index count) {
  const Index conditions = simulation.task->psychometric()->conditions;
  mrnn::TrialRequest request;
  request.seed = simulation.seed;
  request.stream = mrnn::Stream::analyses;
  request.count = (count + conditions - 1) / conditions * conditions;
  request.mode = mrnn::TrialRequest::Mode::psychometric;
  check_rerun(config, {&simulation});
  mrnn::Trials trials = simulation.task->make(request);
  for (const mrnn::Intervention& intervention : simulation.trials.interventions) {
    if (auto kept = cut(intervention, trials.steps)) trials.interventions.push_back(std::move(*kept));
  }
  mrnn::Record record;
  record.y = true;
  return context.rerun(simulation, std::move(trials), record);
}

std::vector<Group> collect(const mrnn::ConfigNode& config, const Question& question,
                           const std::vector<const mrnn::Simulation*>& simulations,
                           const mrnn::AnalysisContext& context) {
  const std::vector<double> choices = choices_of(config, simulations, context);
  const std::vector<double> variable = mrnn::read_numbers(config, "variable", question.variable, simulations);
  const mrnn::Levels levels = groups_of(config, question, simulations, choices.size());
  std::vector<Group> groups;
  std::size_t first = 0;
  for (std::size_t s = 0; s < simulations.size(); ++s) {
    const auto trials = static_cast<std::size_t>(simulations[s]->trials.count);
    for (std::size_t v = 0; v < levels.values.size(); ++v) {
      const std::string& value = levels.values[v];
      const std::string simulation = simulations.size() > 1 || value.empty() ? simulations[s]->name : "";
      Group group{simulation + (simulation.empty() || value.empty() ? "" : ": ") + value, s, v, {}};
      for (std::size_t trial = first; trial < first + trials; ++trial) {
        const bool counts = std::isfinite(choices[trial]) && std::isfinite(variable[trial]);
        if (counts && levels.of_trial[trial] == static_cast<int>(v)) {
          group.answers.emplace_back(variable[trial], choices[trial]);
        }
      }
      if (!group.answers.empty()) groups.push_back(std::move(group));
    }
    first += trials;
  }
  return groups;
}

}  // namespace psychometric
