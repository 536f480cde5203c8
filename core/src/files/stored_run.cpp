#include "mrnn/stored_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "files/output_folder.hpp"
#include "files/results_network.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "network/region_names.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;

constexpr Index elements_at_once = Index{1} << 20;  // of a buffer between file and memory

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

/// Names and ranges of a kind of part (`region`, `cell_type`, ...); none where the file has no such table.
std::vector<NamedRange> read_ranges(const Hdf5Reader& reader, const std::string& kind) {
  const std::string prefix = "network/structure/" + kind;
  if (!reader.has(prefix + "_name")) return {};
  const std::vector<std::string> names = reader.read_texts(prefix + "_name");
  const std::vector<double> starts = reader.read_doubles(prefix + "_start");
  const std::vector<double> units = reader.read_doubles(prefix + "_units");
  if (starts.size() != names.size() || units.size() != names.size()) {
    throw FileError(reader.file(), fmt::format("{}_name, _start and _units have different lengths", prefix));
  }
  std::vector<NamedRange> ranges;
  for (std::size_t k = 0; k < names.size(); ++k) {
    ranges.push_back({names[k], {static_cast<Index>(starts[k]), static_cast<Index>(units[k])}});
  }
  return ranges;
}

/// Whole numbers as ranges of consecutive ones, in their order.
Selection selection_of(const std::vector<double>& numbers) {
  std::vector<UnitRange> ranges;
  for (const double number : numbers) ranges.push_back({static_cast<Index>(number), 1});
  return Selection(std::move(ranges));
}

std::vector<Index> steps_of(const std::vector<double>& numbers) {
  std::vector<Index> steps;
  for (const double number : numbers) steps.push_back(static_cast<Index>(number));
  return steps;
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
      trials.epochs.push_back({stem.substr(start.size()), steps_of(reader.read_doubles(path)),
                               steps_of(reader.read_doubles(group + "/" + stem + last))});
    } else if (!(is_last && has(stem + first))) {
      trials.numbers[name] = reader.read_doubles(path);
    }
  }
}

/// File order (trial, time, unit) to memory [unit, trial, step], some trials at a time.
/// @param columns  of the file's last axis, which become the units
template <class Scalar>
BasicSequence<Scalar> read_sequence(const Hdf5Reader& reader, const std::string& path,
                                    const std::vector<Index>& columns) {
  const std::vector<Index> shape = reader.shape(path);
  if (shape.size() != 3) throw FileError(reader.file(), path + " is not of the shape (trial, time, unit)");
  const Index width = shape[2];
  for (const Index column : columns) {
    if (column < width) continue;
    throw FileError(reader.file(), fmt::format("{} has {} units; unit {} is needed", path, width, column));
  }
  BasicSequence<Scalar> all(std::ssize(columns), shape[0], shape[1]);
  const Index at_once = std::clamp<Index>(elements_at_once / std::max<Index>(1, shape[1] * width), 1, shape[0]);
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
  if (recorded.empty()) return units.indices();
  std::map<Index, Index> places;
  for (const Index unit : recorded.indices()) places.emplace(unit, std::ssize(places));
  std::vector<Index> columns;
  for (const Index unit : units.indices()) {
    const auto found = places.find(unit);
    if (found == places.end()) throw ConfigError("", "", fmt::format("unit {} was not recorded", unit));
    columns.push_back(found->second);
  }
  return columns;
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
    stored.seed = static_cast<std::uint64_t>(reader_.number_attribute(group, "seed"));
  }
  const std::vector<Index> shape = reader_.shape(group + "/inputs");
  if (shape.size() != 3) throw FileError(file(), group + "/inputs is not of the shape (trial, time, channel)");
  stored.trials.count = shape[0];
  stored.trials.steps = shape[1];
  read_metadata(reader_, group + "/trials", stored.trials);
  for (const double id : reader_.read_doubles(group + "/trials/id")) {
    stored.trials.ids.push_back(static_cast<std::uint64_t>(id));
  }
  const std::vector<double> steps = reader_.read_doubles(group + "/steps");
  if (!steps.empty()) stored.steps = {static_cast<Index>(steps.front()), static_cast<Index>(steps.back()) + 1};
  stored.record.units = selection_of(reader_.read_doubles(group + "/units"));
  stored.record.x = reader_.has(group + "/x");
  stored.record.h = reader_.has(group + "/h");
  stored.record.y = reader_.has(group + "/y");
  return stored;
}

void StoredRun::read(Simulation& simulation, Quantity what, const Selection& units) const {
  const std::string path = "simulations/" + simulation.name + "/" + name_of(what);
  if (!reader_.has(path)) throw FileError(file(), path + " was not recorded");
  std::vector<Index> columns;
  if (what == Quantity::y) {
    const Index channels = reader_.shape(path).back();
    columns = Selection({{0, channels}}).indices();
  } else {
    columns = columns_of(simulation.record.units, units);
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
  const Index channels = reader_.shape(path).back();
  return read_sequence<double>(reader_, path, Selection({{0, channels}}).indices());
}

}  // namespace mrnn
