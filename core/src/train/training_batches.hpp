#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

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
  /// `count` trials, or as many as the task has for it.
  Trials validation(std::int64_t stage, Index count) const;
  /// The same in psychometric mode.
  Trials psychometric(std::int64_t stage, Index count) const;
  /// Do trials of some stage have the conditions and the epoch that each manipulation names? A single batch may lack
  /// them by chance.
  /// @throws ConfigError.
  void check_manipulations() const;

 private:
  TrialRequest validation_request(std::int64_t stage, Index count) const;
  Trials make(std::int64_t stage, const TrialRequest& request, TrialUse use) const;
  void manipulate(std::int64_t stage, std::uint64_t first, Trials& trials) const;
  void apply(std::int64_t stage, const Manipulation& manipulation, Trials& trials) const;
  void apply_to_some(const Manipulation& manipulation, const ConditionValues& known, Trials& trials) const;
  /// What a manipulation needs to know of the trials of a stage.
  struct FoundConditions {
    ConditionValues conditions;          ///< of so many trials that all it names are among them,
    std::optional<ConfigError> mistake;  ///< or what it says of trials that lack what it names, where many do
  };
  const FoundConditions& conditions(std::int64_t stage, const Manipulation& manipulation) const;
  FoundConditions find_conditions(std::int64_t stage, const Manipulation& manipulation) const;

  const TrainingProblem& problem_;
  const TrainingPlan& plan_;
  mutable std::map<std::pair<std::int64_t, const Manipulation*>, FoundConditions> found_;  ///< as they are needed
};

}  // namespace mrnn
