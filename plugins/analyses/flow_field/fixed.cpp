#include "fixed.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"

namespace flow_field {
namespace {

using mrnn::Index;

constexpr std::size_t most_minima = most_seeds - 1;  // seeds from the grid
constexpr int most_steps = 60;                       // of a search
constexpr double smallest_energy = 1e-20;  // q of a fixed point, per square of its largest value where that is above 1
constexpr double same = 1e-5;              // distance of two states that are one, as a share of their size
constexpr double neutral = 1e-9;           // |lambda| above 1 by less is not unstable

/// Points of the grid lower in energy than their neighbours, the lowest first.
std::vector<Eigen::Vector2d> minima(const Field& field) {
  struct Minimum {
    double energy;
    Index row, column;
  };
  std::vector<Minimum> found;
  const Index rows = field.energy.rows(), columns = field.energy.cols();
  for (Index column = 0; column < columns; ++column) {
    for (Index row = 0; row < rows; ++row) {
      const Index top = std::max<Index>(row - 1, 0), left = std::max<Index>(column - 1, 0);
      const auto around =
          field.energy.block(top, left, std::min(row + 2, rows) - top, std::min(column + 2, columns) - left);
      const double energy = field.energy(row, column);
      if (std::isfinite(energy) && energy <= around.minCoeff()) found.push_back({energy, row, column});
    }
  }
  std::ranges::stable_sort(found, {}, &Minimum::energy);
  std::vector<Eigen::Vector2d> places;
  for (std::size_t i = 0; i < std::min(found.size(), most_minima); ++i) {
    places.emplace_back(field.grid.x(found[i].column), field.grid.y(found[i].row));
  }
  return places;
}

double size_of(const Eigen::VectorXd& state) {
  return std::max(1.0, state.lpNorm<Eigen::Infinity>());
}

/// One search: Newton steps while they lower q, else steps damped by mu, (A^T A + mu I) d = -A^T r with A = J - I and
/// r = F(x) - x.
class Search {
 public:
  Search(StepMap& map, Index step, Eigen::VectorXd seed) : map_(map), step_(step), x_(std::move(seed)) {
    residual_ = map_.next(x_, step_) - x_;
    q_ = 0.5 * residual_.squaredNorm();
  }

  std::optional<FixedPoint> run() {
    for (int k = 0; k < most_steps && !arrived(); ++k) {
      if (!std::isfinite(q_) || !move()) return std::nullopt;
    }
    if (!arrived()) return std::nullopt;
    return FixedPoint{step_, x_, q_, 0};
  }

 private:
  bool arrived() const { return q_ <= smallest_energy * size_of(x_) * size_of(x_); }

  /// A step that lowers q; false where none does.
  bool move() {
    const Index n = map_.size();
    const Eigen::MatrixXd a = map_.derivative(x_, step_).dense() - Eigen::MatrixXd::Identity(n, n);
    if (mu_ == 0.0 && try_step(direction(a, -residual_))) return true;
    const Eigen::MatrixXd normal = a.transpose() * a;
    const Eigen::VectorXd slope = -a.transpose() * residual_;
    const double scale = normal.diagonal().maxCoeff();
    for (mu_ = std::max(mu_, 1e-6 * scale); mu_ < 1e6 * scale; mu_ *= 10.0) {
      if (!try_step(direction(normal + mu_ * Eigen::MatrixXd::Identity(n, n), slope))) continue;
      mu_ = mu_ > 1e-5 * scale ? 0.1 * mu_ : 0.0;
      return true;
    }
    return false;
  }

  /// Empty where the matrix is singular.
  static Eigen::VectorXd direction(const Eigen::MatrixXd& matrix, const Eigen::VectorXd& right) {
    try {
      return mrnn::solve(matrix, right);
    } catch (const mrnn::RunError&) {
      return {};
    }
  }

  bool try_step(const Eigen::VectorXd& direction) {
    if (direction.size() == 0) return false;
    const Eigen::VectorXd there = x_ + direction;
    const Eigen::VectorXd residual = map_.next(there, step_) - there;
    const double q = 0.5 * residual.squaredNorm();
    if (!(q < q_)) return false;
    x_ = there;
    residual_ = residual;
    q_ = q;
    return true;
  }

  StepMap& map_;
  Index step_;
  Eigen::VectorXd x_, residual_;
  double q_ = 0.0, mu_ = 0.0;
};

bool is_same(const FixedPoint& one, const FixedPoint& other) {
  return (one.state - other.state).lpNorm<Eigen::Infinity>() <= same * size_of(one.state);
}

/// The values of an array (row, column) as a matrix.
Eigen::MatrixXd matrix_of(const mrnn::NamedArray& array) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Index columns = array.shape.size() > 1 ? array.shape[1] : 1;
  return Eigen::Map<const RowMajor>(array.values.data(), array.shape.at(0), columns);
}

/// Columns of the earlier analysis that hold the units asked for, in their order.
std::vector<Index> columns_of(const mrnn::Selection& units, const mrnn::AnalysisResults& earlier,
                              const std::string& label) {
  std::map<Index, Index> place;
  const mrnn::NamedArray& numbers = earlier.array("units");
  for (std::size_t k = 0; k < numbers.values.size(); ++k) {
    place[static_cast<Index>(numbers.values[k])] = static_cast<Index>(k);
  }
  std::vector<Index> columns;
  for (const Index unit : units.indices()) {
    const auto found = place.find(unit);
    if (found == place.end()) {
      throw mrnn::RunError("analysis \"" + label + "\" did not search in unit " + std::to_string(unit) +
                           ", which the plane has; its regions must hold those of the flow field");
    }
    columns.push_back(found->second);
  }
  return columns;
}

}  // namespace

std::vector<FixedPoint> find_fixed_points(StepMap& map, const Plane& plane, const Field& field,
                                          const std::function<void()>& done) {
  std::vector<Eigen::VectorXd> seeds;
  for (const Eigen::Vector2d& place : minima(field)) seeds.emplace_back(plane.mean + plane.axes * place);
  seeds.push_back(map.current(field.step));
  std::vector<FixedPoint> points;
  for (const Eigen::VectorXd& seed : seeds) {
    std::optional<FixedPoint> point = Search(map, field.step, seed).run();
    done();
    if (!point || std::ranges::any_of(points, [&](const FixedPoint& other) { return is_same(*point, other); }))
      continue;
    const Eigen::VectorXcd values = mrnn::spectrum(map.derivative(point->state, field.step), {}).values;
    point->unstable = (values.cwiseAbs().array() > 1.0 + neutral).count();
    points.push_back(std::move(*point));
  }
  return points;
}

std::vector<FixedPoint> take_fixed_points(const mrnn::AnalysisContext& context, const FieldRequest& request,
                                          const std::string& label, Index step) {
  const mrnn::AnalysisResults& earlier = context.earlier(label);
  const std::vector<Index> columns = columns_of(request.units, earlier, label);
  const Eigen::MatrixXd states =
      matrix_of(earlier.array(context.network().spec().dynamics == mrnn::Dynamics::rate ? "h" : "x"));
  const Eigen::MatrixXd inputs = matrix_of(earlier.array("input"));
  const Eigen::VectorXd input = context.simulation().trials.inputs.at(step).col(request.trial);
  std::vector<FixedPoint> points;
  for (Index p = 0; p < states.rows(); ++p) {
    const Eigen::VectorXd difference = inputs.row(p).transpose() - input;
    if (difference.size() > 0 && !(difference.lpNorm<Eigen::Infinity>() <= 1e-9 * size_of(input))) continue;
    const auto number = static_cast<std::size_t>(p);
    points.push_back({step, states.row(p)(columns).transpose(), earlier.array("q").values.at(number),
                      static_cast<Index>(earlier.array("unstable_modes").values.at(number))});
  }
  return points;
}

}  // namespace flow_field
