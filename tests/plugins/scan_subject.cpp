#include "scan_subject.hpp"

#include "mrnn/task.hpp"

namespace test {
namespace {

/// Scores 1 where the output is above 0.6 at the end of the trial.
class ThresholdTask final : public mrnn::Task {
 public:
  mrnn::Trials make(const mrnn::TrialRequest&) const override { return {}; }
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override {
    mrnn::Scores scores{Eigen::VectorXd(trials.count), {}};
    for (mrnn::Index b = 0; b < trials.count; ++b) scores.score(b) = outputs(0, b, outputs.steps - 1) > 0.6 ? 1.0 : 0.0;
    return scores;
  }
  std::string performance_label() const override { return "share of trials above threshold"; }
};

}  // namespace

Subject chain() {
  mrnn::NetworkSpec spec;
  spec.dynamics = mrnn::Dynamics::elman;
  spec.activation = mrnn::Activation::linear;
  spec.dt = 10.0;
  for (const char* name : {"a", "b", "c"}) {
    mrnn::Region region;
    region.name = name;
    region.units = 1;
    region.base_firing = *name == 'c' ? 1.0 : 0.0;
    spec.regions.push_back(region);
  }
  spec.inputs = {{"cue", 1}};
  mrnn::Output output;
  output.name = "choice";
  output.from = {"b"};
  spec.outputs = {output};
  for (const auto& [from, to] : {std::pair("cue", "a"), std::pair("a", "b")}) {
    mrnn::Connection connection;
    connection.from = from;
    connection.to = to;
    spec.connections.push_back(connection);
  }
  Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  for (auto* blocks : {&made.parameters.recurrent, &made.parameters.input, &made.parameters.readout}) {
    for (Eigen::MatrixXd& weights : *blocks) weights.setOnes();
  }
  mrnn::Trials trials = mrnn::blank_trials(1, 2, 4);
  for (mrnn::Index step = 0; step < 4; ++step) {
    trials.inputs(0, 0, step) = 1.0;
    trials.inputs(0, 1, step) = 0.5;
  }
  trials.texts["condition"] = {"high", "low"};
  made.simulations = {simulate(made, "control", trials)};
  static const ThresholdTask task;
  made.simulations.front().task = &task;
  return made;
}

}  // namespace test
