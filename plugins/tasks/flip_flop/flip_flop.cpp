// Remembering the sign of the latest pulse, for several bits at once (Sussillo & Barak 2013).

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

class FlipFlop final : public mrnn::Task {
 public:
  FlipFlop(const ConfigNode& config, const Network& network)
      : network_(network),
        bits_(config.count_or("bits", 3)),
        steps_(config.count_or("steps", 64)),
        ignored_(config.count_or("ignore", 0, 0)),
        probability_(config.within("probability", 0.0, 1.0, 0.5)),
        forced_(config.flag("first_pulse", true)),
        inputs_(config, network, mrnn::Channels::Side::input, {{"pulses", bits_, "one per bit"}}),
        outputs_(config, network, mrnn::Channels::Side::output, {{"state", bits_, "one per bit"}}) {}

  mrnn::Trials make(const mrnn::TrialRequest& request) const override;
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override;
  std::string performance_label() const override { return "share of correct signs"; }

 private:
  void write(mrnn::TrialWriter& writer, Index trial, mrnn::RandomStream& random) const;

  const Network& network_;
  Index bits_, steps_;
  Index ignored_;  ///< steps with a mask of 0 from a change of a bit on
  double probability_;
  bool forced_;
  mrnn::Channels inputs_, outputs_;
};

mrnn::Trials FlipFlop::make(const mrnn::TrialRequest& request) const {
  const double duration = static_cast<double>(steps_) * network_.spec().dt;
  mrnn::TrialWriter writer(network_, request, {"pulses"},
                           std::vector<std::vector<double>>(static_cast<std::size_t>(request.count), {duration}));
  for (Index trial = 0; trial < request.count; ++trial) {
    mrnn::RandomStream random(request.seed, request.stream, writer.id(trial));
    write(writer, trial, random);
  }
  return writer.take();
}

void FlipFlop::write(mrnn::TrialWriter& writer, Index trial, mrnn::RandomStream& random) const {
  const mrnn::UnitRange pulses = inputs_["pulses"], state = outputs_["state"];
  std::string signs;
  double changes = 0.0;
  for (Index bit = 0; bit < bits_; ++bit) {
    double latest = 0.0;  // unknown until the first pulse: neither target nor mask
    Index ignored_until = 0;
    for (Index step = 0; step < steps_; ++step) {
      const bool pulse = random.uniform() < probability_ || (forced_ && step == 0);
      const double sign = random.uniform() < 0.5 ? -1.0 : 1.0;
      if (pulse) {
        writer.input(trial, pulses.start + bit, {step, step + 1}, sign);
        if (sign != latest) ignored_until = step + ignored_;
        if (sign == -latest) changes += 1.0;
        latest = sign;
      }
      writer.target(trial, state.start + bit, {step, step + 1}, latest);
      const bool counts = latest != 0.0 && step >= ignored_until;
      writer.mask(trial, {state.start + bit, 1}, {step, step + 1}, counts ? 1.0 : 0.0);
    }
    signs += latest > 0.0 ? '+' : latest < 0.0 ? '-' : '0';
  }
  writer.text(trial, "condition", signs);
  writer.number(trial, "changes", changes);
}

mrnn::Scores FlipFlop::score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const {
  const mrnn::UnitRange state = outputs_["state"];
  mrnn::Scores scores{Eigen::VectorXd::Zero(trials.count), {}};
  for (Index trial = 0; trial < trials.count; ++trial) {
    double right = 0.0, counted = 0.0;
    for (Index step = 0; step < trials.steps; ++step) {
      for (Index channel = state.start; channel < state.end(); ++channel) {
        if (trials.mask(channel, trial, step) == 0.0) continue;
        counted += 1.0;
        if (outputs(channel, trial, step) * trials.targets(channel, trial, step) > 0.0) right += 1.0;
      }
    }
    scores.score[trial] = right / counted;  // NaN, does not count, where the mask is zero throughout
  }
  return scores;
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "flip_flop",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<FlipFlop>(config, network); },
      "the sign of the latest pulse, for several bits",
      "bits = 3             channels of pulses and state\n"
      "steps = 64           of a trial\n"
      "probability = 0.5    of a pulse, per bit and step\n"
      "first_pulse = true   every bit has a pulse at step 0\n"
      "ignore = 0           steps with a mask of 0 from each change of a bit on\n"
      "inputs, outputs      other names for the channels: pulses (bits); state (bits)");
}

}  // namespace

MRNN_PLUGIN("flip_flop", "1.0", attach)
