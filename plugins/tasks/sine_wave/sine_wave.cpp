// A sine whose frequency is set by a constant input (Sussillo & Barak 2013).

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "mrnn/channels.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/trial_writer.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Duration;
using mrnn::Index;
using mrnn::Network;

class SineWave final : public mrnn::Task {
 public:
  SineWave(const ConfigNode& config, const Network& network)
      : network_(network),
        lowest_(config.positive("lowest_frequency", 1.0)),
        highest_(config.positive("highest_frequency", 5.0)),
        amplitudes_(config.numbers("amplitudes", {})),
        duration_(Duration::read(config, "duration", Duration::constant(1000.0))),
        inputs_(config, network, mrnn::Channels::Side::input, {{"amplitude", 1, "sets the frequency"}}),
        outputs_(config, network, mrnn::Channels::Side::output, {{"wave", 1, "the sine"}}) {
    for (const double amplitude : amplitudes_) {
      if (amplitude < 0.0 || amplitude > 1.0)
        config.fail("amplitudes",
                    "has a number outside 0 to 1; the input sets where between the two frequencies it is");
    }
    if (highest_ < lowest_) config.fail("highest_frequency", "is below lowest_frequency; at least as much is accepted");
    // A step of dt cannot show a faster sine (Nyquist).
    if (highest_ * network.spec().dt / 1000.0 >= 0.5) {
      config.fail("highest_frequency",
                  "has two steps of the network in a period, or fewer; a lower frequency, or a "
                  "shorter dt, is accepted");
    }
  }

  mrnn::Trials make(const mrnn::TrialRequest& request) const override;
  Index default_trials() const override { return std::max<Index>(1, std::ssize(amplitudes_)); }
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override;
  std::string performance_label() const override { return "power of the sine explained"; }

 private:
  double draw_amplitude(mrnn::RandomStream& random) const {
    if (amplitudes_.empty()) return random.uniform();
    return amplitudes_[random.below(amplitudes_.size())];
  }

  /// Of a condition, where the amplitudes are few.
  std::string name_of(double amplitude) const {
    std::ostringstream text;
    text << "amplitude " << amplitude;
    return amplitudes_.empty() ? "any amplitude" : text.str();
  }

  const Network& network_;
  double lowest_, highest_;         ///< Hz, at amplitude 0 and 1
  std::vector<double> amplitudes_;  ///< empty: uniform in [0, 1)
  Duration duration_;
  mrnn::Channels inputs_, outputs_;
};

mrnn::Trials SineWave::make(const mrnn::TrialRequest& request) const {
  std::vector<double> amplitudes;
  std::vector<std::vector<double>> durations;
  for (Index trial = 0; trial < request.count; ++trial) {
    mrnn::RandomStream random(request.seed, request.stream, request.first + static_cast<std::uint64_t>(trial));
    durations.push_back({duration_.draw(random)});
    amplitudes.push_back(draw_amplitude(random));
  }
  mrnn::TrialWriter writer(network_, request, {"wave"}, durations);
  const Index wave = outputs_["wave"].start;
  for (Index trial = 0; trial < request.count; ++trial) {
    const double amplitude = amplitudes[static_cast<std::size_t>(trial)];
    const double frequency = lowest_ + amplitude * (highest_ - lowest_);
    const mrnn::StepRange steps = writer.whole(trial);
    writer.input(trial, inputs_["amplitude"].start, steps, amplitude);
    for (Index step = steps.first; step < steps.last; ++step) {
      const double seconds = static_cast<double>(step) * network_.spec().dt / 1000.0;
      writer.target(trial, wave, {step, step + 1}, std::sin(2.0 * std::numbers::pi * frequency * seconds));
    }
    writer.mask(trial, {wave, 1}, steps, 1.0);
    writer.number(trial, "amplitude", amplitude);
    writer.number(trial, "frequency", frequency);
    writer.text(trial, "condition", name_of(amplitude));
  }
  return writer.take();
}

/// 1 - sum (y - target)^2 / sum target^2, 0 where that is negative.
mrnn::Scores SineWave::score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const {
  const Index wave = outputs_["wave"].start;
  mrnn::Scores scores{Eigen::VectorXd::Zero(trials.count), {}};
  for (Index trial = 0; trial < trials.count; ++trial) {
    double error = 0.0, power = 0.0;
    const mrnn::StepRange steps = mrnn::epoch_steps(trials, "wave", trial);
    for (Index step = steps.first; step < steps.last; ++step) {
      const double target = trials.targets(wave, trial, step);
      error += std::pow(outputs(wave, trial, step) - target, 2);
      power += target * target;
    }
    scores.score[trial] = std::max(1.0 - error / power, 0.0);
  }
  return scores;
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "sine_wave",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<SineWave>(config, network); },
      "a sine whose frequency is set by a constant input",
      "lowest_frequency = 1    Hz, at amplitude 0\n"
      "highest_frequency = 5   Hz, at amplitude 1\n"
      "amplitudes              of the input, 0 to 1, drawn from this list; default: all between\n"
      "duration = 1000         ms, or a distribution\n"
      "inputs, outputs         other names for the channels: amplitude (1); wave (1)");
}

}  // namespace

MRNN_PLUGIN("sine_wave", "1.0", attach)
