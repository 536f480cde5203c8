#include "step_map.hpp"

#include <algorithm>

namespace flow_field {
namespace {

using mrnn::Index;

/// Numbers in one batch of states, 16 MB.
constexpr Index batch_numbers = 2'000'000;

}  // namespace

StepMap::StepMap(const mrnn::AnalysisContext& context, const FieldRequest& request)
    : context_(context),
      request_(request),
      units_(request.units.indices()),
      session_(context.open(context.simulation())),
      weights_(context.network(), context.parameters()) {}

Index StepMap::batch() const noexcept {
  return std::max<Index>(1, batch_numbers / context_.network().units());
}

void StepMap::move_to(Index step) {
  if (moment_.step == step) return;
  const Eigen::VectorXd state =
      context_.simulation().state(context_.network(), context_.parameters(), request_.trial, step - 1);
  moment_.step = step;
  moment_.base = state;
  moment_.tangent.reset();
  if (request_.others == Others::zero) {
    moment_.base.setZero();
    moment_.base(units_) = state(units_);
  }
  if (request_.map == Map::full) return;
  const mrnn::StatePoints point = points_at(moment_.base(units_));
  moment_.next = request_.units.rows_of(session_->advance(point));
  moment_.tangent.emplace(derivative_at(point));
}

mrnn::StatePoints StepMap::points_at(const Eigen::MatrixXd& states) const {
  const auto count = static_cast<std::size_t>(states.cols());
  mrnn::StatePoints points{moment_.base.replicate(1, states.cols()), std::vector<Index>(count, request_.trial),
                           std::vector<Index>(count, moment_.step)};
  for (std::size_t i = 0; i < units_.size(); ++i) points.states.row(units_[i]) = states.row(static_cast<Index>(i));
  return points;
}

mrnn::Linearisation StepMap::derivative_at(const mrnn::StatePoints& point) {
  const auto& weights = weights_.at(context_.simulation().trials, request_.trial, moment_.step).recurrent;
  return {context_.network(), weights, session_->jacobian(point), 0, request_.units};
}

Eigen::VectorXd StepMap::current(Index step) {
  move_to(step);
  return moment_.base(units_);
}

Eigen::MatrixXd StepMap::next(const Eigen::MatrixXd& states, Index step) {
  move_to(step);
  if (!moment_.tangent) return request_.units.rows_of(session_->advance(points_at(states)));
  // F(x0) + J (x - x0), x0 the state of the trial; x differs from it in the selected units only.
  const Eigen::VectorXd start = moment_.base(units_);
  return moment_.tangent->apply(states.colwise() - start).colwise() + moment_.next;
}

mrnn::Linearisation StepMap::derivative(const Eigen::VectorXd& state, Index step) {
  move_to(step);
  if (moment_.tangent) return *moment_.tangent;
  return derivative_at(points_at(state));
}

}  // namespace flow_field
