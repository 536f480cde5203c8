// Flashes, clicks or both: was their rate above the boundary (Raposo et al. 2012, as trained by Song, Yang & Wang
// 2016)?

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/choice_task.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Duration;
using mrnn::Index;
using Mode = mrnn::TrialRequest::Mode;

const std::vector<std::string> all_modalities = {"visual", "auditory", "both"};

mrnn::ChoiceLayout layout() {
  return {.epochs = {{"fixation", Duration::constant(100.0)},
                     {"stimulus", Duration::constant(1000.0)},
                     {"decision", Duration::constant(300.0)}},
          .inputs = {{"visual", 2, "rising, falling with the frequency"},
                     {"auditory", 2, "rising, falling with the frequency"},
                     {"start", 1, "1 in stimulus and decision"}},
          .alternatives = "high, low",
          .numbers = {"frequency"},
          .texts = {"modality", "category"},
          .counted = 0,
          .catch_trials = 5.0,
          .catch_duration = 2500.0};
}

class MultisensoryIntegration final : public mrnn::ChoiceTask {
 public:
  MultisensoryIntegration(const ConfigNode& config, const mrnn::Network& network)
      : ChoiceTask(config, network, layout()),
        frequencies_(read_magnitudes(config, "frequencies", {9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0})),
        boundary_(config.positive("boundary", 12.5)),
        modalities_(config.texts("modalities", all_modalities)),
        lowest_(std::ranges::min(frequencies_)),
        highest_(std::ranges::max(frequencies_)) {
    if (lowest_ == highest_) config.fail("frequencies", "has one frequency; two or more are accepted");
    if (std::ranges::find(frequencies_, boundary_) != frequencies_.end()) {
      config.fail("boundary",
                  "is " + words(boundary_) + " Hz, one of the frequencies; a value between them is accepted");
    }
    if (modalities_.empty()) config.fail("modalities", "is an empty list; visual, auditory and both are accepted");
    for (const std::string& modality : modalities_) {
      if (std::ranges::find(all_modalities, modality) == all_modalities.end()) {
        config.fail("modalities", mrnn::unknown_name("modality", modality, all_modalities));
      }
    }
  }

  std::optional<mrnn::Psychometric> psychometric() const override {
    return mrnn::Psychometric{.variable = "frequency",
                              .x_label = "frequency (Hz)",
                              .y_label = "share of choices high",
                              .group = "modality",
                              .conditions = conditions(Mode::psychometric)};
  }

 protected:
  Index conditions(Mode /*mode*/) const override { return std::ssize(modalities_) * std::ssize(frequencies_); }

  Index write(mrnn::TrialWriter& writer, const mrnn::ChoiceTrial& trial) const override {
    const Index b = trial.trial;
    const std::string& modality = modalities_[static_cast<std::size_t>(trial.condition / std::ssize(frequencies_))];
    const double frequency = frequencies_[static_cast<std::size_t>(trial.condition % std::ssize(frequencies_))];
    const mrnn::StepRange stimulus = writer.epoch(b, "stimulus");
    // x = 0.4 + 0.8 (f - lowest) / (highest - lowest), and the same from above.
    const double share = (frequency - lowest_) / (highest_ - lowest_);
    const std::vector<double> values = {0.4 + 0.8 * share, 0.4 + 0.8 * (1.0 - share)};
    if (modality != "auditory") present(writer, b, "visual", stimulus, values);
    if (modality != "visual") present(writer, b, "auditory", stimulus, values);
    present(writer, b, "start", {stimulus.first, writer.whole(b).last}, std::vector<double>{1.0});
    const bool high = frequency > boundary_;
    writer.text(b, "modality", modality);
    writer.text(b, "category", high ? "high" : "low");
    writer.text(b, "condition", modality + " " + words(frequency) + " Hz");
    writer.number(b, "frequency", frequency);
    return high ? 0 : 1;
  }

 private:
  std::vector<double> frequencies_;  ///< Hz
  double boundary_;                  ///< Hz
  std::vector<std::string> modalities_;
  double lowest_, highest_;  ///< Hz
};

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "multisensory_integration",
      [](const ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<MultisensoryIntegration>(config, network);
      },
      "was the rate of flashes, clicks or both above a boundary",
      "frequencies = [9, 10, ..., 16]   Hz\n"
      "boundary = 12.5                  Hz\n"
      "modalities = [\"visual\", \"auditory\", \"both\"]\n"
      "fixation = 100, stimulus = 1000, decision = 300    ms, or a distribution\n"
      "low = 0.2, high = 1              targets\n"
      "catch_probability                default: 5 / (conditions + 1), 0.5 at most\n"
      "catch_duration = 2500            ms\n"
      "inputs, outputs                  other names for the channels: visual (2), auditory (2), start (1); choice (2)");
}

}  // namespace

MRNN_PLUGIN("multisensory_integration", "1.0", attach)
