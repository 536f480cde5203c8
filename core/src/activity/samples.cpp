#include "mrnn/samples.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/random.hpp"

namespace mrnn {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Where the trials of a simulation go.
struct Placement {
  std::vector<std::optional<Index>> zero;  ///< per trial
  Window window;
  Index row = 0;  ///< of the first trial
};

/// Per trial, the step at which what was recorded of it ends.
std::vector<Index> ends_of(const Simulation& simulation) {
  std::vector<Index> ends;
  for (Index trial = 0; trial < simulation.trials.count; ++trial) ends.push_back(simulation.recorded(trial).last);
  return ends;
}

/// Copies what one simulation recorded within the window to the trials from `row` on. Step by step, so that there is
/// no second copy of the whole.
void place(const Simulation& simulation, Quantity what, const Selection& units, const Placement& placement,
           Sequence& aligned) {
  const std::vector<Index> ends = ends_of(simulation);
  for (Index step = simulation.steps.first; step < simulation.steps.last; ++step) {
    const Eigen::MatrixXd values = simulation.activity_at(what, units, step);
    for (Index trial = 0; trial < values.cols(); ++trial) {
      const std::optional<Index>& zero = placement.zero[static_cast<std::size_t>(trial)];
      if (!zero || step >= ends[static_cast<std::size_t>(trial)]) continue;
      const Index k = step - *zero - placement.window.first;
      if (k >= 0 && k < placement.window.size()) aligned.at(k).col(placement.row + trial) = values.col(trial);
    }
  }
}

/// Length of an epoch in a trial; 0 where the trial lacks it.
Index length_of(const Epoch& epoch, std::size_t trial) {
  const bool present = trial < epoch.first.size() && epoch.first[trial] >= 0;
  return present ? std::max<Index>(0, epoch.last[trial] - epoch.first[trial]) : 0;
}

/// The epoch of that name, where some trial has it; else null.
const Epoch* find_epoch(const Trials& trials, const std::string& name) {
  for (const Epoch& epoch : trials.epochs) {
    for (std::size_t trial = 0; epoch.name == name && trial < epoch.first.size(); ++trial) {
      if (length_of(epoch, trial) > 0) return &epoch;
    }
  }
  return nullptr;
}

/// Those that some trial of a simulation has.
std::vector<std::string> epoch_names(const Trials& trials) {
  std::vector<std::string> names;
  for (const Epoch& epoch : trials.epochs) {
    if (find_epoch(trials, epoch.name) != nullptr) names.push_back(epoch.name);
  }
  return names;
}

/// In steps, over the trials that have the epoch; there is one at least.
double mean_start(const Epoch& epoch) {
  double sum = 0.0, count = 0.0;
  for (std::size_t trial = 0; trial < epoch.first.size(); ++trial) {
    if (length_of(epoch, trial) == 0) continue;
    sum += static_cast<double>(epoch.first[trial]);
    count += 1.0;
  }
  return sum / count;
}

const Epoch& require_epoch(const Simulation& simulation, const std::string& name) {
  const Epoch* epoch = find_epoch(simulation.trials, name);
  if (epoch == nullptr) {
    throw RunError("no trial of simulation \"" + simulation.name + "\" has the epoch \"" + name + "\"");
  }
  return *epoch;
}

std::vector<Index> chosen_or_all(const std::vector<Index>& trials, Index count) {
  if (!trials.empty()) return trials;
  std::vector<Index> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), Index{0});
  return all;
}

}  // namespace

Sequence aligned_activity(const std::vector<const Simulation*>& simulations, Quantity what, const Selection& units,
                          const Alignment& alignment, const Window& window) {
  Index total = 0;
  for (const Simulation* simulation : simulations) total += simulation->trials.count;
  Sequence aligned(units.size(), total, window.size());
  std::ranges::fill(aligned.data, missing);
  Placement placement{{}, window, 0};
  for (const Simulation* simulation : simulations) {
    placement.zero = alignment.zero(simulation->trials);
    place(*simulation, what, units, placement, aligned);
    placement.row += simulation->trials.count;
  }
  return aligned;
}

std::vector<std::string> read_epochs(const ConfigNode& config, std::string_view key,
                                     const std::vector<const Simulation*>& simulations) {
  std::vector<std::string> common = epoch_names(simulations.front()->trials);
  for (const Simulation* simulation : simulations) {
    std::erase_if(common, [&](const std::string& name) { return find_epoch(simulation->trials, name) == nullptr; });
  }
  std::ranges::stable_sort(
      common, {}, [&](const std::string& name) { return mean_start(*find_epoch(simulations.front()->trials, name)); });
  const std::vector<std::string> names = config.texts(key, common);
  if (names.empty()) {
    config.fail(key, config.has(key) ? "is an empty list; leave it out for all epochs"
                                     : "is needed: there is no epoch that every simulation has");
  }
  for (const std::string& name : names) {
    if (std::ranges::count(names, name) > 1) config.fail(key, "names \"" + name + "\" twice");
    for (const Simulation* simulation : simulations) {
      if (find_epoch(simulation->trials, name) != nullptr) continue;
      config.fail(key, unknown_name("epoch", name, epoch_names(simulation->trials)) + " (simulation \"" +
                           simulation->name + "\")");
    }
  }
  return names;
}

Sequence epoch_activity(const std::vector<const Simulation*>& simulations, Quantity what, const Selection& units,
                        const std::string& name) {
  Index trials = 0, longest = 0;
  for (const Simulation* simulation : simulations) {
    const Epoch& epoch = require_epoch(*simulation, name);
    for (std::size_t trial = 0; trial < epoch.first.size(); ++trial)
      longest = std::max(longest, length_of(epoch, trial));
    trials += simulation->trials.count;
  }
  Sequence aligned(units.size(), trials, longest);
  std::ranges::fill(aligned.data, missing);
  Index row = 0;
  for (const Simulation* simulation : simulations) {
    const Sequence activity = simulation->activity(what, units);
    const Epoch& epoch = require_epoch(*simulation, name);
    for (Index trial = 0; trial < activity.trials; ++trial, ++row) {
      const Index length = length_of(epoch, static_cast<std::size_t>(trial));
      const Index shift = length > 0 ? epoch.first[static_cast<std::size_t>(trial)] - simulation->steps.first : 0;
      const Index known = simulation->recorded(trial).size() - shift;
      for (Index k = std::max<Index>(0, -shift); k < std::min(length, known); ++k) {
        aligned.at(k).col(row) = activity.at(k + shift).col(trial);
      }
    }
  }
  return aligned;
}

Sequence condition_means(const Sequence& aligned, const Conditions& conditions) {
  const auto count = static_cast<Index>(conditions.list.size());
  Sequence means(aligned.units, count, aligned.steps);
  for (Index step = 0; step < aligned.steps; ++step) {
    const auto values = aligned.at(step);
    Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(aligned.units, count);
    auto sums = means.at(step);
    for (Index trial = 0; trial < aligned.trials; ++trial) {
      const int condition = conditions.of_trial[static_cast<std::size_t>(trial)];
      for (Index unit = 0; condition >= 0 && unit < aligned.units; ++unit) {
        if (std::isnan(values(unit, trial))) continue;
        sums(unit, condition) += values(unit, trial);
        counts(unit, condition) += 1.0;
      }
    }
    sums.array() /= counts.array();  // 0 / 0: NaN where no trial has a value
  }
  return means;
}

void subtract_condition_means(Sequence& aligned, const Conditions& conditions) {
  const Sequence means = condition_means(aligned, conditions);
  for (Index step = 0; step < aligned.steps; ++step) {
    auto values = aligned.at(step);
    std::vector<int> counts(conditions.list.size(), 0);  // of trials with a value
    for (Index trial = 0; trial < aligned.trials; ++trial) {
      const int condition = conditions.of_trial[static_cast<std::size_t>(trial)];
      if (condition >= 0 && values.col(trial).allFinite()) ++counts[static_cast<std::size_t>(condition)];
    }
    for (Index trial = 0; trial < aligned.trials; ++trial) {
      const int condition = conditions.of_trial[static_cast<std::size_t>(trial)];
      if (condition < 0 || counts[static_cast<std::size_t>(condition)] < 2) {
        values.col(trial).setConstant(missing);
      } else {
        values.col(trial) -= means.at(step).col(condition);
      }
    }
  }
}

Samples to_samples(const Sequence& aligned, const std::vector<Index>& trials, Index every) {
  Samples samples;
  for (const Index trial : chosen_or_all(trials, aligned.trials)) {
    for (Index step = 0; step < aligned.steps; step += every) {
      if (!aligned.at(step).col(trial).allFinite()) continue;
      samples.trial.push_back(trial);
      samples.step.push_back(step);
    }
  }
  samples.values.resize(std::ssize(samples.trial), aligned.units);
  for (std::size_t k = 0; k < samples.trial.size(); ++k) {
    samples.values.row(static_cast<Index>(k)) = aligned.at(samples.step[k]).col(samples.trial[k]).transpose();
  }
  return samples;
}

void say_constant(const std::vector<std::string>& constant, std::size_t all, std::string_view lacks,
                  AnalysisResults& results) {
  if (constant.empty()) return;
  std::string words = "the activity of " + join(constant) + " is constant, so it has no " + std::string(lacks);
  if (constant.size() >= all) throw RunError(words);
  results.summary.push_back(std::move(words));
}

std::vector<Index> spread_samples(Index count, Index chosen) {
  RandomStream random(0, Stream::analyses, "spread samples");
  std::vector<Index> samples;
  const Index stretches = std::min(chosen, count);
  for (Index k = 0; k < stretches; ++k) {
    const Index first = k * count / stretches, last = (k + 1) * count / stretches;
    samples.push_back(first + static_cast<Index>(random.below(static_cast<std::uint64_t>(last - first))));
  }
  return samples;
}

Covariance covariance(const Sequence& aligned, const std::vector<Index>& trials, Index every) {
  const std::vector<Index> chosen = chosen_or_all(trials, aligned.trials);
  const auto each_step = [&](auto&& visit) {
    for (Index step = 0; step < aligned.steps; step += every) {
      Eigen::MatrixXd values(aligned.units, std::ssize(chosen));
      Index kept = 0;
      for (const Index trial : chosen) {
        const auto value = aligned.at(step).col(trial);
        if (value.allFinite()) values.col(kept++) = value;
      }
      visit(values.leftCols(kept));
    }
  };
  Covariance found{Eigen::VectorXd::Zero(aligned.units), Eigen::MatrixXd::Zero(aligned.units, aligned.units), 0};
  each_step([&](const auto& values) {
    found.mean += values.rowwise().sum();
    found.samples += values.cols();
  });
  found.mean /= static_cast<double>(std::max<Index>(1, found.samples));
  each_step([&](const auto& values) {
    if (values.cols() == 0) return;
    const Eigen::MatrixXd centred = values.colwise() - found.mean;
    found.matrix.selfadjointView<Eigen::Lower>().rankUpdate(centred);
  });
  found.matrix = found.matrix.selfadjointView<Eigen::Lower>().toDenseMatrix();
  found.matrix /= static_cast<double>(std::max<Index>(1, found.samples - 1));
  return found;
}

}  // namespace mrnn
