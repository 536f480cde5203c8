#include <fmt/format.h>

#include <algorithm>

#include "activity/quantity.hpp"
#include "mrnn/comparison.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* own_name = "this run";

/// Relative to the configuration file, or else to the working directory, where `experiment.output` begins too.
fs::path find_run(const ConfigNode& config, const std::string& name) {
  if (name.empty()) config.fail("runs", "has an empty name; the folder of a run is needed");
  const fs::path beside = config.folder() / name, here = name;
  std::error_code error;
  if (fs::exists(beside, error)) return beside;
  if (fs::exists(here, error)) return here;
  const fs::path other = fs::absolute(here, error).lexically_normal();
  throw FileError(beside.lexically_normal(),
                  fmt::format("there is no such folder of a run ({} names it), nor is there {}",
                              config.where("runs") + ": " + config.dotted("runs"), other.string()));
}

/// The last part of a path: `runs/trained/` is called trained, and so is `runs/trained/results.h5`.
std::string short_name(const std::string& name) {
  fs::path path = fs::path(name).lexically_normal();
  if (path.filename().empty() || path.filename() == "results.h5") path = path.parent_path();
  return path.filename().empty() ? name : path.filename().string();
}

/// Short names, but where two would be the same.
std::vector<std::string> labels_of(const std::vector<std::string>& names) {
  std::vector<std::string> labels;
  for (const std::string& name : names) labels.push_back(short_name(name));
  std::vector<std::string> unique = labels;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    if (std::ranges::count(labels, labels[k]) > 1 || labels[k] == own_name) unique[k] = names[k];
  }
  return unique;
}

/// Texts under a key, none twice.
std::vector<std::string> read_list(const ConfigNode& config, const std::string& key,
                                   std::vector<std::string> fallback) {
  std::vector<std::string> names = config.texts(key, std::move(fallback));
  if (names.empty()) config.fail(key, "is an empty list");
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name) config.fail(key, "names \"" + *name + "\" twice");
  }
  return names;
}

Selection channels(const std::vector<NamedRange>& outputs, const std::string& name) {
  std::vector<std::string> known;
  for (const NamedRange& output : outputs) {
    if (output.name == name) return Selection({output.range});
    known.push_back(output.name);
  }
  throw ConfigError("", "", unknown_name("output", name, known));
}

std::vector<NamedRange> outputs_of(const Network& network) {
  std::vector<NamedRange> outputs;
  for (const OutputLayout& output : network.output_layouts()) outputs.push_back({output.name, output.range});
  return outputs;
}

std::vector<std::string> names_of(const std::vector<NamedRange>& ranges) {
  std::vector<std::string> names;
  for (const NamedRange& range : ranges) names.push_back(range.name);
  return names;
}

std::vector<std::string> names_of(const std::vector<RegionLayout>& regions) {
  std::vector<std::string> names;
  for (const RegionLayout& region : regions) names.push_back(region.name);
  return names;
}

}  // namespace

Comparison::Comparison(const ConfigNode& config, const Network& network, Correspondence correspondence)
    : config_(config), correspondence_(correspondence), dt_(network.spec().dt), quantity_(read_quantity(config)) {
  open_runs();
  read_parts(network);
  check_dt();
  alignment_.emplace(config_, dt_);
  level_ = config_.choice("level", std::vector<std::string>{"trials", "conditions"}, "trials") == "trials"
               ? Level::trials
               : Level::conditions;
  // What trials offer is known once they are there.
  if (level_ == Level::conditions) config_.texts("by", {"condition"});
  if (level_ == Level::trials && config_.has("by")) {
    config_.fail("by", "says which trials are averaged, but level is \"trials\"; level = \"conditions\" averages them");
  }
  pairs_ = config_.choice("pairs", std::vector<std::string>{"all", "matching"}, "all") == "all" ? Pairs::all
                                                                                                : Pairs::matching;
  read_simulations();
  check_count();
}

std::string Comparison::name_of(std::size_t run) const {
  return run < stored_.size() ? "run \"" + run_names_[run] + "\"" : own_name;
}

void Comparison::open_runs() {
  const std::vector<std::string> names = config_.has("runs") ? read_list(config_, "runs", {}) : run_names_;
  this_run_ = config_.flag("this_run", true);
  if (!this_run_ && names.empty()) {
    config_.fail("this_run", "is false, and no other runs are named; runs = [\"FOLDER\", ...] names them");
  }
  for (const std::string& name : names) stored_.push_back({StoredRun(find_run(config_, name)), {}});
  run_names_ = labels_of(names);
  if (this_run_) run_names_.emplace_back(own_name);
}

/// Which regions (outputs) are compared, and their units in every run.
void Comparison::read_parts(const Network& network) {
  const bool outputs = quantity_ == Quantity::y;
  const std::string key = outputs ? "outputs" : "regions";
  if (outputs && config_.has("regions")) config_.fail("regions", "names units, but quantity is \"y\"; use outputs");
  if (!outputs && config_.has("outputs")) config_.fail("outputs", "needs quantity = \"y\"; use regions");
  if (this_run_) {
    parts_ = outputs ? names_of(outputs_of(network)) : names_of(network.regions());
  } else {
    const StoredRun& first = stored_.front().run;
    parts_ = outputs ? names_of(first.outputs()) : names_of(first.regions());
  }
  if (parts_.empty()) config_.fail("quantity", "is \"y\", but the network has no outputs");
  parts_ = read_list(config_, key, parts_);
  const auto add = [&](std::size_t run, auto&& select) {
    std::vector<Selection>& units = units_.emplace_back();
    for (const std::string& part : parts_) {
      try {
        units.push_back(select(part));
      } catch (const ConfigError& error) {
        config_.fail(key, (run < stored_.size() ? name_of(run) + ": " : "") + error.problem());
      }
    }
  };
  for (std::size_t k = 0; k < stored_.size(); ++k) {
    const StoredRun& run = stored_[k].run;
    add(k, [&](const std::string& part) { return outputs ? channels(run.outputs(), part) : run.select(part); });
    inputs_.push_back(run.inputs());
  }
  if (!this_run_) return;
  add(stored_.size(),
      [&](const std::string& part) { return outputs ? channels(outputs_of(network), part) : network.select(part); });
  inputs_.push_back(network.input_regions());
}

/// Steps of different length are different times.
void Comparison::check_dt() {
  if (!this_run_) dt_ = stored_.front().run.dt();
  for (std::size_t k = 0; k < stored_.size(); ++k) {
    if (stored_[k].run.dt() == dt_) continue;
    config_.fail("runs", fmt::format("{} has steps of {} ms, {} of {} ms; runs with the same dt can be compared",
                                     name_of(k), stored_[k].run.dt(), name_of(this_run_ ? stored_.size() : 0), dt_));
  }
}

/// Looks the simulations up in every run, and checks of those what is known before this run has run.
void Comparison::read_simulations() {
  if (stored_.empty()) return;
  if (!config_.has("simulation")) {
    config_.fail("simulation", "is missing; with runs, it names the simulation to compare in each of them");
  }
  const std::string quantity = quantity_ == Quantity::h ? "h" : quantity_ == Quantity::x ? "x" : "y";
  std::vector<ComparedActivities::Source> sources;
  for (std::size_t k = 0; k < stored_.size(); ++k) {
    for (const std::string& name : config_.texts("simulation")) {
      try {
        stored_[k].simulations.push_back(stored_[k].run.simulation(name));
      } catch (const ConfigError& error) {
        config_.fail("simulation", name_of(k) + ": " + error.problem());
      }
      const Record& record = stored_[k].simulations.back().record;
      if (quantity_ == Quantity::h ? record.h : quantity_ == Quantity::x ? record.x : record.y) continue;
      config_.fail("quantity", fmt::format("{}: simulation \"{}\" has no {} recorded; add \"{}\" to its record there",
                                           name_of(k), name, quantity, quantity));
    }
    for (const Simulation& simulation : stored_[k].simulations) {
      try {
        alignment_->window({&simulation});
        sources.push_back({&simulation, k, conditions_of(simulation)});
      } catch (const ConfigError& error) {
        throw ConfigError(error.where(), error.key(), name_of(k) + ": " + error.problem());
      }
    }
  }
  match(sources);
}

void Comparison::check_count() const {
  const std::size_t simulations = config_.has("simulation") ? config_.texts("simulation").size() : 1;
  const std::size_t sources = simulations * run_names_.size();
  if (sources * parts_.size() < 2) {
    config_.fail("",
                 fmt::format("there is only one activity to compare (\"{}\"); name more regions, simulations or runs",
                             parts_.front()));
  }
  if (pairs_ == Pairs::matching && sources < 2) {
    config_.fail("pairs",
                 "is \"matching\", but each region is there once; name another run or simulation, or write "
                 "pairs = \"all\"");
  }
}

Record Comparison::needs() const {
  Record record;
  record.x = this_run_ && quantity_ == Quantity::x;
  record.h = this_run_ && quantity_ == Quantity::h;
  record.y = this_run_ && quantity_ == Quantity::y;
  return record;
}

}  // namespace mrnn
