#include "step_map.hpp"

#include <cmath>
#include <limits>
#include <utility>
#include <variant>

#include "mrnn/formulas.hpp"

namespace fixed_points {
namespace {

void append(const mrnn::Selection& units, std::vector<double>& key) {
  key.push_back(static_cast<double>(units.ranges().size()));
  for (const mrnn::UnitRange& range : units.ranges()) {
    key.push_back(static_cast<double>(range.start));
    key.push_back(static_cast<double>(range.size));
  }
}

}  // namespace

Ground::Ground(const mrnn::AnalysisContext& context, const mrnn::Simulation& from, mrnn::Trials held)
    : simulation(from),
      trials(std::move(held)),
      session(context.open(from)),
      weights(context.network(), context.parameters()) {
  session->load(trials);
}

std::vector<double> circumstances(const mrnn::Trials& trials, Index trial, Index step) {
  std::vector<double> key;
  for (const mrnn::Intervention& intervention : trials.interventions) {
    if (!intervention.steps.contains(step) || !intervention.acts_on(trial)) continue;
    if (const auto* scaled = std::get_if<mrnn::ScaleWeights>(&intervention.what)) {
      key.push_back(scaled->source == mrnn::ScaleWeights::Source::recurrent ? 0.0 : 1.0);
      key.push_back(scaled->factor);
      append(scaled->to, key);
      append(scaled->from, key);
    } else if (const auto* clamp = std::get_if<mrnn::Clamp>(&intervention.what)) {
      key.push_back(2.0);
      key.push_back(clamp->value);
      append(clamp->units, key);
    }
  }
  return key;
}

StepMap::StepMap(const mrnn::AnalysisContext& context, Ground& ground, const mrnn::Selection& units,
                 std::vector<Moment> moments, Eigen::MatrixXd states)
    : network_(context.network()),
      parameters_(context.parameters()),
      ground_(ground),
      weights_(ground.weights.at(ground.trials, moments.front().trial, moments.front().step)),
      selection_(units),
      units_(units.indices()),
      moments_(std::move(moments)),
      states_(std::move(states)),
      clamped_(held_values(moments_.front())) {
  for (const Index unit : units_) held_.push_back(!std::isnan(clamped_(unit)));
}

StepMap StepMap::part(const std::vector<Index>& which) const {
  StepMap part = *this;
  part.moments_.clear();
  for (const Index moment : which) part.moments_.push_back(moments_[static_cast<std::size_t>(moment)]);
  part.states_ = states_(Eigen::all, which);
  return part;
}

Eigen::VectorXd StepMap::held_values(const Moment& moment) const {
  Eigen::VectorXd values = Eigen::VectorXd::Constant(network_.units(), std::numeric_limits<double>::quiet_NaN());
  for (const mrnn::Intervention& intervention : ground_.trials.interventions) {
    const auto* clamp = std::get_if<mrnn::Clamp>(&intervention.what);
    if (clamp == nullptr || !intervention.steps.contains(moment.step) || !intervention.acts_on(moment.trial)) continue;
    for (const Index unit : clamp->units.indices()) values(unit) = clamp->value;
  }
  return values;
}

mrnn::StatePoints StepMap::points(const Eigen::MatrixXd& x, const std::vector<Index>& which) const {
  mrnn::StatePoints points;
  points.constant = true;
  if (size() == network_.units() && selection_.ranges().size() == 1) {
    points.states = x;
  } else {
    points.states = states_(Eigen::all, which);
    points.states(units_, Eigen::all) = x;
  }
  for (const Index moment : which) {
    points.trials.push_back(moments_[static_cast<std::size_t>(moment)].trial);
    points.steps.push_back(moments_[static_cast<std::size_t>(moment)].step);
  }
  return points;
}

Eigen::MatrixXd StepMap::change(const Eigen::MatrixXd& x, const std::vector<Index>& which) const {
  const Eigen::MatrixXd next = ground_.session->advance(points(x, which));
  return next(units_, Eigen::all) - x;
}

mrnn::Jacobians StepMap::gains(const Eigen::MatrixXd& x, const std::vector<Index>& which) const {
  const mrnn::Jacobians all = ground_.session->jacobian(points(x, which));
  return {all.leak(units_, Eigen::all), all.post(units_, Eigen::all), all.pre(units_, Eigen::all)};
}

std::unique_ptr<mrnn::DampedNewton> StepMap::newton() const {
  // What does not depend on the state is read at any.
  return ground_.session->damped_newton(recurrent(), gains(Eigen::MatrixXd::Zero(size(), 1), {0}));
}

std::vector<mrnn::Linearisation> StepMap::linearisations(const Eigen::MatrixXd& x,
                                                         const std::vector<Index>& which) const {
  const mrnn::Jacobians gains = ground_.session->jacobian(points(x, which));
  std::vector<mrnn::Linearisation> all;
  for (Index k = 0; k < x.cols(); ++k) all.emplace_back(network_, weights_.recurrent, gains, k, selection_);
  return all;
}

Eigen::MatrixXd StepMap::recurrent() const {
  const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(network_.units(), 1), one = none.array() + 1.0;
  return mrnn::Linearisation(network_, weights_.recurrent, {none, one, one}, 0, selection_).dense();
}

Eigen::VectorXd StepMap::stimulus(const Moment& moment) const {
  const mrnn::Trials& trials = ground_.trials;
  Eigen::VectorXd drive = Eigen::VectorXd::Zero(network_.units());
  if (!trials.stimulus.empty()) drive = trials.stimulus.at(moment.step).col(moment.trial);
  for (const mrnn::Intervention& intervention : trials.interventions) {
    const auto* added = std::get_if<mrnn::Drive>(&intervention.what);
    if (added == nullptr || !intervention.steps.contains(moment.step) || !intervention.acts_on(moment.trial)) continue;
    const double course = added->course(moment.step - intervention.steps.first);
    Index next = 0;
    for (const Index unit : added->units.indices()) drive(unit) += added->strength(next++) * course;
  }
  return drive;
}

Eigen::MatrixXd StepMap::outside() const {
  Eigen::MatrixXd h(network_.units(), moments()), sum(network_.units(), moments());
  for (Index k = 0; k < moments(); ++k) {
    h.col(k) = activity(states_.col(k));
    sum.col(k) = stimulus(moments_[static_cast<std::size_t>(k)]);
  }
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (!held_[i]) h.row(units_[i]).setZero();
  }
  mrnn::multiply(network_.recurrent_blocks(), weights_.recurrent, h, sum);
  return sum(units_, Eigen::all);
}

Eigen::VectorXd StepMap::input(Index moment) const {
  const Moment& at = moments_[static_cast<std::size_t>(moment)];
  return ground_.trials.inputs.at(at.step).col(at.trial);
}

Eigen::MatrixXd StepMap::inside() const {
  Eigen::MatrixXd u(network_.inputs(), moments());
  for (Index k = 0; k < moments(); ++k) u.col(k) = input(k);
  Eigen::MatrixXd sum = parameters_.bias.replicate(1, moments());
  mrnn::multiply(network_.input_blocks(), weights_.input, u, sum);
  return sum(units_, Eigen::all);
}

Eigen::VectorXd StepMap::input_gain(const Eigen::VectorXd& x, Index moment, const Eigen::VectorXd& v) const {
  const mrnn::Jacobians gains = this->gains(x, {moment});
  Eigen::VectorXd weighted = Eigen::VectorXd::Zero(network_.units());
  weighted(units_) = gains.post.col(0).cwiseProduct(v);
  Eigen::VectorXd result = Eigen::VectorXd::Zero(network_.inputs());
  for (std::size_t b = 0; b < weights_.input.size(); ++b) {
    const mrnn::Block& block = network_.input_blocks()[b];
    result.segment(block.from.start, block.from.size) +=
        weights_.input[b].transpose() * weighted.segment(block.to.start, block.to.size);
  }
  return result;
}

Eigen::VectorXd StepMap::whole(const Eigen::VectorXd& x, Index moment) const {
  return points(x, {moment}).states.col(0);
}

Eigen::VectorXd StepMap::activity(const Eigen::VectorXd& state) const {
  Eigen::VectorXd h = state;
  for (Index unit = 0; unit < h.size(); ++unit) {
    if (!is_rate()) {
      h(unit) = mrnn::formulas::activate(network_.activations()[static_cast<std::size_t>(unit)], state(unit));
    }
    if (!std::isnan(clamped_(unit))) h(unit) = clamped_(unit);
  }
  return h;
}

Eigen::VectorXd StepMap::drive(const Eigen::VectorXd& h, Index moment) const {
  Eigen::VectorXd sum = parameters_.bias + stimulus(moments_[static_cast<std::size_t>(moment)]);
  mrnn::multiply(network_.recurrent_blocks(), weights_.recurrent, h, sum);
  mrnn::multiply(network_.input_blocks(), weights_.input, input(moment), sum);
  return sum;
}

}  // namespace fixed_points
