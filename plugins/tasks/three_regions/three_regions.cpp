// Drivers of the three-region network on which CURBD was shown: a bump that moves, and one that jumps (Perich et al.
// 2020).

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/channels.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/trial_writer.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Index;
using mrnn::Network;

/// Keeps log(x / (1 - x)) finite where the bump is 0 or 1.
constexpr double margin = 0.01;

/// From bumps between 0 and 1 to currents between 0 and 1, [channels x times].
Eigen::MatrixXd to_currents(const Eigen::MatrixXd& bumps) {
  const Eigen::MatrixXd logit = ((bumps.array() + margin) / (1.0 - bumps.array() + margin)).log();
  const double low = logit.minCoeff();
  return (logit.array() - low) / (logit.maxCoeff() - low);
}

class ThreeRegions final : public mrnn::Task {
 public:
  ThreeRegions(const ConfigNode& config, const Network& network)
      : network_(network),
        units_(config.count_or("units", 100, 2)),
        width_(config.positive("width", 0.2)),
        lead_(config.at_least_zero("lead", 2000.0)),
        duration_(config.positive("duration", 10000.0)),
        gap_(config.at_least_zero("gap", 1000.0)),
        fixed_points_(config.numbers("fixed_points", {100.0, 3000.0})),
        range_(config.at_least_zero("initial_range", 1.0)),
        inputs_(config, network, mrnn::Channels::Side::input,
                {{"sequence", units_, "a bump that moves over the channels"},
                 {"fixed_point", units_, "a bump that stands and jumps once"}}) {
    if (2.0 * gap_ >= duration_) {
      config.fail("gap",
                  "is half of duration or more; the sequence must end before the middle and the fixed point "
                  "switch before the end");
    }
    if (fixed_points_.size() != 2) {
      config.fail("fixed_points", "has " + std::to_string(fixed_points_.size()) +
                                      " numbers; two times in ms, before and after the switch, are accepted");
    }
  }

  mrnn::Trials make(const mrnn::TrialRequest& request) const override;

 private:
  /// The bump at a time from the beginning of the sequence: channel i has exp(-(i - s - n t / (T / 2))^2 / 2 s^2),
  /// s = width n. It stands still from `gap` before the middle on.
  Eigen::VectorXd bump(double time) const {
    const auto n = static_cast<double>(units_);
    const double deviation = width_ * n;
    const double centre = deviation + n * std::min(time, 0.5 * duration_ - gap_) / (0.5 * duration_);
    const Eigen::ArrayXd channel = Eigen::ArrayXd::LinSpaced(units_, 0.0, n - 1.0);
    return (-(channel - centre).square() / (2.0 * deviation * deviation)).exp();
  }

  /// Currents of all channels at each of so many steps after the lead, [units x steps].
  Eigen::MatrixXd sequence(Index steps) const {
    Eigen::MatrixXd bumps(units_, steps);
    for (Index k = 0; k < steps; ++k) bumps.col(k) = bump(static_cast<double>(k) * network_.spec().dt);
    return to_currents(bumps);
  }

  const Network& network_;
  Index units_;                       ///< channels of each input
  double width_;                      ///< of the bump, as a share of the channels
  double lead_, duration_, gap_;      ///< ms
  std::vector<double> fixed_points_;  ///< ms: whose bumps the fixed points are
  double range_;                      ///< initial states are uniform in [-range, range)
  mrnn::Channels inputs_;
};

mrnn::Trials ThreeRegions::make(const mrnn::TrialRequest& request) const {
  const double middle = 0.5 * duration_;
  const std::vector<double> durations{lead_, middle - gap_, 2.0 * gap_, middle - gap_};
  mrnn::TrialWriter writer(network_, request, {"lead", "sequence", "hold", "switched"},
                           std::vector<std::vector<double>>(static_cast<std::size_t>(request.count), durations));
  const mrnn::StepRange whole = writer.whole(0);
  const Index lead = writer.epoch(0, "lead").size();
  const Eigen::MatrixXd moving = sequence(whole.size() - lead);
  Eigen::MatrixXd standing(units_, 2);
  standing << bump(fixed_points_[0]), bump(fixed_points_[1]);
  standing = to_currents(standing);
  const Index switched = writer.epoch(0, "switched").first;
  for (Index trial = 0; trial < request.count; ++trial) {
    for (Index step = whole.first; step < whole.last; ++step) {
      for (Index unit = 0; unit < units_; ++unit) {
        // During the lead both are as they begin.
        writer.input(trial, inputs_["sequence"].start + unit, {step, step + 1},
                     moving(unit, std::max<Index>(0, step - lead)));
        writer.input(trial, inputs_["fixed_point"].start + unit, {step, step + 1},
                     standing(unit, step < switched ? 0 : 1));
      }
    }
  }
  mrnn::Trials trials = writer.take();
  trials.initial_state.resize(network_.units(), request.count);
  for (Index trial = 0; trial < request.count; ++trial) {
    mrnn::RandomStream random(request.seed, request.stream, trials.ids[static_cast<std::size_t>(trial)]);
    for (double& state : trials.initial_state.col(trial)) state = range_ * random.uniform(-1.0, 1.0);
  }
  return trials;
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "three_regions",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<ThreeRegions>(config, network); },
      "a moving bump and one that jumps, to drive two of three regions: ground truth for curbd_fit",
      "units = 100                    channels of each input\n"
      "width = 0.2                    standard deviation of the bump, as a share of the channels\n"
      "lead = 2000                    ms before the bump moves\n"
      "duration = 10000               ms after the lead\n"
      "gap = 1000                     ms from the end of the sequence to the middle, and on to the switch\n"
      "fixed_points = [100, 3000]     ms of the sequence whose bumps stand before and after the switch\n"
      "initial_range = 1              initial states are uniform between minus and plus this\n"
      "inputs                         other names for the channels: sequence, fixed_point");
}

}  // namespace

MRNN_PLUGIN("three_regions", "1.0", attach)
