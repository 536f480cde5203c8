#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/loss.hpp"
#include "mrnn/optimiser.hpp"
#include "mrnn/session.hpp"

namespace mrnn {

/// How the rate of the optimiser changes. `step`, `iterations` and `patience` count iterations.
struct RateSchedule {
  enum class Kind : std::uint8_t {
    constant,
    step,     ///< times `factor` after every `every` iterations
    cosine,   ///< from 1 to `floor` over the whole run, half a cosine (Loshchilov & Hutter 2017, without restarts)
    plateau,  ///< times `factor` where the validation loss has not improved for `patience` iterations
  };
  Kind kind = Kind::constant;
  std::int64_t warmup = 0;  ///< iterations over which the rate first rises linearly from 0; with every kind
  std::int64_t every = 1000;
  std::int64_t patience = 1000;
  double factor = 0.5;
  double floor = 0.0;  ///< of the rate, as a share of the first (cosine, step, plateau)
};

/// A manipulation that a share of the training trials gets.
struct TrainingManipulation {
  std::string name;
  double share = 1.0;
};

/// How much a training step may keep in memory.
struct TrainingMemory {
  enum class Mode : std::uint8_t { store, recompute, budget };
  Mode mode = Mode::store;
  double megabytes = 0.0;  ///< budget
};

/// A [train] table: plain values.
struct TrainingPlan {
  std::int64_t iterations = 1000;
  Index batch = 64;  ///< trials
  Loss loss;
  Optimiser optimiser;
  double rate = 1e-3;
  RateSchedule schedule;
  Noise noise = Noise::on;
  TrainingMemory memory;
  std::vector<TrainingManipulation> manipulations;

  std::optional<double> stop_loss;         ///< stop once the loss (of validation, where there is one) is at most this
  std::optional<double> stop_performance;  ///< stop once the validation performance is at least this
  std::optional<std::int64_t> stop_patience;  ///< iterations without a better validation

  std::int64_t log_every = 10;        ///< iterations between lines of train.jsonl and entries of the history
  std::int64_t validate_every = 100;  ///< 0: never
  Index validation_trials = 256;
  std::int64_t checkpoint_every = 500;  ///< 0: only where interrupted, and at the end
  enum class Keep : std::uint8_t { best, last };
  Keep keep = Keep::best;  ///< which weights the simulations and analyses get, and /network; without validation: last
};

/// What is known of a training run, without wall-clock times. Written to /training and kept in checkpoints.
/// All vectors of the first part have one entry per logged iteration, of the second one per validation.
struct TrainingHistory {
  std::vector<std::int64_t> iteration;  ///< from 1: updates done
  std::vector<double> loss;             ///< of that iteration's batch, before the update; penalties included
  std::vector<std::pair<std::string, std::vector<double>>> terms;  ///< parts of the loss, by name
  std::vector<double> gradient_norm;                               ///< before clipping
  std::vector<double> performance;                                 ///< of that batch; NaN where the task has none
  std::vector<double> rate;
  std::vector<std::int64_t> stage;  ///< of the curriculum, from 0

  std::vector<std::int64_t> validation_iteration;
  std::vector<double> validation_loss, validation_performance;
};

/// A finished training.
struct TrainingOutcome {
  TrainingHistory history;
  std::int64_t iterations = 0;      ///< done
  std::int64_t best_iteration = 0;  ///< of `best`
  Parameters initial, last, best;
  std::string stopped_by;  ///< `iterations`, `loss`, `performance`, `patience`
};

}  // namespace mrnn
