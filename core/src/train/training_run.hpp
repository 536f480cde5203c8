#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "mrnn/trainer.hpp"
#include "train/share.hpp"
#include "train/training_batches.hpp"

namespace mrnn {

/// A training on its way: advances a TrainingState, iteration by iteration, on a session of its own. While a device
/// computes an iteration, the host makes the trials of the next and has them brought there. Of several ranks each has
/// such a run, and all advance the same state.
class TrainingRun {
 public:
  /// All must outlive it.
  TrainingRun(const TrainingProblem& problem, const TrainingPlan& plan, TrainingState& state,
              TrainingListener& listener);

  /// Is there more to do?
  bool goes_on();
  /// Has the user asked any of the ranks to stop?
  bool interrupted(const Progress& progress);
  void iterate();
  /// Brings the parameters and the optimiser's memory into the state and has it saved.
  void save();
  /// `loss 0.0123, performance 97.3 %`
  const std::string& note() const noexcept { return note_; }
  /// `the checkpoint of iteration 120 is kept`
  std::string checkpoint_text() const;

 private:
  /// What one batch had to say.
  struct Step {
    LossTerms loss;
    double gradient_norm = 0.0, rate = 0.0, performance = TrainingState::none;
  };
  enum class Logged : std::uint8_t { no, yes };
  /// This rank's share of an iteration to come, or why it could not be made: that is an error of that iteration.
  struct NextBatch {
    std::int64_t stage = -1, iteration = -1;
    Share share = {};  ///< its trials shared with the session
    std::exception_ptr failure = nullptr;
  };

  Step step(std::int64_t iteration, Logged logged);
  /// What this rank found for its share.
  struct Learned {
    Share share;
    LossTerms loss;
    Scores scores;
    Parameters gradients = {};  ///< of several ranks; of one the session has them
  };
  Learned learn(std::int64_t iteration, Logged logged);
  Share make_batch(std::int64_t iteration) const;
  Share take_batch(std::int64_t iteration);
  void prepare_batch(std::int64_t iteration);
  Index keep_every(const BatchShape& batch);
  void append(const Step& step);
  void validate();
  void make_validation();
  const Task& task() const { return *problem_.stages[static_cast<std::size_t>(state_.stage)].task; }
  bool is_better(double loss, double performance) const;
  bool advance_stage(double loss, double performance);
  void stop_after_validation(double loss, double performance);
  void stop_without_validation(const LossTerms& loss);
  void describe(const Step& step);
  [[noreturn]] void fail(std::int64_t iteration, const std::string& problem) const;

  const TrainingProblem& problem_;
  const TrainingPlan& plan_;
  TrainingState& state_;
  TrainingListener& listener_;
  Ranks& ranks_;
  TrainingBatches batches_;
  std::unique_ptr<Session> session_;
  NextBatch next_;
  Share validation_;
  std::int64_t validation_stage_ = -1;           ///< of validation_
  std::optional<std::int64_t> kept_;             ///< iteration whose parameters the state has
  std::optional<std::int64_t> saved_;            ///< iteration of the last checkpoint
  Index planned_steps_ = 0, planned_every_ = 0;  ///< the last answer of keep_every()
  std::string note_;
};

}  // namespace mrnn
