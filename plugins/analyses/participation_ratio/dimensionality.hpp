#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/sequence.hpp"

namespace participation_ratio {

/// Which samples of a sequence are looked at: those of chosen trials at steps first, first + every, ... below last.
struct SampleChoice {
  std::vector<mrnn::Index> trials;
  mrnn::Index first = 0, last = 0, every = 1;
};

/// How many directions activity fills. NaN where it does not vary.
struct Dimensionality {
  double ratio = 0.0;       ///< (sum l)^2 / sum l^2 over the eigenvalues l of the covariance
  double sem = 0.0;         ///< of the ratio, by the jackknife over trials; NaN with less than two
  Eigen::VectorXd leading;  ///< per share of the variance, how many leading components hold it
  mrnn::Index samples = 0;
};

/// @param shares  of the variance, in (0, 1]
Dimensionality dimensionality(const mrnn::Sequence& activity, const SampleChoice& choice,
                              const std::vector<double>& shares);

}  // namespace participation_ratio
