#include "mrnn/simulation.hpp"

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

/// Rows of the recorded arrays that hold `units`.
Rows recorded_rows(const Selection& recorded, const Selection& units) {
  if (recorded.empty()) return units.indices();
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

}  // namespace

const Simulation::Activity& Simulation::of(Quantity what) const noexcept {
  return what == Quantity::x ? x : what == Quantity::h ? h : y;
}

Sequence Simulation::activity(Quantity what, const Selection& units) const {
  const Rows rows = what == Quantity::y ? units.indices() : recorded_rows(record.units, units);
  if (const auto* values = std::get_if<Sequence>(&of(what))) return pick(*values, rows);
  if (const auto* values = std::get_if<FloatSequence>(&of(what))) return pick(*values, rows);
  not_recorded(what, name);
}

Eigen::MatrixXd Simulation::activity_at(Quantity what, const Selection& units, Index step) const {
  if (!steps.contains(step)) throw ShapeError("step " + std::to_string(step) + " was not recorded");
  const Rows rows = what == Quantity::y ? units.indices() : recorded_rows(record.units, units);
  Eigen::MatrixXd chosen(std::ssize(rows), trials.count);
  if (const auto* values = std::get_if<Sequence>(&of(what))) {
    pick(*values, rows, step - steps.first, chosen);
  } else if (const auto* single = std::get_if<FloatSequence>(&of(what))) {
    pick(*single, rows, step - steps.first, chosen);
  } else {
    not_recorded(what, name);
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
