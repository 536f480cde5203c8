#include "mrnn/loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

LossKind kind_of(const Loss& loss, std::size_t output) {
  return loss.outputs.empty() ? LossKind::mse : loss.outputs[output].kind;
}

double mask_at(const Trials& trials, Index channel, Index trial, Index step) {
  return trials.mask.empty() ? 1.0 : trials.mask(channel, trial, step);
}

/// Sum over trials and steps of the mask of one channel.
double sum_of_channel(const Trials& trials, Index channel) {
  if (trials.mask.empty()) return static_cast<double>(trials.count * trials.steps);
  double sum = 0.0;
  for (Index step = 0; step < trials.steps; ++step) sum += trials.mask.at(step).row(channel).sum();
  return sum;
}

void check_equal_masks(const Trials& trials, const OutputLayout& output) {
  if (trials.mask.empty()) return;
  for (Index step = 0; step < trials.steps; ++step) {
    const auto rows = trials.mask.at(step).middleRows(output.range.start, output.range.size);
    for (Index trial = 0; trial < trials.count; ++trial) {
      if ((rows.col(trial).array() == rows(0, trial)).all()) continue;
      throw RunError(fmt::format(
          "the mask of output \"{}\" differs between its channels in trial {}, step {}; cross_entropy needs one mask "
          "for all of them",
          output.name, trial, step));
    }
  }
}

double loss_at(LossKind kind, double y, double target) {
  if (kind == LossKind::mse) return (y - target) * (y - target);
  // A target of zero asks for nothing, whatever the output.
  return target == 0.0 ? 0.0 : -target * std::log(std::max(y, std::numeric_limits<double>::min()));
}

}  // namespace

std::vector<double> mask_sums(const Network& network, const Loss& loss, const Trials& trials) {
  std::vector<double> sums;
  for (std::size_t k = 0; k < network.output_layouts().size(); ++k) {
    const OutputLayout& output = network.output_layouts()[k];
    const bool entropy = kind_of(loss, k) == LossKind::cross_entropy;
    if (entropy) check_equal_masks(trials, output);
    double sum = 0.0;
    for (Index channel = 0; channel < (entropy ? 1 : output.range.size); ++channel) {
      sum += sum_of_channel(trials, output.range.start + channel);
    }
    sums.push_back(sum);
  }
  const bool counts = loss.outputs.empty() ||
                      std::ranges::any_of(loss.outputs, [](const OutputLoss& output) { return output.weight != 0.0; });
  if (counts && std::ranges::all_of(sums, [](double sum) { return sum == 0.0; })) {
    throw RunError("the mask is zero in every trial, step and output of the batch, so there is no loss");
  }
  return sums;
}

double data_loss(const Network& network, const Loss& loss, const Trials& trials, const Sequence& outputs) {
  for (const Sequence* one : {&trials.targets, &outputs}) {
    if (one->units == network.outputs() && one->trials == trials.count && one->steps == trials.steps) continue;
    throw ShapeError(fmt::format("{} of {} x {} x {} for {} outputs, {} trials and {} steps",
                                 one == &outputs ? "outputs" : "targets", one->units, one->trials, one->steps,
                                 network.outputs(), trials.count, trials.steps));
  }
  const std::vector<double> sums = mask_sums(network, loss, trials);
  double total = 0.0;
  for (std::size_t k = 0; k < sums.size(); ++k) {
    if (sums[k] == 0.0) continue;
    const UnitRange range = network.output_layouts()[k].range;
    double sum = 0.0;
    for (Index step = 0; step < trials.steps; ++step) {
      for (Index trial = 0; trial < trials.count; ++trial) {
        for (Index channel = range.start; channel < range.end(); ++channel) {
          const double mask = mask_at(trials, channel, trial, step);
          if (mask == 0.0) continue;
          sum += mask * loss_at(kind_of(loss, k), outputs(channel, trial, step), trials.targets(channel, trial, step));
        }
      }
    }
    total += (loss.outputs.empty() ? 1.0 : loss.outputs[k].weight) * sum / sums[k];
  }
  return total;
}

}  // namespace mrnn
