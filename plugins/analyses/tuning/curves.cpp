#include "curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "mrnn/linear_algebra.hpp"

namespace tuning {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double turn = 2.0 * std::numbers::pi;
/// Variance below this share of the mean's square is rounding.
constexpr double no_variance = 1e-24;

/// Bins of equal width, without the empty ones.
Points in_bins(const VectorXd& variable, const Scale& scale) {
  const double low = scale.circular ? 0.0 : variable.minCoeff();
  const double width = (scale.circular ? scale.period : variable.maxCoeff() - low) / double(scale.most_points);
  const auto bin_of = [&](double value) {
    return std::clamp(static_cast<Index>((value - low) / width), Index{0}, scale.most_points - 1);
  };
  std::vector<Index> trials(static_cast<std::size_t>(scale.most_points), 0), number(trials.size(), -1);
  for (const double value : variable) ++trials[static_cast<std::size_t>(bin_of(value))];
  std::vector<double> values, counts;
  for (std::size_t bin = 0; bin < trials.size(); ++bin) {
    if (trials[bin] == 0) continue;
    number[bin] = std::ssize(values);
    values.push_back(low + (static_cast<double>(bin) + 0.5) * width);
    counts.push_back(static_cast<double>(trials[bin]));
  }
  Points points;
  points.values = Eigen::Map<VectorXd>(values.data(), std::ssize(values));
  points.trials = Eigen::Map<VectorXd>(counts.data(), std::ssize(counts));
  for (const double value : variable) points.of_trial.push_back(number[static_cast<std::size_t>(bin_of(value))]);
  points.binned = true;
  return points;
}

MatrixXd regressors(const VectorXd& variable, const Scale& scale) {
  if (!scale.circular) return variable;
  MatrixXd both(variable.size(), 2);
  for (Index k = 0; k < variable.size(); ++k) {
    both(k, 0) = std::cos(scale.angle(variable(k)));
    both(k, 1) = std::sin(scale.angle(variable(k)));
  }
  return both;
}

/// In [0, period).
double wrapped(double value, double period) {
  const double within = value - period * std::floor(value / period);
  return within < period ? within : 0.0;
}

}  // namespace

double Scale::angle(double value) const noexcept {
  return turn * value / period;
}

Points make_points(const VectorXd& variable, const Scale& scale) {
  std::vector<Index> order(static_cast<std::size_t>(variable.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order, {}, [&](Index trial) { return variable(trial); });
  // Values that differ by rounding are one point.
  const double apart = 1e-9 * (variable.maxCoeff() - variable.minCoeff());
  std::vector<double> values, counts;
  Points points;
  points.of_trial.resize(order.size());
  for (const Index trial : order) {
    if (values.empty() || variable(trial) - values.back() > apart) {
      values.push_back(variable(trial));
      counts.push_back(0.0);
    }
    counts.back() += 1.0;
    points.of_trial[static_cast<std::size_t>(trial)] = std::ssize(values) - 1;
  }
  if (std::ssize(values) > scale.most_points) return in_bins(variable, scale);
  points.values = Eigen::Map<VectorXd>(values.data(), std::ssize(values));
  points.trials = Eigen::Map<VectorXd>(counts.data(), std::ssize(counts));
  return points;
}

MeanCurves mean_curves(const MatrixXd& responses, const Points& points) {
  const Index count = points.values.size();
  MeanCurves curves{MatrixXd::Zero(responses.rows(), count), MatrixXd::Zero(responses.rows(), count)};
  for (Index trial = 0; trial < responses.cols(); ++trial) {
    curves.mean.col(points.of_trial[static_cast<std::size_t>(trial)]) += responses.col(trial);
  }
  curves.mean *= points.trials.cwiseInverse().asDiagonal();
  for (Index trial = 0; trial < responses.cols(); ++trial) {
    const Index point = points.of_trial[static_cast<std::size_t>(trial)];
    curves.sem.col(point) += (responses.col(trial) - curves.mean.col(point)).cwiseAbs2();
  }
  for (Index point = 0; point < count; ++point) {
    const double n = points.trials(point);
    if (n > 1.0) curves.sem.col(point) = (curves.sem.col(point) / (n - 1.0) / n).cwiseSqrt();
  }
  return curves;
}

Measures measure(const MatrixXd& mean, const Points& points, const Scale& scale) {
  const Index units = mean.rows();
  const VectorXd none = VectorXd::Constant(units, nan);
  Measures measures{none, none, none, none, none};
  for (Index unit = 0; unit < units; ++unit) {
    Index best = 0;
    const double high = mean.row(unit).maxCoeff(&best), low = mean.row(unit).minCoeff();
    measures.depth(unit) = high - low;
    if (!(high > low)) continue;
    measures.selectivity(unit) = (high - low) / (std::abs(high) + std::abs(low));
    measures.preferred(unit) = points.values(best);
    if (!scale.circular) continue;
    // Weights must not be negative: activity that is counts from its smallest mean.
    const double floor = std::min(0.0, low);
    double cosine = 0.0, sine = 0.0, sum = 0.0;
    for (Index point = 0; point < points.values.size(); ++point) {
      const double weight = mean(unit, point) - floor, angle = scale.angle(points.values(point));
      cosine += weight * std::cos(angle);
      sine += weight * std::sin(angle);
      sum += weight;
    }
    measures.vector_length(unit) = std::hypot(cosine, sine) / sum;
    measures.vector_direction(unit) = wrapped(std::atan2(sine, cosine) / turn * scale.period, scale.period);
  }
  return measures;
}

VectorXd sums_of_squares(const MatrixXd& responses) {
  const VectorXd mean = responses.rowwise().mean();
  VectorXd squares = (responses.colwise() - mean).rowwise().squaredNorm();
  for (Index unit = 0; unit < squares.size(); ++unit) {
    const double rounding = no_variance * static_cast<double>(responses.cols()) * mean(unit) * mean(unit);
    if (!(squares(unit) > rounding)) squares(unit) = 0.0;
  }
  return squares;
}

VectorXd preferred_directions(const MatrixXd& coefficients, const Scale& scale) {
  VectorXd preferred(coefficients.rows());
  for (Index unit = 0; unit < preferred.size(); ++unit) {
    const double angle = std::atan2(coefficients(unit, 2), coefficients(unit, 1));
    preferred(unit) = wrapped(angle / turn * scale.period, scale.period);
  }
  return preferred;
}

Regression::Regression(const VectorXd& variable, const Scale& scale) : scale_(scale) {
  MatrixXd x = regressors(variable, scale);
  mean_ = x.colwise().mean().transpose();
  x.rowwise() -= mean_.transpose();
  mrnn::Qr factors = mrnn::qr(x);
  basis_ = std::move(factors.q);
  triangle_ = std::move(factors.r);
}

MatrixXd Regression::coefficients(const MatrixXd& responses) const {
  const MatrixXd slopes = mrnn::solve(triangle_, basis_.transpose() * responses.transpose()).transpose();
  MatrixXd all(responses.rows(), slopes.cols() + 1);
  all.rightCols(slopes.cols()) = slopes;
  all.col(0) = responses.rowwise().mean() - slopes * mean_;
  return all;
}

VectorXd Regression::r_squared(const MatrixXd& responses) const {
  const VectorXd all = sums_of_squares(responses);
  const VectorXd explained = (responses * basis_).rowwise().squaredNorm();
  return explained.binaryExpr(
      all, [](double part, double whole) { return whole > 0.0 ? std::min(1.0, part / whole) : 0.0; });
}

VectorXd Regression::p_values(const MatrixXd& responses, Index shuffles, mrnn::RandomStream& random,
                              const std::function<void()>& done) const {
  // The whole sum of squares does not change: what is explained of it can be compared. Basis columns have mean 0.
  const VectorXd explained = (responses * basis_).rowwise().squaredNorm() * (1.0 - 1e-12);
  VectorXd reached = VectorXd::Ones(responses.rows());
  std::vector<Index> order(static_cast<std::size_t>(basis_.rows()));
  std::iota(order.begin(), order.end(), Index{0});
  for (Index number = 0; number < shuffles; ++number) {
    for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
    const MatrixXd shuffled = basis_(order, Eigen::all);
    const VectorXd by_chance = (responses * shuffled).rowwise().squaredNorm();
    reached += (by_chance.array() >= explained.array()).cast<double>().matrix();
    done();
  }
  return reached / static_cast<double>(1 + shuffles);
}

double Regression::at(const Eigen::Ref<const Eigen::RowVectorXd>& coefficients, double value) const {
  const MatrixXd x = regressors(VectorXd::Constant(1, value), scale_);
  return coefficients(0) + coefficients.tail(x.cols()).dot(x.row(0));
}

}  // namespace tuning
