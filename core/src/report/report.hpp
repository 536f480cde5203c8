#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "figures/gnuplot.hpp"
#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/progress.hpp"
#include "mrnn/task.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// A value of the units of a region: one, or several from the lowest to the highest.
struct ReportRange {
  double low = 0.0, high = 0.0;
  ReportRange() = default;
  ReportRange(double value) : low(value), high(value) {}
  ReportRange(double lowest, double highest) : low(lowest), high(highest) {}
  bool operator==(const ReportRange&) const = default;
};

/// `50`, or `20 to 63.21`
MRNN_EXPORT std::string words_of(const ReportRange& range);

/// A row of the table of regions.
struct ReportRegion {
  std::string name, parent;
  Index units = 0;
  std::string cell_types;  ///< `d1 (50), d2 (50)`; empty: none
  std::string sign;        ///< of what it sends: excitatory, inhibitory, mixed, or not fixed
  std::string activation;
  ReportRange tau;  ///< ms
  ReportRange base_firing;
};

/// A row of the table of connections.
struct ReportConnection {
  std::string from, to;
  std::string sign;      ///< excitatory, inhibitory, mixed, not fixed, or none without weights
  Index weights = 0;     ///< present
  double density = 0.0;  ///< share of the possible weights that is present
};

/// A row of the table of outputs.
struct ReportOutput {
  std::string name;
  Index units = 0;
  std::string from;        ///< selectors read
  std::string activation;  ///< linear, sigmoid, softmax
  std::string readout;     ///< weights, identity
};

/// Activity h of a region over all recorded trials and steps of a simulation.
struct RegionActivity {
  std::string region;
  double mean = 0.0;
  Index silent = 0;  ///< units whose h is 0 throughout
};

/// A row of the table about training, in words.
struct ReportFact {
  std::string name, value;
};

/// The section on training.
struct ReportTraining {
  std::vector<ReportFact> facts;
  std::vector<std::string> figures;  ///< names, as in Figure::name
};

struct ReportSimulation {
  std::string name;
  Index trials = 0, steps = 0;
  bool noise = false;
  std::vector<std::string> manipulations;
  std::vector<RegionActivity> activity;  ///< empty where h was not recorded
  std::string performance;               ///< `share of correct choices 84.7 %`; empty where it was not measured
};

struct ReportAnalysis {
  std::string name, plugin;
  std::vector<std::string> simulations;
  std::vector<std::string> summary;
  std::vector<std::string> figures;  ///< names, as in Figure::name
  std::string failure;               ///< why it failed; empty: it did not
};

/// A data set of results.h5.
struct ReportArray {
  std::string path;  ///< `/analyses/spectrum/eigenvalues`
  std::vector<Index> shape;
  std::string units, description;
};

/// What the report says, as plain values; kept in DIR/figures/report.json so that the report can be made again.
struct ReportContent {
  std::string title;  ///< name of the experiment
  std::string backend, precision, device;
  std::string products = "ieee";
  int threads = 0;
  int ranks = 1;
  std::uint64_t seed = 0;
  double seconds = 0.0;  ///< wall-clock duration of the run
  std::string created;   ///< date and time, as in results.h5
  std::string version;   ///< of mrnn
  std::string command;   ///< that makes the run again: `mrnn run config.toml --set ...`
  std::string config;    ///< text of the configuration as given
  std::vector<std::string> overrides;
  std::vector<std::string> plugins = {};  ///< used by the run: `flip_flop 1.0`

  // Filled by describe_network().
  Index units = 0, inputs = 0, outputs = 0;
  Index weights = 0;  ///< recurrent and input weights present
  double dt = 0.0;    ///< ms
  std::string dynamics, dale;
  std::vector<ReportRegion> regions;
  std::vector<ReportConnection> connections;
  std::vector<ReportOutput> output_table;

  std::string network_figure;  ///< name of the diagram's figure; empty: none
  std::optional<ReportTraining> training;
  std::vector<ReportSimulation> simulations;
  std::vector<ReportAnalysis> analyses;
  std::vector<ReportArray> arrays;
  std::vector<std::string> warnings;  ///< of the run
};

/// Fills in what the report says about the network.
MRNN_EXPORT void describe_network(const Network& network, ReportContent& content);
/// Puts the time constants and biases that units run with, loaded or trained, in place of those of the description.
MRNN_EXPORT void describe_units(const Network& network, const Parameters& parameters, ReportContent& content);

/// What a training plan asks for, in words: loss, optimiser, rate schedule.
MRNN_EXPORT std::vector<ReportFact> describe_plan(const Network& network, const TrainingPlan& plan);

/// What the report says about a training in its table. @param seconds  wall-clock time of the training, all its
/// parts together where it was resumed
MRNN_EXPORT ReportTraining describe_training(const Network& network, const TrainingPlan& plan, const Task& task,
                                             const TrainingOutcome& outcome, double seconds);

/// DIR/report.html from the content and the SVG files in DIR/figures (a figure without one is mentioned with
/// its data). One file, nothing loaded from elsewhere. @throws FileError.
MRNN_EXPORT void write_report(const ReportContent& content, const std::vector<Figure>& figures,
                              const std::filesystem::path& folder);

/// Everything the report consists of: DIR/figures (descriptions, data, pictures, report.json) and DIR/report.html.
/// Returns warnings in whole sentences, such as what to install to see figures. Where the user asks to stop, the
/// figures that were not drawn yet are missing in the report.
/// @throws FileError; Interrupted where figures are missing, with the report written.
MRNN_EXPORT std::vector<std::string> write_report_files(const ReportContent& content,
                                                        const std::vector<Figure>& figures,
                                                        const std::filesystem::path& folder,
                                                        const Gnuplot& gnuplot = Gnuplot(),
                                                        const Progress& progress = Progress());

/// Draws the figures and writes the report of an existing run again, from DIR/figures alone. Returns warnings.
/// @throws FileError where DIR or what it should contain is missing or broken.
MRNN_EXPORT std::vector<std::string> rebuild_report(const std::filesystem::path& folder,
                                                    const Gnuplot& gnuplot = Gnuplot());

}  // namespace mrnn
