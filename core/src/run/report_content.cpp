#include "run/report_content.hpp"

#include "config/spec_names.hpp"
#include "mrnn/runtime.hpp"

namespace mrnn {
namespace {

ReportSimulation describe(const SimulationPlan& plan, const Simulation& simulation,
                          const SimulationFindings& findings) {
  return {plan.name,          simulation.trials.count, simulation.trials.steps, plan.noise == Noise::on,
          plan.manipulations, findings.activity,       findings.performance};
}

ReportAnalysis describe(const ExperimentState& state, const AnalysisPlan& plan, const AnalysisOutcome& outcome) {
  ReportAnalysis report{plan.label, plan.plugin, {}, outcome.results.summary, {}, outcome.failure};
  for (const std::size_t index : plan.simulations) report.simulations.push_back(state.simulations[index].name);
  for (const Figure& figure : outcome.results.figures) report.figures.push_back(figure.name);
  return report;
}

void add_arrays(const Simulation& simulation, const Network& network, std::vector<ReportArray>& arrays) {
  const std::string folder = "/simulations/" + simulation.name + "/";
  const Index trials = simulation.trials.count;
  const auto add = [&](const char* name, bool present, Index steps, Index units, const char* description) {
    if (present) arrays.push_back({folder + name, {trials, steps, units}, "a.u.", description});
  };
  add("x", simulation.record.x, simulation.steps.size(), network.units(), "pre-activation (trial, time, unit)");
  add("h", simulation.record.h, simulation.steps.size(), network.units(), "activity (trial, time, unit)");
  add("y", simulation.record.y, simulation.steps.size(), network.outputs(), "output (trial, time, channel)");
  add("inputs", true, simulation.trials.steps, network.inputs(), "inputs (trial, time, channel)");
}

}  // namespace

void add_training_arrays(const TrainingHistory& history, ReportContent& content) {
  const Index logged = std::ssize(history.iteration), validated = std::ssize(history.validation_iteration);
  const auto add = [&content](const std::string& name, Index length, const char* description) {
    content.arrays.push_back({"/training/" + name, {length}, "1", description});
  };
  add("iteration", logged, "iterations that were logged");
  add("loss", logged, "of the batch, before the update");
  for (const auto& [name, values] : history.terms) add(name, logged, "part of the loss");
  add("gradient_norm", logged, "before clipping");
  add("performance", logged, "of the batch");
  add("rate", logged, "of the optimiser");
  add("stage", logged, "of the curriculum, from 0");
  add("validation_iteration", validated, "iterations after which was validated");
  add("validation_loss", validated, "without penalties");
  add("validation_performance", validated, "by the task's measure");
}

ReportContent report_content(const ExperimentState& state, const Parameters& parameters, const ReportedWork& work) {
  ReportContent content;
  content.title = state.name;
  content.backend = state.backend->name();
  content.precision = state.session.precision == Precision::float64 ? "float64" : "float32";
  content.products = name_of(state.session.products);
  content.device = state.backend->device(state.session);
  content.threads = state.session.threads;
  if (state.training) content.ranks = state.origin.ranks;
  content.seed = state.seed;
  content.version = version();
  content.command = state.options.command;
  content.config = state.config_text;
  content.overrides = state.overrides;
  content.plugins = state.plugins;
  content.warnings = state.warnings;
  describe_network(*state.network, content);
  describe_units(*state.network, parameters, content);
  for (std::size_t k = 0; k < work.simulations.size(); ++k) {
    content.simulations.push_back(describe(state.simulations[k], work.simulations[k], work.findings[k]));
    add_arrays(work.simulations[k], *state.network, content.arrays);
  }
  for (std::size_t k = 0; k < work.outcomes.size(); ++k) {
    content.analyses.push_back(describe(state, state.analyses[k], work.outcomes[k]));
    for (const NamedArray& array : work.outcomes[k].results.arrays) {
      content.arrays.push_back(
          {"/analyses/" + state.analyses[k].label + "/" + array.name, array.shape, array.units, array.description});
    }
  }
  return content;
}

}  // namespace mrnn
