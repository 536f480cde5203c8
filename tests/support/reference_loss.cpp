#include "reference_loss.hpp"

#include <cmath>
#include <functional>

using namespace mrnn;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace test {
namespace {

double sign(double value) {
  return value > 0.0 ? 1.0 : (value < 0.0 ? -1.0 : 0.0);
}

double mask_at(const Trials& trials, Index channel, Index trial, Index step) {
  return trials.mask.empty() ? 1.0 : trials.mask(channel, trial, step);
}

/// Calls use(channel, trial, step) for everything in channels `range` of the batch.
void each_moment(const Trials& trials, UnitRange range, const std::function<void(Index, Index, Index)>& use) {
  for (Index step = 0; step < trials.steps; ++step) {
    for (Index trial = 0; trial < trials.count; ++trial) {
      for (Index channel = range.start; channel < range.end(); ++channel) use(channel, trial, step);
    }
  }
}

/// sum(m) over all channels for mse, over one channel for cross_entropy.
double mask_sum(const Training& training, LossKind kind, UnitRange range) {
  if (kind == LossKind::cross_entropy) range.size = 1;
  double sum = 0.0;
  each_moment(training.trials, range,
              [&](Index channel, Index trial, Index step) { sum += mask_at(training.trials, channel, trial, step); });
  return sum;
}

void add_output(const Training& training, std::size_t output, const Sequence& y, ReferenceLoss& loss) {
  const UnitRange range = training.network.output_layouts()[output].range;
  const OutputLoss how = training.loss.outputs.empty() ? OutputLoss{} : training.loss.outputs[output];
  const double mask = mask_sum(training, how.kind, range);
  double sum = 0.0;
  each_moment(training.trials, range, [&](Index channel, Index trial, Index step) {
    const double factor = mask_at(training.trials, channel, trial, step) * (mask > 0.0 ? how.weight / mask : 0.0);
    const double is = y(channel, trial, step), target = training.trials.targets(channel, trial, step);
    if (how.kind == LossKind::mse) {
      sum += factor * (is - target) * (is - target);
      loss.outputs(channel, trial, step) += 2.0 * factor * (is - target);
    } else {
      sum -= factor * target * std::log(is);
      loss.outputs(channel, trial, step) -= factor * target / is;
    }
  });
  loss.terms.push_back(sum);
}

/// Calls use(to, from) for the place of every weight that exists.
void each_present(const std::vector<Block>& blocks, const std::function<void(Index, Index)>& use) {
  for (const Block& block : blocks) {
    for (Index i = 0; i < block.to.size; ++i) {
      for (Index j = 0; j < block.from.size; ++j) {
        if (block.pattern(i, j) != 0) use(block.to.start + i, block.from.start + j);
      }
    }
  }
}

double count_present(const std::vector<Block>& blocks) {
  double count = 0.0;
  each_present(blocks, [&](Index, Index) { count += 1.0; });
  return count;
}

struct Penalty {
  double value, slope;
};

/// factor x mean of penalty(W) over all weights.
void add_weights(const Training& training, const ReferenceNetwork& network, double factor,
                 const std::function<Penalty(double)>& penalty, ReferenceLoss& loss) {
  const Network& layout = training.network;
  const double scale = factor / (count_present(layout.recurrent_blocks()) + count_present(layout.input_blocks()) +
                                 count_present(layout.readout_blocks()));
  double sum = 0.0;
  const auto add = [&](const std::vector<Block>& blocks, const MatrixXd& weights, MatrixXd& slopes) {
    each_present(blocks, [&](Index to, Index from) {
      const Penalty one = penalty(weights(to, from));
      sum += scale * one.value;
      slopes(to, from) += scale * one.slope;
    });
  };
  add(layout.recurrent_blocks(), network.recurrent(), loss.recurrent);
  add(layout.input_blocks(), network.input(), loss.input);
  add(layout.readout_blocks(), network.readout(), loss.readout);
  loss.terms.push_back(sum);
}

/// factor x mean of penalty(h) over all trials, steps and units.
void add_rates(const Training& training, const Sequence& h, double factor,
               const std::function<Penalty(double)>& penalty, ReferenceLoss& loss) {
  const double scale = factor / static_cast<double>(h.units * h.trials * h.steps);
  double sum = 0.0;
  each_moment(training.trials, {0, h.units}, [&](Index unit, Index trial, Index step) {
    const Penalty one = penalty(h(unit, trial, step));
    sum += scale * one.value;
    loss.rates(unit, trial, step) += scale * one.slope;
  });
  loss.terms.push_back(sum);
}

void add_rate_target(const Training& training, const Sequence& h, ReferenceLoss& loss) {
  const double factor = training.loss.penalties.rate_target;
  const auto moments = static_cast<double>(h.trials * h.steps);
  const auto units = static_cast<double>(h.units);
  VectorXd excess = VectorXd::Constant(h.units, -training.loss.penalties.rate);
  const auto each = [&](const auto& use) { each_moment(training.trials, {0, h.units}, use); };
  each([&](Index unit, Index trial, Index step) { excess[unit] += h(unit, trial, step) / moments; });
  each([&](Index unit, Index trial, Index step) {
    loss.rates(unit, trial, step) += factor * 2.0 * excess[unit] / (units * moments);
  });
  loss.terms.push_back(factor * excess.squaredNorm() / units);
}

Index region_of(const Network& network, Index unit) {
  Index region = 0;
  while (!network.regions()[static_cast<std::size_t>(region)].range.contains(unit)) ++region;
  return region;
}

void add_wiring(const Training& training, const ReferenceNetwork& network, ReferenceLoss& loss) {
  const std::vector<Block>& blocks = training.network.recurrent_blocks();
  const double scale = training.loss.penalties.wiring / count_present(blocks);
  double sum = 0.0;
  each_present(blocks, [&](Index to, Index from) {
    const double weight = network.recurrent()(to, from);
    const double distance =
        training.loss.penalties.distances(region_of(training.network, to), region_of(training.network, from));
    sum += scale * std::fabs(weight) * distance;
    loss.recurrent(to, from) += scale * sign(weight) * distance;
  });
  loss.terms.push_back(sum);
}

}  // namespace

ReferenceLoss reference_loss(const Training& training, const ReferenceNetwork& network, const Activity& activity) {
  const auto zero_like = [](const Sequence& like) { return Sequence(like.units, like.trials, like.steps); };
  const auto zero = [](const MatrixXd& like) -> MatrixXd { return MatrixXd::Zero(like.rows(), like.cols()); };
  ReferenceLoss loss{{},
                     zero_like(activity.y),
                     zero_like(activity.h),
                     zero(network.recurrent()),
                     zero(network.input()),
                     zero(network.readout())};
  for (std::size_t k = 0; k < training.network.output_layouts().size(); ++k) add_output(training, k, activity.y, loss);

  const auto magnitude = [](double value) { return Penalty{std::fabs(value), sign(value)}; };
  const auto square = [](double value) { return Penalty{value * value, 2.0 * value}; };
  const Penalties& penalties = training.loss.penalties;
  if (penalties.l1_weights != 0.0) add_weights(training, network, penalties.l1_weights, magnitude, loss);
  if (penalties.l2_weights != 0.0) add_weights(training, network, penalties.l2_weights, square, loss);
  if (penalties.l1_rates != 0.0) add_rates(training, activity.h, penalties.l1_rates, magnitude, loss);
  if (penalties.l2_rates != 0.0) add_rates(training, activity.h, penalties.l2_rates, square, loss);
  if (penalties.rate_target != 0.0) add_rate_target(training, activity.h, loss);
  if (penalties.wiring != 0.0) add_wiring(training, network, loss);
  return loss;
}

}  // namespace test
