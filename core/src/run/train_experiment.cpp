#include "run/train_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "config/spec_names.hpp"
#include "files/seal.hpp"
#include "mrnn/error.hpp"
#include "mrnn/weights.hpp"
#include "run/outputs.hpp"
#include "run/together.hpp"
#include "train/resume_check.hpp"
#include "train/share.hpp"
#include "train/train_log.hpp"
#include "train/training_batches.hpp"

namespace mrnn {
namespace {

/// Keeps a training in its run folder.
class FolderListener final : public TrainingListener {
 public:
  FolderListener(const ExperimentState& state, const OutputFolder& folder, std::int64_t iteration)
      : state_(state), folder_(folder), log_(folder.training_log(), iteration) {}

  void logged(const TrainingHistory& history) override { log_.append(history); }
  bool save(const TrainingState& state) override {
    write_checkpoint(folder_.checkpoint(), *state_.network, state, state_.origin);
    return true;
  }
  double seconds() const { return log_.seconds(); }

 private:
  const ExperimentState& state_;
  const OutputFolder& folder_;
  TrainLog log_;
};

bool same(const Parameters& a, const Parameters& b) {
  return a.recurrent == b.recurrent && a.input == b.input && a.readout == b.readout && a.bias == b.bias &&
         a.readout_bias == b.readout_bias && a.initial_state == b.initial_state && a.tau == b.tau;
}

TrainingState resumed_state(const ExperimentState& state) {
  const std::filesystem::path file = state.output / OutputFolder::checkpoint_name;
  check_resume(read_checkpoint_origin(file), state.origin, *state.training);
  TrainingState resumed = read_checkpoint_state(file, *state.network);
  if (!same(resumed.initial, state.parameters)) {
    throw FileError(file,
                    "began from other initial weights than the configuration gives now; a file that it names must "
                    "have changed. --overwrite starts afresh");
  }
  if (resumed.stage >= std::max<std::int64_t>(1, std::ssize(state.stages))) {
    throw FileError(file, "is damaged: it is in a stage of the curriculum that there is not");
  }
  return resumed;
}

}  // namespace

CheckpointOrigin training_origin(const ConfigNode& root, const ExperimentState& state) {
  CheckpointOrigin origin{root.flatten(), state.backend->name(),
                          state.session.precision == Precision::float64 ? "float64" : "float32",
                          name_of(state.session.products)};
  origin.ranks = or_alone(state.options.ranks).count();
  origin.network = ConfigNode::parse(to_toml(state.network->spec()), "network").flatten();
  const bool manipulated = !state.training->manipulations.empty();
  for (const auto& [key, file] : root.paths()) {
    const bool makes_trials =
        key.starts_with("task") || key.starts_with("train") || (manipulated && key.starts_with("manipulation"));
    if (makes_trials) origin.files.emplace_back(key, contents_of(file));
  }
  return origin;
}

TrainedExperiment train(const ExperimentState& state, const OutputFolder* folder, Experiment::Existing existing,
                        Progress& progress) {
  Ranks& ranks = or_alone(state.options.ranks);
  std::optional<Trainer> trainer;
  TrainingState begin;
  std::optional<FolderListener> keeper;
  together(ranks, [&] {
    trainer.emplace(training_problem(state), *state.training);
    begin = existing == Experiment::Existing::resume ? resumed_state(state)
                                                     : start_training(*state.network, state.parameters);
    if (folder != nullptr) keeper.emplace(state, *folder, begin.iteration);
  });
  expect_same(ranks, "what the training begins from", fmt::format("{} {}", begin.iteration, digest_of(begin.current)));
  if (begin.iteration > state.training->iterations) {
    progress.warn(fmt::format("train.iterations is {}, but the training in {} has done {} already; it stays as it is",
                              state.training->iterations, state.output.string(), begin.iteration));
  }
  TrainingListener nobody;
  TrainingListener& listener = keeper ? *keeper : nobody;
  TrainedExperiment trained;
  trained.outcome = trainer->run(std::move(begin), progress, listener);
  if (folder == nullptr) return trained;
  trained.seconds = keeper->seconds();
  save_weights(folder->best_weights(), *state.network, trained.outcome.best);
  save_weights(folder->last_weights(), *state.network, trained.outcome.last);
  return trained;
}

std::string digest_of(const CheckpointOrigin& origin) {
  std::string words = fmt::format("{} {} {}\n", origin.backend, origin.precision, origin.products);
  for (const CheckpointOrigin::Values* values : {&origin.config, &origin.network, &origin.files}) {
    for (const auto& [key, value] : *values) words += key + " = " + value + "\n";
  }
  return fmt::format("{:x}", std::hash<std::string>{}(words));
}

bool is_trained(const ExperimentState& state, const OutputFolder& folder) {
  if (!state.training || folder.state() == OutputFolder::State::empty) return false;
  try {
    resumed_state(state);
  } catch (const Error&) {
    return false;  // none, a damaged one, or of another training
  }
  return true;
}

TrainingExamples training_examples(const ExperimentState& state, const Parameters& parameters) {
  constexpr Index example_trials = 6, trials_per_condition = 20;
  const TrainingProblem problem = training_problem(state);
  const TrainingBatches batches(problem, *state.training);
  const std::int64_t stage = std::ssize(problem.stages) - 1;
  const auto session = state.backend->open(*state.network, state.session);
  session->write_parameters(parameters);
  TrainingExamples examples;
  examples.trials = batches.validation(stage, std::min(example_trials, state.training->validation_trials));
  examples.outputs = run_outputs(*state.backend, *session, examples.trials, Noise::on);
  if (const auto curve = problem.stages.back().task->psychometric()) {
    examples.psychometric = batches.psychometric(stage, trials_per_condition * curve->conditions);
    examples.psychometric_outputs = run_outputs(*state.backend, *session, examples.psychometric, Noise::on);
  }
  return examples;
}

std::string training_line(const TrainingOutcome& outcome) {
  const TrainingHistory& history = outcome.history;
  std::string line = fmt::format("training: {} iterations", outcome.iterations);
  if (outcome.stopped_by != "iterations") line += fmt::format(", stopped by {}", outcome.stopped_by);
  if (!history.loss.empty()) line += fmt::format(", loss {:.4g}", history.loss.back());
  const auto best = std::ranges::find(history.validation_iteration, outcome.best_iteration);
  if (best == history.validation_iteration.end()) return line;
  const auto index = static_cast<std::size_t>(best - history.validation_iteration.begin());
  const double performance = history.validation_performance[index];
  line += std::isnan(performance) ? fmt::format(", validation loss {:.4g}", history.validation_loss[index])
                                  : fmt::format(", validation performance {:.1f} %", 100.0 * performance);
  return line + fmt::format(" at iteration {}", outcome.best_iteration);
}

}  // namespace mrnn
