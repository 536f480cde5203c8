#include <fmt/format.h>

#include <algorithm>

#include "config/network_reader.hpp"
#include "config/spec_names.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "run/advice.hpp"
#include "run/analysis_needs.hpp"
#include "run/experiment_state.hpp"
#include "run/make_product.hpp"
#include "run/network_weights.hpp"
#include "run/planned_simulations.hpp"
#include "run/simulate.hpp"
#include "run/stored_overrides.hpp"
#include "run/target_check.hpp"
#include "run/task_reader.hpp"
#include "run/together.hpp"
#include "run/train_experiment.hpp"
#include "train/share.hpp"
#include "train/training_batches.hpp"
#include "train/training_memory.hpp"
#include "train/training_reader.hpp"

namespace mrnn {
namespace {

std::string checked_name(const ConfigNode& table) {
  std::string name = table.text("name");
  if (!is_name(name)) {
    table.fail("name", fmt::format("\"{}\" is not a name; names begin with a letter and have letters, digits and _ "
                                   "only",
                                   name));
  }
  return name;
}

std::vector<std::string> names_of(const std::vector<SimulationPlan>& plans) {
  std::vector<std::string> names;
  for (const SimulationPlan& plan : plans) names.push_back(plan.name);
  return names;
}

Record read_record(const ConfigNode& table) {
  Record record;
  for (const std::string& entry : table.texts("record", {"x", "h", "y"})) {
    if (entry == "x") {
      record.x = true;
    } else if (entry == "h") {
      record.h = true;
    } else if (entry == "y") {
      record.y = true;
    } else {
      table.fail("record", unknown_name("quantity", entry, std::vector<std::string>{"x", "h", "y"}));
    }
  }
  return record;
}

/// @param table  of the backend, which is made
void read_products(const ConfigNode& table, const Backend& backend, SessionOptions& session) {
  std::vector<std::string> names;
  for (const auto& [value, name] : named_values<Products>()) names.push_back(name);
  const std::string chosen = table.choice("products", names, name_of(Products::ieee));
  for (const auto& [value, name] : named_values<Products>()) {
    if (name == chosen) session.products = value;
  }
  if (const std::string problem = backend.products_problem(session); !problem.empty()) table.fail("products", problem);
}

}  // namespace

TrainingProblem training_problem(const ExperimentState& state) {
  TrainingProblem problem{state.backend.get(), &*state.network, state.session, {}, {}, state.options.ranks};
  for (const StageTask& stage : state.stages) {
    problem.stages.push_back({stage.task.get(), stage.until, stage.until_loss});
  }
  if (problem.stages.empty()) problem.stages.push_back({state.task.get()});
  for (const TrainingManipulation& manipulation : state.training->manipulations) {
    problem.manipulations.push_back(state.manipulations.at(manipulation.name).get());
  }
  return problem;
}

void ExperimentReader::read() {
  if (const std::string dropped = dropped_overrides(state_); !dropped.empty()) state_.warnings.push_back(dropped);
  check_tables();
  read_experiment();
  read_backend();
  read_network();
  read_task();
  read_manipulations();
  read_training();
  read_simulations();
  read_analyses();
  root_.finish();
  with_positions([&] { check_simulations(state_); });
  const std::vector<std::string> more = advice(state_);
  state_.warnings.insert(state_.warnings.end(), more.begin(), more.end());
  if (state_.training) state_.origin = training_origin(root_, state_);
}

/// Does some work whose errors may lack the place in the configuration, and adds it.
template <class Work>
void ExperimentReader::with_positions(const Work& work) const {
  try {
    work();
  } catch (const ConfigError& error) {
    if (!error.where().empty()) throw;
    const std::size_t dot = error.key().find('.');
    const auto table = dot == std::string::npos ? std::nullopt : root_.find_table(error.key().substr(0, dot));
    const std::string where = table ? table->where(error.key().substr(dot + 1)) : root_.where(error.key());
    throw ConfigError(where, error.key(), error.problem());
  }
}

/// Before anything is read: a misspelt table would show as something that another lacks.
void ExperimentReader::check_tables() const {
  for (const char* name : {"experiment", "backend", "network", "region", "input", "connection", "output", "task",
                           "train", "manipulation", "simulation", "analysis", "plugins"}) {
    root_.has(name);
  }
  root_.finish();
}

void ExperimentReader::read_experiment() {
  const ConfigNode table = root_.table("experiment");
  state_.name = checked_name(table);
  state_.seed = table.seed("seed", 0);
  const std::string folder = table.text("output", "runs/" + state_.name);
  if (state_.options.output && state_.options.output->empty()) {
    throw ConfigError("--output", "", "is empty; a folder is needed");
  }
  state_.output = state_.options.output.value_or(folder);
  if (state_.output.empty()) table.fail("output", "is empty; a folder is needed");
  table.finish();
}

void ExperimentReader::read_backend() {
  const auto found = root_.find_table("backend");
  const ConfigNode table = found.value_or(ConfigNode::parse("", "[backend]"));
  const std::string configured = table.text("name", "eigen");
  const std::string name = state_.options.backend.value_or(configured);
  const auto* entry = runtime_.backends.find(name);
  if (entry == nullptr) {
    const std::string problem = runtime_.unknown("backend", name, runtime_.backends.names());
    if (state_.options.backend) throw ConfigError("--backend", "", problem);
    table.fail("name", problem);
  }
  const std::string whose = fmt::format("backend \"{}\"", name);
  state_.backend = call_plugin(whose, [&] { return runtime_.backends.make(name, *entry); });
  note_origin(entry->origin);
  const Availability here = call_plugin(whose, [&] { return state_.backend->availability(); });
  if (!here.note.empty()) state_.warnings.push_back(here.note);
  const std::string precision =
      table.choice("precision", std::vector<std::string>{"float32", "float64"}, std::string("float32"));
  state_.session.precision = precision == "float64" ? Precision::float64 : Precision::float32;
  read_products(table, *state_.backend, state_.session);
  constexpr std::int64_t most_threads = 4096;
  const std::int64_t threads = table.count_or("threads", 0, 0);
  if (threads > most_threads) table.fail("threads", fmt::format("is {}; 0 to {} is accepted", threads, most_threads));
  state_.session.threads = state_.options.threads.value_or(static_cast<int>(threads));
  if (state_.session.threads == 0) state_.session.threads = state_.options.cores;
  state_.session.seed = state_.seed;
  table.finish();
}

void ExperimentReader::read_network() {
  const NetworkSource source = mrnn::read_network(root_);
  state_.network = build_network(source, state_.seed);
  try {
    InitialWeights drawn = draw_initial_weights(*state_.network, state_.seed);
    state_.parameters = std::move(drawn.parameters);
    state_.clipped = std::move(drawn.clipped);
  } catch (const ConfigError& error) {
    throw located(source, error);
  }
  const auto table = root_.find_table("network");
  if (!table || !table->has("weights")) return;
  load_network_weights(table->path("weights"), source, state_);
}

void ExperimentReader::read_task() {
  const auto table = root_.find_table("task");
  if (!table) {
    root_.fail("task",
               "is missing; a [task] makes the trials. For a network without inputs write plugin = \"pulses\" "
               "and a duration in ms");
  }
  state_.task = make_task(*table, runtime_, *state_.network);
  note_task(*table);
}

/// Which versions of the plugins of a task, or of a stage that has one of its own, run. @param table  read already
void ExperimentReader::note_task(const ConfigNode& table) {
  if (table.has("plugin")) note_plugin(runtime_.tasks, table);
  for (const ConfigNode& member : table.list("mix")) note_plugin(runtime_.tasks, member);
}

/// Which version of the plugin of a table runs. @param table  read already
template <class Product>
void ExperimentReader::note_plugin(const Registry<Product, const ConfigNode&, const Network&>& registry,
                                   const ConfigNode& table) {
  const std::string name = table.text("plugin");
  const Origin& origin = registry.find(name)->origin;
  note_origin(origin);
  const std::string words = name + " " + origin.version;
  if (std::ranges::find(state_.plugins, words) == state_.plugins.end()) state_.plugins.push_back(words);
}

void ExperimentReader::note_origin(const Origin& origin) {
  const std::string words = runtime_.stand_in(origin);
  if (words.empty() || std::ranges::find(state_.warnings, words) != state_.warnings.end()) return;
  state_.warnings.push_back(words);
}

void ExperimentReader::read_manipulations() {
  for (const ConfigNode& table : root_.list("manipulation")) {
    const std::string name = checked_name(table);
    if (state_.manipulations.contains(name)) table.fail("name", fmt::format("\"{}\" is already a manipulation", name));
    state_.manipulations[name] = make_product(runtime_.manipulations, runtime_, table, *state_.network);
    note_plugin(runtime_.manipulations, table);
  }
}

void ExperimentReader::read_training() {
  const auto table = root_.find_table("train");
  if (!table) return;
  std::vector<std::string> manipulations;
  for (const auto& [name, manipulation] : state_.manipulations) manipulations.push_back(name);
  state_.training = mrnn::read_training(*table, *state_.network, manipulations);
  state_.stages = make_stages(*table, root_.table("task"), runtime_, *state_.network);
  for (const ConfigNode& stage : table->list("curriculum")) note_task(stage);
  if (state_.stages.size() > 1 && state_.training->validate_every == 0) {
    table->fail("curriculum", "goes on by the performance of the validation; validate_every = 0 switches that off");
  }
  table->finish();
  limit_validation(*table);
  check_training(*table);
}

/// Some tasks have so many trials for the validation and no more.
void ExperimentReader::limit_validation(const ConfigNode& train) {
  if (state_.training->validate_every == 0) return;
  Index& trials = state_.training->validation_trials;
  for (const TrainingStage& stage : training_problem(state_).stages) {
    const Index available = stage.task->available_trials(Stream::validation_trials);
    if (trials > available && train.has("validation_trials")) {
      train.fail("validation_trials", fmt::format("is {}; the task has {} trials for it", trials, available));
    }
    trials = std::min(trials, available);
    if (stage.task->holds_out_trials()) continue;
    state_.warnings.push_back(
        "validation is on trials that the network is trained on, so its loss says nothing of new ones and cannot tell "
        "overfitting; task.held_out = 0.2 keeps a fifth of the trials for it");
  }
}

/// Draws the first batch of every stage, so that what does not fit shows before anything runs.
void ExperimentReader::check_training(const ConfigNode& train) {
  const TrainingProblem problem = training_problem(state_);
  const TrainingBatches batches(problem, *state_.training);
  with_positions([&] {
    check_can_share(or_alone(problem.ranks), *state_.training);
    batches.check_manipulations();
    for (std::int64_t stage = std::ssize(problem.stages) - 1; stage >= 0; --stage) {
      const Trials trials = batches.batch(stage, 1);
      const BatchShape first = shape_of(trials);
      BatchShape& most = state_.training_needs.batch;
      if (first.steps >= most.steps) most = first;
      const std::string unusual = uneven_probabilities(*state_.network, state_.training->loss, trials);
      if (!unusual.empty()) state_.warnings.push_back(unusual);
    }
    check_performance(train, problem);
  });
  TrainingNeeds& needs = state_.training_needs;
  const Index ranks = or_alone(state_.options.ranks).count();
  needs.batch.trials = (needs.batch.trials + ranks - 1) / ranks;
  const TrainingStep step{*state_.backend, *state_.network, state_.session, needs.batch};
  try {
    needs.backward_every = backward_every(state_.training->memory, step);
  } catch (const RunError& error) {
    train.fail("memory", error.what());
  }
  needs.bytes = step.bytes(needs.backward_every);
}

/// What is judged by performance needs tasks that measure it.
void ExperimentReader::check_performance(const ConfigNode& train, const TrainingProblem& problem) const {
  for (std::size_t k = 0; k < problem.stages.size(); ++k) {
    const TrainingStage& stage = problem.stages[k];
    const bool last = k + 1 == problem.stages.size();
    if (!stage.until && !(last && state_.training->stop_performance)) continue;
    const Trials trials = TrainingBatches(problem, *state_.training).validation(static_cast<std::int64_t>(k), 1);
    const Sequence outputs(state_.network->outputs(), trials.count, trials.steps);
    if (scores_of(*stage.task, trials, outputs).score.size() > 0) continue;
    train.fail(stage.until ? "curriculum" : "stop",
               fmt::format("asks for a performance, which the task does not measure; a loss can be asked for: {} = {{ "
                           "loss = ... }}",
                           stage.until ? "until" : "stop"));
  }
}

void ExperimentReader::read_simulations() {
  for (const ConfigNode& table : root_.list("simulation")) {
    SimulationPlan plan = read_simulation(table);
    const std::vector<std::string> names = names_of(state_.simulations);
    if (std::ranges::find(names, plan.name) != names.end()) {
      table.fail("name", fmt::format("\"{}\" is already a simulation", plan.name));
    }
    state_.simulations.push_back(std::move(plan));
  }
  if (!state_.simulations.empty()) return;
  SimulationPlan control{"control", state_.task->default_trials(), Noise::on, state_.seed, {}, {}};
  control.record = {true, true, true, {}, {}};
  state_.simulations.push_back(std::move(control));
}

/// Null where it has none.
const Task* ExperimentReader::own_task(const ConfigNode& simulation) {
  const auto own = simulation.find_table("task");
  if (!own) return nullptr;
  state_.simulation_tasks.push_back(make_varied_task(*own, root_.table("task"), runtime_, *state_.network));
  note_task(*own);
  return state_.simulation_tasks.back().get();
}

SimulationPlan ExperimentReader::read_simulation(const ConfigNode& table) {
  SimulationPlan plan;
  plan.name = checked_name(table);
  plan.task = own_task(table);
  plan.trials = table.count_or("trials", task_of(state_, plan).default_trials());
  if (plan.trials > TrialRequest::most_trials) {
    table.fail("trials", fmt::format("is {}; at most {} is accepted", plan.trials, TrialRequest::most_trials));
  }
  const Index available = task_of(state_, plan).available_trials(Stream::simulation_trials);
  if (plan.trials > available && table.has("trials")) {
    table.fail("trials", fmt::format("is {}; the task has {} trials", plan.trials, available));
  }
  plan.noise = table.flag("noise", true) ? Noise::on : Noise::off;
  plan.seed = table.seed("seed", state_.seed);
  plan.record = read_record(table);
  plan.manipulations = table.texts("manipulations", {});
  for (const std::string& name : plan.manipulations) {
    if (std::ranges::count(plan.manipulations, name) > 1) {
      table.fail("manipulations", fmt::format("names \"{}\" twice", name));
    }
    if (state_.manipulations.contains(name)) continue;
    std::vector<std::string> known;
    for (const auto& [known_name, manipulation] : state_.manipulations) known.push_back(known_name);
    table.fail("manipulations", unknown_name("manipulation", name, known));
  }
  table.finish();
  return plan;
}

void ExperimentReader::read_analyses() {
  for (const ConfigNode& table : root_.list("analysis")) read_analysis(table);
}

std::vector<std::size_t> ExperimentReader::simulations_of(const ConfigNode& table) const {
  const std::vector<std::string> names = names_of(state_.simulations);
  std::vector<std::size_t> indices;
  for (const std::string& wanted : table.texts("simulation", {names.front()})) {
    const auto found = std::ranges::find(names, wanted);
    if (found == names.end()) table.fail("simulation", unknown_name("simulation", wanted, names));
    const auto index = static_cast<std::size_t>(found - names.begin());
    if (std::ranges::find(indices, index) != indices.end()) {
      table.fail("simulation", fmt::format("names \"{}\" twice", wanted));
    }
    indices.push_back(index);
  }
  if (indices.empty()) table.fail("simulation", "is an empty list; at least one simulation is needed");
  return indices;
}

void ExperimentReader::read_analysis(const ConfigNode& table) {
  AnalysisPlan plan;
  plan.plugin = table.text("plugin");
  plan.label = table.has("name") ? checked_name(table) : plan.plugin;
  for (const AnalysisPlan& earlier : state_.analyses) {
    if (earlier.label != plan.label) continue;
    table.fail(
        table.has("name") ? "name" : "plugin",
        fmt::format("there is already an analysis labelled \"{}\"; give this one a name of its own", plan.label));
  }
  plan.simulations = simulations_of(table);
  plan.analysis = make_product(runtime_.analyses, runtime_, table, *state_.network);
  note_plugin(runtime_.analyses, table);
  check_needs(table, plan, state_);
  state_.analyses.push_back(std::move(plan));
}

}  // namespace mrnn
