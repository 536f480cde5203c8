#include "mrnn/experiment.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <new>
#include <utility>

#include "figures/network_diagram.hpp"
#include "files/output_folder.hpp"
#include "files/results_file.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "run/experiment_state.hpp"
#include "run/report_content.hpp"
#include "run/simulate.hpp"

namespace mrnn {
namespace {

std::string now() {
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

/// The configuration as given, below the overrides it was run with.
std::string config_copy(const ExperimentState& state) {
  std::string text;
  for (const std::string& override_text : state.overrides) text += "# --set " + override_text + "\n";
  return text + state.config_text;
}

/// Runs one analysis; what it throws becomes its outcome, so that the others still run.
AnalysisOutcome analyse(const ExperimentState& state, const AnalysisPlan& plan,
                        const std::vector<Simulation>& simulations) {
  std::vector<const Simulation*> chosen;
  for (const std::size_t index : plan.simulations) chosen.push_back(&simulations[index]);
  const AnalysisContext context(*state.network, state.parameters, chosen, *state.backend, state.session);
  AnalysisOutcome outcome;
  try {
    plan.analysis->run(context, outcome.results);
  } catch (const std::bad_alloc&) {
    outcome = {{}, "out of memory"};
  } catch (const std::exception& error) {
    outcome = {{}, error.what()};
  }
  for (Figure& figure : outcome.results.figures) {
    if (figure.name != plan.label) figure.name = plan.label + "_" + figure.name;
  }
  return outcome;
}

std::vector<AnalysisOutcome> analyse_all(const ExperimentState& state, const std::vector<Simulation>& simulations,
                                         Progress& progress, RunSummary& summary) {
  std::vector<AnalysisOutcome> outcomes;
  for (const AnalysisPlan& plan : state.analyses) {
    if (progress.interrupted())
      throw Interrupted("interrupted before analysis \"" + plan.label + "\"; nothing was saved");
    progress.begin("analysis \"" + plan.label + "\"", 1);
    outcomes.push_back(analyse(state, plan, simulations));
    progress.end();
    const AnalysisOutcome& outcome = outcomes.back();
    if (!outcome.failure.empty()) {
      summary.failures.push_back("analysis \"" + plan.label + "\": " + outcome.failure);
      progress.warn(summary.failures.back());
    }
    for (const std::string& line : outcome.results.summary) summary.lines.push_back(plan.label + ": " + line);
  }
  return outcomes;
}

void write_results(const ExperimentState& state, const RunInfo& info, const std::vector<Simulation>& simulations,
                   const std::vector<AnalysisOutcome>& outcomes, const std::filesystem::path& file) {
  ResultsFile results(file);
  results.write_info(info);
  results.write_network(*state.network, state.parameters);
  for (const Simulation& simulation : simulations) results.write_simulation(simulation);
  for (std::size_t k = 0; k < outcomes.size(); ++k) {
    if (outcomes[k].failure.empty()) results.write_analysis(state.analyses[k].label, outcomes[k].results);
  }
  results.finish();
}

}  // namespace

Interrupted::~Interrupted() = default;

Experiment::Experiment(const ConfigNode& root, const Runtime& runtime, ExperimentOptions options)
    : state_(std::make_unique<ExperimentState>()) {
  state_->options = std::move(options);
  state_->config_text = root.source();
  state_->overrides = root.overrides();
  ExperimentReader(root, runtime, *state_).read();
}

Experiment::~Experiment() = default;
Experiment::Experiment(Experiment&&) noexcept = default;
Experiment& Experiment::operator=(Experiment&&) noexcept = default;

const std::string& Experiment::name() const noexcept {
  return state_->name;
}
std::uint64_t Experiment::seed() const noexcept {
  return state_->seed;
}
const Network& Experiment::network() const noexcept {
  return *state_->network;
}
const Parameters& Experiment::parameters() const noexcept {
  return state_->parameters;
}
const Backend& Experiment::backend() const noexcept {
  return *state_->backend;
}
const SessionOptions& Experiment::session_options() const noexcept {
  return state_->session;
}
const std::vector<SimulationPlan>& Experiment::simulations() const noexcept {
  return state_->simulations;
}
const std::filesystem::path& Experiment::output() const noexcept {
  return state_->output;
}
const std::vector<std::string>& Experiment::warnings() const noexcept {
  return state_->warnings;
}

Trials Experiment::trials_of(const SimulationPlan& plan) const {
  return make_trials(*state_, plan);
}

Simulation Experiment::simulate(const SimulationPlan& plan, Progress& progress) const {
  return mrnn::simulate(*state_, plan, progress);
}

RunSummary Experiment::run(Progress& progress, Existing existing) const {
  const auto started = std::chrono::steady_clock::now();
  OutputFolder folder(state_->output);
  if (folder.state() == OutputFolder::State::unfinished && existing == Existing::refuse_unfinished) {
    throw FileError(state_->output, "holds an unfinished run; --overwrite starts afresh");
  }
  for (const std::string& warning : state_->warnings) progress.warn(warning);

  std::vector<Simulation> simulations;
  for (const SimulationPlan& plan : state_->simulations) simulations.push_back(simulate(plan, progress));
  RunSummary summary{folder.results(), folder.path() / "report.html", {}, {}};
  const std::vector<AnalysisOutcome> outcomes = analyse_all(*state_, simulations, progress, summary);

  ReportContent content = report_content(*state_, simulations, outcomes);
  content.created = now();
  const RunInfo info{state_->name,   state_->config_text,     state_->overrides,
                     state_->seed,   content.backend,         state_->session.precision,
                     content.device, state_->session.threads, content.created};
  write_results(*state_, info, simulations, outcomes, summary.results);
  write_text_file(folder.path() / "config.toml", config_copy(*state_));
  content.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();

  std::vector<Figure> figures{network_diagram(*state_->network)};
  content.network_figure = figures.front().name;
  for (const AnalysisOutcome& outcome : outcomes) {
    figures.insert(figures.end(), outcome.results.figures.begin(), outcome.results.figures.end());
  }
  for (const std::string& warning : write_report_files(content, figures, folder.path())) progress.warn(warning);
  return summary;
}

}  // namespace mrnn
