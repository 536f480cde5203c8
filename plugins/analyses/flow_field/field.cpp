#include "field.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "mrnn/linearisation.hpp"

namespace flow_field {
namespace {

using mrnn::Index;

/// Numbers in one batch of states, 16 MB.
constexpr Index batch_numbers = 2'000'000;

/// A chosen set of rows of a matrix, written.
void set_rows(const std::vector<Index>& rows, const Eigen::MatrixXd& values, Eigen::Ref<Eigen::MatrixXd> matrix) {
  for (std::size_t i = 0; i < rows.size(); ++i) matrix.row(rows[i]) = values.row(static_cast<Index>(i));
}

/// One flow computation: what every batch needs.
class Computation {
 public:
  Computation(const mrnn::AnalysisContext& context, const FieldRequest& request, const Plane& plane,
              std::vector<Field>& fields)
      : context_(context),
        request_(request),
        plane_(plane),
        fields_(fields),
        units_(request.units.indices()),
        session_(context.open(context.simulation())) {
    for (Field& field : fields_) {
      const Index rows = field.grid.y.size(), columns = field.grid.x.size();
      field.velocity_x.resize(rows, columns);
      field.velocity_y.resize(rows, columns);
      field.energy.resize(rows, columns);
      bases_.push_back(base(field.step));
    }
  }

  void run() {
    if (request_.map == Map::linearised) {
      for (std::size_t f = 0; f < fields_.size(); ++f) run_linearised(f);
      return;
    }
    const Index batch = std::max<Index>(1, batch_numbers / context_.network().units());
    std::vector<std::pair<std::size_t, Index>> points;  // field, point of its grid
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      for (Index point = 0; point < fields_[f].energy.size(); ++point) {
        points.emplace_back(f, point);
        if (std::ssize(points) == batch) run_batch(std::exchange(points, {}));
      }
    }
    if (!points.empty()) run_batch(points);
  }

 private:
  /// The whole network's state in the trial before `step`, others zeroed where that is asked for.
  Eigen::VectorXd base(Index step) const {
    const Eigen::VectorXd state =
        context_.simulation().state(context_.network(), context_.parameters(), request_.trial, step - 1);
    if (request_.others == Others::as_in_trial) return state;
    Eigen::VectorXd kept = Eigen::VectorXd::Zero(state.size());
    for (const Index unit : units_) kept(unit) = state(unit);
    return kept;
  }

  /// m + A g of a point of a grid, counted down its columns.
  Eigen::VectorXd selected_state(std::size_t field, Index point) const {
    const Grid& grid = fields_[field].grid;
    const Eigen::Vector2d g(grid.x(point / grid.y.size()), grid.y(point % grid.y.size()));
    return plane_.mean + plane_.axes * g;
  }

  void store(std::size_t field, Index point, const Eigen::VectorXd& change) {
    Field& target = fields_[field];
    const Eigen::Vector2d velocity = plane_.axes.transpose() * change / context_.network().spec().dt;
    target.velocity_x.reshaped()(point) = velocity(0);
    target.velocity_y.reshaped()(point) = velocity(1);
    target.energy.reshaped()(point) = 0.5 * change.squaredNorm();
  }

  void run_batch(const std::vector<std::pair<std::size_t, Index>>& points) {
    mrnn::StatePoints states{Eigen::MatrixXd(context_.network().units(), std::ssize(points)), {}, {}};
    for (Index k = 0; k < std::ssize(points); ++k) {
      const auto& [field, point] = points[static_cast<std::size_t>(k)];
      states.states.col(k) = bases_[field];
      set_rows(units_, selected_state(field, point), states.states.col(k));
      states.trials.push_back(request_.trial);
      states.steps.push_back(fields_[field].step);
    }
    const Eigen::MatrixXd change = request_.units.rows_of(session_->advance(states) - states.states);
    for (Index k = 0; k < std::ssize(points); ++k) {
      const auto& [field, point] = points[static_cast<std::size_t>(k)];
      store(field, point, change.col(k));
    }
  }

  /// F(x) is replaced by F(x0) + J (x - x0), x0 the state of the trial; x differs from it in the selected units only.
  void run_linearised(std::size_t field) {
    const mrnn::StatePoints point{bases_[field], {request_.trial}, {fields_[field].step}};
    const mrnn::Jacobians gains = session_->jacobian(point);
    const mrnn::Trials& trials = context_.simulation().trials;
    const auto& weights = weights_.at(trials, request_.trial, fields_[field].step).recurrent;
    const mrnn::Linearisation jacobian(context_.network(), weights, gains, 0, request_.units);
    const Eigen::VectorXd start = request_.units.rows_of(bases_[field]);
    const Eigen::VectorXd next = request_.units.rows_of(session_->advance(point));
    for (Index p = 0; p < fields_[field].energy.size(); ++p) {
      const Eigen::VectorXd state = selected_state(field, p);
      store(field, p, next + jacobian.apply(state - start) - state);
    }
  }

  const mrnn::AnalysisContext& context_;
  const FieldRequest& request_;
  const Plane& plane_;
  std::vector<Field>& fields_;
  std::vector<Index> units_;
  std::unique_ptr<mrnn::Session> session_;
  mrnn::WeightsInForce weights_{context_.network(), context_.parameters()};
  std::vector<Eigen::VectorXd> bases_;  ///< per field
};

}  // namespace

Eigen::MatrixXd Field::speed() const {
  return (velocity_x.array().square() + velocity_y.array().square()).sqrt();
}

void compute(const mrnn::AnalysisContext& context, const FieldRequest& request, const Plane& plane,
             std::vector<Field>& fields) {
  Computation(context, request, plane, fields).run();
}

}  // namespace flow_field
