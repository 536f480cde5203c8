#include "mrnn/experiment.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <new>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "figures/figure_files.hpp"
#include "figures/network_diagram.hpp"
#include "files/output_folder.hpp"
#include "files/results_file.hpp"
#include "files/seal.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/parallel.hpp"
#include "run/experiment_state.hpp"
#include "run/memory_plan.hpp"
#include "run/report_content.hpp"
#include "run/simulate.hpp"
#include "run/simulation_findings.hpp"
#include "run/stored_overrides.hpp"
#include "run/together.hpp"
#include "run/train_experiment.hpp"

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
  // Without the overrides of a run that it is a copy from.
  return text + std::string(below_stored_overrides(state.config_text));
}

/// Puts the configuration beside the results. One that is read from there belongs to the user and stays.
void write_config(const ExperimentState& state, const std::filesystem::path& file, Progress& progress) {
  std::error_code absent;
  if (!std::filesystem::equivalent(file, state.config_file, absent)) return write_text_file(file, config_copy(state));
  if (state.overrides.empty()) return;
  progress.say(fmt::format("{} is the configuration of this run and stays as it is; results.h5 has the overrides",
                           file.string()));
}

/// Runs one analysis; what it throws becomes its outcome, so that the others still run. But for the user's wish to
/// stop.
AnalysisOutcome analyse(const AnalysisPlan& plan, const AnalysisContext& context) {
  AnalysisOutcome outcome;
  try {
    plan.analysis->run(context, outcome.results);
    check_results(outcome.results);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    outcome = {{}, "out of memory"};
  } catch (const std::exception& error) {
    const std::string text = error.what();
    outcome = {{}, text.empty() ? "it failed without saying why" : text};
  } catch (...) {
    outcome = {{}, "it threw something that is not an exception"};
  }
  for (Figure& figure : outcome.results.figures) {
    if (figure.name != plan.label) figure.name = plan.label + "_" + figure.name;
  }
  return outcome;
}

std::vector<AnalysisOutcome> analyse_all(const ExperimentState& state, const Parameters& parameters,
                                         const std::vector<Simulation>& simulations, Progress& progress,
                                         RunSummary& summary) {
  std::vector<AnalysisOutcome> outcomes;
  outcomes.reserve(state.analyses.size());  // later ones look at earlier ones where they are
  std::map<std::string, const AnalysisResults*> earlier;
  for (const AnalysisPlan& plan : state.analyses) {
    const std::string work = "analysis \"" + plan.label + "\"";
    if (progress.interrupted()) throw Interrupted("interrupted before " + work);
    std::vector<const Simulation*> chosen;
    for (const std::size_t index : plan.simulations) chosen.push_back(&simulations[index]);
    progress.begin(work, 1);
    outcomes.push_back(
        analyse(plan, {*state.network, parameters, chosen, {*state.backend, state.session, &progress, work, earlier}}));
    const AnalysisOutcome& outcome = outcomes.back();
    earlier.emplace(plan.label, outcome.failure.empty() ? &outcome.results : nullptr);
    if (outcome.failure.empty()) {
      progress.end();
    } else {
      summary.failures.push_back(work + ": " + outcome.failure);
      progress.warn(summary.failures.back());
    }
    for (const std::string& line : outcome.results.summary) summary.lines.push_back(plan.label + ": " + line);
  }
  return outcomes;
}

/// Everything that results.h5 is made of.
struct RunContents {
  std::optional<TrainedExperiment> training;
  std::vector<Simulation> simulations;
  std::vector<SimulationFindings> findings;  ///< of each simulation
  std::vector<AnalysisOutcome> outcomes;
};

/// That it ran on, where the configuration says how many or wants all.
int threads_of(const ExperimentState& state) {
  return state.session.threads > 0 ? state.session.threads : usable_cores();
}

const Parameters& parameters_of(const ExperimentState& state, const std::optional<TrainedExperiment>& training) {
  return training ? kept_parameters(*state.training, training->outcome) : state.parameters;
}

void write_results(const ExperimentState& state, const RunInfo& info, const RunContents& contents,
                   const std::filesystem::path& file) {
  ResultsFile results(file);
  results.write_info(info);
  results.write_network(*state.network, parameters_of(state, contents.training));
  if (contents.training) results.write_training(contents.training->outcome);
  for (std::size_t k = 0; k < contents.simulations.size(); ++k) {
    results.write_simulation(contents.simulations[k]);
    results.write_scores(contents.simulations[k], contents.findings[k].scores,
                         contents.simulations[k].task->performance_label());
  }
  for (std::size_t k = 0; k < contents.outcomes.size(); ++k) {
    if (!contents.outcomes[k].failure.empty()) continue;
    results.write_analysis(state.analyses[k].label, contents.outcomes[k].results);
  }
  results.finish();
}

/// Is there something to resume? Asked before the folder is made.
void check_resumable(const ExperimentState& state) {
  if (!state.training) {
    throw ConfigError("--resume", "",
                      "there is no [train] in this configuration, so there is nothing to resume; run "
                      "without it");
  }
  const std::filesystem::path checkpoint = state.output / OutputFolder::checkpoint_name;
  std::error_code error;
  if (std::filesystem::exists(checkpoint, error)) return;
  if (error) throw FileError(checkpoint, "cannot be looked up: " + error.message());
  throw FileError(checkpoint, "there is no such checkpoint, so there is nothing to resume; run without --resume");
}

/// May this run write to the folder as it is?
void check_existing(const OutputFolder& folder, Experiment::Existing existing) {
  using Existing = Experiment::Existing;
  if (folder.state() == OutputFolder::State::unfinished && existing == Existing::refuse_unfinished) {
    throw FileError(folder.path(), "holds an unfinished run; --resume goes on with it, --overwrite starts afresh");
  }
  if (existing == Existing::overwrite) folder.remove_training();
}

/// What is worth knowing before anything runs.
void warn(const ExperimentState& state, const OutputFolder& folder, Experiment::Existing existing, Progress& progress) {
  for (const std::string& warning : state.warnings) progress.warn(warning);
  if (existing != Experiment::Existing::refuse_unfinished || !is_trained(state, folder)) return;
  progress.warn(
      fmt::format("this training is in {} already and is done again from its start; --resume goes on from its "
                  "checkpoint, where it is finished to simulate and analyse alone",
                  state.output.string()));
}

/// Of a rank that the first speaks for.
class Quiet final : public Progress {
 public:
  explicit Quiet(const Progress& progress) : progress_(progress) {}
  bool interrupted() const override { return progress_.interrupted(); }

 private:
  const Progress& progress_;
};

/// What has to hold before anything runs. The first rank takes the folder.
void prepare(const ExperimentState& state, const Ranks& ranks, Experiment::Existing existing, Progress& progress,
             std::optional<OutputFolder>& folder) {
  if (progress.interrupted()) throw Interrupted("interrupted before anything ran");
  if (existing == Experiment::Existing::resume) check_resumable(state);
  state.backend->expect_available();
  if (ranks.rank() > 0) return;
  folder.emplace(state.output);
  check_existing(*folder, existing);
  warn(state, *folder, existing, progress);
}

/// Simulates and analyses what has been trained.
void simulate_and_analyse(const ExperimentState& state, RunContents& contents, Progress& progress,
                          RunSummary& summary) {
  const Parameters& parameters = parameters_of(state, contents.training);
  try {
    for (const SimulationPlan& plan : state.simulations) {
      const Simulation& done = contents.simulations.emplace_back(simulate(state, plan, parameters, progress));
      const SimulationFindings& found = contents.findings.emplace_back(findings_of(*state.network, done, progress));
      for (const std::string& words : {found.performance, found.silence}) {
        if (!words.empty()) summary.lines.push_back(fmt::format("{}: {}", done.name, words));
      }
    }
    contents.outcomes = analyse_all(state, parameters, contents.simulations, progress, summary);
  } catch (const Interrupted& interrupted) {
    throw Interrupted(std::string(interrupted.what()) +
                      (state.training ? "; the training is saved, --resume goes on after it" : "; nothing was saved"));
  }
}

/// A name whose files no other figure has: the eigenvalues of an analysis called `training` become
/// `training_eigenvalues_2` beside the training's own.
std::string distinct_name(const std::string& name, std::set<std::string>& stems) {
  constexpr std::size_t longest = 100;  // of what a file is called by
  std::string made = name;
  for (int k = 2; !stems.insert(file_stem(made)).second; ++k) made = fmt::format("{}_{}", name.substr(0, longest), k);
  return made;
}

/// The figures of the network, the training and the analyses, as the report is to name them.
std::vector<Figure> all_figures(const ExperimentState& state, const RunContents& contents, ReportContent& content) {
  std::vector<Figure> figures{network_diagram(*state.network)};
  content.network_figure = figures.front().name;
  if (contents.training) {
    const TrainingOutcome& outcome = contents.training->outcome;
    const Task& task = *training_problem(state).stages.back().task;
    content.training = describe_training(*state.network, *state.training, task, outcome, contents.training->seconds);
    add_training_arrays(outcome.history, content);
    const TrainingExamples examples = training_examples(state, parameters_of(state, contents.training));
    for (Figure& figure : training_figures(*state.network, *state.training, task, outcome, examples)) {
      content.training->figures.push_back(figure.name);
      figures.push_back(std::move(figure));
    }
  }
  std::set<std::string> stems;
  for (const Figure& figure : figures) stems.insert(file_stem(figure.name));
  for (std::size_t k = 0; k < contents.outcomes.size(); ++k) {
    const std::vector<Figure>& made = contents.outcomes[k].results.figures;
    for (std::size_t i = 0; i < made.size(); ++i) {
      figures.push_back(made[i]);
      figures.back().name = content.analyses[k].figures[i] = distinct_name(made[i].name, stems);
    }
  }
  return figures;
}

}  // namespace

Experiment::Experiment(const ConfigNode& root, const Runtime& runtime, ExperimentOptions options)
    : state_(std::make_unique<ExperimentState>()) {
  state_->options = std::move(options);
  state_->config_text = root.source();
  state_->config_file = root.where();
  state_->overrides = root.overrides();
  try {
    ExperimentReader(root, runtime, *state_).read();
  } catch (const FileError& error) {
    throw explained(error, root, state_->config_file);
  }
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
const TrainingPlan* Experiment::training() const noexcept {
  return state_->training ? &*state_->training : nullptr;
}
const TrainingNeeds& Experiment::training_needs() const noexcept {
  return state_->training_needs;
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

MemoryPlan Experiment::memory_plan() const {
  return plan_memory(*state_);
}
MemoryNeed Experiment::training_memory(Index backward_every) const {
  return mrnn::training_memory(*state_, backward_every);
}

Trials Experiment::trials_of(const SimulationPlan& plan) const {
  return make_trials(*state_, plan);
}

Simulation Experiment::simulate(const SimulationPlan& plan, const Parameters& parameters, Progress& progress) const {
  return mrnn::simulate(*state_, plan, parameters, progress);
}

Simulation Experiment::simulate(const SimulationPlan& plan, Progress& progress) const {
  return simulate(plan, state_->parameters, progress);
}

RunSummary Experiment::run(Progress& progress, Existing existing) const {
  const auto started = std::chrono::steady_clock::now();
  std::optional<OutputFolder> taken;
  Ranks& ranks = or_alone(state_->options.ranks);
  together(ranks, [&] { prepare(*state_, ranks, existing, progress, taken); });
  expect_same(ranks, "the configuration", state_->training ? digest_of(state_->origin) : "no training");
  if (!taken) {
    Quiet quiet(progress);
    if (state_->training) train(*state_, nullptr, existing, quiet);
    return {};
  }
  const OutputFolder& folder = *taken;
  RunSummary summary{folder.results(), folder.path() / "report.html", {}, {}};
  RunContents contents;
  if (state_->training) {
    contents.training = train(*state_, &folder, existing, progress);
    summary.lines.push_back(training_line(contents.training->outcome));
  }
  simulate_and_analyse(*state_, contents, progress, summary);

  ReportContent content = report_content(*state_, parameters_of(*state_, contents.training),
                                         {contents.simulations, contents.findings, contents.outcomes});
  content.created = now();
  const RunInfo info{state_->name,
                     state_->config_text,
                     state_->overrides,
                     state_->seed,
                     content.backend,
                     state_->session.precision,
                     content.device,
                     threads_of(*state_),
                     content.created,
                     state_->session.products,
                     seal_of(folder.checkpoint()),
                     content.ranks};
  write_results(*state_, info, contents, summary.results);
  if (!state_->training) folder.remove_trained(state_->weights);
  write_config(*state_, folder.path() / OutputFolder::config_name, progress);
  content.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const std::vector<Figure> figures = all_figures(*state_, contents, content);
  for (const std::string& warning : write_report_files(content, figures, folder.path(), Gnuplot(), progress)) {
    progress.warn(warning);
  }
  if (contents.training) summary.training = std::move(contents.training->outcome);
  return summary;
}

}  // namespace mrnn
