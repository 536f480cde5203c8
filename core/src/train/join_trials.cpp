#include "train/join_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// Puts a part's values into the whole at trial `first`; what the part lacks stays as it was.
void place(const Sequence& part, Index first, Sequence& whole) {
  for (Index step = 0; step < part.steps; ++step) whole.at(step).middleCols(first, part.trials) = part.at(step);
}

void expect_channels(const Sequence& part, Index channels, const char* what) {
  if (part.units == channels) return;
  throw RunError(
      fmt::format("the mixed tasks make {} of different numbers of channels: {} and {}", what, channels, part.units));
}

/// One of the sequences of all parts, joined; empty where no part has it.
Sequence joined(const std::vector<Trials>& parts, const Trials& whole, Sequence Trials::*member, const char* what) {
  const auto has = [member](const Trials& part) { return !(part.*member).empty(); };
  const auto owner = std::ranges::find_if(parts, has);
  if (owner == parts.end()) return {};
  Sequence all(((*owner).*member).units, whole.count, whole.steps);
  Index first = 0;
  for (const Trials& part : parts) {
    if (has(part)) {
      expect_channels(part.*member, all.units, what);
      place(part.*member, first, all);
    }
    first += part.count;
  }
  return all;
}

/// The mask: ones where a part has targets and no mask of its own.
Sequence join_masks(const std::vector<Trials>& parts, const Trials& whole) {
  const auto whole_part = [&](const Trials& part) {
    return part.mask.empty() && !part.targets.empty() && part.steps == whole.steps;
  };
  if (whole.targets.empty() || std::ranges::all_of(parts, whole_part)) return {};
  Sequence all(whole.targets.units, whole.count, whole.steps);
  Index first = 0;
  for (const Trials& part : parts) {
    if (!part.mask.empty()) {
      expect_channels(part.mask, all.units, "masks");
      place(part.mask, first, all);
    } else if (!part.targets.empty()) {
      for (Index step = 0; step < part.steps; ++step) all.at(step).middleCols(first, part.count).setOnes();
    }
    first += part.count;
  }
  return all;
}

Eigen::MatrixXd join_initial_states(const std::vector<Trials>& parts, Index count) {
  const auto sets = [](const Trials& part) { return part.initial_state.size() > 0; };
  const auto setting = std::ranges::count_if(parts, sets);
  if (setting == 0) return {};
  if (setting != std::ssize(parts)) {
    throw RunError("some of the mixed tasks set initial states and others do not; all or none must");
  }
  Eigen::MatrixXd all(parts.front().initial_state.rows(), count);
  Index first = 0;
  for (const Trials& part : parts) {
    if (part.initial_state.rows() != all.rows()) {
      throw RunError(fmt::format("the mixed tasks make initial states of different numbers of units: {} and {}",
                                 all.rows(), part.initial_state.rows()));
    }
    all.middleCols(first, part.count) = part.initial_state;
    first += part.count;
  }
  return all;
}

/// Metadata of one kind, `absent` where a part has none of that name.
template <class Value>
std::map<std::string, std::vector<Value>> joined(const std::vector<Trials>& parts, Index count, const Value& absent,
                                                 std::map<std::string, std::vector<Value>> Trials::*member) {
  std::map<std::string, std::vector<Value>> all;
  Index first = 0;
  for (const Trials& part : parts) {
    for (const auto& [name, values] : part.*member) {
      auto& column = all.try_emplace(name, static_cast<std::size_t>(count), absent).first->second;
      std::ranges::copy(values, column.begin() + first);
    }
    first += part.count;
  }
  return all;
}

std::vector<Epoch> join_epochs(const std::vector<Trials>& parts, Index count) {
  std::vector<Epoch> all;
  Index first = 0;
  for (const Trials& part : parts) {
    for (const Epoch& epoch : part.epochs) {
      auto found = std::ranges::find(all, epoch.name, &Epoch::name);
      if (found == all.end()) {
        const std::vector<Index> zeros(static_cast<std::size_t>(count), 0);
        found = all.insert(all.end(), {epoch.name, zeros, zeros});
      }
      std::ranges::copy(epoch.first, found->first.begin() + first);
      std::ranges::copy(epoch.last, found->last.begin() + first);
    }
    first += part.count;
  }
  return all;
}

void add_interventions(const Trials& part, Index first, Trials& whole) {
  for (Intervention intervention : part.interventions) {
    if (intervention.trials.empty()) {
      for (Index trial = 0; trial < part.count; ++trial) intervention.trials.push_back(trial);
    }
    for (Index& trial : intervention.trials) trial += first;
    whole.interventions.push_back(std::move(intervention));
  }
}

}  // namespace

Trials join_trials(const std::vector<Trials>& parts) {
  Trials whole;
  for (const Trials& part : parts) {
    add_interventions(part, whole.count, whole);
    whole.count += part.count;
    whole.steps = std::max(whole.steps, part.steps);
    whole.ids.insert(whole.ids.end(), part.ids.begin(), part.ids.end());
  }
  whole.inputs = joined(parts, whole, &Trials::inputs, "inputs");
  if (whole.inputs.empty()) whole.inputs = Sequence(0, whole.count, whole.steps);  // of a network without any
  whole.stimulus = joined(parts, whole, &Trials::stimulus, "stimuli");
  whole.targets = joined(parts, whole, &Trials::targets, "targets");
  whole.mask = join_masks(parts, whole);
  whole.initial_state = join_initial_states(parts, whole.count);
  whole.numbers = joined(parts, whole.count, std::numeric_limits<double>::quiet_NaN(), &Trials::numbers);
  whole.texts = joined(parts, whole.count, std::string(), &Trials::texts);
  whole.epochs = join_epochs(parts, whole.count);
  return whole;
}

Sequence columns(const Sequence& all, Index first, Index count) {
  Sequence part(all.units, count, all.steps);
  for (Index step = 0; step < all.steps; ++step) part.at(step) = all.at(step).middleCols(first, count);
  return part;
}

Sequence first_steps(const Sequence& all, Index steps) {
  if (all.empty()) return {};
  Sequence part(all.units, all.trials, steps);
  std::copy_n(all.data.begin(), part.data.size(), part.data.begin());
  return part;
}

Trials first_steps(const Trials& all, Index steps) {
  Trials part = all;
  part.steps = steps;
  part.inputs = first_steps(all.inputs, steps);
  part.stimulus = first_steps(all.stimulus, steps);
  part.targets = first_steps(all.targets, steps);
  part.mask = first_steps(all.mask, steps);
  part.interventions.clear();
  for (Epoch& epoch : part.epochs) {
    for (std::size_t trial = 0; trial < epoch.first.size(); ++trial) {
      epoch.first[trial] = std::min(epoch.first[trial], steps);
      epoch.last[trial] = std::min(epoch.last[trial], steps);
    }
  }
  return part;
}

}  // namespace mrnn
