#include "mrnn/running_statistics.hpp"

#include <algorithm>

namespace mrnn {

RunningStatistics::RunningStatistics(Index units, Index samples)
    : every_(units > most_units ? std::max<Index>(1, (samples + most_samples - 1) / most_samples) : 0),
      sum_(Eigen::VectorXd::Zero(units)) {
  if (every_ == 0) {
    products_.setZero(units, units);
  } else {
    kept_.resize(units, (samples + every_ - 1) / every_);
  }
}

void RunningStatistics::add(const Eigen::MatrixXd& batch) {
  if (batch.cols() == 0) return;
  if (count_ == 0) origin_ = batch.col(0);
  const Eigen::MatrixXd shifted = batch.colwise() - origin_;
  sum_ += shifted.rowwise().sum();
  power_ += batch.squaredNorm();
  if (every_ == 0) {
    products_.selfadjointView<Eigen::Lower>().rankUpdate(shifted);
  } else {
    for (Index k = (every_ - count_ % every_) % every_; k < batch.cols(); k += every_) {
      kept_.col(number_kept_++) = shifted.col(k);
    }
  }
  count_ += batch.cols();
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

Components RunningStatistics::components(Index count) const {
  if (every_ == 0) return components_of_covariance(centred_covariance(), count);
  const Eigen::MatrixXd samples = kept_.leftCols(number_kept_);
  return principal_components(samples.colwise() - samples.rowwise().mean(), count);
}

double RunningStatistics::dimension() const {
  if (every_ > 0) {
    const Eigen::MatrixXd samples = kept_.leftCols(number_kept_);
    return participation_ratio(samples.colwise() - samples.rowwise().mean());
  }
  const Eigen::MatrixXd covariance = centred_covariance();
  const double squares = covariance.squaredNorm();
  return squares > 0.0 ? covariance.trace() * covariance.trace() / squares : 0.0;
}

}  // namespace mrnn
