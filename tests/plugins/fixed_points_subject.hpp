#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "analysis_run.hpp"

namespace test {

/// What the networks of these tests are made with: W and b of one region `a`, or of `a` and `b`, W_in = 1 to unit 0.
struct SmallNetwork {
  Eigen::MatrixXd weights;  ///< [N x N]
  Eigen::VectorXd bias;     ///< [N]
  mrnn::Activation activation = mrnn::Activation::tanh;
  mrnn::Dynamics dynamics = mrnn::Dynamics::leaky;
  double alpha = 0.1;
  mrnn::Index units_of_b = 0;  ///< the last ones
  mrnn::Index inputs = 0;

  static constexpr double dt = 10.0;  ///< ms
};

SmallNetwork small_network(const Eigen::MatrixXd& weights);

mrnn::NetworkSpec spec_of(const SmallNetwork& choice);

/// The network, without simulations yet.
Subject subject_of(const SmallNetwork& choice);

/// Trials without input that start from normal random states of this standard deviation.
mrnn::Trials scattered(const Subject& subject, mrnn::Index count, mrnn::Index steps, double deviation);

/// The network with 20 trials.
Subject with_trials(const SmallNetwork& choice, double deviation = 1.0, mrnn::Index steps = 10);

/// Rows of an array (point, anything) as vectors.
std::vector<Eigen::VectorXd> rows(const mrnn::AnalysisResults& results, const std::string& name);

mrnn::Index points(const mrnn::AnalysisResults& results);

/// The point nearest to a state, and how far it is.
struct Nearest {
  mrnn::Index point = -1;
  double distance = 1e300;
};
Nearest nearest_point(const mrnn::AnalysisResults& results, const Eigen::VectorXd& state,
                      const std::string& name = "x");

Eigen::VectorXd state(std::initializer_list<double> values);

}  // namespace test
