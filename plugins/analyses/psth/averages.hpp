#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/populations.hpp"
#include "smoothing.hpp"

namespace psth {

/// The aligned activity of one population, NaN where a trial has none.
struct Average {
  Eigen::MatrixXd trials;     ///< [trials of all simulations x time]
  Eigen::MatrixXd mean, sem;  ///< [conditions x time]; the SEM of a single trial is 0
  Eigen::MatrixXd counts;     ///< [conditions x time], trials that were averaged
};

/// Per trial the mean over units, smoothed, then cut and aligned.
Eigen::MatrixXd align_trials(const std::vector<const mrnn::Simulation*>& simulations,
                             const mrnn::Populations& populations, const mrnn::Population& population,
                             const mrnn::Alignment& alignment, const Smoothing& smoothing);

/// Means over the trials of each condition that have a value at that time.
Average average(Eigen::MatrixXd trials, const mrnn::Conditions& conditions);

}  // namespace psth
