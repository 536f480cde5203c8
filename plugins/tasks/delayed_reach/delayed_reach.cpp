// Delayed centre-out reach: see a target, wait, and move the hand there when told to.

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/channels.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/rings.hpp"
#include "mrnn/trial_writer.hpp"

namespace {

using mrnn::Channels;
using mrnn::ConfigNode;
using mrnn::Duration;
using mrnn::Index;
using mrnn::Network;
using mrnn::StepRange;

const std::array<std::string, 3> shown_until{"target", "delay", "movement"};

/// Minimum jerk (Flash & Hogan 1985): the share of the way at a share s of the time.
double minimum_jerk(double s) {
  return s * s * s * (10.0 + s * (-15.0 + 6.0 * s));
}

class DelayedReach final : public mrnn::Task {
 public:
  DelayedReach(const ConfigNode& config, const Network& network);

  mrnn::Trials make(const mrnn::TrialRequest& request) const override;
  Index default_trials() const override { return directions_; }
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override;
  std::string performance_label() const override { return "1 - endpoint error"; }

 private:
  void write(mrnn::TrialWriter& writer, Index trial, Index number) const;
  /// The last steps of a movement, over which the hand should be at the target.
  StepRange endpoint(StepRange movement) const;

  const Network& network_;
  Channels inputs_, outputs_;
  Duration hold_, target_, delay_, movement_;
  Index directions_;
  std::string target_until_;  ///< the epoch with which the target goes
  double path_;               ///< ms from rest to rest
  double endpoint_;           ///< ms
  double endpoint_weight_;    ///< mask there
};

DelayedReach::DelayedReach(const ConfigNode& config, const Network& network)
    : network_(network),
      inputs_(config, network, Channels::Side::input,
              {{"target", 2, "x, y of the target"}, {"go", 1, "1: move"}, {"fixation", 1, "1: do not move"}}),
      outputs_(config, network, Channels::Side::output, {{"hand", 2, "x, y of the hand"}}),
      hold_(Duration::read(config, "hold", Duration::constant(200))),
      target_(Duration::read(config, "target", Duration::uniform(200, 500))),
      delay_(Duration::read(config, "delay", Duration::uniform(200, 600))),
      movement_(Duration::read(config, "movement", Duration::constant(500))),
      directions_(config.count_or("directions", 8)),
      target_until_(config.choice("target_until", shown_until, shown_until.front())),
      path_(config.positive("path", 400.0)),
      endpoint_(config.positive("endpoint", 100.0)),
      endpoint_weight_(config.within("endpoint_weight", 0.0, 1000.0, 5.0)) {
  mrnn::check_lasts_a_step(config, "movement", movement_, network.spec().dt);
  const double shortest = movement_.shortest();
  for (const auto& [key, time] : {std::pair{"path", path_}, std::pair{"endpoint", endpoint_}}) {
    if (time > shortest)
      config.fail(key, "is " + mrnn::in_ms(time) + ", more than the movement, " + mrnn::in_ms(shortest));
  }
}

mrnn::Trials DelayedReach::make(const mrnn::TrialRequest& request) const {
  const auto directions = static_cast<std::uint64_t>(directions_);
  std::vector<Index> numbers;
  std::vector<std::vector<double>> durations;
  for (Index trial = 0; trial < request.count; ++trial) {
    const std::uint64_t id = request.first + static_cast<std::uint64_t>(trial);
    mrnn::RandomStream random(request.seed, request.stream, id);
    const bool at_random = request.mode == mrnn::TrialRequest::Mode::random;
    numbers.push_back(static_cast<Index>(at_random ? random.below(directions) : id % directions));
    std::vector<double>& times = durations.emplace_back();
    for (const Duration* epoch : {&hold_, &target_, &delay_, &movement_}) times.push_back(epoch->draw(random));
  }
  mrnn::TrialWriter writer(network_, request, {"hold", "target", "delay", "movement"}, durations);
  for (Index trial = 0; trial < request.count; ++trial) write(writer, trial, numbers[static_cast<std::size_t>(trial)]);
  return writer.take();
}

StepRange DelayedReach::endpoint(StepRange movement) const {
  const auto steps = mrnn::to_steps(endpoint_, network_.spec().dt);
  return {std::max(movement.first, movement.last - std::max<Index>(steps, 1)), movement.last};
}

void DelayedReach::write(mrnn::TrialWriter& writer, Index trial, Index number) const {
  const StepRange movement = writer.epoch(trial, "movement");
  const StepRange shown{writer.epoch(trial, "target").first, writer.epoch(trial, target_until_).last};
  const double direction = mrnn::preferred_direction(number, directions_);
  const std::array<double, 2> place{std::cos(direction), std::sin(direction)};
  const mrnn::UnitRange hand = outputs_["hand"];

  writer.input(trial, inputs_["fixation"].start, {0, movement.first}, 1.0);
  writer.input(trial, inputs_["go"].start, movement, 1.0);
  for (Index axis = 0; axis < 2; ++axis) {
    const double end = place[static_cast<std::size_t>(axis)];
    writer.input(trial, inputs_["target"].start + axis, shown, end);
    for (Index step = movement.first; step < movement.last; ++step) {
      const double elapsed = static_cast<double>(step - movement.first) * network_.spec().dt;
      writer.target(trial, hand.start + axis, {step, step + 1}, end * minimum_jerk(std::min(elapsed / path_, 1.0)));
    }
  }
  writer.mask(trial, hand, writer.whole(trial), 1.0);
  writer.mask(trial, hand, endpoint(movement), endpoint_weight_);

  writer.text(trial, "condition", mrnn::degrees_text(direction));
  writer.number(trial, "direction", mrnn::degrees(direction));
  writer.number(trial, "correct_x", place[0]);
  writer.number(trial, "correct_y", place[1]);
}

mrnn::Scores DelayedReach::score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const {
  const Index x = outputs_["hand"].start;
  mrnn::Scores scores{Eigen::VectorXd::Zero(trials.count), {}};
  for (Index trial = 0; trial < trials.count; ++trial) {
    const auto b = static_cast<std::size_t>(trial);
    const StepRange steps = endpoint(mrnn::epoch_steps(trials, "movement", trial));
    const Eigen::Vector2d place(trials.numbers.at("correct_x")[b], trials.numbers.at("correct_y")[b]);
    Eigen::Vector2d hand = Eigen::Vector2d::Zero();
    for (Index step = steps.first; step < steps.last; ++step) hand += outputs.at(step).col(trial).segment<2>(x);
    hand /= static_cast<double>(steps.last - steps.first);
    scores.score[trial] = std::max(0.0, 1.0 - (hand - place).norm());
  }
  return scores;
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "delayed_reach",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<DelayedReach>(config, network); },
      "see a target, wait, and move the hand there when told to",
      "hold = 200               ms, as all durations: a number, [low, high], { choices = [...] } or\n"
      "                         { mean = ..., low = ..., high = ... }\n"
      "target = [200, 500]\n"
      "delay = [200, 600]\n"
      "movement = 500\n"
      "directions = 8           of the targets, on the unit circle\n"
      "target_until = \"target\"  the epoch with which the target goes: target, delay or movement\n"
      "path = 400               ms of the minimum-jerk path\n"
      "endpoint = 100           ms at the end, over which the endpoint is measured\n"
      "endpoint_weight = 5      mask there; 1 before\n"
      "inputs, outputs          names of the network's for `target`, `go`, `fixation`; `hand`");
}

}  // namespace

MRNN_PLUGIN("delayed_reach", "1.0", attach)
