#include "dimensionality.hpp"

#include <cmath>
#include <limits>

#include "mrnn/linear_algebra.hpp"

namespace participation_ratio {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
/// Variance below this share of the mean square is rounding.
constexpr double no_variance = 1e-24;

/// Samples of one trial at which all units have a value, [units x samples].
MatrixXd samples_of(const mrnn::Sequence& activity, Index trial, const SampleChoice& choice) {
  MatrixXd values(activity.units, (choice.last - choice.first + choice.every - 1) / choice.every);
  Index kept = 0;
  for (Index step = choice.first; step < choice.last; step += choice.every) {
    const auto value = activity.at(step).col(trial);
    if (value.allFinite()) values.col(kept++) = value;
  }
  return values.leftCols(kept);
}

/// What is needed of a trial's samples X about the mean of all, S = X X^T, s = X 1, to leave the trial out of
/// M = sum of S over trials.
struct TrialSums {
  double samples = 0.0;
  double trace = 0.0;    ///< tr S
  double square = 0.0;   ///< tr S^2
  double product = 0.0;  ///< tr M S
  double sum = 0.0;      ///< |s|^2
  double sum_all = 0.0;  ///< s^T M s
  double sum_own = 0.0;  ///< s^T S s
};

/// M or, where there are fewer samples than units, K = X^T X of all samples: both have the same eigenvalues above 0.
struct Products {
  MatrixXd matrix;
  std::vector<TrialSums> trials;
};

Products by_samples(const std::vector<MatrixXd>& blocks, Index units, Index samples) {
  MatrixXd all(units, samples);
  Index start = 0;
  for (const MatrixXd& block : blocks) {
    all.middleCols(start, block.cols()) = block;
    start += block.cols();
  }
  Products made{all.transpose() * all, {}};
  start = 0;
  for (const MatrixXd& block : blocks) {
    const auto columns = made.matrix.middleCols(start, block.cols());
    const auto own = columns.middleRows(start, block.cols());
    const VectorXd sums = columns.rowwise().sum();  // X^T s
    const auto own_sums = sums.segment(start, block.cols());
    made.trials.push_back({static_cast<double>(block.cols()), own.trace(), own.squaredNorm(), columns.squaredNorm(),
                           own_sums.sum(), sums.squaredNorm(), own_sums.squaredNorm()});
    start += block.cols();
  }
  return made;
}

template <class Block>
Products by_units(std::size_t trials, Index units, Block&& block) {
  Products made{MatrixXd::Zero(units, units), {}};
  const auto square = [](const MatrixXd& own) { return mrnn::cross_product(own, own); };
  for (std::size_t k = 0; k < trials; ++k) made.matrix += square(block(k));
  for (std::size_t k = 0; k < trials; ++k) {
    const MatrixXd own = block(k), s = square(own);
    const VectorXd sum = own.rowwise().sum();
    made.trials.push_back({static_cast<double>(own.cols()), s.trace(), s.squaredNorm(),
                           made.matrix.cwiseProduct(s).sum(), sum.squaredNorm(), sum.dot(made.matrix * sum),
                           sum.dot(s * sum)});
  }
  return made;
}

/// The ratio of the other trials: their covariance times their number of samples n' is M - S - n' m m^T with their mean
/// m = -s / n', since all samples sum to 0.
double without(const TrialSums& trial, double samples, double trace, double square) {
  const double left = samples - trial.samples;
  const double own = trace - trial.trace - trial.sum / left;
  const double squares = square - 2.0 * trial.product + trial.square - 2.0 * (trial.sum_all - trial.sum_own) / left +
                         trial.sum * trial.sum / (left * left);
  return own * own / squares;
}

/// Efron & Stein (1981): (n - 1) / n times the sum of squared deviations of the n estimates without one trial each.
double jackknife(const std::vector<TrialSums>& trials, double samples, double trace, double square) {
  std::vector<double> estimates;
  for (const TrialSums& trial : trials) {
    estimates.push_back(without(trial, samples, trace, square));
  }
  const auto count = static_cast<double>(estimates.size());
  if (count < 2.0) return missing;
  const Eigen::Map<const VectorXd> values(estimates.data(), std::ssize(estimates));
  return std::sqrt((count - 1.0) / count * (values.array() - values.mean()).square().sum());
}

VectorXd leading_components(const MatrixXd& matrix, const std::vector<double>& shares) {
  const VectorXd values = mrnn::symmetric_eigen(matrix).values.cwiseMax(0.0);
  VectorXd counts(std::ssize(shares));
  for (Index k = 0; k < counts.size(); ++k) {
    const double wanted = shares[static_cast<std::size_t>(k)] * values.sum();
    Index count = 0;
    for (double sum = 0.0; count < values.size() && sum < wanted; ++count) sum += values(count);
    counts(k) = static_cast<double>(count);
  }
  return counts;
}

}  // namespace

Dimensionality dimensionality(const mrnn::Sequence& activity, const SampleChoice& choice,
                              const std::vector<double>& shares) {
  VectorXd mean = VectorXd::Zero(activity.units);
  Dimensionality found{missing, missing, VectorXd::Constant(std::ssize(shares), missing), 0};
  double squares = 0.0;
  std::vector<Index> trials;  // those with samples
  for (const Index trial : choice.trials) {
    const MatrixXd samples = samples_of(activity, trial, choice);
    if (samples.cols() > 0) trials.push_back(trial);
    mean += samples.rowwise().sum();
    squares += samples.squaredNorm();
    found.samples += samples.cols();
  }
  if (found.samples < 2) return found;
  mean /= static_cast<double>(found.samples);
  const auto block = [&](std::size_t k) { return MatrixXd(samples_of(activity, trials[k], choice).colwise() - mean); };
  Products products;
  if (found.samples <= activity.units) {
    std::vector<MatrixXd> blocks;
    for (std::size_t k = 0; k < trials.size(); ++k) blocks.push_back(block(k));
    products = by_samples(blocks, activity.units, found.samples);
  } else {
    products = by_units(trials.size(), activity.units, block);
  }
  const double trace = products.matrix.trace(), square = products.matrix.squaredNorm();
  if (!(trace > no_variance * squares)) return found;
  found.ratio = trace * trace / square;
  found.sem = jackknife(products.trials, static_cast<double>(found.samples), trace, square);
  found.leading = leading_components(products.matrix, shares);
  return found;
}

}  // namespace participation_ratio
