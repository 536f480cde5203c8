#include "scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/error.hpp"

namespace mrnn::fit {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Weighted sums of targets and outputs over the trials and steps of a group, about the means that a first pass found.
struct Sums {
  double weight = 0.0;
  double target_size = 0.0, output_size = 0.0;                           ///< largest magnitudes
  double target_target = 0.0, output_output = 0.0, target_output = 0.0;  ///< about the means; 0 without variance
  double missed = 0.0;                                                   ///< (target - output)^2
};

/// A sum of squares about the mean, 0 where the values are the same but for rounding.
double beyond_rounding(double squares, double weight, double size) {
  constexpr double rounding = 8.0 * std::numeric_limits<double>::epsilon();
  return squares <= weight * (rounding * size) * (rounding * size) ? 0.0 : squares;
}

class Group {
 public:
  Group(const Compared& compared, const Conditions& groups, std::size_t group)
      : compared_(compared), groups_(groups), group_(group) {}

  Sums of(Index channel) const {
    Sums sums;
    // Means are taken about the first values: those of values that are all the same are then exact.
    double first_target = 0.0, first_output = 0.0, target_offset = 0.0, output_offset = 0.0;
    each(channel, [&](double weight, double target, double output) {
      if (sums.weight == 0.0) {
        first_target = target;
        first_output = output;
      }
      sums.weight += weight;
      target_offset += weight * (target - first_target);
      output_offset += weight * (output - first_output);
      sums.target_size = std::max(sums.target_size, std::abs(target));
      sums.output_size = std::max(sums.output_size, std::abs(output));
    });
    target_offset /= sums.weight;
    output_offset /= sums.weight;
    each(channel, [&](double weight, double target, double output) {
      const double t = (target - first_target) - target_offset, y = (output - first_output) - output_offset;
      sums.target_target += weight * t * t;
      sums.output_output += weight * y * y;
      sums.target_output += weight * t * y;
      sums.missed += weight * (target - output) * (target - output);
    });
    sums.target_target = beyond_rounding(sums.target_target, sums.weight, sums.target_size);
    sums.output_output = beyond_rounding(sums.output_output, sums.weight, sums.output_size);
    return sums;
  }

 private:
  template <class Visit>
  void each(Index channel, Visit&& visit) const {
    for (Index step = 0; step < compared_.outputs.steps; ++step) {
      for (Index trial = 0; trial < compared_.outputs.trials; ++trial) {
        if (groups_.of_trial[static_cast<std::size_t>(trial)] != static_cast<int>(group_)) continue;
        const double weight = compared_.weights(channel, trial, step);
        if (weight == 0.0) continue;
        visit(weight, compared_.targets(channel, trial, step), compared_.outputs(channel, trial, step));
      }
    }
  }

  const Compared& compared_;
  const Conditions& groups_;
  std::size_t group_;
};

}  // namespace

Compared compared(const Simulation& simulation, const Network& network) {
  const Trials& trials = simulation.trials;
  if (trials.targets.empty()) {
    throw RunError("simulation \"" + simulation.name + "\" has no targets, so there is nothing that outputs could fit");
  }
  Compared made;
  made.outputs = simulation.activity(Quantity::y, Selection({{0, network.outputs()}}));
  const Sequence& outputs = made.outputs;
  made.targets = Sequence(outputs.units, outputs.trials, outputs.steps);
  made.weights = Sequence(outputs.units, outputs.trials, outputs.steps);
  for (Index step = 0; step < outputs.steps; ++step) {
    const Index of_run = simulation.steps.first + step;
    made.targets.at(step) = trials.targets.at(of_run);
    if (trials.mask.empty()) {
      made.weights.at(step).setOnes();
    } else {
      made.weights.at(step) = trials.mask.at(of_run);
    }
    for (Index trial = 0; trial < outputs.trials; ++trial) {
      if (!simulation.recorded(trial).contains(of_run)) made.weights.at(step).col(trial).setZero();
    }
  }
  return made;
}

std::vector<Scores> scores(const Compared& compared, const Network& network, const Conditions& groups) {
  std::vector<Scores> all;
  const Index count = std::ssize(groups.list);
  for (const OutputLayout& output : network.output_layouts()) {
    Scores made;
    made.output = output.name;
    made.r2.setConstant(count, output.range.size, nan);
    made.correlation.setConstant(count, output.range.size, nan);
    made.total.setConstant(count, nan);
    for (Index k = 0; k < output.range.size; ++k) made.channels.push_back(output.range.start + k);
    for (Index group = 0; group < count; ++group) {
      const Group trials(compared, groups, static_cast<std::size_t>(group));
      double missed = 0.0, varied = 0.0;
      for (Index k = 0; k < output.range.size; ++k) {
        const Sums sums = trials.of(output.range.start + k);
        missed += sums.missed;
        varied += sums.target_target;
        const double scale = std::sqrt(sums.target_target * sums.output_output);
        if (sums.target_target > 0.0) made.r2(group, k) = 1.0 - sums.missed / sums.target_target;
        if (scale > 0.0) made.correlation(group, k) = sums.target_output / scale;
      }
      if (varied > 0.0) made.total(group) = 1.0 - missed / varied;
    }
    all.push_back(std::move(made));
  }
  return all;
}

}  // namespace mrnn::fit
