#include "mrnn/simulation.hpp"

#include <algorithm>

#include "mrnn/error.hpp"
#include "mrnn/parameters.hpp"

namespace mrnn {
namespace {

using Rows = std::vector<Index>;

template <class Scalar>
void pick(const BasicSequence<Scalar>& all, const Rows& rows, Index step, Eigen::Ref<Eigen::MatrixXd> chosen) {
  const auto from = all.at(step);
  for (Index row = 0; row < std::ssize(rows); ++row) {
    chosen.row(row) = from.row(rows[static_cast<std::size_t>(row)]).template cast<double>();
  }
}

template <class Scalar>
Sequence pick(const BasicSequence<Scalar>& all, const Rows& rows) {
  Sequence chosen(std::ssize(rows), all.trials, all.steps);
  for (Index step = 0; step < all.steps; ++step) pick(all, rows, step, chosen.at(step));
  return chosen;
}

/// All units were recorded: their numbers are the rows.
Rows checked_rows(Index recorded, const Selection& units, const char* what) {
  for (const UnitRange& range : units.ranges()) {
    if (range.start >= 0 && range.end() <= recorded) continue;
    const Index row = range.start < 0 ? range.start : range.end() - 1;
    throw ShapeError(std::string(what) + " " + std::to_string(row) + " was not recorded; there are " +
                     std::to_string(recorded));
  }
  return units.indices();
}

/// Rows of the recorded arrays that hold `units`.
Rows recorded_rows(const Selection& recorded, const Selection& units) {
  Rows rows;
  for (const Index unit : units.indices()) {
    Index offset = 0;
    bool found = false;
    for (const UnitRange& range : recorded.ranges()) {
      if (range.contains(unit)) {
        rows.push_back(offset + unit - range.start);
        found = true;
        break;
      }
      offset += range.size;
    }
    if (!found) throw ShapeError("unit " + std::to_string(unit) + " was not recorded");
  }
  return rows;
}

[[noreturn]] void not_recorded(Quantity what, const std::string& simulation) {
  const std::string quantity = what == Quantity::x ? "x" : what == Quantity::h ? "h" : "y";
  throw ShapeError(quantity + " of simulation \"" + simulation + "\" was not recorded");
}

Index units_of(const Simulation::Activity& activity) {
  if (const auto* values = std::get_if<Sequence>(&activity)) return values->units;
  if (const auto* single = std::get_if<FloatSequence>(&activity)) return single->units;
  return 0;
}

/// Rows of an array of the simulation that hold `units`, which may be channels.
Rows rows_of(const Simulation& simulation, Quantity what, const Selection& units) {
  const Simulation::Activity& activity = simulation.of(what);
  if (std::holds_alternative<std::monostate>(activity)) not_recorded(what, simulation.name);
  if (what == Quantity::y) return checked_rows(units_of(activity), units, "channel");
  if (simulation.record.units.empty()) return checked_rows(units_of(activity), units, "unit");
  return recorded_rows(simulation.record.units, units);
}

}  // namespace

const Simulation::Activity& Simulation::of(Quantity what) const noexcept {
  return what == Quantity::x ? x : what == Quantity::h ? h : y;
}

StepRange Simulation::recorded(Index trial) const {
  const Index end = trial_end(trials, trial);
  if (end >= trials.steps) return steps;
  return {steps.first, std::clamp(end, steps.first, steps.last)};
}

std::vector<Index> Simulation::steps_with_state(Index trial) const {
  const Index end = trial_end(trials, trial);
  std::vector<Index> known;
  for (Index step = 0; step < end; ++step) {
    if (step == 0 || steps.contains(step - 1)) known.push_back(step);
  }
  return known;
}

Sequence Simulation::activity(Quantity what, const Selection& units) const {
  const Rows rows = rows_of(*this, what, units);
  if (const auto* values = std::get_if<Sequence>(&of(what))) return pick(*values, rows);
  return pick(std::get<FloatSequence>(of(what)), rows);
}

Eigen::MatrixXd Simulation::activity_at(Quantity what, const Selection& units, Index step) const {
  if (!steps.contains(step)) throw ShapeError("step " + std::to_string(step) + " was not recorded");
  const Rows rows = rows_of(*this, what, units);
  Eigen::MatrixXd chosen(std::ssize(rows), trials.count);
  if (const auto* values = std::get_if<Sequence>(&of(what))) {
    pick(*values, rows, step - steps.first, chosen);
  } else {
    pick(std::get<FloatSequence>(of(what)), rows, step - steps.first, chosen);
  }
  return chosen;
}

Eigen::VectorXd Simulation::state(const Network& network, const Parameters& parameters, Index trial, Index step) const {
  if (trial < 0 || trial >= trials.count) throw ShapeError("simulation \"" + name + "\" has no such trial");
  if (step == -1) {
    return trials.initial_state.size() > 0 ? Eigen::VectorXd(trials.initial_state.col(trial))
                                           : parameters.initial_state;
  }
  if (!steps.contains(step)) throw ShapeError("step " + std::to_string(step) + " was not recorded");
  const bool rate = network.spec().dynamics == Dynamics::rate;
  const Activity& carried = rate ? h : x;
  const bool whole = record.units.empty() || record.units.size() == network.units();
  if (!whole || std::holds_alternative<std::monostate>(carried)) {
    throw ShapeError("the state of simulation \"" + name + "\" needs " + (rate ? "h" : "x") + " of all units recorded");
  }
  const Index row = step - steps.first;
  if (const auto* values = std::get_if<Sequence>(&carried)) return values->at(row).col(trial);
  return std::get<FloatSequence>(carried).at(row).col(trial).cast<double>();
}

}  // namespace mrnn
