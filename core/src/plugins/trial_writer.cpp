#include "mrnn/trial_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// The step counter of the noise has 32 bits.
constexpr double most_steps = 4294967295.0;

/// Writes the boundaries of one trial into the epochs; returns its number of steps.
Index lay_out(const std::vector<double>& durations, double dt, std::size_t trial, std::vector<Epoch>& epochs) {
  if (durations.size() != epochs.size()) {
    throw ShapeError(fmt::format("trial {} has {} durations for {} epochs", trial, durations.size(), epochs.size()));
  }
  double time = 0.0;
  Index boundary = 0;
  for (std::size_t e = 0; e < epochs.size(); ++e) {
    time += durations[e];
    if (!(durations[e] >= 0.0 && std::round(time / dt) <= most_steps)) {
      throw ConfigError("", "task",
                        fmt::format("epoch \"{}\" lasts {} ms; 0 ms or more is accepted, and up to {} steps"
                                    " of {} ms in a trial",
                                    epochs[e].name, durations[e], most_steps, dt));
    }
    epochs[e].first.push_back(boundary);
    boundary = static_cast<Index>(std::round(time / dt));
    epochs[e].last.push_back(boundary);
  }
  if (boundary < 1) {
    throw ConfigError("", "task",
                      fmt::format("a trial lasts {} ms, less than one step of {} ms; make its epochs longer, or dt "
                                  "shorter",
                                  time, dt));
  }
  return boundary;
}

void fill(Sequence& sequence, const char* what, Index channel, Index trial, StepRange steps, double value) {
  if (channel < 0 || channel >= sequence.units || trial < 0 || trial >= sequence.trials || steps.first < 0 ||
      steps.last > sequence.steps) {
    throw ShapeError(
        fmt::format("{} channel {} of trial {} at steps {} to {}; there are {} channels, {} trials and {} "
                    "steps",
                    what, channel, trial, steps.first, steps.last, sequence.units, sequence.trials, sequence.steps));
  }
  for (Index step = steps.first; step < steps.last; ++step) sequence(channel, trial, step) = value;
}

}  // namespace

TrialWriter::TrialWriter(const Network& network, const TrialRequest& request, std::vector<std::string> epochs,
                         const std::vector<std::vector<double>>& durations) {
  if (std::ssize(durations) != request.count) {
    throw ShapeError(fmt::format("durations of {} trials for {} trials", durations.size(), request.count));
  }
  std::vector<Epoch> layout;
  for (std::string& name : epochs) layout.push_back({std::move(name), {}, {}});
  Index steps = 0;
  for (std::size_t trial = 0; trial < durations.size(); ++trial) {
    steps = std::max(steps, lay_out(durations[trial], network.spec().dt, trial, layout));
  }
  result_ = blank_trials(network.inputs(), request.count, steps);
  result_.targets = Sequence(network.outputs(), request.count, steps);
  result_.mask = Sequence(network.outputs(), request.count, steps);
  result_.epochs = std::move(layout);
  for (std::uint64_t& id : result_.ids) id += request.first;
}

StepRange TrialWriter::epoch(Index trial, std::string_view name) const {
  return epoch_steps(result_, name, trial);
}

StepRange TrialWriter::whole(Index trial) const {
  return {0, result_.epochs.back().last[checked(trial)]};
}

void TrialWriter::input(Index trial, Index channel, StepRange steps, double value) {
  fill(result_.inputs, "input", channel, trial, steps, value);
}

void TrialWriter::target(Index trial, Index channel, StepRange steps, double value) {
  fill(result_.targets, "target", channel, trial, steps, value);
}

void TrialWriter::mask(Index trial, UnitRange channels, StepRange steps, double value) {
  for (Index channel = channels.start; channel < channels.end(); ++channel) {
    fill(result_.mask, "mask", channel, trial, steps, value);
  }
}

std::size_t TrialWriter::checked(Index trial) const {
  if (trial >= 0 && trial < result_.count) return static_cast<std::size_t>(trial);
  throw ShapeError("there is no trial " + std::to_string(trial) + " among " + std::to_string(result_.count));
}

void TrialWriter::number(Index trial, const std::string& name, double value) {
  std::vector<double>& values = result_.numbers[name];
  values.resize(static_cast<std::size_t>(result_.count), std::numeric_limits<double>::quiet_NaN());
  values[checked(trial)] = value;
}

void TrialWriter::text(Index trial, const std::string& name, std::string value) {
  std::vector<std::string>& values = result_.texts[name];
  values.resize(static_cast<std::size_t>(result_.count));
  values[checked(trial)] = std::move(value);
}

Trials TrialWriter::take() {
  // Also where all are equally long: another request of the task may have longer ones, and batches are joined.
  for (Index trial = 0; trial < result_.count; ++trial) {
    number(trial, trial_steps, static_cast<double>(whole(trial).last));
  }
  return std::exchange(result_, {});
}

StepRange epoch_steps(const Trials& trials, std::string_view name, Index trial) {
  for (const Epoch& epoch : trials.epochs) {
    if (epoch.name != name) continue;
    if (trial < 0 || trial >= std::ssize(epoch.first) || trial >= std::ssize(epoch.last)) {
      throw ShapeError("the epoch \"" + epoch.name + "\" has no trial " + std::to_string(trial));
    }
    return {epoch.first[static_cast<std::size_t>(trial)], epoch.last[static_cast<std::size_t>(trial)]};
  }
  std::vector<std::string> known;
  for (const Epoch& epoch : trials.epochs) known.push_back(epoch.name);
  throw ShapeError(unknown_name("epoch", name, known));
}

}  // namespace mrnn
