#include "mrnn/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/samples.hpp"

namespace mrnn {
namespace {

/// Units of any of the selections, ascending, each once.
Selection all_units(const std::vector<Selection>& selections) {
  std::vector<Index> units;
  for (const Selection& selection : selections) {
    const std::vector<Index> more = selection.indices();
    units.insert(units.end(), more.begin(), more.end());
  }
  std::ranges::sort(units);
  units.erase(std::unique(units.begin(), units.end()), units.end());
  std::vector<UnitRange> ranges;
  for (const Index unit : units) ranges.push_back({unit, 1});
  return Selection(std::move(ranges));
}

std::vector<std::string> names_of(const Conditions& conditions) {
  std::vector<std::string> names;
  for (const Condition& condition : conditions.list) names.push_back(condition.name);
  return names;
}

/// The first trial at which two lists differ; where a number is missing in both, they agree.
std::optional<std::size_t> first_difference(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    if (a[k] != b[k] && !(std::isnan(a[k]) && std::isnan(b[k]))) return k;
  }
  return std::nullopt;
}

std::optional<std::size_t> first_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    if (a[k] != b[k]) return k;
  }
  return std::nullopt;
}

/// Is there any metadata that both have? How long trials are says too little of which they are.
template <class Values>
bool share_metadata(const std::map<std::string, Values>& first, const std::map<std::string, Values>& other) {
  return std::ranges::any_of(
      first, [&other](const auto& entry) { return entry.first != trial_steps && other.contains(entry.first); });
}

/// `trial 3 has coherence 0.5 and 0.1`, for the first metadata that both have and in which they differ.
template <class Values>
std::optional<std::string> different_metadata(const std::map<std::string, Values>& first,
                                              const std::map<std::string, Values>& other) {
  for (const auto& [name, values] : first) {
    const auto found = other.find(name);
    if (found == other.end()) continue;
    if (const auto trial = first_difference(values, found->second)) {
      return fmt::format("trial {} has {} {} and {}", *trial, name, values[*trial], found->second[*trial]);
    }
  }
  return std::nullopt;
}

}  // namespace

// ---- Comparison: what is compared, once all simulations are there

/// Conditions, the trials of which are averaged; a simulation without metadata is one condition.
Conditions Comparison::conditions_of(const Simulation& simulation) const {
  if (level_ == Level::trials) return {};
  Conditions conditions = group_trials(config_, {&simulation});
  if (!conditions.grouped) conditions.list.front().name = "all";
  return conditions;
}

void Comparison::check(const std::vector<const Simulation*>& planned) const {
  if (!this_run_) return;
  std::vector<ComparedActivities::Source> sources;
  for (std::size_t k = 0; k < stored_.size(); ++k) {
    for (const Simulation& outline : stored_[k].simulations) sources.push_back({&outline, k, conditions_of(outline)});
  }
  for (const Simulation* simulation : planned) {
    alignment_->window({simulation});
    sources.push_back({simulation, stored_.size(), conditions_of(*simulation)});
  }
  match(sources);
  if (correspondence_ == Correspondence::samples) check_times(sources);
}

/// Was a time around the moment of alignment recorded in all of them?
void Comparison::check_times(const std::vector<ComparedActivities::Source>& sources) const {
  Window common = alignment_->window({sources.front().simulation});
  for (const ComparedActivities::Source& source : sources) {
    const Window own = alignment_->window({source.simulation});
    common = {std::max(common.first, own.first), std::min(common.last, own.last)};
    if (common.size() > 0) continue;
    config_.fail(stored_.empty() ? "simulation" : "runs",
                 fmt::format("simulation \"{}\" of {} has no time around the moment of alignment in common with the "
                             "others",
                             source.simulation->name, name_of(source.run)));
  }
}

std::vector<const Simulation*> Comparison::simulations_of(const std::vector<ComparedActivities::Source>& sources) {
  std::vector<const Simulation*> all;
  for (const ComparedActivities::Source& source : sources) all.push_back(source.simulation);
  return all;
}

/// Do all sources have the same trials (conditions) as the first?
void Comparison::match(std::vector<ComparedActivities::Source>& sources) const {
  for (ComparedActivities::Source& source : sources) {
    if (correspondence_ == Correspondence::none) continue;
    if (level_ == Level::trials) {
      match_trials(sources.front(), source);
    } else {
      match_conditions(sources.front(), source);
    }
  }
}

void Comparison::match_trials(const ComparedActivities::Source& first, const ComparedActivities::Source& other) const {
  const std::string key = stored_.empty() ? "simulation" : "runs";
  const auto describe = [this](const ComparedActivities::Source& source) {
    return fmt::format("simulation \"{}\" of {}", source.simulation->name, name_of(source.run));
  };
  const Trials &ours = first.simulation->trials, &theirs = other.simulation->trials;
  if (ours.count != theirs.count) {
    config_.fail(key, fmt::format("{} has {} trials, {} has {}; the same trials are needed. level = \"conditions\" "
                                  "compares averages over trials instead",
                                  describe(first), ours.count, describe(other), theirs.count));
  }
  std::optional<std::string> difference = different_metadata(ours.texts, theirs.texts);
  if (!difference) difference = different_metadata(ours.numbers, theirs.numbers);
  if (!share_metadata(ours.texts, theirs.texts) && !share_metadata(ours.numbers, theirs.numbers)) {
    difference = different_inputs(first, other);
  }
  if (!difference) return;
  config_.fail(key, fmt::format("{} and {} do not have the same trials: {}. Trials are the same where task and seed "
                                "are; level = \"conditions\" compares averages over trials instead",
                                describe(first), describe(other), *difference));
}

Sequence Comparison::inputs_of(const ComparedActivities::Source& source) const {
  const Simulation& simulation = *source.simulation;
  return source.run < stored_.size() ? stored_[source.run].run.read_inputs(simulation.name) : simulation.trials.inputs;
}

/// Of trials about which nothing else is known: those with different inputs are different trials. The inputs of this
/// run are there once it has run.
std::optional<std::string> Comparison::different_inputs(const ComparedActivities::Source& first,
                                                        const ComparedActivities::Source& other) const {
  const auto planned = [this](const ComparedActivities::Source& source) {
    return source.run == stored_.size() && source.simulation->trials.inputs.empty();
  };
  if (&first == &other || planned(first) || planned(other)) return std::nullopt;
  const Sequence ours = inputs_of(first), theirs = inputs_of(other);
  if (ours.units != theirs.units) return std::nullopt;
  for (Index step = 0; step < std::min(ours.steps, theirs.steps); ++step) {
    for (Index trial = 0; trial < ours.trials; ++trial) {
      if (ours.at(step).col(trial) == theirs.at(step).col(trial)) continue;
      return fmt::format("trial {} has different inputs at step {}", trial, step);
    }
  }
  return std::nullopt;
}

void Comparison::match_conditions(const ComparedActivities::Source& first, ComparedActivities::Source& other) const {
  const std::vector<std::string> wanted = names_of(first.conditions), found = names_of(other.conditions);
  for (const std::string& name : wanted) other.order.push_back(std::ranges::find(found, name) - found.begin());
  const bool lacks = std::ranges::find(other.order, std::ssize(found)) != other.order.end();
  if (!lacks && found.size() == wanted.size()) return;
  config_.fail(stored_.empty() ? "simulation" : "runs",
               fmt::format("the conditions of simulation \"{}\" of {} are {}, of simulation \"{}\" of {} {}; the same "
                           "conditions are needed",
                           first.simulation->name, name_of(first.run), list_words(wanted), other.simulation->name,
                           name_of(other.run), list_words(found)));
}

void Comparison::list_items(ComparedActivities& activities) const {
  const std::size_t simulations = activities.sources_.size() / run_names_.size();
  for (std::size_t s = 0; s < activities.sources_.size(); ++s) {
    const ComparedActivities::Source& source = activities.sources_[s];
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      ComparedItem item{"", run_names_[source.run], source.simulation->name, parts_[part], s, part};
      std::vector<std::string> words;
      if (run_names_.size() > 1) words.push_back(item.run);
      if (simulations > 1) words.push_back(item.simulation);
      if (parts_.size() > 1) words.push_back(item.part);
      item.label = join(words, ": ");
      activities.items_.push_back(std::move(item));
    }
  }
  for (std::size_t i = 0; i < activities.items_.size(); ++i) {
    for (std::size_t j = i + 1; j < activities.items_.size(); ++j) {
      const bool namesakes = activities.items_[i].number == activities.items_[j].number;
      if (pairs_ == Pairs::all || namesakes) activities.pairs_.emplace_back(i, j);
    }
  }
}

ComparedActivities Comparison::read(const AnalysisContext& context) const {
  ComparedActivities activities(*this);
  for (std::size_t k = 0; k < stored_.size(); ++k) {
    for (const Simulation& outline : stored_[k].simulations) {
      activities.read_.push_back(std::make_unique<Simulation>(outline));
      stored_[k].run.read(*activities.read_.back(), quantity_, all_units(units_[k]));
      activities.sources_.push_back({activities.read_.back().get(), k, conditions_of(outline)});
    }
  }
  if (this_run_) {
    for (const Simulation* simulation : context.simulations()) {
      activities.sources_.push_back({simulation, stored_.size(), conditions_of(*simulation)});
    }
  }
  match(activities.sources_);
  activities.window_ = alignment_->window(simulations_of(activities.sources_));
  list_items(activities);
  activities.left_out_.assign(activities.items_.size(), false);
  if (correspondence_ == Correspondence::samples) {
    activities.find_samples();
    activities.leave_out_constant();
  }
  return activities;
}

// ---- ComparedActivities

/// One simulation around the moment of alignment, averaged where conditions are compared.
Sequence ComparedActivities::aligned(const Source& source, const Simulation& simulation, Quantity what,
                                     const Selection& units) const {
  Sequence trials = aligned_activity({&simulation}, what, units, *comparison_.alignment_, window_);
  if (comparison_.level_ == Comparison::Level::trials) return trials;
  Sequence means = condition_means(trials, source.conditions);
  if (source.order.empty()) return means;
  Sequence ordered(means.units, means.trials, means.steps);
  for (Index step = 0; step < means.steps; ++step) {
    for (Index k = 0; k < means.trials; ++k) {
      ordered.at(step).col(k) = means.at(step).col(source.order[static_cast<std::size_t>(k)]);
    }
  }
  return ordered;
}

Sequence ComparedActivities::activity(std::size_t item) const {
  const Source& source = sources_[items_[item].source];
  return aligned(source, *source.simulation, comparison_.quantity_,
                 comparison_.units_[source.run][items_[item].number]);
}

Sequence ComparedActivities::inputs(std::size_t item) const {
  const Source& source = sources_[items_[item].source];
  // Inputs are aligned like outputs: channels that are there at every step.
  Simulation given;
  given.name = source.simulation->name;
  given.trials.count = source.simulation->trials.count;
  given.trials.steps = source.simulation->trials.steps;
  given.trials.epochs = source.simulation->trials.epochs;
  given.trials.numbers = source.simulation->trials.numbers;  // they say when each trial ends
  Sequence inputs = comparison_.inputs_of(source);
  given.steps = {0, given.trials.steps};
  const Selection channels({{0, inputs.units}});
  given.y = std::move(inputs);
  return aligned(source, given, Quantity::y, channels);
}

std::size_t ComparedActivities::bytes() const {
  Index units = 0;
  for (const ComparedItem& item : items_) {
    units += comparison_.units_[sources_[item.source].run][item.number].size();
  }
  return static_cast<std::size_t>(units * sample_count_) * sizeof(double);
}

/// A sample is shared where every source has a value; all units of a source have one at the same steps.
void ComparedActivities::find_samples() {
  for (const Source& source : sources_) {
    const Selection& units = comparison_.units_[source.run].front();
    const Sequence one =
        aligned(source, *source.simulation, comparison_.quantity_, Selection({{units.ranges().front().start, 1}}));
    if (shared_.empty()) shared_.assign(one.data.size(), true);
    for (std::size_t k = 0; k < shared_.size(); ++k) shared_[k] = shared_[k] && std::isfinite(one.data[k]);
  }
  sample_count_ = std::ranges::count(shared_, true);
  if (sample_count_ > 1) return;
  throw RunError("the activities that are compared have no time in common at which all have values");
}

void ComparedActivities::leave_out_constant() {
  std::vector<std::size_t> constant;
  for (std::size_t item = 0; item < items_.size(); ++item) {
    if (is_constant(samples(item))) constant.push_back(item);
  }
  leave_out(constant, "constant");
}

void ComparedActivities::leave_out(const std::vector<std::size_t>& items, std::string_view what) {
  if (items.empty()) return;
  std::vector<std::string> labels;
  for (const std::size_t item : items) {
    left_out_[item] = true;
    labels.push_back(items_[item].label);
  }
  std::erase_if(pairs_, [this](const auto& pair) { return left_out_[pair.first] || left_out_[pair.second]; });
  const std::string words = fmt::format("the activity of {} is {}, so ", join(labels), what);
  if (pairs_.empty()) throw RunError(words + "there are no two activities to compare");
  remarks_.push_back(words + "it is not compared");
}

Sequence ComparedActivities::samples(std::size_t item) const {
  Sequence all = activity(item);
  auto out = all.data.begin();
  for (std::size_t k = 0; k < shared_.size(); ++k) {
    if (!shared_[k]) continue;
    out = std::copy_n(all.data.begin() + static_cast<std::ptrdiff_t>(k) * all.units, all.units, out);
  }
  all.trials = sample_count_;
  all.steps = 1;
  all.data.resize(static_cast<std::size_t>(all.units * all.trials));
  return all;
}

bool is_constant(const Sequence& activity) {
  constexpr double rounding = 1e-12;
  const auto each_sample = [&activity](const auto& visit) {
    for (Index step = 0; step < activity.steps; ++step) {
      const auto values = activity.at(step);
      for (Index trial = 0; trial < activity.trials; ++trial) {
        if (activity.units > 0 && std::isfinite(values(0, trial))) visit(values.col(trial));
      }
    }
  };
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(activity.units);
  double count = 0.0, spread = 0.0, squares = 0.0;
  each_sample([&](const auto& sample) {
    mean += sample;
    ++count;
  });
  mean /= std::max(count, 1.0);
  each_sample([&](const auto& sample) {
    spread += (sample - mean).squaredNorm();
    squares += sample.squaredNorm();
  });
  return spread <= rounding * rounding * squares;
}

}  // namespace mrnn
