#pragma once

#include <cstdint>
#include <optional>

#include "mrnn/error.hpp"
#include "mrnn/export.hpp"
#include "mrnn/trainer.hpp"

namespace mrnn {

/// What a trial is for, as a part of its id: who it is to the noise. Simulations have the ids their task gives, which
/// count from 0, so that none of these meets another. The generator uses 56 bits of an id.
enum class TrialUse : std::uint64_t {
  training = std::uint64_t{1} << 54,
  validation = std::uint64_t{2} << 54,
  psychometric = std::uint64_t{3} << 54,
};

/// The trials of a training, drawn from the tasks of its stages.
class MRNN_EXPORT TrainingBatches {
 public:
  /// Both must outlive it.
  TrainingBatches(const TrainingProblem& problem, const TrainingPlan& plan) : problem_(problem), plan_(plan) {}

  /// The batch of an iteration, from 1, with the training's manipulations on their shares of it.
  Trials batch(std::int64_t stage, std::int64_t iteration) const;
  Trials validation(std::int64_t stage, Index count) const;
  /// `count` trials in psychometric mode.
  Trials psychometric(std::int64_t stage, Index count) const;
  /// Do trials of some stage have the conditions that each manipulation names? A single batch may lack one by chance,
  /// and goes without the manipulation then. @throws ConfigError.
  void check_manipulations() const;

 private:
  Trials make(std::int64_t stage, const TrialRequest& request, TrialUse use) const;
  void manipulate(std::uint64_t first, Trials& trials) const;
  void apply(const Manipulation& manipulation, Trials& trials) const;
  std::optional<ConfigError> missing_condition(std::int64_t stage, const Manipulation& manipulation) const;

  const TrainingProblem& problem_;
  const TrainingPlan& plan_;
};

}  // namespace mrnn
