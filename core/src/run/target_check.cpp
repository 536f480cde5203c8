#include "run/target_check.hpp"

#include <fmt/format.h>

#include <cmath>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

constexpr const char* wanted =
    "cross_entropy wants probabilities: 0 or more, which sum to 1 over the channels of an output, such as 1 for the "
    "right choice and 0 for the others";

/// Calls `visit(output, trial, step)` for all places where the targets of an output learnt by cross-entropy count,
/// until it says so.
template <class Visit>
void visit_entropy_targets(const Network& network, const Loss& loss, const Trials& trials, const Visit& visit) {
  for (std::size_t k = 0; k < loss.outputs.size(); ++k) {
    if (loss.outputs[k].kind != LossKind::cross_entropy) continue;
    const OutputLayout& output = network.output_layouts()[k];
    for (Index step = 0; step < trials.steps; ++step) {
      for (Index trial = 0; trial < trials.count; ++trial) {
        const bool counts = trials.mask.empty() || trials.mask(output.range.start, trial, step) != 0.0;
        if (counts && visit(output, trial, step)) return;
      }
    }
  }
}

}  // namespace

void check_target_probabilities(const Network& network, const Loss& loss, const Trials& trials) {
  visit_entropy_targets(network, loss, trials, [&](const OutputLayout& output, Index trial, Index step) {
    for (Index channel = output.range.start; channel < output.range.end(); ++channel) {
      const double target = trials.targets(channel, trial, step);
      if (target >= 0.0) continue;
      throw ConfigError("", "train.loss",
                        fmt::format("the target of output \"{}\", channel {}, is {} in trial {}, step {}; {}. \"mse\" "
                                    "takes any targets",
                                    output.name, channel - output.range.start, target, trial, step, wanted));
    }
    return false;
  });
}

std::string uneven_probabilities(const Network& network, const Loss& loss, const Trials& trials) {
  constexpr double rounding = 1e-6;
  std::string warning;
  visit_entropy_targets(network, loss, trials, [&](const OutputLayout& output, Index trial, Index step) {
    const double sum = trials.targets.at(step).col(trial).segment(output.range.start, output.range.size).sum();
    if (sum == 0.0 || std::abs(sum - 1.0) <= rounding) return false;  // 0: nothing is asked
    warning = fmt::format("the targets of output \"{}\" sum to {:g} in trial {}, step {}; {}", output.name, sum, trial,
                          step, wanted);
    return true;
  });
  return warning;
}

}  // namespace mrnn
