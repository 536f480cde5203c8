// Anti-reach: answer towards a stimulus on a ring, or away from it.

#include <cstdint>
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

enum class Rule : std::uint8_t { pro, anti, mixed };

/// The key `anti`.
Rule read_rule(const ConfigNode& config) {
  const mrnn::ConfigKind kind = config.kind("anti");
  if (kind == mrnn::ConfigKind::absent || kind == mrnn::ConfigKind::flag) {
    return config.flag("anti", true) ? Rule::anti : Rule::pro;
  }
  if (kind != mrnn::ConfigKind::text || config.text("anti") != "mixed") {
    config.fail("anti", "true, false or \"mixed\" is accepted");
  }
  return Rule::mixed;
}

/// What of the network the keys decide.
struct Keys {
  explicit Keys(const ConfigNode& config) : ring(config.count_or("ring", 32, 2)), rule(read_rule(config)) {}
  bool mixed() const { return rule == Rule::mixed; }

  Index ring;  ///< directions
  Rule rule;
};

mrnn::LabelLayout layout(const Keys& keys) {
  mrnn::LabelLayout made{.epochs = {{"fixation", Duration::constant(500)},
                                    {"stimulus", Duration::constant(500)},
                                    {"delay", Duration::constant(0)},
                                    {"decision", Duration::constant(500)}},
                         .inputs = {{"stimulus", keys.ring, "a ring of directions"}},
                         .labels = 1 + keys.ring,
                         .meaning = "fixate, then the directions of the ring"};
  if (keys.mixed()) made.inputs.push_back({"context", 1, "1 in anti trials"});
  return made;
}

/// Condition k < ring answers in direction k: pro or anti, whichever the rule is. Mixed: pro; those above are anti.
class AntiReach final : public mrnn::LabelTask {
 public:
  AntiReach(const ConfigNode& config, const Network& network) : AntiReach(config, network, Keys(config)) {}

 private:
  AntiReach(const ConfigNode& config, const Network& network, const Keys& keys)
      : LabelTask(config, network, layout(keys)), keys_(keys) {}

  Index conditions() const override { return keys_.mixed() ? 2 * keys_.ring : keys_.ring; }
  Index write(mrnn::TrialWriter& writer, Index trial, Index condition) const override {
    const bool anti = keys_.mixed() ? condition >= keys_.ring : keys_.rule == Rule::anti;
    const Index answer = condition % keys_.ring;
    const double reach = mrnn::preferred_direction(answer, keys_.ring);
    const double stimulus = anti ? mrnn::wrap_direction(reach + std::numbers::pi) : reach;
    const std::string rule = anti ? "anti" : "pro";
    present_direction(writer, trial, {.epoch = "stimulus", .direction = stimulus});
    if (keys_.mixed()) writer.input(trial, inputs()["context"].start, writer.whole(trial), anti ? 1.0 : 0.0);
    writer.text(trial, "condition", rule + " " + mrnn::degrees_text(reach));
    writer.text(trial, "rule", rule);
    writer.number(trial, "reach_direction", mrnn::degrees(reach));
    writer.number(trial, "stimulus_direction", mrnn::degrees(stimulus));
    return 1 + answer;
  }

  Keys keys_;
};

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "anti_reach",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<AntiReach>(config, network); },
      "answer towards a stimulus on a ring, or away from it",
      "fixation = 500        ms, as all durations: a number, [low, high], { choices = [...] } or\n"
      "                      { mean = ..., low = ..., high = ... }\n"
      "stimulus = 500\n"
      "delay = 0\n"
      "decision = 500\n"
      "anti = true           true: away from the stimulus; false: towards it; \"mixed\": as the input `context` says\n"
      "ring = 32             directions, and channels of the input `stimulus`; the output has one more\n"
      "fixation_weight = 1   mask until the decision\n"
      "response_weight = 1   mask in the decision\n"
      "inputs, outputs       names of the network's for `fixation`, `stimulus`, `context` (mixed); `choice`");
}

}  // namespace

MRNN_PLUGIN("anti_reach", "1.0", attach)
