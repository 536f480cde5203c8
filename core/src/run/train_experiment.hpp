#pragma once

#include <string>

#include "files/output_folder.hpp"
#include "report/training_figures.hpp"
#include "run/experiment_state.hpp"

namespace mrnn {

/// A finished training and what it took.
struct TrainedExperiment {
  TrainingOutcome outcome;
  double seconds = 0.0;  ///< wall-clock time, all lives of a run that was resumed together
};

/// What the checkpoints of an experiment are of: its configuration, the network as it was built, and the files that the
/// trials come from. @param root  the configuration, read
CheckpointOrigin training_origin(const ConfigNode& root, const ExperimentState& state);

/// Differs where anything of it does.
std::string digest_of(const CheckpointOrigin& origin);

/// Trains as the experiment says, with checkpoints, train.jsonl, and at the end weights_best.h5 and weights_last.h5 in
/// the folder; with Existing::resume on from its checkpoint. @param folder  null on other ranks than the first, which
/// find the same and keep nothing
TrainedExperiment train(const ExperimentState& state, const OutputFolder* folder, Experiment::Existing existing,
                        Progress& progress);

/// Has the folder the checkpoint of this training?
bool is_trained(const ExperimentState& state, const OutputFolder& folder);

/// What the report shows of the trained network: a few validation trials and, where the task has a psychometric mode,
/// the trials of that, with noise.
TrainingExamples training_examples(const ExperimentState& state, const Parameters& parameters);

/// `training: 1200 iterations, loss 0.0012, validation performance 99.3 % at iteration 1100`
std::string training_line(const TrainingOutcome& outcome);

}  // namespace mrnn
