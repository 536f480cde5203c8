#include "recorded_data.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include "activation.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/names.hpp"
#include "mrnn/selectors.hpp"

namespace curbd {
namespace {

/// Whole numbers of 0 or more under a key.
std::vector<Index> whole_numbers(const mrnn::ConfigNode& config, const std::string& key) {
  std::vector<Index> numbers;
  for (const double value : config.numbers(key)) {
    if (!(value >= 0.0 && value == std::floor(value) && value < 1e15)) {
      config.fail(key, "has a number that is no whole number of 0 or more");
    }
    numbers.push_back(static_cast<Index>(value));
  }
  if (numbers.empty()) config.fail(key, "is an empty list; leave it out for the default");
  return numbers;
}

std::string shape_text(const std::vector<Index>& shape) {
  std::string text;
  for (const Index length : shape) text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "(" + text + ")";
}

/// Ranges of so many samples for each trial.
std::vector<mrnn::StepRange> trials_of_length(Index count, Index length) {
  std::vector<mrnn::StepRange> trials;
  for (Index trial = 0; trial < count; ++trial) trials.push_back({trial * length, (trial + 1) * length});
  return trials;
}

/// The samples of an array of so many units.
Data read_array(const std::filesystem::path& file, const std::string& group, const std::string& dataset, Index units) {
  const mrnn::Hdf5Reader reader(file);
  const std::string path = group.empty() ? dataset : group + "/" + dataset;
  if (reader.kind(path) != mrnn::Hdf5Kind::numbers) {
    throw mrnn::FileError(file, mrnn::unknown_name("array", path, reader.members(group.empty() ? "/" : group)));
  }
  std::vector<Index> shape = reader.shape(path);
  const std::string shown = path + " has shape " + shape_text(shape);
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  if (shape.size() != 3) throw mrnn::FileError(file, shown + "; (trial, time, unit) or (time, unit) is needed");
  if (shape[2] != units) {
    throw mrnn::FileError(file, shown + ", so " + std::to_string(shape[2]) + " units; the regions together have " +
                                    std::to_string(units));
  }
  if (shape[0] < 1 || shape[1] < 1) throw mrnn::FileError(file, shown + ": no trials, or no samples");
  Data data;
  data.samples.units = units;
  data.samples.trials = 1;
  data.samples.steps = shape[0] * shape[1];
  data.samples.data = reader.read_doubles(path);
  data.trials = trials_of_length(shape[0], shape[1]);
  const auto bad = std::ranges::find_if_not(data.samples.data, [](double v) { return std::isfinite(v); });
  if (bad == data.samples.data.end()) return data;
  const Index place = bad - data.samples.data.begin();
  throw mrnn::FileError(file, path + " is not finite at trial " + std::to_string(place / units / shape[1]) + ", time " +
                                  std::to_string(place / units % shape[1]) + ", unit " + std::to_string(place % units));
}

}  // namespace

DataSource::DataSource(const mrnn::ConfigNode& config, const mrnn::Network& network, mrnn::Activation activation)
    : config_(config), activation_(activation), dt_(network.spec().dt) {
  if (config.has("file")) {
    read_file(config);
  } else {
    read_simulation(config, network);
  }
  const std::vector<std::string> scales{"global", "region", "none"};
  const std::string scale = config.choice("normalise", scales, "global");
  scale_ = static_cast<Scale>(std::ranges::find(scales, scale) - scales.begin());
  if (config.has("reset_points")) resets_ = whole_numbers(config, "reset_points");
}

void DataSource::read_simulation(const mrnn::ConfigNode& config, const mrnn::Network& network) {
  for (const char* key : {"group", "dataset", "dt", "region"}) {
    if (config.has(key)) config.fail(key, "belongs to data from a file; name it under file, or use regions");
  }
  selectors_ = mrnn::read_selectors(config, "regions", network);
  if (selectors_.empty()) {
    for (const mrnn::RegionLayout& region : network.regions()) selectors_.push_back(region.name);
  }
  Index first = 0;
  for (const std::string& name : selectors_) {
    units_.push_back(network.select(name));
    regions_.push_back({name == "*" ? "all" : name, {first, units_.back().size()}});
    first += units_.back().size();
  }
  if (config.has("trials")) trials_ = whole_numbers(config, "trials");
}

void DataSource::read_file(const mrnn::ConfigNode& config) {
  for (const char* key : {"regions", "trials"}) {
    if (config.has(key)) config.fail(key, "belongs to data from a simulation, but file names a file; use region");
  }
  dt_ = config.positive("dt");
  Index units = 0;
  std::set<std::string> names;
  for (const mrnn::ConfigNode& table : config.list("region")) {
    const std::string name = table.text("name");
    if (!mrnn::is_name(name)) table.fail("name", "is no name; a letter, then letters, digits and _ are accepted");
    if (!names.insert(name).second) table.fail("name", "is given twice");
    regions_.push_back({name, {units, table.count("units")}});
    units += regions_.back().range.size;
    table.finish();
  }
  if (regions_.empty())
    config.fail("region", "is missing; [{ name = \"m1\", units = 40 }, ...] says who the units are");
  file_ = read_array(config.path("file"), config.text("group", ""), config.text("dataset", "activity"), units);
}

std::vector<Index> DataSource::trials_of(const mrnn::Simulation& simulation) const {
  std::vector<Index> all;
  for (Index trial = 0; trial < simulation.trials.count; ++trial) all.push_back(trial);
  if (!trials_) return all;
  for (const Index trial : *trials_) {
    if (trial >= simulation.trials.count) {
      config_.fail("trials", "names trial " + std::to_string(trial) + ", but simulation \"" + simulation.name +
                                 "\" has " + std::to_string(simulation.trials.count) + ", counted from 0");
    }
  }
  return *trials_;
}

void DataSource::check(const mrnn::Simulation& planned) const {
  if (file_) return check_resets(file_->count());
  Index samples = 0;
  for (const Index trial : trials_of(planned)) samples += planned.recorded(trial).size();
  check_resets(samples);
}

void DataSource::check_resets(Index samples) const {
  for (const Index reset : resets_.value_or(std::vector<Index>{})) {
    if (reset < samples) continue;
    config_.fail("reset_points", "has " + std::to_string(reset) + ", but there are " + std::to_string(samples) +
                                     " samples, counted from 0");
  }
}

Data DataSource::recorded(const mrnn::Simulation& simulation) const {
  const std::vector<Index> trials = trials_of(simulation);
  Data data;
  Index units = 0, samples = 0;
  for (const mrnn::Selection& region : units_) units += region.size();
  for (const Index trial : trials) {
    const Index steps = simulation.recorded(trial).size();
    data.trials.push_back({samples, samples + steps});
    samples += steps;
  }
  data.samples = mrnn::Sequence(units, 1, samples);
  Eigen::Map<Eigen::MatrixXd> values(data.samples.data.data(), units, data.count());
  for (std::size_t r = 0; r < units_.size(); ++r) {
    const mrnn::Sequence activity = simulation.activity(mrnn::Quantity::h, units_[r]);
    for (std::size_t k = 0; k < trials.size(); ++k) {
      for (Index step = 0; step < data.trials[k].size(); ++step) {
        values.col(data.trials[k].first + step).segment(regions_[r].range.start, activity.units) =
            activity.at(step).col(trials[k]);
      }
    }
  }
  return data;
}

void DataSource::scale(Data& data) const {
  Eigen::Map<Eigen::MatrixXd> values(data.samples.data.data(), data.units(), data.count());
  const double of_all = values.cwiseAbs().maxCoeff();
  for (const mrnn::NamedRange& region : data.regions) {
    auto rows = values.middleRows(region.range.start, region.range.size);
    const double largest = scale_ == Scale::none ? 1.0 : scale_ == Scale::global ? of_all : rows.cwiseAbs().maxCoeff();
    data.scales.push_back(largest > 0.0 ? largest : 1.0);
    rows /= data.scales.back();
  }
  const Reach reach = reach_of(activation_);
  Index outside = 0;
  for (double& value : data.samples.data) {
    // Values within what the activation can reach, but nearer to its end than the limit, are no news.
    if (value < reach.lowest || value > reach.highest) ++outside;
    value = std::clamp(value, reach.low, reach.high);
  }
  data.clipped = static_cast<double>(outside) / static_cast<double>(data.samples.data.size());
  const double mean = values.mean();
  if (!((values.array() - mean).abs().maxCoeff() > 0.0)) {
    throw mrnn::RunError(
        "the activity to be fitted is the same in all units and at all times; there is nothing to fit");
  }
}

void DataSource::cut(Data& data) const {
  std::set<Index> starts{0, data.count()};
  if (!resets_) {
    for (const mrnn::StepRange& trial : data.trials) starts.insert(trial.first);
  } else {
    check_resets(data.count());
    starts.insert(resets_->begin(), resets_->end());
  }
  Index learned = 0;
  for (auto start = starts.begin(); std::next(start) != starts.end(); ++start) {
    data.segments.push_back({*start, *std::next(start)});
    learned += data.segments.back().size() - 1;
  }
  if (learned < 1) throw mrnn::RunError("there is no sample to learn from: every sample is the start of a trial");
}

Data DataSource::make(const mrnn::AnalysisContext& context) const {
  Data data = file_ ? *file_ : recorded(context.simulation());
  data.regions = regions_;
  data.dt = dt_;
  scale(data);
  cut(data);
  return data;
}

}  // namespace curbd
