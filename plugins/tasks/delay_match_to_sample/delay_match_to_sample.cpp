// Delayed match to sample: was the test the same as the sample?

#include <memory>
#include <numbers>
#include <string>

#include "mrnn/label_task.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/rings.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Duration;
using mrnn::Index;
using mrnn::Network;

constexpr Index match_label = 1, nonmatch_label = 2;

mrnn::LabelLayout layout(Index ring) {
  return {.epochs = {{"fixation", Duration::constant(300)},
                     {"sample", Duration::constant(500)},
                     {"delay", Duration::constant(1000)},
                     {"test", Duration::constant(500)},
                     {"decision", Duration::constant(900)}},
          .inputs = {{"stimulus", ring, "a ring of directions"}},
          .labels = 3,
          .meaning = "fixate, match, non-match"};
}

/// Condition 2 k shows direction k of the ring twice, 2 k + 1 first direction k and then the opposite one.
class DelayMatchToSample final : public mrnn::LabelTask {
 public:
  DelayMatchToSample(const ConfigNode& config, const Network& network)
      : DelayMatchToSample(config, network, config.count_or("ring", 2, 2)) {}

 private:
  DelayMatchToSample(const ConfigNode& config, const Network& network, Index ring)
      : LabelTask(config, network, layout(ring)), ring_(ring) {}

  Index conditions() const override { return 2 * ring_; }
  Index write(mrnn::TrialWriter& writer, Index trial, Index condition) const override {
    const bool match = condition % 2 == 0;
    const double sample = mrnn::preferred_direction(condition / 2, ring_);
    const double test = match ? sample : mrnn::wrap_direction(sample + std::numbers::pi);
    present_direction(writer, trial, {.epoch = "sample", .direction = sample, .scale = 0.5, .offset = 0.5});
    present_direction(writer, trial, {.epoch = "test", .direction = test, .scale = 0.5, .offset = 0.5});
    writer.text(trial, "condition", match ? "match" : "nonmatch");
    writer.number(trial, "sample_direction", mrnn::degrees(sample));
    writer.number(trial, "test_direction", mrnn::degrees(test));
    return match ? match_label : nonmatch_label;
  }

  Index ring_;  ///< directions
};

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "delay_match_to_sample",
      [](const ConfigNode& config, const Network& network) {
        return std::make_unique<DelayMatchToSample>(config, network);
      },
      "tell whether the test was the same as the sample",
      "fixation = 300        ms, as all durations: a number, [low, high], { choices = [...] } or\n"
      "                      { mean = ..., low = ..., high = ... }\n"
      "sample = 500\n"
      "delay = 1000\n"
      "test = 500\n"
      "decision = 900\n"
      "ring = 2              directions, and channels of the input `stimulus`\n"
      "fixation_weight = 1   mask until the decision\n"
      "response_weight = 1   mask in the decision\n"
      "inputs, outputs       names of the network's for `fixation`, `stimulus`; `choice`");
}

}  // namespace

MRNN_PLUGIN("delay_match_to_sample", "1.0", attach)
