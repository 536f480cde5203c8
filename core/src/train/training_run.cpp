#include "train/training_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/loss.hpp"
#include "mrnn/names.hpp"
#include "run/outputs.hpp"
#include "run/together.hpp"
#include "train/rate_schedule.hpp"
#include "train/training_memory.hpp"

namespace mrnn {
namespace {

/// The losses of the outputs, without penalties: the first terms, one per output.
double data_part(const Network& network, const LossTerms& loss) {
  double sum = 0.0;
  for (std::size_t k = 0; k < network.output_layouts().size(); ++k) sum += loss.terms[k].second;
  return sum;
}

/// Does some work of a session. Where it fails, trials that the message calls by their ids, as backends do, are called
/// by their numbers: `trial 3 of the batch`.
template <class Work>
auto with_trial_numbers(const Share& share, const char* whole, const Work& work) {
  try {
    return work();
  } catch (const RunError& error) {
    std::string text = error.what();
    for (std::size_t k = 0; k < share.trials->ids.size(); ++k) {
      const std::string id = fmt::format("trial {},", share.trials->ids[k]);
      const std::size_t at = text.find(id);
      const Index number = share.first + static_cast<Index>(k);
      if (at != std::string::npos) text.replace(at, id.size(), fmt::format("trial {} of the {},", number, whole));
    }
    throw RunError(text);
  }
}

bool is_due(std::int64_t iteration, std::int64_t every) {
  return every > 0 && iteration % every == 0;
}

}  // namespace

TrainingRun::TrainingRun(const TrainingProblem& problem, const TrainingPlan& plan, TrainingState& state,
                         TrainingListener& listener)
    : problem_(problem),
      plan_(plan),
      state_(state),
      listener_(listener),
      ranks_(or_alone(problem.ranks)),
      batches_(problem, plan) {
  together(ranks_, [&] {
    session_ = problem.backend->open(*problem.network, problem.session);
    session_->write_parameters(state.current);
    if (state.iteration > 0) session_->write_optimiser_state(state.optimiser);
  });
  if (state.iteration > 0) saved_ = kept_ = state.iteration;
}

bool TrainingRun::goes_on() {
  if (state_.stopped_by == "iterations") state_.stopped_by.clear();  // there may be more of them now
  if (state_.stopped_by.empty() && state_.iteration >= plan_.iterations) state_.stopped_by = "iterations";
  return state_.stopped_by.empty();
}

bool TrainingRun::interrupted(const Progress& progress) {
  return any(ranks_, progress.interrupted());
}

void TrainingRun::iterate() {
  const std::int64_t iteration = state_.iteration + 1;
  const bool validates = is_due(iteration, plan_.validate_every);
  const bool logs = validates || iteration == 1 || is_due(iteration, plan_.log_every);
  Step done;
  try {
    done = step(iteration, logs ? Logged::yes : Logged::no);
    state_.iteration = iteration;
    state_.last_loss = done.loss.total;
    if (logs) append(done);
    if (validates) validate();
  } catch (const FileError&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {  // of a task, a manipulation or a backend
    fail(iteration, error.what());
  }
  if (plan_.validate_every == 0) stop_without_validation(done.loss);
  if (logs) together(ranks_, [&] { listener_.logged(state_.history); });
  describe(done);
  if (is_due(iteration, plan_.checkpoint_every)) save();
}

TrainingRun::Step TrainingRun::step(std::int64_t iteration, Logged logged) {
  Learned learned;
  together(ranks_, [&] { learned = learn(iteration, logged); });
  sum_over(ranks_, *problem_.network, plan_.loss, learned.loss, learned.gradients);
  Step done{learned.loss, 0.0, rate_at(plan_, iteration, state_.rate_factor)};
  if (logged == Logged::yes) done.performance = performance_over(ranks_, learned.share, learned.scores);
  together(ranks_, [&] {
    if (ranks_.count() > 1) session_->write_gradients(learned.gradients);
    done.gradient_norm = session_->update({plan_.optimiser, done.rate, iteration});
    if (std::isfinite(done.gradient_norm)) return;
    throw RunError(fmt::format("the norm of the gradient is {}, though the loss is {:.6g}",
                               number_words(done.gradient_norm), done.loss.total));
  });
  return done;
}

TrainingRun::Learned TrainingRun::learn(std::int64_t iteration, Logged logged) {
  Learned learned{take_batch(iteration), {}, {}};
  const Share& share = learned.share;
  Record record;
  record.y = logged == Logged::yes;
  record.backward_every = keep_every(shape_of(*share.trials));
  session_->load(*share.trials);
  learned.loss = with_trial_numbers(share, "batch", [&] {
    session_->forward(record, plan_.noise);
    return session_->backward(share.loss, [&] { prepare_batch(iteration + 1); });
  });
  if (!std::isfinite(learned.loss.total)) throw RunError("the loss is " + number_words(learned.loss.total));
  if (record.y) learned.scores = scores_of(task(), *share.trials, session_->read_activity(Quantity::y));
  if (ranks_.count() > 1) learned.gradients = session_->read_gradients();
  return learned;
}

Share TrainingRun::make_batch(std::int64_t iteration) const {
  // All ranks make the whole batch: how many steps it has, and what is asked of it in all, is for all of them to know.
  return share_of(*problem_.network, plan_.loss,
                  std::make_shared<const Trials>(batches_.batch(state_.stage, iteration)), ranks_);
}

Share TrainingRun::take_batch(std::int64_t iteration) {
  NextBatch next = std::exchange(next_, {});
  // A stage that has ended since takes its batch with it.
  if (next.iteration != iteration || next.stage != state_.stage) return make_batch(iteration);
  if (next.failure) std::rethrow_exception(next.failure);
  return std::move(next.share);
}

void TrainingRun::prepare_batch(std::int64_t iteration) {
  if (iteration > plan_.iterations) return;
  next_ = {state_.stage, iteration};
  try {
    next_.share = make_batch(iteration);
    session_->prepare(next_.share.trials);
  } catch (...) {
    next_.failure = std::current_exception();
  }
}

Index TrainingRun::keep_every(const BatchShape& batch) {
  if (batch.steps != planned_steps_) {
    planned_every_ = backward_every(plan_.memory, {*problem_.backend, *problem_.network, problem_.session, batch});
    planned_steps_ = batch.steps;
  }
  return planned_every_;
}

void TrainingRun::append(const Step& step) {
  TrainingHistory& history = state_.history;
  history.iteration.push_back(state_.iteration);
  history.loss.push_back(step.loss.total);
  for (const auto& [name, value] : step.loss.terms) {
    auto column = std::ranges::find(history.terms, name, [](const auto& term) { return term.first; });
    if (column == history.terms.end()) column = history.terms.insert(column, {name, {}});
    column->second.push_back(value);
  }
  history.gradient_norm.push_back(step.gradient_norm);
  history.performance.push_back(step.performance);
  history.rate.push_back(step.rate);
  history.stage.push_back(state_.stage);
}

void TrainingRun::make_validation() {
  if (validation_stage_ == state_.stage) return;
  auto all = std::make_shared<const Trials>(batches_.validation(state_.stage, plan_.validation_trials));
  validation_ = share_of(*problem_.network, plan_.loss, std::move(all), ranks_);
  validation_stage_ = state_.stage;
}

void TrainingRun::validate() {
  double loss = 0.0;
  Scores scores;
  together(ranks_, [&] {
    make_validation();
    const Trials& trials = *validation_.trials;
    if (trials.count == 0) return;  // more ranks than trials
    const Sequence outputs = with_trial_numbers(
        validation_, "validation", [&] { return run_outputs(*problem_.backend, *session_, trials, plan_.noise); });
    loss = data_loss(*problem_.network, validation_.loss, trials, outputs);
    scores = scores_of(task(), trials, outputs);
  });
  loss = sum_over(ranks_, loss);
  const double score = performance_over(ranks_, validation_, scores);
  const bool better = is_better(loss, score);
  together(ranks_, [&] {
    if (!std::isfinite(loss)) throw RunError("the loss of the validation is " + number_words(loss));
    if (better) state_.best = session_->read_parameters();
  });
  state_.history.validation_iteration.push_back(state_.iteration);
  state_.history.validation_loss.push_back(loss);
  state_.history.validation_performance.push_back(score);
  if (better) {
    state_.best_iteration = state_.better_since = state_.iteration;
    state_.best_loss = loss;
    state_.best_performance = score;
  }
  follow_plateau(plan_.schedule, loss, state_);
  if (!advance_stage(loss, score)) stop_after_validation(loss, score);
}

bool TrainingRun::is_better(double loss, double performance) const {
  if (state_.best_iteration == 0) return true;
  if (std::isnan(performance) || performance == state_.best_performance) return loss < state_.best_loss;
  return std::isnan(state_.best_performance) || performance > state_.best_performance;
}

bool TrainingRun::advance_stage(double loss, double performance) {
  const TrainingStage& stage = problem_.stages[static_cast<std::size_t>(state_.stage)];
  const bool learned = (stage.until && performance >= *stage.until) || (stage.until_loss && loss <= *stage.until_loss);
  if (state_.stage + 1 == std::ssize(problem_.stages) || !learned) return false;
  ++state_.stage;
  // Losses and performances of another task do not compare.
  state_.best = {};
  state_.best_iteration = 0;
  state_.best_loss = state_.best_performance = state_.plateau_loss = TrainingState::none;
  state_.better_since = state_.plateau_since = state_.iteration;
  return true;
}

void TrainingRun::stop_after_validation(double loss, double performance) {
  const bool last_stage = state_.stage + 1 == std::ssize(problem_.stages);
  if (last_stage && plan_.stop_performance && performance >= *plan_.stop_performance) {
    state_.stopped_by = "performance";
  } else if (last_stage && plan_.stop_loss && loss <= *plan_.stop_loss) {
    state_.stopped_by = "loss";
  } else if (plan_.stop_patience && state_.iteration - state_.better_since >= *plan_.stop_patience) {
    state_.stopped_by = "patience";
  }
}

void TrainingRun::stop_without_validation(const LossTerms& loss) {
  if (plan_.stop_loss && data_part(*problem_.network, loss) <= *plan_.stop_loss) state_.stopped_by = "loss";
}

void TrainingRun::describe(const Step& step) {
  const TrainingHistory& history = state_.history;
  const double latest =
      history.validation_performance.empty() ? history.performance.back() : history.validation_performance.back();
  note_ = fmt::format("loss {:.4g}", step.loss.total);
  if (!std::isnan(latest)) note_ += fmt::format(", performance {:.1f} %", 100.0 * latest);
  if (problem_.stages.size() > 1) note_ += fmt::format(", stage {}/{}", state_.stage + 1, problem_.stages.size());
}

void TrainingRun::save() {
  if (kept_ == state_.iteration) return;
  together(ranks_, [&] {
    state_.current = session_->read_parameters();
    state_.optimiser = session_->read_optimiser_state();
  });
  expect_same(ranks_, "the network as trained", digest_of(state_.current));
  together(ranks_, [&] {
    if (listener_.save(state_)) saved_ = state_.iteration;
  });
  kept_ = state_.iteration;
}

std::string TrainingRun::checkpoint_text() const {
  return saved_ ? fmt::format("the checkpoint of iteration {} is kept", *saved_) : "no checkpoint was saved";
}

void TrainingRun::fail(std::int64_t iteration, const std::string& problem) const {
  const std::string last =
      std::isnan(state_.last_loss)
          ? std::string("no loss had been finite before")
          : fmt::format("the last finite loss was {:.6g}, in iteration {}", state_.last_loss, state_.iteration);
  throw RunError(
      fmt::format("training failed in iteration {}: {}; {}; {}", iteration, problem, last, checkpoint_text()));
}

}  // namespace mrnn
