#include "mrnn/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/progress.hpp"
#include "run/together.hpp"
#include "train/share.hpp"
#include "train/training_batches.hpp"
#include "train/training_run.hpp"

namespace mrnn {
namespace {

void check(const TrainingProblem& problem, const TrainingPlan& plan) {
  if (!problem.backend || !problem.network) throw ShapeError("a training problem needs a backend and a network");
  const auto no_task = [](const TrainingStage& stage) { return stage.task == nullptr; };
  if (problem.stages.empty() || std::ranges::any_of(problem.stages, no_task)) {
    throw ShapeError("a training problem needs at least one stage, and every stage a task");
  }
  if (problem.manipulations.size() != plan.manipulations.size()) {
    throw ShapeError(fmt::format("{} manipulations for the {} of the training plan; one each is needed",
                                 problem.manipulations.size(), plan.manipulations.size()));
  }
  if (std::ranges::find(problem.manipulations, nullptr) != problem.manipulations.end()) {
    throw ShapeError("one of the manipulations of a training problem is null");
  }
  if (plan.iterations < 0 || plan.validate_every < 0 || plan.checkpoint_every < 0) {
    throw ShapeError("iterations, validate_every and checkpoint_every are numbers of at least 0");
  }
  if (!(plan.rate >= 0.0) || !std::isfinite(plan.rate)) {
    throw ShapeError(fmt::format("the learning rate is {}; a finite number of at least 0 is needed", plan.rate));
  }
  if (plan.batch < 1 || plan.log_every < 1 || (plan.validate_every > 0 && plan.validation_trials < 1)) {
    throw ShapeError("batch, log_every and validation_trials are numbers of at least 1");
  }
  check_loss(*problem.network, plan.loss);
  check_can_share(or_alone(problem.ranks), plan);
  TrainingBatches(problem, plan).check_manipulations();
}

TrainingOutcome outcome_of(TrainingState state) {
  TrainingOutcome outcome;
  outcome.iterations = state.iteration;
  outcome.best_iteration = state.best_iteration > 0 ? state.best_iteration : state.iteration;
  outcome.best = state.best_iteration > 0 ? std::move(state.best) : state.current;
  outcome.last = std::move(state.current);
  outcome.initial = std::move(state.initial);
  outcome.history = std::move(state.history);
  outcome.stopped_by = std::move(state.stopped_by);
  return outcome;
}

}  // namespace

TrainingListener::~TrainingListener() = default;
void TrainingListener::logged(const TrainingHistory& /*history*/) {}
bool TrainingListener::save(const TrainingState& /*state*/) {
  return false;
}

TrainingState start_training(const Network& network, const Parameters& initial) {
  check_shapes(network, initial);
  TrainingState state;
  state.initial = state.current = initial;
  state.optimiser = {zero_parameters(network), zero_parameters(network)};
  return state;
}

Trainer::Trainer(TrainingProblem problem, TrainingPlan plan) : problem_(std::move(problem)), plan_(std::move(plan)) {
  check(problem_, plan_);
}

TrainingOutcome Trainer::run(TrainingState state, Progress& progress, TrainingListener& listener) const {
  jointly(or_alone(problem_.ranks), [&] { train(state, progress, listener); });
  return outcome_of(std::move(state));
}

void Trainer::train(TrainingState& state, Progress& progress, TrainingListener& listener) const {
  if (state.stage < 0 || state.stage >= std::ssize(problem_.stages)) {
    throw ShapeError(fmt::format("the training is in stage {} of {}", state.stage, problem_.stages.size()));
  }
  TrainingRun run(problem_, plan_, state, listener);
  progress.begin("training", static_cast<long>(plan_.iterations));
  progress.skip(static_cast<long>(state.iteration));
  while (run.goes_on()) {
    if (run.interrupted(progress)) {
      run.save();
      throw Interrupted(
          fmt::format("training interrupted after iteration {}; {}", state.iteration, run.checkpoint_text()));
    }
    run.iterate();
    progress.advance(static_cast<long>(state.iteration), run.note());
  }
  run.save();
  progress.end();
}

TrainingOutcome Trainer::run(const Parameters& initial, Progress& progress) const {
  TrainingListener nobody;
  return run(start_training(*problem_.network, initial), progress, nobody);
}

const Parameters& kept_parameters(const TrainingPlan& plan, const TrainingOutcome& outcome) {
  return plan.keep == TrainingPlan::Keep::best ? outcome.best : outcome.last;
}

}  // namespace mrnn
