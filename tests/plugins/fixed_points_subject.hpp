#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "analysis_run.hpp"
#include "mrnn/random.hpp"

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

inline SmallNetwork small_network(const Eigen::MatrixXd& weights) {
  SmallNetwork choice;
  choice.weights = weights;
  choice.bias = Eigen::VectorXd::Zero(weights.rows());
  return choice;
}

inline mrnn::NetworkSpec spec_of(const SmallNetwork& choice) {
  mrnn::NetworkSpec spec;
  spec.dynamics = choice.dynamics;
  spec.activation = choice.activation;
  spec.dt = SmallNetwork::dt;
  spec.tau = SmallNetwork::dt / choice.alpha;
  mrnn::Region a, b;
  a.name = "a";
  b.name = "b";
  a.units = choice.weights.rows() - choice.units_of_b;
  b.units = choice.units_of_b;
  a.learnable_bias = b.learnable_bias = true;
  spec.regions = {a};
  std::vector<std::string> names{"a"};
  if (choice.units_of_b > 0) {
    spec.regions.push_back(b);
    names.emplace_back("b");
  }
  for (const std::string& from : names) {
    for (const std::string& to : names) {
      spec.connections.emplace_back();
      spec.connections.back().from = from;
      spec.connections.back().to = to;
    }
  }
  if (choice.inputs > 0) {
    spec.inputs = {{"u", choice.inputs}};
    spec.connections.emplace_back();
    spec.connections.back().from = "u";
    spec.connections.back().to = "a";
  }
  return spec;
}

/// The network, without simulations yet.
inline Subject subject_of(const SmallNetwork& choice) {
  Subject made{mrnn::build_network(spec_of(choice), 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  for (std::size_t b = 0; b < made.network.recurrent_blocks().size(); ++b) {
    const mrnn::Block& block = made.network.recurrent_blocks()[b];
    made.parameters.recurrent[b] =
        choice.weights.block(block.to.start, block.from.start, block.to.size, block.from.size);
  }
  for (Eigen::MatrixXd& block : made.parameters.input) {
    block.setZero();
    block.row(0).setOnes();
  }
  made.parameters.bias = choice.bias;
  return made;
}

/// Trials without input that start from normal random states of this standard deviation.
inline mrnn::Trials scattered(const Subject& subject, mrnn::Index count, mrnn::Index steps, double deviation) {
  mrnn::Trials trials = mrnn::blank_trials(subject.network.inputs(), count, steps);
  mrnn::RandomStream random(5, mrnn::Stream::simulation_trials, "scattered");
  trials.initial_state =
      Eigen::MatrixXd(subject.network.units(), count).unaryExpr([&](double) { return deviation * random.normal(); });
  return trials;
}

/// The network with 20 trials.
inline Subject with_trials(const SmallNetwork& choice, double deviation = 1.0, mrnn::Index steps = 10) {
  Subject made = subject_of(choice);
  made.simulations = {simulate(made, "control", scattered(made, 20, steps, deviation))};
  return made;
}

/// Rows of an array (point, anything) as vectors.
inline std::vector<Eigen::VectorXd> rows(const mrnn::AnalysisResults& results, const std::string& name) {
  const mrnn::NamedArray& all = array(results, name);
  REQUIRE(all.shape.size() == 2);
  std::vector<Eigen::VectorXd> made;
  for (mrnn::Index row = 0; row < all.shape[0]; ++row) {
    made.emplace_back(Eigen::Map<const Eigen::VectorXd>(all.values.data() + row * all.shape[1], all.shape[1]));
  }
  return made;
}

inline mrnn::Index points(const mrnn::AnalysisResults& results) {
  return array(results, "q").shape.front();
}

/// The point nearest to a state, and how far it is.
struct Nearest {
  mrnn::Index point = -1;
  double distance = 1e300;
};
inline Nearest nearest_point(const mrnn::AnalysisResults& results, const Eigen::VectorXd& state,
                             const std::string& name = "x") {
  Nearest nearest;
  const std::vector<Eigen::VectorXd> all = rows(results, name);
  for (mrnn::Index point = 0; point < std::ssize(all); ++point) {
    const double distance = (all[static_cast<std::size_t>(point)] - state).norm();
    if (distance < nearest.distance) nearest = {point, distance};
  }
  return nearest;
}

inline Eigen::VectorXd state(std::initializer_list<double> values) {
  return Eigen::Map<const Eigen::VectorXd>(values.begin(), static_cast<mrnn::Index>(values.size()));
}

}  // namespace test
