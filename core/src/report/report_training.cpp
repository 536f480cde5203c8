#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mrnn/names.hpp"
#include "report/report.hpp"
#include "report/report_words.hpp"

namespace mrnn {
namespace {

std::string optimiser_words(const TrainingPlan& plan) {
  std::string words;
  switch (plan.optimiser.kind) {
    case Optimiser::Kind::adam:
      words = "Adam";
      break;
    case Optimiser::Kind::adamw:
      words = fmt::format("AdamW with decay {:g}", plan.optimiser.decay);
      break;
    case Optimiser::Kind::sgd:
      words = fmt::format("stochastic gradient descent with momentum {:g}", plan.optimiser.momentum);
      break;
    case Optimiser::Kind::rmsprop:
      words = "RMSprop";
      break;
  }
  words += fmt::format(", rate {:g}", plan.rate);
  if (plan.optimiser.clip_norm > 0.0)
    words += fmt::format(", gradients clipped to norm {:g}", plan.optimiser.clip_norm);
  return words;
}

std::string schedule_words(const RateSchedule& schedule) {
  std::string words;
  switch (schedule.kind) {
    case RateSchedule::Kind::constant:
      words = "constant";
      break;
    case RateSchedule::Kind::step:
      words = fmt::format("times {:g} every {}", schedule.factor, counted(schedule.every, "iteration"));
      break;
    case RateSchedule::Kind::cosine:
      words = fmt::format("half a cosine down to {:g} of it", schedule.floor);
      break;
    case RateSchedule::Kind::plateau:
      words = fmt::format("times {:g} after {} without a better validation", schedule.factor,
                          counted(schedule.patience, "iteration"));
      break;
  }
  return schedule.warmup > 0 ? words + fmt::format(", warm-up over {}", counted(schedule.warmup, "iteration")) : words;
}

/// The validation whose weights are the best; nothing where there was none.
std::optional<std::size_t> best_validation(const TrainingOutcome& outcome) {
  const auto& iterations = outcome.history.validation_iteration;
  const auto found = std::ranges::find(iterations, outcome.best_iteration);
  if (found == iterations.end()) return std::nullopt;
  return static_cast<std::size_t>(found - iterations.begin());
}

std::string stop_words(const TrainingPlan& plan, const TrainingOutcome& outcome) {
  if (outcome.stopped_by == "iterations") return "all iterations were done";
  if (outcome.stopped_by == "loss" && plan.stop_loss) return fmt::format("the loss reached {:g}", *plan.stop_loss);
  if (outcome.stopped_by == "performance" && plan.stop_performance) {
    return fmt::format("the performance reached {:g}", *plan.stop_performance);
  }
  if (outcome.stopped_by == "patience" && plan.stop_patience) {
    return fmt::format("{} without a better validation", counted(*plan.stop_patience, "iteration"));
  }
  return outcome.stopped_by;
}

}  // namespace

std::vector<ReportFact> describe_plan(const Network& network, const TrainingPlan& plan) {
  return {{"loss", join(loss_term_names(network, plan.loss), " + ")},
          {"optimiser", optimiser_words(plan)},
          {"rate schedule", schedule_words(plan.schedule)}};
}

ReportTraining describe_training(const Network& network, const TrainingPlan& plan, const Task& task,
                                 const TrainingOutcome& outcome, double seconds) {
  ReportTraining training;
  const auto add = [&](std::string name, std::string value) {
    training.facts.push_back({std::move(name), std::move(value)});
  };
  const TrainingHistory& history = outcome.history;
  add("iterations", fmt::format("{} of {}; {} each", grouped(outcome.iterations), grouped(plan.iterations),
                                counted(plan.batch, "trial")));
  add("ended because", stop_words(plan, outcome));
  for (ReportFact& fact : describe_plan(network, plan)) training.facts.push_back(std::move(fact));
  if (!history.loss.empty()) {
    add("last loss", fmt::format("{} (batch of iteration {})", short_number(history.loss.back()),
                                 grouped(history.iteration.back())));
  }
  const auto best = best_validation(outcome);
  if (best) {
    add("best validation", fmt::format("loss {} at iteration {}", short_number(history.validation_loss[*best]),
                                       grouped(outcome.best_iteration)));
    const double performance = history.validation_performance[*best];
    if (std::isfinite(performance)) {
      add("performance there", fmt::format("{} ({})", short_number(performance), task.performance_label()));
    }
  }
  const bool best_kept = plan.keep == TrainingPlan::Keep::best && best;
  add("weights kept",
      best_kept ? fmt::format("the best, of iteration {}", grouped(outcome.best_iteration)) : std::string("the last"));
  add("time", duration_in_words(seconds));
  return training;
}

}  // namespace mrnn
