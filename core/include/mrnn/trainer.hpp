#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/backend.hpp"
#include "mrnn/manipulation.hpp"
#include "mrnn/progress.hpp"
#include "mrnn/ranks.hpp"
#include "mrnn/task.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// One stage of a curriculum; training without one has a single stage.
struct TrainingStage {
  const Task* task = nullptr;
  /// Performance and loss of a validation of which either ends the stage; the last one has neither.
  std::optional<double> until = std::nullopt, until_loss = std::nullopt;
};

/// What is trained, and on what. What it points to must outlive the trainer.
struct TrainingProblem {
  const Backend* backend = nullptr;
  const Network* network = nullptr;
  SessionOptions session;                               ///< its seed draws the trials too
  std::vector<TrainingStage> stages;                    ///< at least one
  std::vector<const Manipulation*> manipulations = {};  ///< one per TrainingPlan::manipulations
  Ranks* ranks = nullptr;  ///< that share the trials of every batch; null: this process alone
};

/// All that the rest of a training run depends on besides its problem and plan: plain values, kept in checkpoints.
struct TrainingState {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  std::int64_t iteration = 0;  ///< updates done
  Parameters initial, current;
  OptimiserState optimiser;
  TrainingHistory history;
  double last_loss = none;  ///< of the batch of `iteration`

  Parameters best;                  ///< at best_iteration; empty before the first validation
  std::int64_t best_iteration = 0;  ///< 0: none yet
  double best_loss = none, best_performance = none;

  std::int64_t stage = 0;
  std::int64_t better_since = 0;  ///< iteration of the best validation of this stage, or of its beginning

  double rate_factor = 1.0;    ///< of the plateau schedule
  double plateau_loss = none;  ///< best validation loss it has seen
  std::int64_t plateau_since = 0;

  std::string stopped_by;  ///< as in TrainingOutcome; empty: not yet
};

/// A run that has done nothing yet. The optimiser has no memory.
MRNN_EXPORT TrainingState start_training(const Network& network, const Parameters& initial);

/// Who keeps what happens. This base keeps nothing.
class MRNN_EXPORT TrainingListener {
 public:
  virtual ~TrainingListener();
  /// The last entry of the history is new, and the last validation where it is of the same iteration.
  virtual void logged(const TrainingHistory& history);
  /// Time to save a checkpoint. Returns whether one was.
  virtual bool save(const TrainingState& state);
};

/// Trains a network as a plan says.
///
/// Iteration i, from 1, learns from the trials [(i - 1) batch, i batch) of the seed's training trials, with the noise
/// of ids 2^54 + number, so that it can be drawn again at any time. Validation is on the trials [0, validation_trials)
/// of the validation trials, always the same, with the noise of ids 2^55 + number. Iterations that are logged: the
/// first, every log_every-th, and those with a validation.
///
/// Where there are several ranks, each makes such a trainer of the same problem and plan and calls run(); the outcome
/// is the same on all. It has the bits of the next such run of as many ranks; of a run alone it differs by rounding.
class MRNN_EXPORT Trainer {
 public:
  /// @throws ShapeError where problem and plan do not fit each other, ConfigError where a manipulation names a
  /// condition that no trials have, or ranks cannot share a batch.
  Trainer(TrainingProblem problem, TrainingPlan plan);

  const TrainingPlan& plan() const noexcept { return plan_; }

  /// Trains from `state` until the plan ends it. A run that was stopped by anything but its number of iterations is at
  /// its end. The listener is asked to save every checkpoint_every iterations, at the end and when interrupted.
  /// @throws RunError where loss, gradient or activity are no longer finite, Interrupted, and what the listener throws.
  TrainingOutcome run(TrainingState state, Progress& progress, TrainingListener& listener) const;
  /// The same from the start, keeping nothing on the way.
  TrainingOutcome run(const Parameters& initial, Progress& progress) const;

 private:
  void train(TrainingState& state, Progress& progress, TrainingListener& listener) const;

  TrainingProblem problem_;
  TrainingPlan plan_;
};

/// The weights the plan keeps: `best`, or `last`.
MRNN_EXPORT const Parameters& kept_parameters(const TrainingPlan& plan, const TrainingOutcome& outcome);

}  // namespace mrnn
