// Which of two vibrations, a delay apart, was faster (Romo et al. 1999, as trained by Song, Yang & Wang 2016).

#include <algorithm>
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
                     {"f1", Duration::constant(500.0)},
                     {"delay", Duration::uniform(2500.0, 3500.0)},
                     {"f2", Duration::constant(500.0)},
                     {"decision", Duration::constant(300.0)}},
          .inputs = {{"frequency", 2, "rising, falling with the frequency"}},
          .alternatives = "f1 > f2, f1 < f2",
          .numbers = {"f1", "f2", "frequency_difference"},
          .texts = {"order"},
          .counted = 0,
          .catch_duration = 2500.0};
}

/// A higher and a lower frequency, in Hz; a trial has them in one order or the other.
struct Pair {
  double higher = 0.0, lower = 0.0;
};

class DelayedDiscrimination final : public mrnn::ChoiceTask {
 public:
  DelayedDiscrimination(const ConfigNode& config, const mrnn::Network& network)
      : ChoiceTask(config, network, layout()) {
    const std::vector<double> higher = read_magnitudes(config, "higher", {18.0, 22.0, 26.0, 30.0, 34.0});
    const std::vector<double> lower = read_magnitudes(config, "lower", {10.0, 14.0, 18.0, 22.0, 26.0});
    if (higher.size() != lower.size()) {
      config.fail("lower", "has " + words(static_cast<double>(lower.size())) + " frequencies; higher has " +
                               words(static_cast<double>(higher.size())) + ". One of each makes a pair");
    }
    for (std::size_t k = 0; k < higher.size(); ++k) {
      if (higher[k] <= lower[k]) {
        config.fail("higher", "has " + words(higher[k]) + " Hz where lower has " + words(lower[k]) +
                                  " Hz; the higher of each pair is accepted");
      }
      pairs_.push_back({higher[k], lower[k]});
    }
    lowest_ = std::ranges::min(lower);
    highest_ = std::ranges::max(higher);
    for (const double difference : read_magnitudes(config, "psychometric_differences", {2.0, 4.0, 6.0, 8.0})) {
      for (const Pair& pair : pairs_) {
        const double middle = 0.5 * (pair.higher + pair.lower);
        psychometric_pairs_.push_back({middle + 0.5 * difference, middle - 0.5 * difference});
      }
    }
  }

  std::optional<mrnn::Psychometric> psychometric() const override {
    return mrnn::Psychometric{.variable = "frequency_difference",
                              .x_label = "f1 - f2 (Hz)",
                              .y_label = "share of choices f1 > f2",
                              .group = "",
                              .conditions = conditions(Mode::psychometric)};
  }

 protected:
  Index conditions(Mode mode) const override { return 2 * std::ssize(pairs(mode)); }

  Index write(mrnn::TrialWriter& writer, const mrnn::ChoiceTrial& trial) const override {
    const Pair& pair = pairs(trial.mode)[static_cast<std::size_t>(trial.condition / 2)];
    const bool falls = trial.condition % 2 == 0;
    const double first = falls ? pair.higher : pair.lower, second = falls ? pair.lower : pair.higher;
    stimulate(writer, trial.trial, "f1", first);
    stimulate(writer, trial.trial, "f2", second);
    writer.number(trial.trial, "f1", first);
    writer.number(trial.trial, "f2", second);
    writer.number(trial.trial, "frequency_difference", first - second);
    writer.text(trial.trial, "order", falls ? "f1 > f2" : "f1 < f2");
    writer.text(trial.trial, "condition", words(first) + ", " + words(second) + " Hz");
    return falls ? 0 : 1;
  }

 private:
  const std::vector<Pair>& pairs(Mode mode) const { return mode == Mode::psychometric ? psychometric_pairs_ : pairs_; }

  /// x = 0.4 + 0.8 (f - lowest) / (highest - lowest), and the same from above.
  void stimulate(mrnn::TrialWriter& writer, Index trial, const char* epoch, double frequency) const {
    const double share = (frequency - lowest_) / (highest_ - lowest_);
    present(writer, trial, "frequency", writer.epoch(trial, epoch),
            std::vector<double>{0.4 + 0.8 * share, 0.4 + 0.8 * (1.0 - share)});
  }

  std::vector<Pair> pairs_, psychometric_pairs_;
  double lowest_ = 0.0, highest_ = 0.0;  ///< Hz, of the pairs
};

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "delayed_discrimination",
      [](const ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<DelayedDiscrimination>(config, network);
      },
      "which of two frequencies, a delay apart, was higher (Romo)",
      "higher = [18, 22, 26, 30, 34]            Hz, one of each pair; both orders occur\n"
      "lower = [10, 14, 18, 22, 26]             Hz, the other\n"
      "psychometric_differences = [2, 4, 6, 8]  Hz, about the middle of each pair, in psychometric mode\n"
      "fixation = 100, f1 = 500, delay = [2500, 3500], f2 = 500, decision = 300    ms, or a distribution\n"
      "low = 0.2, high = 1                      targets\n"
      "catch_probability                        default: 1 / (conditions + 1)\n"
      "catch_duration = 2500                    ms\n"
      "inputs, outputs                          other names for the channels: frequency (2); choice (2)");
}

}  // namespace

MRNN_PLUGIN("delayed_discrimination", "1.0", attach)
