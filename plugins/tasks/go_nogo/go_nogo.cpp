// Go / no-go: respond after one stimulus, hold still after the other.

#include <memory>
#include <string>

#include "mrnn/label_task.hpp"
#include "mrnn/plugin.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Duration;
using mrnn::Index;
using mrnn::Network;

mrnn::LabelLayout layout() {
  return {.epochs = {{"fixation", Duration::constant(0)},
                     {"stimulus", Duration::constant(500)},
                     {"delay", Duration::constant(500)},
                     {"decision", Duration::constant(500)}},
          .inputs = {{"stimulus", 2, "no-go, go"}},
          .labels = 2,
          .meaning = "no response, response"};
}

/// Condition 0 is no-go, 1 is go; so are the channels of the stimulus and the labels.
class GoNogo final : public mrnn::LabelTask {
 public:
  GoNogo(const ConfigNode& config, const Network& network)
      : LabelTask(config, network, layout()), go_probability_(config.within("go_probability", 0.0, 1.0, 0.5)) {}

 private:
  Index conditions() const override { return 2; }
  Index draw_condition(mrnn::RandomStream& random) const override { return random.uniform() < go_probability_ ? 1 : 0; }
  Index write(mrnn::TrialWriter& writer, Index trial, Index condition) const override {
    writer.input(trial, inputs()["stimulus"].start + condition, writer.epoch(trial, "stimulus"), 1.0);
    writer.text(trial, "condition", condition == 1 ? "go" : "nogo");
    return condition;
  }

  double go_probability_;
};

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "go_nogo",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<GoNogo>(config, network); },
      "respond after one stimulus, hold still after the other",
      "fixation = 0          ms, as all durations: a number, [low, high], { choices = [...] } or\n"
      "                      { mean = ..., low = ..., high = ... }\n"
      "stimulus = 500\n"
      "delay = 500\n"
      "decision = 500\n"
      "go_probability = 0.5\n"
      "fixation_weight = 1   mask until the decision\n"
      "response_weight = 1   mask in the decision\n"
      "inputs, outputs       names of the network's for `fixation`, `stimulus`; `choice`");
}

}  // namespace

MRNN_PLUGIN("go_nogo", "1.0", attach)
