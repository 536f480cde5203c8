// Trials read from an HDF5 file.

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"

namespace {

using mrnn::FileError;
using mrnn::Index;

/// An array of the file, one row per trial: (trial, time, unit) or (trial, unit) with one step.
struct Rows {
  Index steps = 0, units = 0;
  std::vector<double> values;

  bool empty() const { return values.empty(); }
  const double* at(Index row, Index step) const { return values.data() + (row * steps + step) * units; }
};

std::string shape_text(const std::vector<Index>& shape) {
  std::string text;
  for (const Index length : shape) text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "(" + text + ")";
}

/// `cue 2, tone 1`: what channels there are.
std::string summary_of(const std::vector<mrnn::NamedRange>& parts) {
  std::vector<std::string> words;
  for (const auto& part : parts) words.push_back(part.name + " " + std::to_string(part.range.size));
  return mrnn::join(words);
}

std::string channel_name(const std::vector<mrnn::NamedRange>& parts, Index channel) {
  for (const auto& part : parts) {
    if (part.range.contains(channel)) return part.name + " " + std::to_string(channel - part.range.start);
  }
  return std::to_string(channel);
}

std::vector<mrnn::NamedRange> units_of(const mrnn::Network& network) {
  std::vector<mrnn::NamedRange> parts;
  for (const auto& region : network.regions()) parts.push_back({region.name, region.range});
  return parts;
}

std::vector<mrnn::NamedRange> outputs_of(const mrnn::Network& network) {
  std::vector<mrnn::NamedRange> parts;
  for (const auto& output : network.output_layouts()) parts.push_back({output.name, output.range});
  return parts;
}

/// What a file holds, in file order, checked against the network.
struct Contents {
  Index trials = 0, steps = 0;
  Rows inputs, targets, mask, stimulus, initial_state;
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::vector<std::string>> texts;
};

class Reader {
 public:
  Reader(const std::filesystem::path& file, const std::string& group, const mrnn::Network& network)
      : file_(file), group_(group.empty() ? "" : group + "/"), reader_(file) {
    if (reader_.kind(group.empty() ? "/" : group) != mrnn::Hdf5Kind::group) {
      throw FileError(file, mrnn::unknown_name("group", group, reader_.members()));
    }
    read_inputs(network);
    if (network.outputs() > 0) {
      read_targets(outputs_of(network));
    }
    contents_.stimulus = read("stimulus", "units", units_of(network), 3);
    contents_.initial_state = read("x0", "units", units_of(network), 2);
    for (const std::string& name : reader_.members(group.empty() ? "/" : group)) {
      check_spelling(name);
      if (!skipped().contains(name)) read_metadata(name, name);
    }
    // A simulation of a result file keeps its metadata in a group of their own.
    for (const std::string& name : reader_.members(group_ + "trials")) {
      if (name != "id") read_metadata("trials/" + name, name);
    }
  }

  Contents take() { return std::move(contents_); }

 private:
  static const std::vector<std::string>& arrays() {
    static const std::vector<std::string> names = {"inputs", "targets", "mask", "stimulus", "x0"};
    return names;
  }
  /// Not metadata: the arrays, and the labels of axes in a result file.
  static const std::set<std::string>& skipped() {
    static const std::set<std::string> names = {"inputs", "targets", "mask", "stimulus", "x0", "units", "steps"};
    return names;
  }

  [[noreturn]] void fail(const std::string& problem) const { throw FileError(file_, problem); }

  void read_inputs(const mrnn::Network& network) {
    if (!reader_.has(group_ + "inputs")) {
      fail(group_ + "inputs is missing; a data set holds inputs (trial, time, channel)");
    }
    const std::vector<Index> shape = reader_.shape(group_ + "inputs");
    if (shape.size() != 3) {
      fail("inputs has shape " + shape_text(shape) + "; it needs three axes (trial, time, channel)");
    }
    contents_.trials = shape[0];
    contents_.steps = shape[1];
    if (shape[0] < 1 || shape[1] < 1) fail("inputs has shape " + shape_text(shape) + ": no trials, or no steps");
    contents_.inputs = read("inputs", "channels", network.input_regions(), 3);
  }

  /// Targets that do not count may be missing: NaN where the mask is 0.
  void read_targets(const std::vector<mrnn::NamedRange>& outputs) {
    contents_.mask = read("mask", "channels", outputs, 3);
    contents_.targets = read_unchecked("targets", "channels", outputs, 3);
    const std::size_t masked = contents_.targets.empty() ? 0 : contents_.mask.values.size();
    for (std::size_t k = 0; k < masked; ++k) {
      if (contents_.mask.values[k] == 0.0 && std::isnan(contents_.targets.values[k])) contents_.targets.values[k] = 0.0;
    }
    check_finite("targets", contents_.targets, outputs, 3);
  }

  Rows read(const std::string& name, const std::string& what, const std::vector<mrnn::NamedRange>& parts,
            std::size_t axes) {
    Rows rows = read_unchecked(name, what, parts, axes);
    check_finite(name, rows, parts, axes);
    return rows;
  }

  /// An array of `axes` axes whose last one belongs to `parts`; empty where the file has none.
  Rows read_unchecked(const std::string& name, const std::string& what, const std::vector<mrnn::NamedRange>& parts,
                      std::size_t axes) {
    const std::string path = group_ + name;
    if (!reader_.has(path)) return {};
    const std::vector<Index> shape = reader_.shape(path);
    if (shape.size() != axes) {
      fail(name + " has shape " + shape_text(shape) + "; it needs " + (axes == 3 ? "(trial, time, " : "(trial, ") +
           what.substr(0, what.size() - 1) + ")");
    }
    Rows rows{axes == 3 ? shape[1] : 1, shape.back(), {}};
    const Index units = parts.empty() ? 0 : parts.back().range.end();
    if (rows.units != units) {
      fail(name + " has " + std::to_string(rows.units) + " " + what + ", the network has " + std::to_string(units) +
           " (" + summary_of(parts) + ")");
    }
    if (shape[0] != contents_.trials) {
      fail(name + " has " + std::to_string(shape[0]) + " trials, inputs has " + std::to_string(contents_.trials));
    }
    if (axes == 3 && shape[1] != contents_.steps) {
      fail(name + " has " + std::to_string(shape[1]) + " steps, inputs has " + std::to_string(contents_.steps));
    }
    rows.values = reader_.read_doubles(path);
    return rows;
  }

  void check_finite(const std::string& name, const Rows& rows, const std::vector<mrnn::NamedRange>& parts,
                    std::size_t axes) const {
    const auto found =
        std::find_if_not(rows.values.begin(), rows.values.end(), [](double v) { return std::isfinite(v); });
    if (found == rows.values.end()) return;
    const Index place = found - rows.values.begin();
    std::ostringstream text;
    text << name << " is " << *found << " at trial " << place / (rows.units * rows.steps);
    if (axes == 3) text << ", step " << place / rows.units % rows.steps;
    text << ", " << channel_name(parts, place % rows.units) << "; finite numbers are needed";
    fail(text.str());
  }

  /// A misspelt optional array would otherwise be left out without a word.
  void check_spelling(const std::string& name) const {
    const auto kind = reader_.kind(group_ + name);
    if (kind != mrnn::Hdf5Kind::numbers || skipped().contains(name)) return;
    const std::size_t axes = reader_.shape(group_ + name).size();
    const std::string near = mrnn::nearest(name, arrays());
    if (near.empty() || axes != (near == "x0" ? 2 : 3) || reader_.has(group_ + near)) return;
    fail("\"" + name + "\" is no array of a data set; known: " + mrnn::join(arrays()) + ". Did you mean \"" + near +
         "\"?");
  }

  void read_metadata(const std::string& path, const std::string& name) {
    const auto kind = reader_.kind(group_ + path);
    if (kind != mrnn::Hdf5Kind::numbers && kind != mrnn::Hdf5Kind::texts) return;
    const std::vector<Index> shape = reader_.shape(group_ + path);
    if (shape.size() != 1) return;
    if (shape[0] != contents_.trials) {
      fail("metadata " + name + " has " + std::to_string(shape[0]) + " values; there are " +
           std::to_string(contents_.trials) + " trials");
    }
    if (kind == mrnn::Hdf5Kind::numbers) {
      contents_.numbers[name] = reader_.read_doubles(group_ + path);
    } else {
      contents_.texts[name] = reader_.read_texts(group_ + path);
    }
  }

  std::filesystem::path file_;
  std::string group_;  ///< with a slash, or empty
  mrnn::Hdf5Reader reader_;
  Contents contents_;
};

/// Pairs of metadata `epoch_<name>_first` and `epoch_<name>_last`, as result files have them, are epochs.
std::vector<mrnn::Epoch> take_epochs(std::map<std::string, std::vector<double>>& numbers) {
  const std::string prefix = "epoch_";
  const std::string suffix = "_first";
  std::vector<std::string> names;
  for (const auto& [name, values] : numbers) {
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    names.push_back(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  }
  std::vector<mrnn::Epoch> epochs;
  for (const std::string& name : names) {
    const auto first = numbers.find(prefix + name + "_first");
    const auto last = numbers.find(prefix + name + "_last");
    if (last == numbers.end()) continue;
    mrnn::Epoch& epoch = epochs.emplace_back();
    epoch.name = name;
    for (const double step : first->second) epoch.first.push_back(std::llround(step));
    for (const double step : last->second) epoch.last.push_back(std::llround(step));
    numbers.erase(first);
    numbers.erase(last);
  }
  return epochs;
}

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

/// Trials of a file. Training passes through the file again and again, in a new order each time; simulations
/// take each trial once.
class Dataset final : public mrnn::Task {
 public:
  Dataset(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : file_(config.path("file")),
        shuffle_(config.flag("shuffle", true)),
        inputs_(network.inputs()),
        contents_(Reader(file_, trimmed(config.text("group", "")), network).take()),
        epochs_(take_epochs(contents_.numbers)) {}

  Index default_trials() const override { return contents_.trials; }

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
    for (const auto& epoch : epochs_) {
      trials.epochs.push_back({epoch.name, chosen(epoch.first, rows), chosen(epoch.last, rows)});
    }
    trials.numbers.try_emplace("row", rows.begin(), rows.end());
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

  /// In a simulation a trial is its row of the file to the noise; in training each visit has noise of its own.
  static std::uint64_t id_of(const mrnn::TrialRequest& request, std::size_t k, Index row) {
    return passes_once(request) ? static_cast<std::uint64_t>(row) : request.first + k;
  }

  std::vector<Index> rows_of(const mrnn::TrialRequest& request) const {
    const auto available = static_cast<std::uint64_t>(contents_.trials);
    if (request.count > contents_.trials) {
      throw FileError(file_, "has " + std::to_string(available) + " trials; a batch of " +
                                 std::to_string(request.count) + " is asked for");
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

  /// The order of the rows on the given pass through the file (Fisher and Yates).
  std::vector<Index> order_of(const mrnn::TrialRequest& request, std::uint64_t pass) const {
    std::vector<Index> order(static_cast<std::size_t>(contents_.trials));
    std::iota(order.begin(), order.end(), Index{0});
    if (!shuffle_) return order;
    mrnn::RandomStream random(request.seed, request.stream, pass);
    for (std::size_t k = order.size(); k > 1; --k) std::swap(order[k - 1], order[random.below(k)]);
    return order;
  }

  std::filesystem::path file_;
  bool shuffle_;
  Index inputs_;  ///< of the network
  Contents contents_;
  std::vector<mrnn::Epoch> epochs_;
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
      "shuffle = true  false: in the order of the file");
}

}  // namespace

MRNN_PLUGIN("dataset", "1.0", attach)
