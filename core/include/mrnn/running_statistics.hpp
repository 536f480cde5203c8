#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/components.hpp"
#include "mrnn/export.hpp"
#include "mrnn/selection.hpp"

namespace mrnn {

/// Mean and covariance of vectors that come in batches, and from them the principal components. Above a number of
/// units the components come from some of the samples instead (see spread_samples()), so that no large covariance is
/// needed.
class MRNN_EXPORT RunningStatistics {
 public:
  static constexpr Index most_units = 2000;    ///< with a covariance of their own
  static constexpr Index most_samples = 2000;  ///< kept of more units

  /// @param samples  how many will come
  RunningStatistics(Index units, Index samples);

  /// Columns of [units x samples].
  void add(const Eigen::MatrixXd& batch);

  Eigen::VectorXd mean() const;
  /// Mean of the squared length.
  double power() const { return count_ > 0 ? power_ / static_cast<double>(count_) : 0.0; }
  Components components(Index count) const;
  /// Participation ratio.
  double dimension() const;

 private:
  Eigen::MatrixXd centred_covariance() const;
  Eigen::MatrixXd centred_samples() const;

  bool keeps_;                      ///< samples, instead of a covariance
  std::vector<Index> chosen_ = {};  ///< numbers of the samples kept, ascending
  Index count_ = 0;
  double power_ = 0.0;
  Eigen::VectorXd origin_;    ///< the first sample: sums are of what differs from it, so that constants have no
                              ///< variance, not one of rounding
  Eigen::VectorXd sum_;       ///< of samples - origin
  Eigen::MatrixXd products_;  ///< lower triangle of the sum of their outer products
  Eigen::MatrixXd kept_;      ///< samples - origin, as columns
  Index number_kept_ = 0;
};

}  // namespace mrnn
