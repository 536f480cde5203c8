#include "mrnn/state_points.hpp"

#include <map>
#include <utility>

#include "mrnn/formulas.hpp"

namespace mrnn {
namespace {

template <class Formula>
Eigen::MatrixXd of_units(const Network& network, const Eigen::MatrixXd& x, Formula formula) {
  Eigen::MatrixXd result(x.rows(), x.cols());
  for (Index k = 0; k < x.cols(); ++k) {
    for (Index unit = 0; unit < x.rows(); ++unit) {
      result(unit, k) = formula(network.activations()[static_cast<std::size_t>(unit)], x(unit, k));
    }
  }
  return result;
}

Eigen::MatrixXd activate(const Network& network, const Eigen::MatrixXd& x) {
  return of_units(network, x, [](Activation kind, double value) { return formulas::activate(kind, value); });
}

Eigen::MatrixXd slopes(const Network& network, const Eigen::MatrixXd& x) {
  return of_units(network, x, [](Activation kind, double value) { return formulas::activation_slope(kind, value); });
}

/// States that see the same weights.
using ColumnsByWeights = std::map<std::vector<const ScaleWeights*>, std::vector<Index>>;

ColumnsByWeights columns_by_weights(const StatePoints& points, const Trials& trials) {
  ColumnsByWeights columns;
  for (Index k = 0; k < points.states.cols(); ++k) {
    const auto place = static_cast<std::size_t>(k);
    columns[scalings_at(trials.interventions, points.trials[place], points.steps[place])].push_back(k);
  }
  return columns;
}

}  // namespace

Eigen::VectorXd alphas(const Network& network, const Parameters& parameters) {
  if (network.spec().dynamics == Dynamics::elman) return Eigen::VectorXd::Ones(network.units());
  return network.spec().dt * parameters.tau.cwiseInverse();
}

StatePointSteps::StatePointSteps(const Network& network, const Parameters& parameters, const EffectiveWeights& weights,
                                 const Trials& trials, Product product)
    : network_(network),
      parameters_(parameters),
      weights_(weights),
      trials_(trials),
      product_(std::move(product)),
      alpha_(alphas(network, parameters)) {}

void StatePointSteps::Held::apply(Eigen::MatrixXd& activity) const {
  if (where.size() > 0) activity = (where > 0.0).select(value, activity.array()).matrix();
}

StatePointSteps::Held StatePointSteps::held_after(const StatePoints& points, Index offset) const {
  Held held;
  for (Index k = 0; k < points.states.cols(); ++k) {
    const Index step = points.steps[static_cast<std::size_t>(k)] + offset;
    for (const Intervention& intervention : trials_.interventions) {
      const auto* clamp = std::get_if<Clamp>(&intervention.what);
      if (clamp == nullptr || !intervention.steps.contains(step)) continue;
      if (!intervention.acts_on(points.trials[static_cast<std::size_t>(k)])) continue;
      if (held.where.size() == 0) {
        held.where.setZero(points.states.rows(), points.states.cols());
        held.value = held.where;
      }
      for (const UnitRange& range : clamp->units.ranges()) {
        held.where.col(k).segment(range.start, range.size).setOnes();
        held.value.col(k).segment(range.start, range.size).setConstant(clamp->value);
      }
    }
  }
  return held;
}

/// Units whose activity before the step is not that of the state given. Where the state is the activity itself (rate
/// dynamics), it is carried on as it is once nothing holds it any more.
StatePointSteps::Held StatePointSteps::held_before(const StatePoints& points) const {
  if (points.constant) return held_after(points, 0);
  Held held = held_after(points, -1);
  if (network_.spec().dynamics != Dynamics::rate || held.where.size() == 0) return held;
  const Held after = held_after(points, 0);
  if (after.where.size() == 0) return after;
  held.where *= after.where;
  return held;
}

/// h before the step.
Eigen::MatrixXd StatePointSteps::activity(const StatePoints& points) const {
  const bool rate = network_.spec().dynamics == Dynamics::rate;
  Eigen::MatrixXd h = rate ? points.states : activate(network_, points.states);
  held_before(points).apply(h);
  return h;
}

void StatePointSteps::multiply_blocks(const std::vector<const ScaleWeights*>& scalings, const Eigen::MatrixXd& h,
                                      const Eigen::MatrixXd& u, Eigen::MatrixXd& drive) const {
  EffectiveWeights scaled;
  if (!scalings.empty()) {
    scaled = weights_;
    scale_weights(network_, scaled, scalings);
  }
  const EffectiveWeights& weights = scalings.empty() ? weights_ : scaled;
  multiply(network_.recurrent_blocks(), weights.recurrent, h, drive);
  multiply(network_.input_blocks(), weights.input, u, drive);
}

/// W h + W_in u + b + s
Eigen::MatrixXd StatePointSteps::drive(const StatePoints& points, const Eigen::MatrixXd& activity) const {
  Eigen::MatrixXd inputs(network_.inputs(), points.states.cols());
  for (Index k = 0; k < points.states.cols(); ++k) {
    const auto place = static_cast<std::size_t>(k);
    inputs.col(k) = trials_.inputs.at(points.steps[place]).col(points.trials[place]);
  }
  Eigen::MatrixXd drive = parameters_.bias.replicate(1, points.states.cols());
  for (const auto& [scalings, columns] : columns_by_weights(points, trials_)) {
    Eigen::MatrixXd part = drive(Eigen::all, columns);
    const Eigen::MatrixXd h = activity(Eigen::all, columns);
    const Eigen::MatrixXd u = inputs(Eigen::all, columns);
    if (product_) {
      product_(scalings, h, u, part);
    } else {
      multiply_blocks(scalings, h, u, part);
    }
    drive(Eigen::all, columns) = part;
  }
  for (Index k = 0; k < points.states.cols(); ++k) {
    const auto place = static_cast<std::size_t>(k);
    drive.col(k) += stimulus_at(trials_, network_.units(), points.trials[place], points.steps[place]);
  }
  return drive;
}

Eigen::MatrixXd StatePointSteps::advance(const StatePoints& points) const {
  const Eigen::MatrixXd h = activity(points);
  const Eigen::MatrixXd x = drive(points, h);
  const auto alpha = alpha_.asDiagonal();
  const Eigen::VectorXd leak = (1.0 - alpha_.array()).matrix();
  if (network_.spec().dynamics != Dynamics::rate) return leak.asDiagonal() * points.states + alpha * x;
  Eigen::MatrixXd next = leak.asDiagonal() * h + alpha * activate(network_, x);
  held_after(points, 0).apply(next);
  return next;
}

Jacobians StatePointSteps::jacobian(const StatePoints& points) const {
  const Index columns = points.states.cols();
  const Held before = held_before(points);
  Jacobians result;
  result.leak = (1.0 - alpha_.array()).matrix().replicate(1, columns);
  result.post = alpha_.replicate(1, columns);
  const auto drop = [](const Held& held, Eigen::MatrixXd& diagonals) {
    if (held.where.size() > 0) diagonals.array() *= 1.0 - held.where;
  };
  if (network_.spec().dynamics != Dynamics::rate) {
    result.pre = slopes(network_, points.states);
    drop(before, result.pre);
    return result;
  }
  const Held after = held_after(points, 0);
  result.pre = Eigen::MatrixXd::Ones(points.states.rows(), columns);
  result.post = alpha_.asDiagonal() * slopes(network_, drive(points, activity(points)));
  drop(before, result.pre);
  drop(before, result.leak);
  drop(after, result.leak);
  drop(after, result.post);
  return result;
}

}  // namespace mrnn
