// Trials made of rectangular pulses on chosen input channels, by condition.

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mrnn/duration.hpp"
#include "mrnn/plugin.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Index;
using mrnn::Network;

/// The step counter of the noise has 32 bits.
constexpr double most_steps = 4294967295.0;
/// Sums such as 0.1 + 0.2 may not turn a pulse that just fits into an error.
constexpr double rounding = 1e-9;

/// amplitude_c is added to channel c from onset to onset + duration.
struct Pulse {
  std::string name;  ///< of its epoch
  std::vector<Index> channels;
  std::vector<double> amplitudes;            ///< per channel
  double onset_low = 0.0, onset_high = 0.0;  ///< ms; a trial's onset is drawn from [low, high)
  double duration = 0.0;                     ///< ms
  std::vector<bool> conditions;              ///< in which it occurs

  bool jittered() const { return onset_high > onset_low; }
};

/// A stretch that is the same in every trial.
struct FixedEpoch {
  std::string name;
  mrnn::StepRange steps;
};

/// A trial's pulses as drawn, one range per pulse.
using DrawnPulses = std::vector<mrnn::StepRange>;

/// One value for each of `size` channels, from one value or from one per channel.
std::vector<double> per_channel(const ConfigNode& config, const std::string& key, std::size_t size) {
  std::vector<double> values = config.numbers(key);
  if (values.size() == 1) values.resize(size, values.front());
  if (values.size() != size) {
    config.fail(key, "has " + std::to_string(values.size()) + " values for " + std::to_string(size) +
                         " channels; one value, or one per channel, is accepted");
  }
  return values;
}

mrnn::UnitRange input_range(const ConfigNode& config, const std::string& key, const std::string& name,
                            const Network& network) {
  std::vector<std::string> known;
  for (const mrnn::NamedRange& input : network.input_regions()) {
    if (input.name == name) return input.range;
    known.push_back(input.name);
  }
  config.fail(key, mrnn::unknown_name("input", name, known));
}

std::string read_name(const ConfigNode& config, const std::string& fallback = "") {
  const std::string name = fallback.empty() ? config.text("name") : config.text("name", fallback);
  if (!mrnn::is_name(name)) {
    config.fail("name", "\"" + name + "\" is not a name; letters, digits and _ are accepted, a letter first");
  }
  return name;
}

class Pulses final : public mrnn::Task {
 public:
  Pulses(const ConfigNode& config, const Network& network)
      : dt_(network.spec().dt), duration_(config.positive("duration")), inputs_(network.inputs()) {
    if (!(duration_ / dt_ <= most_steps)) config.fail("duration", "has more than 4294967295 steps");
    steps_ = step_at(duration_);
    if (steps_ < 1) config.fail("duration", "is shorter than one step of " + in_ms(dt_));
    read_conditions(config);
    read_baseline(config, network);
    for (const ConfigNode& table : config.list("pulse")) pulses_.push_back(read_pulse(table, network));
    for (const ConfigNode& table : config.list("epoch")) epochs_.push_back(read_epoch(table));
  }

  mrnn::Trials make(const mrnn::TrialRequest& request) const override;
  Index default_trials() const override { return std::ssize(conditions_); }

 private:
  static std::string in_ms(double time);
  Index step_at(double time) const { return mrnn::to_steps(time, dt_); }

  void read_conditions(const ConfigNode& config);
  void read_baseline(const ConfigNode& config, const Network& network);
  Pulse read_pulse(const ConfigNode& config, const Network& network) const;
  void read_channels(const ConfigNode& config, const Network& network, Pulse& pulse) const;
  void read_timing(const ConfigNode& config, Pulse& pulse) const;
  std::vector<bool> read_occurrence(const ConfigNode& config) const;
  FixedEpoch read_epoch(const ConfigNode& config) const;

  DrawnPulses draw(const mrnn::TrialRequest& request, std::uint64_t id) const;
  mrnn::StepRange span(const std::string& name, const DrawnPulses& drawn, std::size_t condition) const;
  void add_epochs(const std::vector<DrawnPulses>& drawn, mrnn::Trials& trials) const;
  std::size_t condition_of(std::uint64_t id) const { return static_cast<std::size_t>(id % conditions_.size()); }

  double dt_, duration_;  ///< ms
  Index inputs_;          ///< channels of the network
  Index steps_ = 0;
  std::vector<std::string> conditions_;
  Eigen::VectorXd baseline_;  ///< per channel
  std::vector<Pulse> pulses_;
  std::vector<FixedEpoch> epochs_;
};

std::string Pulses::in_ms(double time) {
  std::string text = std::to_string(time);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " ms";
}

void Pulses::read_conditions(const ConfigNode& config) {
  conditions_ = config.texts("conditions", {"all"});
  if (conditions_.empty()) config.fail("conditions", "is an empty list; leave it out for trials that are all alike");
  std::set<std::string> seen;
  for (const std::string& condition : conditions_) {
    if (!seen.insert(condition).second) config.fail("conditions", "\"" + condition + "\" is listed twice");
  }
}

void Pulses::read_baseline(const ConfigNode& config, const Network& network) {
  baseline_ = Eigen::VectorXd::Zero(inputs_);
  const auto table = config.find_table("baseline");
  if (!table) return;
  for (const std::string& input : table->keys()) {
    const mrnn::UnitRange range = input_range(*table, input, input, network);
    const std::vector<double> values = per_channel(*table, input, static_cast<std::size_t>(range.size));
    baseline_.segment(range.start, range.size) = Eigen::Map<const Eigen::VectorXd>(values.data(), range.size);
  }
}

Pulse Pulses::read_pulse(const ConfigNode& config, const Network& network) const {
  Pulse pulse;
  read_channels(config, network, pulse);
  pulse.name = read_name(config, config.text("input"));
  read_timing(config, pulse);
  pulse.conditions = read_occurrence(config);
  config.finish();
  return pulse;
}

void Pulses::read_channels(const ConfigNode& config, const Network& network, Pulse& pulse) const {
  const mrnn::UnitRange range = input_range(config, "input", config.text("input"), network);
  if (!config.has("channels")) {
    for (Index channel = range.start; channel < range.end(); ++channel) pulse.channels.push_back(channel);
  } else {
    for (const double number : config.numbers("channels")) {
      if (number != std::floor(number) || number < 0.0 || number >= static_cast<double>(range.size)) {
        config.fail("channels", "there is no such channel; \"" + config.text("input") + "\" has the channels 0 to " +
                                    std::to_string(range.size - 1));
      }
      pulse.channels.push_back(range.start + static_cast<Index>(number));
    }
    if (pulse.channels.empty()) config.fail("channels", "is an empty list; leave it out for all channels");
    std::set<Index> distinct(pulse.channels.begin(), pulse.channels.end());
    if (distinct.size() != pulse.channels.size()) config.fail("channels", "names a channel twice");
  }
  pulse.amplitudes = config.has("amplitude") ? per_channel(config, "amplitude", pulse.channels.size())
                                             : std::vector<double>(pulse.channels.size(), 1.0);
}

void Pulses::read_timing(const ConfigNode& config, Pulse& pulse) const {
  const std::vector<double> onset = config.numbers("onset");
  if (onset.empty() || onset.size() > 2 || onset.front() < 0.0 || onset.back() < onset.front()) {
    config.fail("onset", "a time of 0 ms or more, or two as [earliest, latest], is accepted");
  }
  pulse.onset_low = onset.front();
  pulse.onset_high = onset.back();
  pulse.duration = config.positive("duration");
  if (pulse.duration < dt_ * (1.0 - rounding)) {
    config.fail("duration", "is " + in_ms(pulse.duration) + ", shorter than one step of " + in_ms(dt_));
  }
  if (pulse.onset_high + pulse.duration > duration_ * (1.0 + rounding)) {
    config.fail("duration", "the pulse ends at " + in_ms(pulse.onset_high + pulse.duration) + ", after the trial (" +
                                in_ms(duration_) + ")");
  }
}

std::vector<bool> Pulses::read_occurrence(const ConfigNode& config) const {
  if (!config.has("conditions")) return std::vector<bool>(conditions_.size(), true);
  std::vector<bool> occurs(conditions_.size(), false);
  for (const std::string& name : config.texts("conditions")) {
    const auto found = std::ranges::find(conditions_, name);
    if (found == conditions_.end()) config.fail("conditions", mrnn::unknown_name("condition", name, conditions_));
    occurs[static_cast<std::size_t>(found - conditions_.begin())] = true;
  }
  if (std::ranges::find(occurs, true) == occurs.end()) {
    config.fail("conditions", "is an empty list; leave it out for a pulse in every condition");
  }
  return occurs;
}

FixedEpoch Pulses::read_epoch(const ConfigNode& config) const {
  FixedEpoch epoch{read_name(config), {}};
  const auto same_name = [&epoch](const auto& other) { return other.name == epoch.name; };
  if (std::ranges::any_of(pulses_, same_name) || std::ranges::any_of(epochs_, same_name)) {
    config.fail("name", "there is already a pulse or an epoch called \"" + epoch.name + "\"");
  }
  const double start = config.number("start"), stop = config.number("stop");
  if (start < 0.0 || stop > duration_ * (1.0 + rounding)) {
    config.fail("start", "the epoch is not within the trial of " + in_ms(duration_));
  }
  if (stop <= start) config.fail("stop", "is not after start");
  epoch.steps = {step_at(start), std::min(steps_, step_at(stop))};
  if (epoch.steps.size() < 1) config.fail("stop", "the epoch is shorter than one step of " + in_ms(dt_));
  config.finish();
  return epoch;
}

DrawnPulses Pulses::draw(const mrnn::TrialRequest& request, std::uint64_t id) const {
  mrnn::RandomStream random(request.seed, request.stream, id);
  DrawnPulses drawn;
  for (const Pulse& pulse : pulses_) {
    // Drawn also where the pulse does not occur, so that conditions do not change each other's onsets.
    const double onset = pulse.jittered() ? random.uniform(pulse.onset_low, pulse.onset_high) : pulse.onset_low;
    drawn.push_back({step_at(onset), std::min(steps_, step_at(onset + pulse.duration))});
  }
  return drawn;
}

mrnn::Trials Pulses::make(const mrnn::TrialRequest& request) const {
  mrnn::Trials trials = mrnn::blank_trials(inputs_, request.count, steps_);
  for (Index step = 0; step < steps_; ++step) trials.inputs.at(step).colwise() = baseline_;
  std::vector<DrawnPulses> drawn;
  for (Index trial = 0; trial < request.count; ++trial) {
    const std::uint64_t id = request.first + static_cast<std::uint64_t>(trial);
    trials.ids[static_cast<std::size_t>(trial)] = id;
    trials.texts["condition"].push_back(conditions_[condition_of(id)]);
    drawn.push_back(draw(request, id));
    for (std::size_t p = 0; p < pulses_.size(); ++p) {
      const Pulse& pulse = pulses_[p];
      if (!pulse.conditions[condition_of(id)]) continue;
      for (Index step = drawn.back()[p].first; step < drawn.back()[p].last; ++step) {
        for (std::size_t c = 0; c < pulse.channels.size(); ++c) {
          trials.inputs(pulse.channels[c], trial, step) += pulse.amplitudes[c];
        }
      }
    }
  }
  add_epochs(drawn, trials);
  return trials;
}

/// From the first to the last step of the pulses of this name: of those that occur in the condition, or of
/// all where none does, so that every trial has the epoch and conditions can be aligned.
mrnn::StepRange Pulses::span(const std::string& name, const DrawnPulses& drawn, std::size_t condition) const {
  mrnn::StepRange all{steps_, 0}, occurring{steps_, 0};
  for (std::size_t p = 0; p < pulses_.size(); ++p) {
    if (pulses_[p].name != name) continue;
    all = {std::min(all.first, drawn[p].first), std::max(all.last, drawn[p].last)};
    if (!pulses_[p].conditions[condition]) continue;
    occurring = {std::min(occurring.first, drawn[p].first), std::max(occurring.last, drawn[p].last)};
  }
  return occurring.last > occurring.first ? occurring : all;
}

void Pulses::add_epochs(const std::vector<DrawnPulses>& drawn, mrnn::Trials& trials) const {
  std::set<std::string> done;
  for (const Pulse& pulse : pulses_) {
    if (!done.insert(pulse.name).second) continue;
    const bool jittered = std::ranges::any_of(
        pulses_, [&pulse](const Pulse& other) { return other.name == pulse.name && other.jittered(); });
    mrnn::Epoch epoch{pulse.name, {}, {}};
    for (std::size_t trial = 0; trial < drawn.size(); ++trial) {
      const mrnn::StepRange steps = span(pulse.name, drawn[trial], condition_of(trials.ids[trial]));
      epoch.first.push_back(steps.first);
      epoch.last.push_back(steps.last);
      if (jittered) trials.numbers[pulse.name + "_onset"].push_back(static_cast<double>(steps.first) * dt_);
    }
    trials.epochs.push_back(std::move(epoch));
  }
  for (const FixedEpoch& fixed : epochs_) {
    trials.epochs.push_back({fixed.name, std::vector<Index>(drawn.size(), fixed.steps.first),
                             std::vector<Index>(drawn.size(), fixed.steps.last)});
  }
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "pulses",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<Pulses>(config, network); },
      "rectangular pulses on input channels, by condition",
      "duration          ms, of a trial (required)\n"
      "conditions        names; trial k has condition k modulo their number; default: one, `all`\n"
      "baseline          table: input = value, or one value per channel; default 0\n"
      "[[task.pulse]]\n"
      "  input           name of an input (required)\n"
      "  channels        of that input, counted from 0; default: all\n"
      "  onset           ms, or [earliest, latest], drawn for each trial (required)\n"
      "  duration        ms (required)\n"
      "  amplitude = 1   or one per channel; pulses that overlap add\n"
      "  conditions      in which it occurs; default: all\n"
      "  name            of its epoch; default: the input's\n"
      "[[task.epoch]]    name, start, stop (ms): further named stretches of every trial");
}

}  // namespace

MRNN_PLUGIN("pulses", "1.0", attach)
