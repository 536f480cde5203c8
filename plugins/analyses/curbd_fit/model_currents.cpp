#include "model_currents.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/running_statistics.hpp"

namespace curbd {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::WeightPart;

constexpr std::array<WeightPart, part_count> parts{WeightPart::all, WeightPart::excitatory, WeightPart::inhibitory};
constexpr Index samples_at_once = 512;

/// Activity of a region of the model, [units x samples].
auto activity_of(const Data& data, const Fit& fit, std::size_t region) {
  const Eigen::Map<const MatrixXd> all(fit.model.data.data(), fit.model.units, fit.model.steps);
  const mrnn::UnitRange range = data.regions[region].range;
  return MatrixXd(all.middleRows(range.start, range.size));
}

/// Means and products over samples of two time courses of as many units, about the first sample.
class Correlation {
 public:
  void add(const MatrixXd& a, const MatrixXd& b) {
    if (a.cols() == 0) return;
    if (count_ == 0) {
      origin_a_ = a.col(0);
      origin_b_ = b.col(0);
      sum_a_ = sum_b_ = VectorXd::Zero(a.rows());
    }
    const MatrixXd x = a.colwise() - origin_a_, y = b.colwise() - origin_b_;
    sum_a_ += x.rowwise().sum();
    sum_b_ += y.rowwise().sum();
    aa_ += x.squaredNorm();
    bb_ += y.squaredNorm();
    ab_ += x.cwiseProduct(y).sum();
    count_ += a.cols();
  }
  double variance_a() const { return aa_ - sum_a_.squaredNorm() / static_cast<double>(count_); }
  double variance_b() const { return bb_ - sum_b_.squaredNorm() / static_cast<double>(count_); }
  double value() const {
    const double both = ab_ - sum_a_.dot(sum_b_) / static_cast<double>(count_);
    return variance_a() > 0.0 && variance_b() > 0.0 ? both / std::sqrt(variance_a() * variance_b())
                                                    : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  VectorXd origin_a_, origin_b_, sum_a_, sum_b_;
  double aa_ = 0.0, bb_ = 0.0, ab_ = 0.0;
  Index count_ = 0;
};

/// Samples of a trial that send into its next: all but the last.
mrnn::StepRange acting_samples(const Data& data, Index trial) {
  const mrnn::StepRange& samples = data.trials[static_cast<std::size_t>(trial)];
  return {samples.first, samples.last - 1};
}

}  // namespace

MatrixXd weights_between(const Data& data, const MatrixXd& weights, Pair pair, WeightPart part) {
  const mrnn::UnitRange rows = data.regions[pair.to].range, columns = data.regions[pair.from].range;
  const auto all = weights.block(rows.start, columns.start, rows.size, columns.size);
  if (part == WeightPart::excitatory) return all.cwiseMax(0.0);
  if (part == WeightPart::inhibitory) return all.cwiseMin(0.0);
  return all;
}

PairCurrent current_between(const Data& data, const Fit& fit, Pair pair, WeightPart part, Index components) {
  const MatrixXd activity = activity_of(data, fit, pair.from);
  std::array<MatrixXd, part_count> weights;
  for (std::size_t k = 0; k < part_count; ++k) weights[k] = weights_between(data, fit.weights, pair, parts[k]);
  const auto chosen = static_cast<std::size_t>(std::ranges::find(parts, part) - parts.begin());
  PairCurrent result;
  for (auto* values : {&result.norm, &result.mean}) values->fill(VectorXd(activity.cols()));
  mrnn::RunningStatistics statistics(weights[0].rows(), activity.cols());
  for (Index first = 0; first < activity.cols(); first += samples_at_once) {
    const Index count = std::min(samples_at_once, activity.cols() - first);
    for (std::size_t k = 0; k < part_count; ++k) {
      const MatrixXd current = weights[k] * activity.middleCols(first, count);
      result.norm[k].segment(first, count) = current.colwise().norm().transpose();
      result.mean[k].segment(first, count) = current.colwise().mean().transpose();
      if (k == chosen) statistics.add(current);
    }
  }
  result.power = statistics.power();
  result.dimension = statistics.dimension();
  result.components = statistics.components(components);
  const MatrixXd onto = result.components.directions.transpose() * weights[chosen];
  const VectorXd mean = result.components.directions.transpose() * statistics.mean();
  result.projections = (onto * activity).colwise() - mean;
  return result;
}

Comparison compare(const Data& data, const Fit& fit, const Truth& truth, Pair pair) {
  const MatrixXd activity = activity_of(data, fit, pair.from);
  const MatrixXd weights = weights_between(data, fit.weights, pair, WeightPart::all);
  const Index most = data.count() - truth.trials();
  Correlation units;
  mrnn::RunningStatistics of_truth(weights.rows(), most), of_model(weights.rows(), most);
  for (Index trial = 0; trial < truth.trials(); ++trial) {
    const mrnn::StepRange acting = acting_samples(data, trial);
    if (acting.size() < 1) continue;
    const MatrixXd expected = truth.current(pair.to, pair.from, trial);
    const MatrixXd found = weights * activity.middleCols(acting.first, acting.size());
    units.add(expected, found);
    of_truth.add(expected);
    of_model.add(found);
  }
  Comparison result;
  result.correlation = units.value();
  if (units.variance_a() > 0.0) {
    // A current makes the state of its target, which stands for activity divided by the target's scale.
    result.size = data.scales[pair.to] * std::sqrt(units.variance_b() / units.variance_a());
  }
  result.true_component = VectorXd::Constant(data.count(), std::numeric_limits<double>::quiet_NaN());
  result.found_component = result.true_component;
  const MatrixXd axis = of_truth.components(1).directions, model_axis = of_model.components(1).directions;
  result.component_correlation = std::numeric_limits<double>::quiet_NaN();
  if (axis.cols() == 0 || model_axis.cols() == 0) return result;
  Correlation leading;
  for (Index trial = 0; trial < truth.trials(); ++trial) {
    const mrnn::StepRange acting = acting_samples(data, trial);
    if (acting.size() < 1) continue;
    const MatrixXd expected = axis.transpose() * truth.current(pair.to, pair.from, trial);
    const MatrixXd found = model_axis.transpose() * weights * activity.middleCols(acting.first, acting.size());
    leading.add(expected, found);
    result.true_component.segment(acting.first, acting.size()) =
        expected.transpose().array() - axis.col(0).dot(of_truth.mean());
    result.found_component.segment(acting.first, acting.size()) =
        found.transpose().array() - model_axis.col(0).dot(of_model.mean());
  }
  result.component_correlation = std::abs(leading.value());
  return result;
}

}  // namespace curbd
