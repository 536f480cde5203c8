#include "mrnn/simulation.hpp"

#include "mrnn/error.hpp"
#include "mrnn/parameters.hpp"

namespace mrnn {
namespace {

template <class Scalar>
Sequence pick(const BasicSequence<Scalar>& all, const std::vector<Index>& rows) {
  Sequence chosen(std::ssize(rows), all.trials, all.steps);
  for (Index step = 0; step < all.steps; ++step) {
    const auto from = all.at(step);
    auto to = chosen.at(step);
    for (Index row = 0; row < std::ssize(rows); ++row) {
      to.row(row) = from.row(rows[static_cast<std::size_t>(row)]).template cast<double>();
    }
  }
  return chosen;
}

/// Rows of the recorded arrays that hold `units`.
std::vector<Index> recorded_rows(const Selection& recorded, const Selection& units) {
  if (recorded.empty()) return units.indices();
  std::vector<Index> rows;
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

}  // namespace

const Simulation::Activity& Simulation::of(Quantity what) const noexcept {
  return what == Quantity::x ? x : what == Quantity::h ? h : y;
}

Sequence Simulation::activity(Quantity what, const Selection& units) const {
  const std::vector<Index> rows = what == Quantity::y ? units.indices() : recorded_rows(record.units, units);
  if (const auto* values = std::get_if<Sequence>(&of(what))) return pick(*values, rows);
  if (const auto* values = std::get_if<FloatSequence>(&of(what))) return pick(*values, rows);
  const std::string quantity = what == Quantity::x ? "x" : what == Quantity::h ? "h" : "y";
  throw ShapeError(quantity + " of simulation \"" + name + "\" was not recorded");
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
