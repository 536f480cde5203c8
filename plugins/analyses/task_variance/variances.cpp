#include "variances.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "mrnn/names.hpp"

namespace task_variance {
namespace {

/// Names of epochs in the order in which they first appear.
std::vector<std::string> epoch_names(const std::vector<const mrnn::Simulation*>& simulations) {
  std::vector<std::string> names;
  for (const mrnn::Simulation* simulation : simulations) {
    for (const mrnn::Epoch& epoch : simulation->trials.epochs) {
      if (std::ranges::find(names, epoch.name) == names.end()) names.push_back(epoch.name);
    }
  }
  return names;
}

void require_known(const mrnn::ConfigNode& config, const std::string& key, const std::vector<std::string>& wanted,
                   const std::vector<std::string>& known) {
  for (const std::string& name : wanted) {
    if (std::ranges::find(known, name) == known.end()) config.fail(key, mrnn::unknown_name("epoch", name, known));
  }
}

Stretch stretch_of(const std::string& name, const std::vector<const mrnn::Simulation*>& simulations) {
  Stretch stretch{name, {}};
  for (const mrnn::Simulation* simulation : simulations) {
    const auto& epochs = simulation->trials.epochs;
    const auto epoch = std::ranges::find(epochs, name, &mrnn::Epoch::name);
    for (std::size_t trial = 0; trial < static_cast<std::size_t>(simulation->trials.count); ++trial) {
      const mrnn::StepRange recorded = simulation->recorded(static_cast<Index>(trial));
      mrnn::StepRange range = name.empty() ? recorded : mrnn::StepRange{};
      if (epoch != epochs.end() && epoch->last[trial] > epoch->first[trial]) {
        range = {std::max(epoch->first[trial], recorded.first), std::min(epoch->last[trial], recorded.last)};
      }
      stretch.steps.push_back(range.size() > 0 ? range : mrnn::StepRange{});
    }
  }
  return stretch;
}

/// Running sums of one moment of an epoch: over stimuli, of the mean over their trials.
struct Moment {
  VectorXd sum, squares;
  double stimuli = 0.0;

  void add(const VectorXd& value) {
    if (stimuli == 0.0) {
      first_ = value;
      sum = squares = VectorXd::Zero(value.size());
    }
    // About the first value, so that nothing is lost where the variance is small.
    const VectorXd shifted = value - first_;
    sum += shifted;
    squares += shifted.cwiseAbs2();
    ++stimuli;
  }
  VectorXd variance() const { return (squares / stimuli - (sum / stimuli).cwiseAbs2()).cwiseMax(0.0); }

 private:
  VectorXd first_;
};

/// A trial of a simulation, and where its activity begins.
struct Member {
  const mrnn::Sequence* activity = nullptr;
  Index trial = 0;        ///< in its simulation
  mrnn::StepRange steps;  ///< of the recorded activity
};

/// Adds the variances at each moment after the beginning of the epoch; returns the weight of all of them.
double add_moments(const std::vector<std::vector<Member>>& stimuli, VectorXd& sum) {
  Index longest = 0;
  for (const auto& members : stimuli) {
    for (const Member& member : members) longest = std::max(longest, member.steps.size());
  }
  double weight = 0.0;
  for (Index t = 0; t < longest; ++t) {
    Moment moment;
    for (const auto& members : stimuli) {
      VectorXd mean;
      double count = 0.0;
      for (const Member& member : members) {
        if (t >= member.steps.size()) continue;
        const auto value = member.activity->at(member.steps.first + t).col(member.trial);
        if (count == 0.0) mean = value;
        if (count > 0.0) mean += value;
        ++count;
      }
      if (count > 0.0) moment.add(mean / count);
    }
    if (moment.stimuli < 2.0) continue;
    sum += moment.stimuli * moment.variance();
    weight += moment.stimuli;
  }
  return weight;
}

}  // namespace

std::vector<Stretch> read_stretches(const mrnn::ConfigNode& config,
                                    const std::vector<const mrnn::Simulation*>& simulations) {
  const std::vector<std::string> known = epoch_names(simulations);
  std::vector<std::string> names;
  if (config.has("epochs")) {
    names = config.texts("epochs");
    require_known(config, "epochs", names, known);
  } else {
    const std::vector<std::string> skipped = config.texts("skip", {"fixation", "catch"});
    if (config.has("skip")) require_known(config, "skip", skipped, known);
    std::ranges::copy_if(known, std::back_inserter(names),
                         [&](const std::string& name) { return std::ranges::find(skipped, name) == skipped.end(); });
    if (known.empty()) names = {""};
  }
  if (names.empty()) config.fail(config.has("epochs") ? "epochs" : "skip", "leaves no epoch");
  std::vector<Stretch> stretches;
  for (const std::string& name : names) stretches.push_back(stretch_of(name, simulations));
  return stretches;
}

std::vector<Column> make_columns(const mrnn::Levels& tasks, const std::vector<Stretch>& stretches, bool per_epoch) {
  std::vector<Column> columns;
  for (int task = 0; task < static_cast<int>(tasks.values.size()); ++task) {
    const std::string& name = tasks.values[static_cast<std::size_t>(task)];
    Column whole{name, {}, task};
    for (std::size_t s = 0; s < stretches.size(); ++s) {
      bool present = false;
      for (std::size_t trial = 0; trial < tasks.of_trial.size(); ++trial) {
        present = present || (tasks.of_trial[trial] == task && stretches[s].steps[trial].size() > 0);
      }
      if (!present) continue;
      whole.stretches.push_back(s);
      if (per_epoch) columns.push_back({name + ": " + stretches[s].name, {s}, task});
    }
    if (!per_epoch && !whole.stretches.empty()) columns.push_back(std::move(whole));
  }
  return columns;
}

MatrixXd variances(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
                   const mrnn::Selection& units, const mrnn::Levels& tasks, const Stimuli& stimuli,
                   const std::vector<Stretch>& stretches, const std::vector<Column>& columns) {
  std::vector<mrnn::Sequence> activity;
  for (const mrnn::Simulation* simulation : simulations) activity.push_back(simulation->activity(quantity, units));
  MatrixXd table(units.size(), std::ssize(columns));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    VectorXd sum = VectorXd::Zero(units.size());
    double weight = 0.0;
    for (const std::size_t s : columns[c].stretches) {
      std::map<int, std::vector<Member>> groups;  // by stimulus
      std::size_t number = 0;
      for (std::size_t k = 0; k < simulations.size(); ++k) {
        for (Index trial = 0; trial < activity[k].trials; ++trial, ++number) {
          mrnn::StepRange range = stretches[s].steps[number];
          const int stimulus = stimuli.empty() ? static_cast<int>(number) : stimuli[number];
          if (tasks.of_trial[number] != columns[c].task || range.size() < 1 || stimulus < 0) continue;
          range = {range.first - simulations[k]->steps.first, range.last - simulations[k]->steps.first};
          groups[stimulus].push_back({&activity[k], trial, range});
        }
      }
      std::vector<std::vector<Member>> members;
      for (auto& group : groups) members.push_back(std::move(group.second));
      weight += add_moments(members, sum);
    }
    table.col(static_cast<Index>(c)) = weight > 0.0
                                           ? VectorXd(sum / weight)
                                           : VectorXd::Constant(units.size(), std::numeric_limits<double>::quiet_NaN());
  }
  return table;
}

}  // namespace task_variance
