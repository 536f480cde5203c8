#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/manipulation.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

/// Rounding of sums such as 0.1 + 0.2 may not turn a full window into an error.
constexpr double rounding = 1e-9;

/// Integral from t to the end of what a linear ramp over [0, ramp] lacks of 1, that is of max(0, 1 - t/ramp).
double missing_after(double t, double ramp) {
  const double left = std::max(0.0, ramp - t);
  return ramp > 0.0 ? left * left / (2.0 * ramp) : 0.0;
}

bool has_epoch(const Epoch& epoch, std::size_t trial) {
  return epoch.first[trial] >= 0 && epoch.last[trial] > epoch.first[trial];
}

bool any_has(const Trials& trials, const Epoch& epoch) {
  bool any = false;
  for (std::size_t trial = 0; trial < static_cast<std::size_t>(trials.count); ++trial) {
    any = any || has_epoch(epoch, trial);
  }
  return any;
}

/// In ms; 0 where the key is absent.
double read_time(const ConfigNode& config, std::string_view key) {
  const double time = config.number(key, 0.0);
  if (time < 0.0) config.fail(key, fmt::format("is {} ms; 0 or more is accepted", time));
  return time;
}

template <class Value>
std::vector<std::string> distinct_texts(std::vector<Value> values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(fmt::format("{}", value));
  return texts;
}

/// @param known  values that other trials of this kind have
template <class Value>
std::vector<bool> matching(const std::vector<Value>& of_trials, const std::set<Value>& known,
                           const std::vector<Value>& wanted, const ConfigNode& config) {
  for (const Value& value : wanted) {
    if (known.contains(value) || std::ranges::find(of_trials, value) != of_trials.end()) continue;
    std::vector<Value> all = of_trials;
    all.insert(all.end(), known.begin(), known.end());
    config.fail("conditions", unknown_name("condition", fmt::format("{}", value), distinct_texts(std::move(all))));
  }
  std::vector<bool> chosen;
  for (const Value& value : of_trials) chosen.push_back(std::ranges::find(wanted, value) != wanted.end());
  return chosen;
}

}  // namespace

Schedule Schedule::read(const ConfigNode& config, double dt, Ramps ramps) {
  Schedule schedule(config, dt);
  if (config.has("epoch")) schedule.epoch_ = config.text("epoch");
  schedule.start_ = read_time(config, "start");
  if (config.has("stop")) schedule.stop_ = read_time(config, "stop");
  if (ramps == Ramps::allowed) {
    schedule.ramp_up_ = read_time(config, "ramp_up");
    schedule.ramp_down_ = read_time(config, "ramp_down");
  }
  if (schedule.stop_) {
    if (*schedule.stop_ <= schedule.start_) {
      config.fail("stop", fmt::format("is {} ms, not after start = {} ms", *schedule.stop_, schedule.start_));
    }
    schedule.check_window(std::round(*schedule.stop_ / dt) - std::round(schedule.start_ / dt));
  }
  schedule.read_trials();
  schedule.read_conditions();
  return schedule;
}

void Schedule::check_window(double steps, const std::string& whose) const {
  if (steps < 1.0) {
    config_.fail("stop", fmt::format("leaves a window of less than one step (dt = {} ms) after start = {} ms; start "
                                     "and stop are rounded to whole steps",
                                     dt_, start_));
  }
  if (ramp_up_ + ramp_down_ > steps * dt_ * (1.0 + rounding)) {
    config_.fail(ramp_up_ > 0.0 ? "ramp_up" : "ramp_down",
                 fmt::format("the ramps (ramp_up = {} ms, ramp_down = {} ms) are longer than the window of {} ms they "
                             "lie in{}",
                             ramp_up_, ramp_down_, steps * dt_, whose));
  }
}

void Schedule::read_trials() {
  if (!config_.has("trials")) return;
  for (const double number : config_.numbers("trials")) {
    if (number < 0.0 || number != std::floor(number) || number > 1e15) {
      config_.fail("trials", fmt::format("{} is not a trial number; trials are counted 0, 1, 2, ...", number));
    }
    trials_.push_back(static_cast<Index>(number));
  }
  if (trials_.empty()) config_.fail("trials", "is an empty list; leave it out for all trials");
  std::ranges::sort(trials_);
  trials_.erase(std::unique(trials_.begin(), trials_.end()), trials_.end());
}

void Schedule::read_conditions() {
  if (!config_.has("conditions")) return;
  try {
    conditions_ = config_.texts("conditions");
  } catch (const ConfigError&) {  // then they must be numbers
    try {
      condition_numbers_ = config_.numbers("conditions");
    } catch (const ConfigError&) {
      config_.fail("conditions",
                   "has the wrong type; one value or an array of values is accepted, all texts or all "
                   "numbers");
    }
  }
  if (conditions_.empty() && condition_numbers_.empty()) {
    config_.fail("conditions", "is an empty list; leave it out for all conditions");
  }
}

/// Counted from the beginning of a stretch of the run, by default up to its end; none where it would begin after that.
std::optional<Schedule::Window> Schedule::window(StepRange stretch, Index run_steps) const {
  constexpr double most_steps = 1e15;
  const auto begin = static_cast<double>(stretch.first);
  const double first = begin + std::round(start_ / dt_);
  const double last = stop_ ? begin + std::round(*stop_ / dt_) : static_cast<double>(stretch.last);
  const double cut = std::min(last, static_cast<double>(run_steps));
  if (first >= cut) return std::nullopt;
  Window window;
  window.steps = {static_cast<Index>(first), static_cast<Index>(cut)};
  window.whole = static_cast<Index>(std::min(last - first, most_steps));
  return window;
}

Eigen::VectorXd Schedule::course(const Window& window) const {
  check_window(static_cast<double>(window.whole),
               epoch_ ? fmt::format(", that of trial {}", window.trials.front()) : "");
  // With the ramps apart, course(t) = 1 - (what the first ramp lacks) - (what the second lacks).
  const double whole = static_cast<double>(window.whole) * dt_;
  Eigen::VectorXd means(window.steps.size());
  for (Index step = 0; step < means.size(); ++step) {
    const double begin = static_cast<double>(step) * dt_;
    const double end = begin + dt_;
    const double lacks_up = missing_after(begin, ramp_up_) - missing_after(end, ramp_up_);
    const double lacks_down = missing_after(whole - end, ramp_down_) - missing_after(whole - begin, ramp_down_);
    means[step] = std::clamp(1.0 - (lacks_up + lacks_down) / dt_, 0.0, 1.0);
  }
  return means;
}

std::vector<Schedule::Window> Schedule::windows(const Trials& trials) const {
  if (epoch_) return windows_in_epochs(trials);
  std::optional<Window> only = window({0, trials.steps}, trials.steps);
  if (!only) {
    config_.fail("start",
                 fmt::format("is {} ms, but the run ends at {} ms", start_, static_cast<double>(trials.steps) * dt_));
  }
  only->trials = chosen_trials(trials);
  only->course = course(*only);
  return {*only};
}

std::vector<Schedule::Window> Schedule::windows_in_epochs(const Trials& trials) const {
  const Epoch& epoch = find_epoch(trials);
  const std::vector<Index> chosen = chosen_trials(trials);
  std::vector<Window> windows;
  std::map<std::pair<Index, Index>, std::size_t> known;  // by their steps
  Index longest = 0;
  for (Index trial = 0; trial < trials.count; ++trial) {
    const auto place = static_cast<std::size_t>(trial);
    const bool meant = chosen.empty() || std::ranges::binary_search(chosen, trial);
    if (!meant || !has_epoch(epoch, place)) continue;
    const StepRange own{epoch.first[place], epoch.last[place]};
    longest = std::max(longest, own.size());
    std::optional<Window> found = window(own, trials.steps);
    if (!found) continue;
    const auto [entry, is_new] = known.try_emplace({found->steps.first, found->steps.last}, windows.size());
    if (is_new) windows.push_back(std::move(*found));
    windows[entry->second].trials.push_back(trial);
  }
  if (longest == 0) config_.fail("epoch", fmt::format("none of the trials named has the epoch \"{}\"", *epoch_));
  if (windows.empty()) fail_too_late(longest);
  for (Window& window : windows) window.course = course(window);
  return windows;
}

void Schedule::fail_too_late(Index longest) const {
  const std::string end = stop_ ? "the run ends before that in every trial that has it"
                                : fmt::format("it lasts {} ms at most", static_cast<double>(longest) * dt_);
  config_.fail("start", fmt::format("is {} ms from the beginning of the epoch \"{}\", but {}", start_, *epoch_, end));
}

const Epoch& Schedule::find_epoch(const Trials& trials) const {
  std::vector<std::string> available;
  bool exists = false;
  for (const Epoch& epoch : trials.epochs) {
    exists = exists || epoch.name == *epoch_;
    if (!any_has(trials, epoch)) continue;
    if (epoch.name == *epoch_) return epoch;
    available.push_back(epoch.name);
  }
  config_.fail("epoch",
               exists ? fmt::format("no trial has the epoch \"{}\"; available: {}", *epoch_, list_words(available))
                      : unknown_name("epoch", *epoch_, available));
}

std::vector<bool> Schedule::in_conditions(const Trials& trials) const {
  const bool in_words = !conditions_.empty();
  const auto texts = trials.texts.find("condition");
  const auto numbers = trials.numbers.find("condition");
  if (in_words && texts != trials.texts.end()) {
    return matching(texts->second, trials.known_conditions.texts, conditions_, config_);
  }
  if (!in_words && numbers != trials.numbers.end()) {
    return matching(numbers->second, trials.known_conditions.numbers, condition_numbers_, config_);
  }
  if (texts != trials.texts.end()) config_.fail("conditions", "the conditions of these trials are texts, not numbers");
  if (numbers != trials.numbers.end()) {
    config_.fail("conditions", "the conditions of these trials are numbers, not texts");
  }
  config_.fail("conditions", "these trials have no conditions; choose them by number with trials = [...]");
}

std::vector<Index> Schedule::chosen_trials(const Trials& trials) const {
  if (!trials_.empty() && trials_.back() >= trials.count) {
    config_.fail("trials", fmt::format("there is no trial {}; the simulation has trials 0 to {}", trials_.back(),
                                       trials.count - 1));
  }
  if (conditions_.empty() && condition_numbers_.empty()) return trials_;
  const std::vector<bool> wanted = in_conditions(trials);
  std::vector<Index> chosen;
  for (Index trial = 0; trial < trials.count; ++trial) {
    const bool named = trials_.empty() || std::ranges::binary_search(trials_, trial);
    if (named && wanted[static_cast<std::size_t>(trial)]) chosen.push_back(trial);
  }
  if (chosen.empty()) config_.fail("conditions", "none of the trials named has one of these conditions");
  return chosen;
}

}  // namespace mrnn
