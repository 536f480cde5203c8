#include "activity_sets.hpp"

#include <algorithm>
#include <utility>

namespace subspace_alignment {
namespace {

using mrnn::Index;
using mrnn::Sequence;
using Simulations = std::vector<const mrnn::Simulation*>;

/// The position of a word among those accepted, which are in the order of the enumeration.
template <class Enum>
Enum read(const mrnn::ConfigNode& config, const char* key, const std::vector<std::string>& accepted) {
  const std::string word = config.choice(key, accepted, accepted.front());
  return static_cast<Enum>(std::ranges::find(accepted, word) - accepted.begin());
}

}  // namespace

bool ActivitySet::varies() const {
  constexpr double rounding = 1e-24;  // of squares
  return covariance.matrix.trace() > rounding * covariance.mean.squaredNorm();
}

SetChoice::SetChoice(const mrnn::ConfigNode& config, double dt)
    : config_(config),
      alignment_(config, dt),
      normalisation_(config),
      between_(read<Between>(config, "between", {"epochs", "conditions", "simulations", "regions"})),
      fit_(read<Fit>(config, "fit", {"trials", "conditions"})),
      every_(config.count_or("every", 1)) {
  config.texts("by", {"condition"});  // what the trials offer is known only when they are there
  if (config.has("epochs")) {
    config.texts("epochs");
    if (between_ != Between::epochs) config.fail("epochs", "has no meaning without between = \"epochs\"");
  }
  for (const char* key : {"align", "align_at", "window"}) {
    if (between_ == Between::epochs && config.has(key)) {
      config.fail(key, "has no meaning with between = \"epochs\": each epoch is taken whole");
    }
  }
  if (config.has("by") && between_ != Between::conditions && fit_ != Fit::conditions) {
    config.fail("by", "has no meaning without between = \"conditions\" or fit = \"conditions\"");
  }
  const bool several = config.has("simulation") && config.texts("simulation").size() > 1;
  if (between_ == Between::simulations && !several) {
    config.fail(config.has("simulation") ? "simulation" : "between",
                "compares simulations, of which two at least must be named: simulation = [\"...\", \"...\"]");
  }
  if (between_ == Between::regions && several) {
    config.fail("simulation", "names several; regions are compared within one");
  }
}

void SetChoice::check(const Simulations& simulations) const {
  std::vector<std::string> sets;
  if (between_ == Between::epochs) {
    sets = mrnn::read_epochs(config_, "epochs", simulations);
  } else {
    alignment_.window(simulations);
  }
  if (between_ == Between::conditions || fit_ == Fit::conditions) {
    for (const mrnn::Simulation* simulation : simulations) {
      const mrnn::Conditions conditions = mrnn::group_trials(config_, {simulation});
      if (between_ != Between::conditions) continue;
      for (const mrnn::Condition& condition : conditions.list) sets.push_back(condition.name);
    }
  }
  if (sets.size() != 1 || simulations.size() != 1) return;
  config_.fail(config_.has("epochs")    ? "epochs"
               : config_.has("between") ? "between"
                                        : "",
               "leaves a single set, \"" + sets.front() + "\"; subspaces of two at least are compared");
}

void SetChoice::average(const Simulations& simulations, Sequence& activity) const {
  if (fit_ == Fit::conditions) activity = mrnn::condition_means(activity, mrnn::group_trials(config_, simulations));
}

std::vector<SetChoice::Part> SetChoice::epochs(const Simulations& simulations, mrnn::Quantity quantity,
                                               const mrnn::Selection& units) const {
  std::vector<Part> parts;
  for (const mrnn::Simulation* simulation : simulations) {
    const std::string prefix = simulations.size() > 1 ? simulation->name + ": " : "";
    for (const std::string& epoch : mrnn::read_epochs(config_, "epochs", simulations)) {
      parts.push_back({prefix + epoch, mrnn::epoch_activity({simulation}, quantity, units, epoch)});
      average({simulation}, parts.back().activity);
    }
  }
  return parts;
}

std::vector<SetChoice::Part> SetChoice::whole(const Simulations& simulations, mrnn::Quantity quantity,
                                              const mrnn::Selection& units) const {
  std::vector<Part> parts;
  const mrnn::Window window = alignment_.window(simulations);
  for (const mrnn::Simulation* simulation : simulations) {
    parts.push_back({simulation->name, mrnn::aligned_activity({simulation}, quantity, units, alignment_, window)});
    average({simulation}, parts.back().activity);
  }
  return parts;
}

std::vector<ActivitySet> SetChoice::of_population(const Simulations& simulations, mrnn::Quantity quantity,
                                                  const mrnn::Population& population, Scale scale) const {
  std::vector<Part> parts = between_ == Between::epochs ? epochs(simulations, quantity, population.units)
                                                        : whole(simulations, quantity, population.units);
  if (scale == Scale::normalised) {
    std::vector<const Sequence*> all;
    for (const Part& part : parts) all.push_back(&part.activity);
    const Eigen::VectorXd scales = normalisation_.scales(all);
    for (Part& part : parts) mrnn::divide_by(scales, part.activity);
  }
  std::vector<ActivitySet> sets;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const Part& part = parts[p];
    if (between_ != Between::conditions) {
      sets.push_back({part.name, mrnn::covariance(part.activity, {}, every_)});
      continue;
    }
    const mrnn::Conditions conditions = mrnn::group_trials(config_, {simulations[p]});
    for (std::size_t c = 0; c < conditions.list.size(); ++c) {
      std::vector<Index> trials;
      for (std::size_t trial = 0; trial < conditions.of_trial.size(); ++trial) {
        if (conditions.of_trial[trial] == static_cast<int>(c)) trials.push_back(static_cast<Index>(trial));
      }
      if (fit_ == Fit::conditions) trials = {static_cast<Index>(c)};  // their mean
      const std::string prefix = !conditions.grouped ? "" : simulations.size() > 1 ? part.name + ": " : "";
      sets.push_back({prefix + conditions.list[c].name, mrnn::covariance(part.activity, trials, every_)});
    }
  }
  return sets;
}

std::vector<ActivitySet> SetChoice::of_regions(const Simulations& simulations,
                                               const mrnn::Populations& populations) const {
  std::vector<ActivitySet> sets;
  for (const mrnn::Population& population : populations.list) {
    Part part = std::move(whole(simulations, populations.quantity, population.units).front());
    mrnn::divide_by(normalisation_.scales(part.activity), part.activity);
    sets.push_back({population.name, mrnn::covariance(part.activity, {}, every_)});
  }
  return sets;
}

}  // namespace subspace_alignment
