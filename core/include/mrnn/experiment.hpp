#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/memory_plan.hpp"
#include "mrnn/progress.hpp"
#include "mrnn/simulation.hpp"
#include "mrnn/trainer.hpp"

namespace mrnn {

/// What the command line may say over the configuration.
struct ExperimentOptions {
  std::optional<std::filesystem::path> output;  ///< run folder; default: experiment.output
  std::optional<std::string> backend;
  std::optional<int> threads;
  std::string command;     ///< that started the run, for the report
  int cores = 0;           ///< threads where the configuration wants all; 0: as many as the process may use
  Ranks* ranks = nullptr;  ///< that train together; null: this process alone. Must outlive the experiment
};

/// One [[simulation]] as asked for.
struct SimulationPlan {
  std::string name;
  Index trials = 1;
  Noise noise = Noise::on;
  std::uint64_t seed = 0;  ///< of its trials and its noise
  Record record;
  std::vector<std::string> manipulations;
  const Task* task = nullptr;  ///< of its own, that the experiment has; null: that of [task]
  BatchShape shape = {};       ///< of its trials; where they are too many to be made beforehand, by the first of them
};

/// What one iteration of training needs.
struct TrainingNeeds {
  BatchShape batch;          ///< the first one of the stage that has the most steps; of several ranks, a share of it
  Index backward_every = 0;  ///< as in Record
  std::size_t bytes = 0;     ///< of the session
};

/// What a finished run has to say.
struct RunSummary {
  std::filesystem::path results, report;
  std::vector<std::string> lines;     ///< what training and analyses found, in words
  std::vector<std::string> failures;  ///< analyses that failed, and why
  std::optional<TrainingOutcome> training = std::nullopt;
};

class Runtime;
struct ExperimentState;

/// A whole experiment as a configuration describes it: network, task, training, manipulations, simulations,
/// analyses. Making one checks every name in the configuration and runs nothing.
class MRNN_EXPORT Experiment {
 public:
  /// @param root     the configuration; finish() is called on it, so that unread keys are errors
  /// @param runtime  must outlive the experiment
  /// @throws ConfigError, FileError.
  Experiment(const ConfigNode& root, const Runtime& runtime, ExperimentOptions options = {});
  ~Experiment();
  Experiment(Experiment&&) noexcept;
  Experiment& operator=(Experiment&&) noexcept;

  const std::string& name() const noexcept;
  std::uint64_t seed() const noexcept;
  const Network& network() const noexcept;
  const Parameters& parameters() const noexcept;  ///< as built or loaded, before training
  const Backend& backend() const noexcept;
  const SessionOptions& session_options() const noexcept;
  const TrainingPlan* training() const noexcept;  ///< null: the network is not trained
  const TrainingNeeds& training_needs() const noexcept;
  const std::vector<SimulationPlan>& simulations() const noexcept;
  const std::filesystem::path& output() const noexcept;
  const std::vector<std::string>& warnings() const noexcept;  ///< of loading weights and building

  /// What a run will take of memory.
  MemoryPlan memory_plan() const;
  /// Of the training alone, were the state before every k-th step kept.
  MemoryNeed training_memory(Index backward_every) const;
  /// The trials a simulation runs, manipulations applied.
  Trials trials_of(const SimulationPlan& plan) const;
  /// Runs a simulation with the parameters given, or as built or loaded.
  Simulation simulate(const SimulationPlan& plan, const Parameters& parameters, Progress& progress) const;
  Simulation simulate(const SimulationPlan& plan, Progress& progress) const;

  enum class Existing : std::uint8_t { refuse_unfinished, overwrite, resume };
  /// Trains, simulates, analyses, and writes the run folder. A finished run that is there is replaced when this one
  /// finishes, and its results stay whole if this one fails. Resumed, a training goes on from its checkpoint, which
  /// must be of the same configuration. Of several ranks the first does all of that and the others train with it, write
  /// nothing, and have an empty summary. @throws FileError, ConfigError, RunError, Interrupted.
  RunSummary run(Progress& progress, Existing existing = Existing::refuse_unfinished) const;

 private:
  std::unique_ptr<ExperimentState> state_;
};

}  // namespace mrnn
