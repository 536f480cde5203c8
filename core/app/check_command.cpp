#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "config/spec_names.hpp"
#include "memory_words.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/network_config.hpp"
#include "report/report.hpp"

namespace {

void print_regions(const mrnn::ReportContent& content) {
  fmt::print("\n{:<20} {:>7}  {:<12} {:<10} {:>8} {:>8}  {}\n", "region", "units", "sign", "activation", "tau (ms)",
             "bias", "cell types");
  for (const mrnn::ReportRegion& region : content.regions) {
    fmt::print("{:<20} {:>7}  {:<12} {:<10} {:>8} {:>8}  {}\n", region.name, region.units, region.sign,
               region.activation, words_of(region.tau), words_of(region.base_firing), region.cell_types);
  }
}

void print_connections(const mrnn::ReportContent& content) {
  fmt::print("\n{:<20} {:<20} {:<12} {:>10} {:>8}\n", "from", "to", "sign", "weights", "density");
  for (const mrnn::ReportConnection& connection : content.connections) {
    fmt::print("{:<20} {:<20} {:<12} {:>10} {:>8.3f}\n", connection.from, connection.to, connection.sign,
               connection.weights, connection.density);
  }
}

void print_outputs(const mrnn::ReportContent& content) {
  if (content.output_table.empty()) return;
  fmt::print("\n{:<20} {:>7}  {:<10} {:<9} {}\n", "output", "units", "activation", "readout", "from");
  for (const mrnn::ReportOutput& output : content.output_table) {
    fmt::print("{:<20} {:>7}  {:<10} {:<9} {}\n", output.name, output.units, output.activation, output.readout,
               output.from);
  }
}

/// Source units that a drawn mask has left without a single target.
void print_sources_without_targets(const mrnn::Network& network) {
  for (const std::vector<mrnn::Block>* blocks : {&network.recurrent_blocks(), &network.input_blocks()}) {
    for (const mrnn::Block& block : *blocks) {
      for (const mrnn::Piece& piece : block.pieces) {
        const auto pattern = block.pattern.block(piece.to.start - block.to.start, piece.from.start - block.from.start,
                                                 piece.to.size, piece.from.size);
        const auto targets = (pattern.array() != 0).colwise().count();
        const mrnn::Index silent = (targets == 0).count();
        if (silent == 0) continue;
        fmt::print("note: in {} {} of {} source units have no target left\n", piece.name, silent, piece.from.size);
      }
    }
  }
}

/// `1 unit`, `2 units`.
std::string counted(mrnn::Index number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

/// @param parameters  that its units run with; null: what its description says
void print_network(const mrnn::Network& network, const mrnn::Parameters* parameters) {
  mrnn::ReportContent content;
  mrnn::describe_network(network, content);
  if (parameters != nullptr) mrnn::describe_units(network, *parameters, content);
  fmt::print("{}, {}, {}, {}; {} dynamics, dt {} ms, Dale's law: {}\n", counted(content.units, "unit"),
             counted(content.inputs, "input channel"), counted(content.outputs, "output channel"),
             counted(content.weights, "weight"), content.dynamics, content.dt, content.dale);
  print_regions(content);
  print_connections(content);
  print_outputs(content);
  print_sources_without_targets(network);
}

/// `100`: every 100 iterations; 0: `never`.
std::string how_often(std::int64_t every) {
  return every == 0 ? "never" : fmt::format("every {} iterations", every);
}

std::string stop_words(const mrnn::TrainingPlan& plan) {
  std::string words = fmt::format("after {} iterations", plan.iterations);
  if (plan.stop_loss) words += fmt::format(", at a loss of {:g}", *plan.stop_loss);
  if (plan.stop_performance) words += fmt::format(", at a performance of {:g}", *plan.stop_performance);
  if (plan.stop_patience)
    words += fmt::format(", after {} iterations without a better validation", *plan.stop_patience);
  return words;
}

void print_training(const mrnn::Experiment& experiment) {
  if (!experiment.training()) return;
  const mrnn::TrainingPlan& plan = *experiment.training();
  const mrnn::TrainingNeeds& needs = experiment.training_needs();
  std::vector<mrnn::ReportFact> facts = mrnn::describe_plan(experiment.network(), plan);
  facts.push_back({"ends", stop_words(plan)});
  facts.push_back({"validation", plan.validate_every == 0 ? how_often(0)
                                                          : fmt::format("{}, {} trials", how_often(plan.validate_every),
                                                                        plan.validation_trials)});
  facts.push_back({"checkpoints", how_often(plan.checkpoint_every)});
  for (const mrnn::TrainingManipulation& manipulation : plan.manipulations) {
    facts.push_back(
        {"manipulation", fmt::format("{} in {:g} % of the trials", manipulation.name, 100.0 * manipulation.share)});
  }
  facts.push_back(
      {"memory", fmt::format("{} for a batch of {} trials and {} steps, the state kept at {}", megabytes(needs.bytes),
                             needs.batch.trials, needs.batch.steps,
                             needs.backward_every == 1 ? std::string("every step")
                                                       : fmt::format("every {} steps", needs.backward_every))});
  fmt::print("\ntraining\n");
  for (const mrnn::ReportFact& fact : facts) fmt::print("  {:<18} {}\n", fact.name, fact.value);
}

void print_simulations(const mrnn::Experiment& experiment) {
  fmt::print("\n{:<20} {:>7} {:>7}  {:<6} {}\n", "simulation", "trials", "steps", "noise", "manipulations");
  for (const mrnn::SimulationPlan& plan : experiment.simulations()) {
    std::string manipulations;
    for (const std::string& name : plan.manipulations) manipulations += (manipulations.empty() ? "" : ", ") + name;
    fmt::print("{:<20} {:>7} {:>7}  {:<6} {}\n", plan.name, plan.trials, plan.shape.steps,
               plan.noise == mrnn::Noise::on ? "on" : "off", manipulations);
  }
}

/// What the experiment would run on, or why it cannot run here.
std::string device_words(const mrnn::Experiment& experiment) {
  const mrnn::Availability here = experiment.backend().availability();
  if (!here.available) return "not available: " + here.reason;
  const mrnn::SessionOptions& options = experiment.session_options();
  const std::string products =
      options.products == mrnn::Products::ieee ? "" : fmt::format(", {} products", mrnn::name_of(options.products));
  return experiment.backend().device(options) + products;
}

}  // namespace

int check_command(const Arguments& arguments) {
  if (arguments.config.extension() == ".json") {
    if (!arguments.overrides.empty()) {
      throw mrnn::ConfigError("--set", "", "a network in JSON has no keys to override; mrnn convert makes TOML of it");
    }
    print_network(mrnn::build_network(mrnn::import_mrnntorch(arguments.config), 0), nullptr);
    return 0;
  }
  const mrnn::ConfigNode root = mrnn::ConfigNode::read_file(arguments.config, arguments.overrides);
  if (!root.has("experiment") && !root.has("task")) {
    const mrnn::NetworkSource source = mrnn::read_network(root);
    root.finish();
    print_network(mrnn::build_network(source, 0), nullptr);
    return 0;
  }
  limit_memory(arguments, root);
  mrnn::Runtime runtime;
  load_plugins(runtime, arguments, &root);
  const mrnn::Experiment experiment(root, runtime,
                                    {arguments.output, arguments.backend, arguments.threads, arguments.command});
  fmt::print("{}: ", experiment.name());
  print_network(experiment.network(), &experiment.parameters());
  print_training(experiment);
  print_simulations(experiment);
  fmt::print("{}", memory_words(experiment, mrnn::free_host_memory()));
  fmt::print("\nbackend {}: {}\noutput folder {}\n", experiment.backend().name(), device_words(experiment),
             experiment.output().string());
  for (const std::string& warning : experiment.warnings()) fmt::print("warning: {}\n", warning);
  return 0;
}
