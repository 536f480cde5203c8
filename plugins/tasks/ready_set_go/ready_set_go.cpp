// Ready, set, go: measure the time between two cues, and respond after as long again.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/channels.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/trial_writer.hpp"

namespace {

using mrnn::Channels;
using mrnn::ConfigNode;
using mrnn::Duration;
using mrnn::Index;
using mrnn::Network;
using mrnn::StepRange;

class ReadySetGo final : public mrnn::Task {
 public:
  ReadySetGo(const ConfigNode& config, const Network& network);

  mrnn::Trials make(const mrnn::TrialRequest& request) const override;
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override;
  std::string performance_label() const override { return "share of intervals produced within the tolerance"; }

 private:
  void check_times(const ConfigNode& config) const;
  void write(mrnn::TrialWriter& writer, Index trial, double measure) const;
  Index steps(double time) const { return mrnn::to_steps(time, network_.spec().dt); }
  /// ms from set's onset to the first step, from ready's on, at which `go` exceeds `wait`; NaN where none does.
  double produced(const mrnn::Trials& trials, const mrnn::Sequence& outputs, Index trial) const;

  const Network& network_;
  Channels inputs_, outputs_;
  Duration fixation_, ready_, measure_, set_;
  double gain_;             ///< produced over measured interval
  double go_;               ///< ms of the target `go`
  double margin_, slack_;   ///< tolerance: margin * interval + slack ms
  double response_weight_;  ///< mask while the target is `go`
};

ReadySetGo::ReadySetGo(const ConfigNode& config, const Network& network)
    : network_(network),
      inputs_(
          config, network, Channels::Side::input,
          {{"fixation", 1, "1: the production has not begun"}, {"ready", 1, "first cue"}, {"set", 1, "second cue"}}),
      outputs_(config, network, Channels::Side::output, {{"action", 2, "wait, go"}}),
      fixation_(Duration::read(config, "fixation", Duration::constant(100))),
      ready_(Duration::read(config, "ready", Duration::constant(83))),
      measure_(Duration::read(config, "measure", Duration::uniform(800, 1500))),
      set_(Duration::read(config, "set", Duration::constant(83))),
      gain_(config.positive("gain", 1.0)),
      go_(config.within("go", 0.0, 1e6, 0.0)),
      margin_(config.within("margin", 0.0, 1.0, 0.2)),
      slack_(config.within("slack", 0.0, 1e6, 25.0)),
      response_weight_(config.within("response_weight", 0.0, 1000.0, 1.0)) {
  check_times(config);
}

/// Every cue has a step at least, and the times come in their order whatever is drawn.
void ReadySetGo::check_times(const ConfigNode& config) const {
  const double dt = network_.spec().dt;
  mrnn::check_lasts_a_step(config, "ready", ready_, dt);
  mrnn::check_lasts_a_step(config, "set", set_, dt);
  if (measure_.shortest() < ready_.longest()) {
    config.fail("measure", "can be as short as " + mrnn::in_ms(measure_.shortest()) + ", less than ready, " +
                               mrnn::in_ms(ready_.longest()) + ", which it begins with");
  }
  if (gain_ * measure_.shortest() < 2.0 * dt) {
    config.fail("gain", "the interval to produce can be as short as " + mrnn::in_ms(gain_ * measure_.shortest()) +
                            ", less than two steps of " + mrnn::in_ms(dt));
  }
}

mrnn::Trials ReadySetGo::make(const mrnn::TrialRequest& request) const {
  std::vector<double> measures;
  std::vector<std::vector<double>> durations;
  for (Index trial = 0; trial < request.count; ++trial) {
    mrnn::RandomStream random(request.seed, request.stream, request.first + static_cast<std::uint64_t>(trial));
    const double fixation = fixation_.draw(random), ready = ready_.draw(random), measure = measure_.draw(random);
    measures.push_back(measure);
    durations.push_back({fixation, ready, measure - ready, set_.draw(random), 2.0 * gain_ * measure});
  }
  mrnn::TrialWriter writer(network_, request, {"fixation", "ready", "measure", "set", "production"}, durations);
  for (Index trial = 0; trial < request.count; ++trial) write(writer, trial, measures[static_cast<std::size_t>(trial)]);
  return writer.take();
}

void ReadySetGo::write(mrnn::TrialWriter& writer, Index trial, double measure) const {
  const StepRange set = writer.epoch(trial, "set"), production = writer.epoch(trial, "production");
  writer.input(trial, inputs_["fixation"].start, {0, production.first}, 1.0);
  writer.input(trial, inputs_["ready"].start, writer.epoch(trial, "ready"), 1.0);
  writer.input(trial, inputs_["set"].start, set, 1.0);

  const Index onset = set.first + steps(gain_ * measure);
  const StepRange go{onset, std::min(onset + std::max<Index>(steps(go_), 1), production.last)};
  const mrnn::UnitRange action = outputs_["action"];
  writer.target(trial, action.start, writer.whole(trial), 1.0);
  writer.target(trial, action.start, go, 0.0);
  writer.target(trial, action.start + 1, go, 1.0);
  writer.mask(trial, action, writer.whole(trial), 1.0);
  writer.mask(trial, action, go, response_weight_);

  const double middle = 0.5 * (measure_.shortest() + measure_.longest());
  writer.text(trial, "condition", measure < middle ? "short" : "long");
  writer.number(trial, "measure", measure);
  writer.number(trial, "correct", gain_ * measure);
}

double ReadySetGo::produced(const mrnn::Trials& trials, const mrnn::Sequence& outputs, Index trial) const {
  const Index wait = outputs_["action"].start, set = mrnn::epoch_steps(trials, "set", trial).first;
  const Index ready = mrnn::epoch_steps(trials, "ready", trial).first;
  const Index end = mrnn::epoch_steps(trials, "production", trial).last;
  for (Index step = ready; step < end; ++step) {
    if (outputs(wait + 1, trial, step) > outputs(wait, trial, step)) {
      return static_cast<double>(step - set) * network_.spec().dt;
    }
  }
  return std::nan("");
}

mrnn::Scores ReadySetGo::score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const {
  const std::vector<double>& correct = trials.numbers.at("correct");
  mrnn::Scores scores{Eigen::VectorXd::Zero(trials.count), {}};
  for (Index trial = 0; trial < trials.count; ++trial) {
    const double wanted = correct[static_cast<std::size_t>(trial)];
    const double error = std::abs(produced(trials, outputs, trial) - wanted);
    scores.score[trial] = error <= margin_ * wanted + slack_ ? 1.0 : 0.0;  // no response: NaN, so 0
  }
  return scores;
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "ready_set_go",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<ReadySetGo>(config, network); },
      "measure the time between two cues, and respond after as long again",
      "fixation = 100         ms, as all durations: a number, [low, high], { choices = [...] } or\n"
      "                       { mean = ..., low = ..., high = ... }\n"
      "ready = 83             first cue\n"
      "measure = [800, 1500]  from the onset of ready to that of set\n"
      "set = 83               second cue\n"
      "gain = 1               interval to produce, from the onset of set, over the measured one\n"
      "go = 0                 ms that the target says go, one step at least\n"
      "margin = 0.2           tolerated error as a share of the interval\n"
      "slack = 25             ms, more of it\n"
      "response_weight = 1    mask while the target says go; 1 before and after\n"
      "inputs, outputs        names of the network's for `fixation`, `ready`, `set`; `action`");
}

}  // namespace

MRNN_PLUGIN("ready_set_go", "1.0", attach)
