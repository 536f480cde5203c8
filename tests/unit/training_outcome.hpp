#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "catch.hpp"
#include "report/training_figures.hpp"

namespace test {

using namespace mrnn;

/// Scores every trial as correct; the choice is whether the first output ends above one half.
class ChoosingTask final : public Task {
 public:
  bool has_curve = true;

  Trials make(const TrialRequest& /*request*/) const override { return {}; }
  Scores score(const Trials& trials, const Sequence& outputs) const override {
    Scores scores{Eigen::VectorXd::Ones(trials.count), Eigen::VectorXd::Zero(trials.count)};
    for (Index k = 0; k < trials.count; ++k) scores.choice(k) = outputs(0, k, trials.steps - 1) > 0.5 ? 1.0 : 0.0;
    return scores;
  }
  std::string performance_label() const override { return "share of correct choices"; }
  std::optional<Psychometric> psychometric() const override {
    if (!has_curve) return std::nullopt;
    return Psychometric{"coherence", "coherence (%)", "share of choices to the right", "context", 2};
  }
};

/// Two regions of 2 and 3 units, the first with a cell type of each sign; inputs of 1 and 2 channels.
inline Network small_network(Index second = 3) {
  NetworkSpec spec;
  spec.dale = Dale::abs;
  spec.dt = 20.0;
  spec.regions = {{"v1", 2, {{"e", 0.5, {}}, {"i", 0.5, Sign::inhibitory}}}, {"m1", second}};
  spec.inputs = {{"go", 1}, {"cue", 2}};
  spec.connections = {{"v1", "v1"}, {"v1", "m1"}, {"m1", "m1"}, {"cue", "v1"}};
  spec.outputs = {{"choice", 2}, {"state", 3}};
  return build_network(spec, 1);
}

inline TrainingOutcome small_outcome(const Network& network) {
  TrainingOutcome outcome;
  outcome.initial = outcome.last = outcome.best = initial_parameters(network, 1);
  for (Eigen::MatrixXd& block : outcome.best.recurrent) block *= 2.0;
  for (Eigen::MatrixXd& block : outcome.last.recurrent) block *= 3.0;
  outcome.iterations = 40;
  outcome.best_iteration = 20;
  outcome.stopped_by = "performance";
  TrainingHistory& history = outcome.history;
  history.iteration = {10, 20, 30, 40};
  history.loss = {1.0, 0.5, 0.25, 0.125};
  history.terms = {{"mse", {0.5, 0.25, 0.125, 0.0625}}, {"l2_rates", {0.5, 0.25, 0.125, 0.0625}}};
  history.gradient_norm = {3.0, 2.0, 1.0, 0.5};
  history.performance = {0.5, 0.6, 0.7, 0.8};
  history.rate = {1e-3, 1e-3, 1e-3, 1e-3};
  history.stage = {0, 0, 1, 1};
  history.validation_iteration = {20, 40};
  history.validation_loss = {0.4, 0.45};
  history.validation_performance = {0.95, 0.9};
  return outcome;
}

/// One trial of 4 steps, of which the last fills up the batch; the targets count from step 2.
inline TrainingExamples small_examples(const Network& network) {
  TrainingExamples examples;
  Trials& trials = examples.trials;
  trials = blank_trials(network.inputs(), 1, 4);
  trials.targets = trials.mask = examples.outputs = Sequence(network.outputs(), 1, 4);
  for (Index step = 0; step < 4; ++step) {
    for (Index k = 0; k < network.outputs(); ++k) {
      examples.outputs(k, 0, step) = 0.1 * static_cast<double>(step);
      trials.targets(k, 0, step) = 1.0;
      trials.mask(k, 0, step) = step == 2 ? 1.0 : 0.0;
    }
  }
  trials.epochs = {{"fixation", {0}, {1}}, {"choice", {1}, {3}}};
  trials.numbers[trial_steps] = {3.0};
  trials.texts["condition"] = {"right"};
  return examples;
}

/// Ten trials at each of four coherences; of these 0, 2, 8 and 10 end in a choice.
inline void add_psychometric(const Network& network, TrainingExamples& examples) {
  const std::vector<double> coherences{-2.0, -1.0, 1.0, 2.0};
  const std::vector<Index> chosen{0, 2, 8, 10};
  examples.psychometric = blank_trials(network.inputs(), 40, 1);
  examples.psychometric_outputs = Sequence(network.outputs(), 40, 1);
  for (Index k = 0; k < 40; ++k) {
    const auto condition = static_cast<std::size_t>(k % 4);
    examples.psychometric.numbers["coherence"].push_back(coherences[condition]);
    examples.psychometric_outputs(0, k, 0) = k / 4 < chosen[condition] ? 1.0 : 0.0;
  }
}

inline std::vector<std::string> names_of(const std::vector<Figure>& figures) {
  std::vector<std::string> names;
  for (const Figure& figure : figures) names.push_back(figure.name);
  return names;
}

inline std::vector<Figure> figures_of(const Network& network, const TrainingPlan& plan,
                                      const TrainingOutcome& outcome) {
  TrainingExamples examples = small_examples(network);
  add_psychometric(network, examples);
  return training_figures(network, plan, ChoosingTask(), outcome, examples);
}

inline const Series& series_called(const Panel& panel, const std::string& label) {
  const auto found = std::ranges::find(panel.series, label, &Series::label);
  REQUIRE(found != panel.series.end());
  return *found;
}

}  // namespace test
