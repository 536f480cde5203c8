#include "sample_groups.hpp"

#include <numeric>

#include "mrnn/samples.hpp"

namespace participation_ratio {
namespace {

using mrnn::Index;
using mrnn::Sequence;

/// The position of a word among those accepted, which are in the order of the enumeration.
template <class Enum>
Enum read(const mrnn::ConfigNode& config, const char* key, const std::vector<std::string>& accepted) {
  const std::string word = config.choice(key, accepted, accepted.front());
  return static_cast<Enum>(std::ranges::find(accepted, word) - accepted.begin());
}

std::vector<Index> all_trials(const Sequence& activity) {
  std::vector<Index> trials(static_cast<std::size_t>(activity.trials));
  std::iota(trials.begin(), trials.end(), Index{0});
  return trials;
}

}  // namespace

SampleGroups::SampleGroups(const mrnn::ConfigNode& config, double dt)
    : config_(config),
      dt_(dt),
      alignment_(config, dt),
      normalisation_(config),
      over_(read<Over>(config, "over", {"all", "conditions", "epochs", "time"})),
      fit_(read<Fit>(config, "fit", {"trials", "conditions", "residuals"})),
      every_(config.count_or("every", 1)) {
  config.texts("by", {"condition"});  // what the trials offer is known only when they are there
  if (config.has("epochs")) {
    config.texts("epochs");
    if (over_ != Over::epochs) config.fail("epochs", "has no meaning without over = \"epochs\"");
  }
  if (config.has("by") && over_ != Over::conditions && fit_ == Fit::trials) {
    config.fail("by", "has no meaning without over = \"conditions\", or a fit to conditions or residuals");
  }
  for (const char* key : {"align", "align_at", "window"}) {
    if (over_ == Over::epochs && config.has(key)) {
      config.fail(key, "has no meaning with over = \"epochs\": each epoch is taken whole");
    }
  }
}

void SampleGroups::check(const std::vector<const mrnn::Simulation*>& simulations) const {
  if (over_ == Over::epochs) {
    mrnn::read_epochs(config_, "epochs", simulations);
  } else {
    alignment_.window(simulations);
  }
  for (const mrnn::Simulation* simulation : simulations) mrnn::group_trials(config_, {simulation});
}

mrnn::Conditions SampleGroups::prepare(const mrnn::Simulation& simulation, Sequence& activity) const {
  mrnn::Conditions conditions = mrnn::group_trials(config_, {&simulation});
  if (fit_ == Fit::residuals) mrnn::subtract_condition_means(activity, conditions);
  if (fit_ == Fit::conditions) {
    activity = mrnn::condition_means(activity, conditions);
    std::iota(conditions.of_trial.begin(), conditions.of_trial.begin() + activity.trials, 0);  // one `trial` each
    conditions.of_trial.resize(static_cast<std::size_t>(activity.trials));
  }
  mrnn::divide_by(normalisation_.scales(activity), activity);
  return conditions;
}

void SampleGroups::visit(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
                         const mrnn::Selection& units, const Visit& visit) const {
  for (const mrnn::Simulation* simulation : simulations) {
    const std::string prefix = simulations.size() > 1 ? simulation->name + ": " : "";
    if (over_ == Over::epochs) {
      for (const std::string& epoch : mrnn::read_epochs(config_, "epochs", simulations)) {
        Sequence activity = mrnn::epoch_activity({simulation}, quantity, units, epoch);
        prepare(*simulation, activity);
        visit(prefix + epoch, activity, {all_trials(activity), 0, activity.steps, every_});
      }
      continue;
    }
    Sequence activity =
        mrnn::aligned_activity({simulation}, quantity, units, alignment_, alignment_.window(simulations));
    const mrnn::Conditions conditions = prepare(*simulation, activity);
    if (over_ == Over::all) visit(simulation->name, activity, {all_trials(activity), 0, activity.steps, every_});
    for (Index step = 0; over_ == Over::time && step < activity.steps; step += every_) {
      visit(simulation->name, activity, {all_trials(activity), step, step + 1, 1});
    }
    for (std::size_t c = 0; over_ == Over::conditions && c < conditions.list.size(); ++c) {
      SampleChoice choice{{}, 0, activity.steps, every_};
      for (const Index trial : all_trials(activity)) {
        if (conditions.of_trial[static_cast<std::size_t>(trial)] == static_cast<int>(c)) choice.trials.push_back(trial);
      }
      visit(conditions.grouped ? prefix + conditions.list[c].name : simulation->name, activity, choice);
    }
  }
}

Eigen::VectorXd SampleGroups::times(const std::vector<const mrnn::Simulation*>& simulations) const {
  const mrnn::Window window = alignment_.window(simulations);
  Eigen::VectorXd times((window.size() + every_ - 1) / every_);
  for (Index k = 0; k < times.size(); ++k) times(k) = static_cast<double>(window.first + k * every_) * dt_;
  return times;
}

std::string SampleGroups::time_label() const {
  return alignment_.by_epoch() ? "time from " + alignment_.epoch() + " (ms)" : "time (ms)";
}

}  // namespace participation_ratio
