#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/experiment.hpp"
#include "mrnn/network_config.hpp"
#include "mrnn/runtime.hpp"
#include "network/initial_weights.hpp"
#include "train/checkpoint.hpp"

namespace mrnn {

/// One [[analysis]] as asked for.
struct AnalysisPlan {
  std::string label, plugin;
  std::vector<std::size_t> simulations;  ///< indices into Experiment::simulations()
  std::unique_ptr<Analysis> analysis;
};

/// A stage of the curriculum with a task of its own.
struct StageTask {
  std::unique_ptr<Task> task;
  std::vector<std::unique_ptr<Task>> simulation_tasks;  ///< of simulations that have one of their own
  std::optional<double> until = std::nullopt, until_loss = std::nullopt;
};

/// All that a configuration says, checked and resolved.
struct ExperimentState {
  ExperimentOptions options;
  std::string config_text;
  std::filesystem::path config_file;  ///< or the name of a text that is no file
  std::vector<std::string> overrides;

  std::string name;
  std::uint64_t seed = 0;
  std::filesystem::path output;
  std::unique_ptr<Backend> backend;
  SessionOptions session;

  std::optional<Network> network;
  Parameters parameters;
  std::filesystem::path weights;                    ///< that network.weights names; empty: none
  bool drawn_recurrent = true, drawn_input = true;  ///< are these weights freshly drawn, not loaded?
  std::vector<ClippedWeights> clipped;              ///< of those that are
  std::unique_ptr<Task> task;
  std::vector<std::unique_ptr<Task>> simulation_tasks;  ///< of simulations that have one of their own
  std::map<std::string, std::unique_ptr<Manipulation>> manipulations;
  std::optional<TrainingPlan> training;
  std::vector<StageTask> stages;  ///< empty: the one of `task`
  TrainingNeeds training_needs;   ///< of the first iteration
  CheckpointOrigin origin;        ///< of the checkpoints of this experiment
  std::vector<SimulationPlan> simulations;
  std::vector<AnalysisPlan> analyses;
  std::vector<std::string> plugins;  ///< used, with their versions: `flip_flop 1.0`
  std::vector<std::string> warnings;
};

/// What a trainer is to work on. The state must outlive it.
TrainingProblem training_problem(const ExperimentState& state);

/// Reads the tables of a configuration one after the other into an ExperimentState.
class ExperimentReader {
 public:
  ExperimentReader(const ConfigNode& root, const Runtime& runtime, ExperimentState& state)
      : root_(root), runtime_(runtime), state_(state) {}
  void read();

 private:
  template <class Work>
  void with_positions(const Work& work) const;
  void check_tables() const;
  void read_experiment();
  void read_backend();
  void read_network();
  void read_task();
  template <class Product>
  void note_plugin(const Registry<Product, const ConfigNode&, const Network&>& registry, const ConfigNode& table);
  void note_task(const ConfigNode& table);
  void note_origin(const Origin& origin);
  void read_manipulations();
  void read_training();
  void limit_validation(const ConfigNode& train);
  void check_training(const ConfigNode& train);
  void check_performance(const ConfigNode& train, const TrainingProblem& problem) const;
  void read_simulations();
  SimulationPlan read_simulation(const ConfigNode& table);
  const Task* own_task(const ConfigNode& simulation);
  void read_analyses();
  void read_analysis(const ConfigNode& table);
  std::vector<std::size_t> simulations_of(const ConfigNode& table) const;

  const ConfigNode& root_;
  const Runtime& runtime_;
  ExperimentState& state_;
};

}  // namespace mrnn
