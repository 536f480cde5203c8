// Motion or colour, as the context says (Mante et al. 2013, as trained by Song, Yang & Wang 2016).

#include <array>
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

const std::array<std::string, 2> modalities = {"motion", "colour"};
const std::array<std::string, 2> sides = {"left", "right"};

mrnn::ChoiceLayout layout(const ConfigNode& config) {
  mrnn::ChoiceLayout layout{.epochs = {{"fixation", Duration::constant(100.0)},
                                       {"stimulus", Duration::constant(800.0)},
                                       {"delay", Duration::constant(0.0)},
                                       {"decision", Duration::constant(300.0)}},
                            .inputs = {{"context", 2, "attend motion, attend colour"},
                                       {"motion", 2, "evidence for left, right"},
                                       {"colour", 2, "evidence for left, right"}},
                            .alternatives = "left, right",
                            .numbers = {"motion_coherence", "colour_coherence", "cued_coherence", "uncued_coherence"},
                            .texts = {"context", "side"},
                            .counted = 1};
  if (config.flag("go_cue", false)) layout.inputs.push_back({"go", 1, "1 in the decision"});
  return layout;
}

class ContextDecision final : public mrnn::ChoiceTask {
 public:
  ContextDecision(const ConfigNode& config, const mrnn::Network& network)
      : ChoiceTask(config, network, layout(config)),
        coherences_{read_magnitudes(config, "motion_coherences", {1.0, 3.0, 10.0}),
                    read_magnitudes(config, "colour_coherences", {1.0, 3.0, 10.0})},
        gain_(config.number("gain", 5.0)),
        context_throughout_(config.choice("context_on", std::vector<std::string>{"stimulus", "trial"}, "stimulus") ==
                            "trial"),
        go_cue_(config.flag("go_cue", false)) {}

  std::optional<mrnn::Psychometric> psychometric() const override {
    return mrnn::Psychometric{.variable = "cued_coherence",
                              .x_label = "coherence of the cued modality (%), positive: right",
                              .y_label = "share of choices to the right",
                              .group = "context",
                              .conditions = conditions(Mode::psychometric)};
  }

 protected:
  Index conditions(Mode /*mode*/) const override { return 2 * strengths(0) * strengths(1); }

  Index write(mrnn::TrialWriter& writer, const mrnn::ChoiceTrial& trial) const override;

 private:
  /// Signed coherences of a modality.
  Index strengths(std::size_t modality) const { return 2 * std::ssize(coherences_[modality]); }

  std::array<std::vector<double>, 2> coherences_;  ///< %, of motion, colour
  double gain_;
  bool context_throughout_, go_cue_;
};

Index ContextDecision::write(mrnn::TrialWriter& writer, const mrnn::ChoiceTrial& trial) const {
  const Index b = trial.trial;
  const mrnn::StepRange stimulus = writer.epoch(b, "stimulus");
  const std::array<Index, 2> strength = {trial.condition / strengths(1) % strengths(0), trial.condition % strengths(1)};
  const auto cued = static_cast<std::size_t>(trial.condition / (strengths(0) * strengths(1)));

  std::array<double, 2> coherence{};
  for (std::size_t modality = 0; modality < 2; ++modality) {
    coherence[modality] = signed_value(coherences_[modality], strength[modality]);
    // x = (1 -+ gain coherence) / 2
    const double difference = gain_ * coherence[modality] / 100.0;
    present(writer, b, modalities[modality], stimulus,
            std::vector<double>{0.5 * (1.0 - difference), 0.5 * (1.0 + difference)});
    writer.number(b, modalities[modality] + "_coherence", coherence[modality]);
  }
  present(writer, b, "context", context_throughout_ ? writer.whole(b) : stimulus,
          std::vector<double>{cued == 0 ? 1.0 : 0.0, cued == 1 ? 1.0 : 0.0});
  if (go_cue_) present(writer, b, "go", writer.epoch(b, "decision"), std::vector<double>{1.0});

  const Index side = strength[cued] % 2;
  writer.text(b, "context", modalities[cued]);
  writer.text(b, "side", sides[static_cast<std::size_t>(side)]);
  writer.text(b, "condition", modalities[cued] + " " + sides[static_cast<std::size_t>(side)]);
  writer.number(b, "cued_coherence", coherence[cued]);
  writer.number(b, "uncued_coherence", coherence[1 - cued]);
  return side;
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "context_decision",
      [](const ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<ContextDecision>(config, network);
      },
      "a decision on motion or on colour, as the context says",
      "motion_coherences = [1, 3, 10]  %, each to the left and to the right\n"
      "colour_coherences = [1, 3, 10]  %\n"
      "gain = 5                        evidence is (1 -+ gain coherence / 100) / 2\n"
      "context_on = \"stimulus\"         or \"trial\": when the context is given\n"
      "go_cue = false                  true: an input go (1), on in the decision\n"
      "fixation = 100, stimulus = 800, delay = 0, decision = 300    ms, or a distribution\n"
      "low = 0.2, high = 1             targets\n"
      "catch_probability               default: 1 / (conditions + 1)\n"
      "catch_duration = 2000           ms\n"
      "inputs, outputs                 other names for the channels: context (2), motion (2), colour (2); choice (2)");
}

}  // namespace

MRNN_PLUGIN("context_decision", "1.0", attach)
