#include "mrnn/running_statistics.hpp"

#include <algorithm>

#include "mrnn/samples.hpp"

namespace mrnn {

RunningStatistics::RunningStatistics(Index units, Index samples)
    : keeps_(units > most_units), sum_(Eigen::VectorXd::Zero(units)) {
  if (keeps_) {
    chosen_ = spread_samples(samples, most_samples);
    kept_.resize(units, std::ssize(chosen_));
  } else {
    products_.setZero(units, units);
  }
}

void RunningStatistics::add(const Eigen::MatrixXd& batch) {
  if (batch.cols() == 0) return;
  if (count_ == 0) origin_ = batch.col(0);
  const Eigen::MatrixXd shifted = batch.colwise() - origin_;
  sum_ += shifted.rowwise().sum();
  power_ += batch.squaredNorm();
  if (!keeps_) products_.selfadjointView<Eigen::Lower>().rankUpdate(shifted);
  const Index last = count_ + batch.cols();
  while (number_kept_ < kept_.cols() && chosen_[static_cast<std::size_t>(number_kept_)] < last) {
    kept_.col(number_kept_) = shifted.col(chosen_[static_cast<std::size_t>(number_kept_)] - count_);
    ++number_kept_;
  }
  count_ = last;
}

Eigen::VectorXd RunningStatistics::mean() const {
  if (count_ == 0) return Eigen::VectorXd::Zero(sum_.size());
  return origin_ + sum_ / static_cast<double>(count_);
}

Eigen::MatrixXd RunningStatistics::centred_covariance() const {
  const Eigen::VectorXd mean = sum_ / static_cast<double>(std::max<Index>(1, count_));
  Eigen::MatrixXd covariance = products_.selfadjointView<Eigen::Lower>();
  covariance -= static_cast<double>(count_) * mean * mean.transpose();
  return covariance;
}

/// About the mean of all samples, not of those kept alone.
Eigen::MatrixXd RunningStatistics::centred_samples() const {
  return kept_.leftCols(number_kept_).colwise() - sum_ / static_cast<double>(std::max<Index>(1, count_));
}

Components RunningStatistics::components(Index count) const {
  if (keeps_) return principal_components(centred_samples(), count);
  return components_of_covariance(centred_covariance(), count);
}

double RunningStatistics::dimension() const {
  if (keeps_) return participation_ratio(centred_samples());
  const Eigen::MatrixXd covariance = centred_covariance();
  const double squares = covariance.squaredNorm();
  return squares > 0.0 ? covariance.trace() * covariance.trace() / squares : 0.0;
}

}  // namespace mrnn
