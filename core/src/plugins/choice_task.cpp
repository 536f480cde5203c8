#include "mrnn/choice_task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A trial as drawn, before it is laid out.
struct DrawnTrial {
  bool is_catch = false;
  Index condition = 0;
};

}  // namespace

ChoiceTask::~ChoiceTask() = default;

ChoiceTask::ChoiceTask(const ConfigNode& config, const Network& network, ChoiceLayout layout)
    : network_(network),
      layout_(std::move(layout)),
      inputs_(config, network, Channels::Side::input, layout_.inputs),
      outputs_(config, network, Channels::Side::output, {{"choice", 2, layout_.alternatives}}),
      catch_duration_(Duration::read(config, "catch_duration", Duration::constant(layout_.catch_duration))),
      low_(config.number("low", 0.2)),
      high_(config.number("high", 1.0)) {
  if (config.has("catch_probability")) catch_probability_ = config.within("catch_probability", 0.0, 1.0);
  for (const TimedEpoch& epoch : layout_.epochs) durations_.push_back(Duration::read(config, epoch.name, epoch.usual));
  check_lasts_a_step(config, layout_.epochs.back().name, durations_.back(), network.spec().dt);
}

double ChoiceTask::catch_probability(TrialRequest::Mode mode) const {
  if (mode == TrialRequest::Mode::psychometric) return 0.0;
  const double usual = layout_.catch_trials / (static_cast<double>(conditions(mode)) + 1.0);
  return catch_probability_.value_or(std::min(usual, 0.5));
}

Trials ChoiceTask::make(const TrialRequest& request) const {
  const bool at_random = request.mode == TrialRequest::Mode::random;
  const double catches = catch_probability(request.mode);
  std::vector<std::string> names;
  for (const TimedEpoch& epoch : layout_.epochs) names.push_back(epoch.name);
  if (catches > 0.0) names.emplace_back("catch");

  std::vector<DrawnTrial> drawn;
  std::vector<std::vector<double>> durations;
  for (Index trial = 0; trial < request.count; ++trial) {
    const std::uint64_t id = request.first + static_cast<std::uint64_t>(trial);
    const auto number = static_cast<std::uint64_t>(conditions(request.mode));
    RandomStream random(request.seed, request.stream, id);
    const bool is_catch = random.uniform() < catches;
    drawn.push_back({is_catch, static_cast<Index>(at_random ? random.below(number) : id % number)});
    std::vector<double>& times = durations.emplace_back();
    for (const Duration& duration : durations_) times.push_back(is_catch ? 0.0 : duration.draw(random));
    if (catches > 0.0) times.push_back(is_catch ? catch_duration_.draw(random) : 0.0);
  }

  TrialWriter writer(network_, request, names, durations);
  for (Index trial = 0; trial < request.count; ++trial) {
    const DrawnTrial& one = drawn[static_cast<std::size_t>(trial)];
    one.is_catch ? write_catch(writer, trial) : write_choice(writer, {trial, one.condition, request.mode});
  }
  return writer.take();
}

void ChoiceTask::write_catch(TrialWriter& writer, Index trial) const {
  const UnitRange outputs = outputs_["choice"];
  for (Index channel = outputs.start; channel < outputs.end(); ++channel) {
    writer.target(trial, channel, writer.whole(trial), low_);
  }
  writer.mask(trial, outputs, writer.whole(trial), 1.0);
  writer.text(trial, "condition", "catch");
  for (const std::string& name : layout_.texts) writer.text(trial, name, "catch");
  writer.number(trial, "correct", not_a_number);
  for (const std::string& name : layout_.numbers) writer.number(trial, name, not_a_number);
}

void ChoiceTask::write_choice(TrialWriter& writer, const ChoiceTrial& trial) const {
  const UnitRange outputs = outputs_["choice"];
  const StepRange first = writer.epoch(trial.trial, layout_.epochs.front().name);
  const StepRange decision = writer.epoch(trial.trial, layout_.epochs.back().name);
  const Index correct = write(writer, trial);
  for (Index channel = outputs.start; channel < outputs.end(); ++channel) {
    writer.target(trial.trial, channel, writer.whole(trial.trial), low_);
  }
  writer.target(trial.trial, outputs.start + correct, decision, high_);
  writer.mask(trial.trial, outputs, first, 1.0);
  writer.mask(trial.trial, outputs, decision, 1.0);
  writer.number(trial.trial, "correct", static_cast<double>(correct));
}

Index ChoiceTask::default_trials() const {
  return conditions(TrialRequest::Mode::random);
}

Scores ChoiceTask::score(const Trials& trials, const Sequence& outputs) const {
  const UnitRange channels = outputs_["choice"];
  const std::vector<double>& correct = trials.numbers.at("correct");
  Scores scores{Eigen::VectorXd::Constant(trials.count, not_a_number), Eigen::VectorXd::Zero(trials.count)};
  for (Index trial = 0; trial < trials.count; ++trial) {
    const auto b = static_cast<std::size_t>(trial);
    if (std::isnan(correct[b])) continue;
    const Index last_step = epoch_steps(trials, layout_.epochs.back().name, trial).last - 1;
    const Index choice =
        outputs(channels.start + 1, trial, last_step) > outputs(channels.start, trial, last_step) ? 1 : 0;
    scores.score[trial] = choice == static_cast<Index>(correct[b]) ? 1.0 : 0.0;
    scores.choice[trial] = choice == layout_.counted ? 1.0 : 0.0;
  }
  return scores;
}

std::string ChoiceTask::performance_label() const {
  return "share of correct choices";
}

void ChoiceTask::present(TrialWriter& writer, Index trial, std::string_view group, StepRange steps,
                         std::span<const double> values) const {
  const UnitRange channels = inputs_[group];
  assert(std::ssize(values) == channels.size);
  for (Index channel = channels.start; const double value : values) writer.input(trial, channel++, steps, value);
}

std::vector<double> ChoiceTask::read_magnitudes(const ConfigNode& config, std::string_view key,
                                                std::vector<double> fallback) {
  const std::vector<double> magnitudes = config.numbers(key, std::move(fallback));
  if (magnitudes.empty()) config.fail(key, "is an empty list; one number or more is accepted");
  for (const double magnitude : magnitudes) {
    if (magnitude < 0.0) config.fail(key, fmt::format("has {}; numbers of 0 or more are accepted", magnitude));
  }
  return magnitudes;
}

double ChoiceTask::signed_value(const std::vector<double>& magnitudes, Index number) {
  const double magnitude = magnitudes[static_cast<std::size_t>(number / 2)];
  return number % 2 == 0 ? 0.0 - magnitude : magnitude;
}

std::string ChoiceTask::words(double number) {
  return fmt::format("{:g}", number);
}

}  // namespace mrnn
