#include "contents.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/names.hpp"

namespace mrnn::dataset {
namespace {

std::string shape_text(const std::vector<Index>& shape) {
  std::string text;
  for (const Index length : shape) text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "(" + text + ")";
}

/// @param units  what the last axis counts: `channels`
std::string axes_text(std::size_t axes, const std::string& units) {
  return (axes == 3 ? "(trial, time, " : "(trial, ") + units.substr(0, units.size() - 1) + ")";
}

/// What to say where the axes come the other way round, as those of column-major languages do in HDF5.
std::string reversal(const std::vector<Index>& shape, Index units) {
  if (shape.front() != units) return "";
  return ". Its axes seem to be reversed, which is how MATLAB writes an array (trial, time, channel); "
         "permute(array, [3 2 1]) before writing it";
}

/// `cue 2, tone 1`: what channels there are.
std::string summary_of(const std::vector<NamedRange>& parts) {
  std::vector<std::string> words;
  for (const auto& part : parts) words.push_back(part.name + " " + std::to_string(part.range.size));
  return list_words(words);
}

std::string channel_name(const std::vector<NamedRange>& parts, Index channel) {
  for (const auto& part : parts) {
    if (part.range.contains(channel)) return part.name + " " + std::to_string(channel - part.range.start);
  }
  return std::to_string(channel);
}

std::vector<NamedRange> units_of(const Network& network) {
  std::vector<NamedRange> parts;
  for (const auto& region : network.regions()) parts.push_back({region.name, region.range});
  return parts;
}

std::vector<NamedRange> outputs_of(const Network& network) {
  std::vector<NamedRange> parts;
  for (const auto& output : network.output_layouts()) parts.push_back({output.name, output.range});
  return parts;
}

class Reader {
 public:
  Reader(const std::filesystem::path& file, const std::string& group, const Network& network)
      : file_(file), group_(group.empty() ? "" : group + "/"), reader_(file) {
    if (reader_.kind(group.empty() ? "/" : group) != Hdf5Kind::group) {
      throw FileError(file, unknown_name("group", group, reader_.members()));
    }
    read_inputs(network);
    if (network.outputs() > 0) {
      read_targets(outputs_of(network));
    }
    contents_.stimulus = read("stimulus", "units", units_of(network), 3);
    contents_.initial_state = read("x0", "units", units_of(network), 2);
    // A simulation of a result file keeps its metadata in a group of their own, and beside it the network's scores.
    const std::vector<std::string> own_group = reader_.members(group_ + "trials");
    for (const std::string& name : reader_.members(group.empty() ? "/" : group)) {
      check_spelling(name);
      if (skipped().contains(name) || (name == "score" && !own_group.empty())) continue;
      read_metadata(name, name);
    }
    for (const std::string& name : own_group) {
      if (name != "id") read_metadata("trials/" + name, name);
    }
    check_lengths();
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

  void read_inputs(const Network& network) {
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
  void read_targets(const std::vector<NamedRange>& outputs) {
    contents_.mask = read("mask", "channels", outputs, 3);
    contents_.targets = read_unchecked("targets", "channels", outputs, 3);
    const std::size_t masked = contents_.targets.empty() ? 0 : contents_.mask.values.size();
    for (std::size_t k = 0; k < masked; ++k) {
      if (contents_.mask.values[k] == 0.0 && std::isnan(contents_.targets.values[k])) contents_.targets.values[k] = 0.0;
    }
    check_finite("targets", contents_.targets, outputs, 3);
  }

  Rows read(const std::string& name, const std::string& what, const std::vector<NamedRange>& parts, std::size_t axes) {
    Rows rows = read_unchecked(name, what, parts, axes);
    check_finite(name, rows, parts, axes);
    return rows;
  }

  /// An array of `axes` axes whose last one belongs to `parts`; empty where the file has none.
  Rows read_unchecked(const std::string& name, const std::string& what, const std::vector<NamedRange>& parts,
                      std::size_t axes) {
    const std::string path = group_ + name;
    if (!reader_.has(path)) return {};
    const std::vector<Index> shape = reader_.shape(path);
    if (shape.size() != axes) {
      fail(name + " has shape " + shape_text(shape) + "; it needs " + axes_text(axes, what));
    }
    Rows rows{axes == 3 ? shape[1] : 1, shape.back(), {}};
    const Index units = parts.empty() ? 0 : parts.back().range.end();
    if (rows.units != units) {
      fail(name + " has " + std::to_string(rows.units) + " " + what + ", the network has " + std::to_string(units) +
           " (" + summary_of(parts) + "); its shape is " + shape_text(shape) + ", read as " + axes_text(axes, what) +
           reversal(shape, units));
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

  void check_finite(const std::string& name, const Rows& rows, const std::vector<NamedRange>& parts,
                    std::size_t axes) const {
    const auto found =
        std::find_if_not(rows.values.begin(), rows.values.end(), [](double v) { return std::isfinite(v); });
    if (found == rows.values.end()) return;
    const Index place = found - rows.values.begin();
    std::ostringstream text;
    text << name << " is " << number_words(*found) << " at trial " << place / (rows.units * rows.steps);
    if (axes == 3) text << ", step " << place / rows.units % rows.steps;
    text << ", " << channel_name(parts, place % rows.units) << "; finite numbers are needed";
    fail(text.str());
  }

  /// A misspelt optional array would otherwise be left out without a word.
  void check_spelling(const std::string& name) const {
    const auto kind = reader_.kind(group_ + name);
    if (kind != Hdf5Kind::numbers || skipped().contains(name)) return;
    const std::size_t axes = reader_.shape(group_ + name).size();
    const std::string near = nearest(name, arrays());
    if (near.empty() || axes != (near == "x0" ? 2 : 3) || reader_.has(group_ + near)) return;
    fail("\"" + name + "\" is no array of a data set; known: " + join(arrays()) + ". Did you mean \"" + near + "\"?");
  }

  void read_metadata(const std::string& path, const std::string& name) {
    const auto kind = reader_.kind(group_ + path);
    if (kind != Hdf5Kind::numbers && kind != Hdf5Kind::texts) return;
    const std::vector<Index> shape = reader_.shape(group_ + path);
    if (shape.size() != 1) return;
    if (shape[0] != contents_.trials && shape[0] == contents_.steps) return;  // times of the steps, say
    if (shape[0] != contents_.trials) {
      fail("metadata " + name + " has " + std::to_string(shape[0]) + " values; there are " +
           std::to_string(contents_.trials) + " trials");
    }
    if (kind == Hdf5Kind::numbers) {
      contents_.numbers[name] = reader_.read_doubles(group_ + path);
    } else {
      contents_.texts[name] = reader_.read_texts(group_ + path);
    }
  }

  /// The trials' own lengths, which analyses go by.
  void check_lengths() const {
    if (contents_.texts.contains(trial_steps)) fail(std::string(trial_steps) + " holds texts; numbers are needed");
    const auto found = contents_.numbers.find(trial_steps);
    if (found == contents_.numbers.end()) return;
    for (std::size_t trial = 0; trial < found->second.size(); ++trial) {
      const double own = found->second[trial];
      const bool fits = own >= 1.0 && own <= static_cast<double>(contents_.steps) && own == std::floor(own);
      if (fits || std::isnan(own)) continue;
      std::ostringstream text;
      text << trial_steps << " is " << own << " at trial " << trial << "; a whole number from 1 to the "
           << contents_.steps << " steps of inputs is needed, or NaN for all of them";
      fail(text.str());
    }
  }

  std::filesystem::path file_;
  std::string group_;  ///< with a slash, or empty
  Hdf5Reader reader_;
  Contents contents_;
};

/// Makes the steps of one trial's epoch, [0, 0) where the trial lacks it: NaN, or -1 as some tasks write to result
/// files.
class EpochReader {
 public:
  EpochReader(const std::filesystem::path& file, std::string name, Index steps)
      : file_(file), name_(std::move(name)), steps_(steps) {}

  StepRange read(double first, double last, std::size_t trial) const {
    if (std::isnan(first) || std::isnan(last) || (first == -1.0 && last == -1.0)) return {};
    check("first", first, trial);
    check("last", last, trial);
    if (last < first)
      fail("last", last, trial, "a step of " + std::to_string(static_cast<Index>(first)) + " (first) or more");
    return {static_cast<Index>(first), static_cast<Index>(last)};
  }

 private:
  void check(const char* end, double step, std::size_t trial) const {
    if (step >= 0.0 && step <= static_cast<double>(steps_) && step == std::floor(step)) return;
    fail(end, step, trial, "a step from 0 to " + std::to_string(steps_));
  }
  [[noreturn]] void fail(const char* end, double step, std::size_t trial, const std::string& needed) const {
    std::ostringstream text;
    text << "epoch_" << name_ << "_" << end << " is " << step << " at trial " << trial << "; " << needed
         << " is needed, not a time in ms, and NaN where a trial lacks the epoch";
    throw FileError(file_, text.str());
  }

  const std::filesystem::path& file_;
  std::string name_;
  Index steps_;  ///< of all trials
};

/// Pairs of metadata `epoch_<name>_first` and `epoch_<name>_last`, as result files have them, are epochs.
std::vector<Epoch> take_epochs(const std::filesystem::path& file, Contents& contents) {
  std::map<std::string, std::vector<double>>& numbers = contents.numbers;
  const std::string prefix = "epoch_";
  const std::string suffix = "_first";
  std::vector<std::string> names;
  for (const auto& [name, values] : numbers) {
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    names.push_back(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  }
  std::vector<Epoch> epochs;
  for (const std::string& name : names) {
    const auto first = numbers.find(prefix + name + "_first");
    const auto last = numbers.find(prefix + name + "_last");
    if (last == numbers.end()) continue;
    Epoch& epoch = epochs.emplace_back();
    epoch.name = name;
    const EpochReader reader(file, name, contents.steps);
    for (std::size_t trial = 0; trial < first->second.size(); ++trial) {
      const StepRange steps = reader.read(first->second[trial], last->second[trial], trial);
      epoch.first.push_back(steps.first);
      epoch.last.push_back(steps.last);
    }
    numbers.erase(first);
    numbers.erase(last);
  }
  return epochs;
}

}  // namespace

Contents read_contents(const std::filesystem::path& file, const std::string& group, const Network& network) {
  Contents contents = Reader(file, group, network).take();
  contents.epochs = take_epochs(file, contents);
  return contents;
}

}  // namespace mrnn::dataset
