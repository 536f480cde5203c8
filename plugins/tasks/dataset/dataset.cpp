// Trials read from an HDF5 file.

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contents.hpp"
#include "measure.hpp"
#include "mrnn/error.hpp"
#include "mrnn/plugin.hpp"

namespace {

using mrnn::FileError;
using mrnn::Index;
using mrnn::dataset::Rows;

template <class Value>
std::vector<Value> chosen(const std::vector<Value>& all, const std::vector<Index>& rows) {
  std::vector<Value> values;
  for (const Index row : rows) values.push_back(all[static_cast<std::size_t>(row)]);
  return values;
}

mrnn::Sequence chosen(const Rows& all, const std::vector<Index>& rows) {
  if (all.empty()) return {};
  mrnn::Sequence sequence(all.units, std::ssize(rows), all.steps);
  for (Index trial = 0; trial < sequence.trials; ++trial) {
    for (Index step = 0; step < all.steps; ++step) {
      std::copy_n(all.at(rows[static_cast<std::size_t>(trial)], step), all.units, &sequence(0, trial, step));
    }
  }
  return sequence;
}

std::vector<Index> numbered(Index count) {
  std::vector<Index> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), Index{0});
  return numbers;
}

/// Fisher and Yates.
void shuffle(std::vector<Index>& order, mrnn::RandomStream random) {
  for (std::size_t k = order.size(); k > 1; --k) std::swap(order[k - 1], order[random.below(k)]);
}

/// Rows of a file that training does not see, and those that it does.
struct Split {
  std::vector<Index> trained, held_out;
};

/// Draws which rows are held out: the same ones whatever the seed of the experiment or of a simulation, so that runs
/// compare and the metadata of any simulation tell them apart.
Split split_of(Index trials, double share) {
  std::vector<Index> order = numbered(trials);
  shuffle(order, mrnn::RandomStream(0, mrnn::Stream::validation_trials, "held out"));
  const auto last = order.end() - std::llround(share * static_cast<double>(trials));
  Split split{{order.begin(), last}, {last, order.end()}};
  std::ranges::sort(split.trained);
  std::ranges::sort(split.held_out);
  return split;
}

Split read_split(const mrnn::ConfigNode& config, Index trials) {
  const double share = config.at_least_zero("held_out", 0.0);
  if (share >= 1.0) config.fail("held_out", "is a share of the trials; a number from 0 to below 1 is accepted");
  Split split = split_of(trials, share);
  if (share > 0.0 && (split.held_out.empty() || split.trained.empty())) {
    config.fail("held_out", "leaves " + std::to_string(split.trained.size()) + " of " + std::to_string(trials) +
                                " trials to train on and " + std::to_string(split.held_out.size()) +
                                " to validate on; each needs one");
  }
  return split;
}

/// Trials of a file. Training passes again and again through those that are not held out, in a new order each time;
/// validation takes those that are, simulations each trial of the file once.
class Dataset final : public mrnn::Task {
 public:
  Dataset(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : file_(config.path("file")),
        shuffle_(config.flag("shuffle", true)),
        inputs_(network.inputs()),
        contents_(mrnn::dataset::read_contents(file_, trimmed(config.text("group", "")), network)),
        split_(read_split(config, contents_.trials)),
        measure_(config, contents_, network) {}

  Index default_trials() const override { return contents_.trials; }
  Index available_trials(mrnn::Stream stream) const override { return std::ssize(rows_for(stream)); }
  bool holds_out_trials() const override { return !split_.held_out.empty(); }

  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override {
    return measure_.score(trials, outputs);
  }
  std::string performance_label() const override { return measure_.label(); }
  std::optional<mrnn::Psychometric> psychometric() const override { return measure_.psychometric(); }

  mrnn::Trials make(const mrnn::TrialRequest& request) const override {
    const std::vector<Index> rows = rows_of(request);
    mrnn::Trials trials = mrnn::blank_trials(inputs_, request.count, contents_.steps);
    if (!contents_.inputs.empty()) trials.inputs = chosen(contents_.inputs, rows);
    trials.targets = chosen(contents_.targets, rows);
    trials.mask = chosen(contents_.mask, rows);
    trials.stimulus = chosen(contents_.stimulus, rows);
    if (!contents_.initial_state.empty()) trials.initial_state = chosen(contents_.initial_state, rows).at(0);
    for (const auto& [name, values] : contents_.numbers) trials.numbers[name] = chosen(values, rows);
    for (const auto& [name, values] : contents_.texts) trials.texts[name] = chosen(values, rows);
    for (const auto& epoch : contents_.epochs) {
      trials.epochs.push_back({epoch.name, chosen(epoch.first, rows), chosen(epoch.last, rows)});
    }
    take(trials, "row", {rows.begin(), rows.end()});
    if (holds_out_trials()) take(trials, "held_out", held_out(rows));
    for (std::size_t k = 0; k < rows.size(); ++k) trials.ids[k] = id_of(request, k, rows[k]);
    return trials;
  }

 private:
  static std::string trimmed(std::string group) {
    while (group.ends_with('/')) group.pop_back();
    while (group.starts_with('/')) group.erase(0, 1);
    return group;
  }

  static bool passes_once(const mrnn::TrialRequest& request) {
    return request.stream == mrnn::Stream::simulation_trials;
  }

  /// Metadata of ours: in the place of what the file has of that name, as the results of a data set have.
  static void take(mrnn::Trials& trials, const std::string& name, std::vector<double> values) {
    trials.texts.erase(name);
    trials.numbers[name] = std::move(values);
  }

  /// In a simulation a trial is its row of the file to the noise; in training each visit has noise of its own.
  static std::uint64_t id_of(const mrnn::TrialRequest& request, std::size_t k, Index row) {
    return passes_once(request) ? static_cast<std::uint64_t>(row) : request.first + k;
  }

  /// Rows of the file that the trials of a stream are taken from, ascending.
  const std::vector<Index>& rows_for(mrnn::Stream stream) const {
    if (stream == mrnn::Stream::training_trials) return split_.trained;
    if (stream == mrnn::Stream::validation_trials && holds_out_trials()) return split_.held_out;
    return all_;
  }

  std::vector<double> held_out(const std::vector<Index>& rows) const {
    std::vector<double> held;
    for (const Index row : rows) held.push_back(std::ranges::binary_search(split_.held_out, row) ? 1.0 : 0.0);
    return held;
  }

  std::vector<Index> rows_of(const mrnn::TrialRequest& request) const {
    const auto available = static_cast<std::uint64_t>(available_trials(request.stream));
    if (static_cast<std::uint64_t>(request.count) > available) {
      std::string problem = "has " + std::to_string(contents_.trials) + " trials";
      if (available < all_.size()) problem += ", " + std::to_string(available) + " of them for this";
      throw FileError(file_, problem + "; a batch of " + std::to_string(request.count) + " is asked for");
    }
    const std::uint64_t last = request.first + static_cast<std::uint64_t>(request.count);
    if (passes_once(request) && last > available) {
      throw FileError(file_, "has " + std::to_string(available) + " trials; trial " + std::to_string(last - 1) +
                                 " is asked for (counted from 0)");
    }
    std::vector<Index> rows;
    std::vector<Index> order;
    for (std::uint64_t number = request.first; number < last; ++number) {
      if (order.empty() || number % available == 0) order = order_of(request, number / available);
      rows.push_back(order[number % available]);
    }
    return rows;
  }

  /// The order of the rows on the given pass through them.
  std::vector<Index> order_of(const mrnn::TrialRequest& request, std::uint64_t pass) const {
    std::vector<Index> order = rows_for(request.stream);
    if (shuffle_) shuffle(order, mrnn::RandomStream(request.seed, request.stream, pass));
    return order;
  }

  std::filesystem::path file_;
  bool shuffle_;
  Index inputs_;  ///< of the network
  mrnn::dataset::Contents contents_;
  Split split_;
  mrnn::dataset::Measure measure_;
  std::vector<Index> all_ = numbered(contents_.trials);
};

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "dataset",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Dataset>(config, network);
      },
      "trials from an HDF5 file",
      "file            HDF5, relative to the configuration (required)\n"
      "group           of that file; default: the file itself\n"
      "held_out = 0    share of the trials that training does not see and validation is on\n"
      "psychometric    { variable, by, choice = 1, label }: a curve of the choices\n"
      "score           \"choice\", { measure = \"choice\", output, epoch, threshold = 0 } or\n"
      "                { measure = \"tolerance\", tolerance, output }; default: trials have no score\n"
      "shuffle = true  false: in the order of the file");
}

}  // namespace

MRNN_PLUGIN("dataset", "1.0", attach)
