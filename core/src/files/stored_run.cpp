#include "mrnn/stored_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "files/output_folder.hpp"
#include "files/results_network.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "network/region_names.hpp"
#include "run/metadata_check.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;

constexpr Index elements_read_at_once = Index{1} << 20;  // of a buffer between file and memory

/// Its results.h5, where there is a finished run.
fs::path results_of(const fs::path& run) {
  std::error_code error;
  if (!fs::exists(run, error)) throw FileError(run, "there is no such folder of a run");
  if (!fs::is_directory(run, error)) return run;
  switch (OutputFolder::look(run)) {
    case OutputFolder::State::finished:
      return run / "results.h5";
    case OutputFolder::State::unfinished:
      throw FileError(run,
                      "holds an unfinished run: its checkpoint is newer than its results, or has none; run it to "
                      "its end with --resume");
    default:
      throw FileError(run, "is not the folder of a run: it has no results.h5");
  }
}

/// Whole numbers that are at least `least`, and no more than anything can be counted to.
std::vector<Index> read_whole(const Hdf5Reader& reader, const std::string& path, Index least = 0) {
  constexpr double most = 1e15;
  std::vector<Index> numbers;
  for (const double number : reader.read_doubles(path)) {
    if (!(number >= static_cast<double>(least) && number <= most && number == std::floor(number))) {
      throw FileError(reader.file(),
                      fmt::format("{} holds {}; whole numbers of {} or more are needed", path, number, least));
    }
    numbers.push_back(static_cast<Index>(number));
  }
  return numbers;
}

/// Names and ranges of a kind of part (`region`, `cell_type`, ...); none where the file has no such table.
std::vector<NamedRange> read_ranges(const Hdf5Reader& reader, const std::string& kind) {
  const std::string prefix = "network/structure/" + kind;
  if (!reader.has(prefix + "_name")) return {};
  const std::vector<std::string> names = reader.read_texts(prefix + "_name");
  const std::vector<Index> starts = read_whole(reader, prefix + "_start");
  const std::vector<Index> units = read_whole(reader, prefix + "_units", 1);
  if (starts.size() != names.size() || units.size() != names.size()) {
    throw FileError(reader.file(), fmt::format("{}_name, _start and _units have different lengths", prefix));
  }
  std::vector<NamedRange> ranges;
  for (std::size_t k = 0; k < names.size(); ++k) ranges.push_back({names[k], {starts[k], units[k]}});
  return ranges;
}

/// Units as ranges of consecutive ones, in their order.
Selection selection_of(const std::vector<Index>& units) {
  std::vector<UnitRange> ranges;
  for (const Index unit : units) ranges.push_back({unit, 1});
  return Selection(std::move(ranges));
}

/// From the first to the last, which stand one after the other.
StepRange read_steps(const Hdf5Reader& reader, const std::string& path) {
  const std::vector<Index> steps = read_whole(reader, path);
  if (steps.empty()) return {};
  const StepRange range{steps.front(), steps.front() + std::ssize(steps)};
  for (Index k = 0; k < range.size(); ++k) {
    if (steps[static_cast<std::size_t>(k)] == range.first + k) continue;
    throw FileError(reader.file(), path + " does not count on in steps of 1");
  }
  return range;
}

/// Per-trial metadata: pairs epoch_E_first and epoch_E_last are epochs, all else numbers or texts.
void read_metadata(const Hdf5Reader& reader, const std::string& group, Trials& trials) {
  const std::vector<std::string> names = reader.members(group);
  const auto has = [&names](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
  const std::string start = "epoch_", first = "_first", last = "_last";
  for (const std::string& name : names) {
    const std::string path = group + "/" + name;
    if (name == "id") continue;
    if (reader.kind(path) == Hdf5Kind::texts) {
      trials.texts[name] = reader.read_texts(path);
      continue;
    }
    if (reader.kind(path) != Hdf5Kind::numbers) continue;
    const bool is_first = name.starts_with(start) && name.ends_with(first);
    const bool is_last = name.starts_with(start) && name.ends_with(last);
    const std::string stem = name.substr(0, name.rfind('_'));
    if (is_first && has(stem + last)) {
      trials.epochs.push_back(
          {stem.substr(start.size()), read_whole(reader, path, -1), read_whole(reader, group + "/" + stem + last, -1)});
    } else if (!(is_last && has(stem + first))) {
      trials.numbers[name] = reader.read_doubles(path);
    }
  }
}

std::vector<Index> shape_of(const Hdf5Reader& reader, const std::string& path) {
  std::vector<Index> shape = reader.shape(path);
  if (shape.size() != 3) throw FileError(reader.file(), path + " is not of the shape (trial, time, unit)");
  return shape;
}

/// File order (trial, time, unit) to memory [unit, trial, step], some trials at a time.
/// @param columns  of the file's last axis, which become the units
template <class Scalar>
BasicSequence<Scalar> read_sequence(const Hdf5Reader& reader, const std::string& path,
                                    const std::vector<Index>& columns) {
  const std::vector<Index> shape = shape_of(reader, path);
  const Index width = shape[2];
  for (const Index column : columns) {
    if (column < width) continue;
    throw FileError(reader.file(), fmt::format("{} has {} units; unit {} is needed", path, width, column));
  }
  BasicSequence<Scalar> all(std::ssize(columns), shape[0], shape[1]);
  const Index at_once = std::max<Index>(1, elements_read_at_once / std::max<Index>(1, shape[1] * width));
  std::vector<double> part;
  for (Index trial = 0; trial < all.trials; trial += at_once) {
    const Index trials = std::min(at_once, all.trials - trial);
    part.resize(static_cast<std::size_t>(trials * shape[1] * width));
    reader.read_rows(path, trial, trials, part);
    const double* row = part.data();
    for (Index b = trial; b < trial + trials; ++b) {
      for (Index t = 0; t < all.steps; ++t, row += width) {
        Scalar* out = all.data.data() + all.units * (b + all.trials * t);
        for (const Index column : columns) *out++ = static_cast<Scalar>(row[column]);
      }
    }
  }
  return all;
}

/// Where the units stand among those that were recorded.
std::vector<Index> columns_of(const Selection& recorded, const Selection& units) {
  std::map<Index, Index> places;
  for (const Index unit : recorded.indices()) places.emplace(unit, std::ssize(places));
  std::vector<Index> columns;
  for (const UnitRange& range : units.ranges()) {
    for (Index unit = range.start; unit < range.end(); ++unit) {
      const auto found = places.find(unit);
      if (found == places.end()) throw ConfigError("", "", fmt::format("unit {} was not recorded", unit));
      columns.push_back(found->second);
    }
  }
  return columns;
}

/// What was recorded has the trials and steps that the simulation says, and so many units; any number where 0.
void check_shape(const Hdf5Reader& reader, const std::string& path, const Simulation& simulation, Index units) {
  const std::vector<Index> shape = shape_of(reader, path);
  const std::vector<Index> needed{simulation.trials.count, simulation.steps.size(), units > 0 ? units : shape[2]};
  if (shape == needed) return;
  throw FileError(reader.file(), fmt::format("{} has the shape ({}); the rest of the simulation needs ({})", path,
                                             fmt::join(shape, ", "), fmt::join(needed, ", ")));
}

const char* name_of(Quantity what) {
  return what == Quantity::x ? "x" : what == Quantity::h ? "h" : "y";
}

}  // namespace

StoredRun::StoredRun(const fs::path& run) : reader_(results_of(run)) {
  check_format_version(reader_);
  if (reader_.kind("simulations") != Hdf5Kind::group || !reader_.has_attribute("network", "dt")) {
    throw FileError(file(), "is not the results.h5 of a run: it has no simulations");
  }
  if (reader_.has_attribute("/", "experiment")) experiment_ = reader_.text_attribute("/", "experiment");
  dt_ = reader_.number_attribute("network", "dt");
  simulations_ = reader_.members("simulations");
  read_structure();
}

void StoredRun::read_structure() {
  std::vector<std::string> parents;
  if (reader_.has("network/structure/region_parent")) {
    parents = reader_.read_texts("network/structure/region_parent");
  }
  for (NamedRange& region : read_ranges(reader_, "region")) {
    const std::size_t k = regions_.size();
    regions_.push_back({std::move(region.name), region.range, {}, k < parents.size() ? parents[k] : ""});
  }
  for (NamedRange& type : read_ranges(reader_, "cell_type")) {
    for (RegionLayout& region : regions_) {
      if (region.range.contains(type.range.start)) region.cell_types.push_back(type);
    }
  }
  inputs_ = read_ranges(reader_, "input");
  outputs_ = read_ranges(reader_, "output");
}

Selection StoredRun::select(std::string_view selector) const {
  std::vector<UnitRange> ranges;
  for (const NamedRange& part : find_regions(regions_, selector)) ranges.push_back(part.range);
  if (ranges.empty()) throw ConfigError("", "", unknown_name("region", selector, region_selectors(regions_)));
  return Selection(std::move(ranges));
}

void StoredRun::check_simulation(std::string_view name) const {
  if (std::ranges::find(simulations_, name) == simulations_.end()) {
    throw ConfigError("", "", unknown_name("simulation", name, simulations_));
  }
}

Simulation StoredRun::simulation(std::string_view name) const {
  check_simulation(name);
  const std::string group = "simulations/" + std::string(name);
  Simulation stored;
  stored.name = name;
  if (reader_.has_attribute(group, "noise")) {
    stored.noise = reader_.text_attribute(group, "noise") == "on" ? Noise::on : Noise::off;
  }
  if (reader_.has_attribute(group, "seed")) {
    stored.seed = reader_.unsigned_attribute(group, "seed");
  }
  const std::vector<Index> shape = shape_of(reader_, group + "/inputs");
  stored.trials.count = shape[0];
  stored.trials.steps = shape[1];
  read_metadata(reader_, group + "/trials", stored.trials);
  stored.trials.ids = reader_.read_unsigned(group + "/trials/id");
  if (const auto problem = metadata_problem(stored.trials)) throw FileError(file(), group + "/trials: " + *problem);
  stored.steps = read_steps(reader_, group + "/steps");
  stored.record.units = selection_of(read_whole(reader_, group + "/units"));
  stored.record.x = reader_.has(group + "/x");
  stored.record.h = reader_.has(group + "/h");
  stored.record.y = reader_.has(group + "/y");
  return stored;
}

void StoredRun::read(Simulation& simulation, Quantity what, const Selection& units) const {
  const std::string group = "simulations/" + simulation.name, path = group + "/" + name_of(what);
  if (!reader_.has(path)) throw FileError(file(), path + " was not recorded");
  std::vector<Index> columns;
  if (what == Quantity::y) {
    check_shape(reader_, path, simulation, 0);
    columns = Selection({{0, reader_.shape(path).back()}}).indices();
  } else {
    const Selection recorded = selection_of(read_whole(reader_, group + "/units"));
    check_shape(reader_, path, simulation, recorded.size());
    columns = columns_of(recorded, units);
    simulation.record.units = units;
  }
  const bool single = reader_.has_attribute("/", "precision") && reader_.text_attribute("/", "precision") == "float32";
  Simulation::Activity& place = what == Quantity::x ? simulation.x : what == Quantity::h ? simulation.h : simulation.y;
  if (single) {
    place = read_sequence<float>(reader_, path, columns);
  } else {
    place = read_sequence<double>(reader_, path, columns);
  }
}

Sequence StoredRun::read_inputs(std::string_view simulation) const {
  check_simulation(simulation);
  const std::string path = "simulations/" + std::string(simulation) + "/inputs";
  const Index channels = shape_of(reader_, path).back();
  return read_sequence<double>(reader_, path, Selection({{0, channels}}).indices());
}

}  // namespace mrnn
