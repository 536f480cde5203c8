#pragma once

#include <Eigen/Core>
#include <array>
#include <limits>
#include <vector>

#include "fit.hpp"
#include "mrnn/components.hpp"
#include "mrnn/currents.hpp"
#include "truth.hpp"

namespace curbd {

/// Order of parts in arrays of three: all weights, those above 0, those below.
inline constexpr std::size_t part_count = 3;

/// Numbers of two regions of the data.
struct Pair {
  std::size_t to = 0, from = 0;
};

/// C_{a<-b}(k) = J_ab h_b(k), the current that the model's activity at sample k sends from one region to another.
struct PairCurrent {
  std::array<Eigen::VectorXd, part_count> norm, mean;  ///< |C|, mean over units [samples]
  double power = 0.0;                                  ///< mean of |C|^2
  double dimension = 0.0;                              ///< participation ratio
  mrnn::Components components;
  Eigen::MatrixXd projections;  ///< of the current less its mean [components x samples]
};

/// How a current compares with the true one. NaN where one of them does not vary.
struct Comparison {
  double correlation = 0.0;            ///< over units and samples, each unit less its mean
  double component_correlation = 0.0;  ///< |r| of the leading components, each of its own current
  /// Root mean square about the mean, recovered over true, both in the units of the data before they were divided by
  /// their scale; NaN where there is no true current.
  double size = std::numeric_limits<double>::quiet_NaN();
  /// Leading components of the true and of the recovered current, less their means; NaN at the last sample of a trial,
  /// which sends into no step.
  Eigen::VectorXd true_component, found_component;
};

/// The weights of J between two regions that count.
Eigen::MatrixXd weights_between(const Data& data, const Eigen::MatrixXd& weights, Pair pair, mrnn::WeightPart part);

PairCurrent current_between(const Data& data, const Fit& fit, Pair pair, mrnn::WeightPart part, Index components);

/// Of the currents that all weights make.
Comparison compare(const Data& data, const Fit& fit, const Truth& truth, Pair pair);

}  // namespace curbd
