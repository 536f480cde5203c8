// Which way the dots move: noisy evidence for left and right (random dots; Song, Yang & Wang 2016).

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/choice_task.hpp"
#include "mrnn/plugin.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Duration;
using mrnn::Index;
using Mode = mrnn::TrialRequest::Mode;

mrnn::ChoiceLayout layout() {
  return {.epochs = {{"fixation", Duration::constant(100.0)},
                     {"stimulus", Duration::constant(800.0)},
                     {"delay", Duration::constant(0.0)},
                     {"decision", Duration::constant(300.0)}},
          .inputs = {{"evidence", 2, "evidence for left, right"}},
          .alternatives = "left, right",
          .numbers = {"coherence", "signed_coherence"},
          .texts = {"side"},
          .counted = 1};
}

class PerceptualDecision final : public mrnn::ChoiceTask {
 public:
  PerceptualDecision(const ConfigNode& config, const mrnn::Network& network)
      : ChoiceTask(config, network, layout()),
        coherences_(read_magnitudes(config, "coherences", {1.0, 2.0, 4.0, 8.0, 16.0})),
        psychometric_coherences_(read_magnitudes(config, "psychometric_coherences", coherences_)),
        gain_(config.number("gain", 3.2)) {}

  std::optional<mrnn::Psychometric> psychometric() const override {
    return mrnn::Psychometric{.variable = "signed_coherence",
                              .x_label = "coherence (%), positive: right",
                              .y_label = "share of choices to the right",
                              .group = "",
                              .conditions = conditions(Mode::psychometric)};
  }

 protected:
  Index conditions(Mode mode) const override { return 2 * std::ssize(coherences(mode)); }

  Index write(mrnn::TrialWriter& writer, const mrnn::ChoiceTrial& trial) const override {
    const double coherence = signed_value(coherences(trial.mode), trial.condition);
    const Index side = trial.condition % 2;
    // x = (1 -+ gain coherence) / 2
    const double difference = gain_ * coherence / 100.0;
    present(writer, trial.trial, "evidence", writer.epoch(trial.trial, "stimulus"),
            std::vector<double>{0.5 * (1.0 - difference), 0.5 * (1.0 + difference)});
    const std::string name = side == 0 ? "left" : "right";
    writer.text(trial.trial, "side", name);
    writer.text(trial.trial, "condition", name + " " + words(std::abs(coherence)) + " %");
    writer.number(trial.trial, "coherence", std::abs(coherence));
    writer.number(trial.trial, "signed_coherence", coherence);
    return side;
  }

 private:
  const std::vector<double>& coherences(Mode mode) const {
    return mode == Mode::psychometric ? psychometric_coherences_ : coherences_;
  }

  std::vector<double> coherences_, psychometric_coherences_;  ///< %
  double gain_;
};

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "perceptual_decision",
      [](const ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<PerceptualDecision>(config, network);
      },
      "which of two inputs is stronger (random dots)",
      "coherences = [1, 2, 4, 8, 16]   %, each to the left and to the right\n"
      "psychometric_coherences         %, in psychometric mode; default: coherences\n"
      "gain = 3.2                      evidence is (1 -+ gain coherence / 100) / 2\n"
      "fixation = 100, stimulus = 800, delay = 0, decision = 300    ms, or a distribution\n"
      "low = 0.2, high = 1             targets\n"
      "catch_probability               default: 1 / (conditions + 1)\n"
      "catch_duration = 2000           ms\n"
      "inputs, outputs                 other names for the channels: evidence (2); choice (2)");
}

}  // namespace

MRNN_PLUGIN("perceptual_decision", "1.0", attach)
